"""Sentences of plain text: what the rules find in them is known, and in some that there is no name.

The text is of the kinds that may feed shipped weights (`recipes/bilingual/prepare.py`).
"""

import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import names

from lexloom.annotations.document import AnnotatedDocument, Scope
from lexloom.corpus.sentences import split_sentences

sys.path.append(str(Path(__file__).parents[1] / "bilingual"))
import prepare as texts

LENGTHS = (12, 240)
"""Fewest and most characters of a sentence."""
SURE_WORD = 3
"""Times that a word must stand in lower case for its capital at a sentence's head to be no name."""
CHINESE = re.compile("[\u4e00-\u9fff]")
HINT = re.compile(
    "[0-9二三四五六七八九十百千万亿年月日岁元]|周末|今天|昨天|上午|下午"
    r"|\b(?:two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|hundred|thousand"
    r"|million|years?|days?|weeks?|months?|hours?|minutes?|today|yesterday|tomorrow|half|third|dollars?)\b"
)
MARKUP = re.compile(r"[|{}<>=\[\]@#*_]|https?:")


def sentences(passages: Iterable[str]) -> Iterator[str]:
    """Give the sentences of texts, each once, without markup."""
    seen: set[str] = set()
    for passage in passages:
        for start, end in split_sentences(passage):
            sentence = passage[start:end].strip()
            if not LENGTHS[0] <= len(sentence) <= LENGTHS[1] or "\n" in sentence:
                continue
            if sentence not in seen and not MARKUP.search(sentence):
                seen.add(sentence)
                yield sentence


def chinese(data: Path) -> list[AnnotatedDocument]:
    """Chinese Wikipedia and short texts about everything."""
    passages = (*texts.paragraphs_of_cmrc(data), *texts.instructions(data))
    found = (text for text in sentences(passages) if CHINESE.search(text))
    return _with_something(found, "plain_zh")


def english(data: Path) -> list[AnnotatedDocument]:
    """English Wikipedia and short texts about everything."""
    passages = (*texts.wikipedia(data), *texts.instructions(data))
    found = (text for text in sentences(passages) if not CHINESE.search(text))
    return _with_something(found, "plain_en")


def _with_something(found: Iterable[str], name: str) -> list[AnnotatedDocument]:
    """Keep the sentences that the rules are likely to find something in."""
    scope = Scope(entity_types=(), relation_types=(), event_types=())
    return [
        AnnotatedDocument(id=f"{name}-{number}", text=text, scope=scope)
        for number, text in enumerate(found)
        if HINT.search(text)
    ]


def nothing(data: Path) -> list[AnnotatedDocument]:
    """English sentences without a capital but the first: no name can be in them."""
    found = list(sentences((*texts.wikipedia(data), *texts.instructions(data))))
    counts = Counter(word for text in found for word in re.findall(r"\b[a-z]+\b", text))
    scope = Scope(entity_types=names.NAMES, relation_types=(), event_types=())
    return [
        AnnotatedDocument(id=f"nothing-{number}", text=text, scope=scope)
        for number, text in enumerate(found)
        if is_without_names(text, counts)
    ]


def is_without_names(text: str, counts: Counter[str]) -> bool:
    """Whether an English sentence holds no word that could be a name."""
    first, *others = re.findall(r"[^\W\d_]+", text) or [""]
    if CHINESE.search(text) or len(others) < SURE_WORD or not text[0].isupper():
        return False
    return counts[first.lower()] >= SURE_WORD and not any(
        char.isupper() for word in others if word != "I" for char in word
    )
