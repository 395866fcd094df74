"""ARPA files in and out: the text format that n-gram tools share (kenlm, SRILM, NLTK users).

Numbers are written with nine digits, which give every 32-bit number back exactly. The logarithm of
0 is written -99 and read from it, as SRILM does. A comment before the data, which kenlm passes
over, says how text became units.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lexloom.artifacts import atomic_write
from lexloom.config import from_mapping, to_mapping
from lexloom.errors import ConfigError, UsageError
from lexloom.vectors.ngram.arpa_lines import ArpaLines, Section
from lexloom.vectors.ngram.config import GIVEN, NgramConfig
from lexloom.vectors.ngram.counts import Keys
from lexloom.vectors.ngram.lookup import KeyTable
from lexloom.vectors.ngram.model import Logs, NgramLevel, NgramModel
from lexloom.vectors.ngram.vocabulary import (
    BEGIN_ID,
    END_ID,
    SPECIAL,
    UNKNOWN_ID,
    Vocabulary,
)

Floats = NDArray[np.float64]

LOG_ZERO = -99.0
MISSING_UNKNOWN = -100.0
"""What kenlm gives the unknown word of a file that lacks it."""
SEPARATOR = re.compile(r"[\0\t\n\v\f\r ]")
COMMENT = b"# lexloom "
LINES_AT_ONCE = 1 << 16


def check_arpa(config: NgramConfig, path: Path) -> None:
    """Refuse what cannot be written; to be asked before the work.

    Raises:
        UsageError: If the smoothing cannot be said in the format, or `path` is a folder.
    """
    if config.smoothing == "add-k":
        raise UsageError(
            "a model smoothed by add-k cannot be written as ARPA: its unseen words share alike,"
            " and those of an ARPA file as the shorter context says",
            hint="train with another smoothing, such as witten-bell",
        )
    if path.is_dir():
        raise UsageError(f"{path} is a folder", hint="give the name of a file to write")


def write_arpa(model: NgramModel, path: Path) -> None:
    """Write a model as an ARPA file, whole or not at all.

    Raises:
        UsageError: If the smoothing or a word cannot be said in the format, or `path` is a folder.
    """
    check_arpa(model.config, path)
    for word in model.vocabulary.words:
        if not word or SEPARATOR.search(word):
            raise UsageError(
                f"the word {word!r} cannot be written as ARPA, where white space parts words",
                hint="train on words without white space and NUL characters",
            )
    with atomic_write(path) as stream:
        for text in _pieces(model):
            stream.write(text.encode("utf-8", "surrogatepass"))


def _pieces(model: NgramModel) -> Iterator[str]:
    config = json.dumps(to_mapping(model.config))
    counts = (f"ngram {n}={len(level)}" for n, level in enumerate(model.levels, start=1))
    yield "\n".join([COMMENT.decode() + config, "\\data\\", *counts, ""])
    words = model.vocabulary.words
    grams: list[str] = words
    for order, level in enumerate(model.levels, start=1):
        if order > 1:
            parents, last = np.divmod(level.keys, len(words))
            pairs = zip(parents.tolist(), last.tolist(), strict=True)
            grams = [f"{grams[parent]} {words[word]}" for parent, word in pairs]
        yield f"\n\\{order}-grams:\n"
        for first in range(0, len(level), LINES_AT_ONCE):
            part = slice(first, first + LINES_AT_ONCE)
            columns = [_numbers(level.log_probs[part]), grams[part]]
            if order < model.order:
                columns.append(_numbers(level.log_backoffs[part]))
            yield "\n".join(map("\t".join, zip(*columns, strict=True))) + "\n"
    yield "\n\\end\\\n"


def _numbers(values: Logs) -> list[str]:
    """Format numbers; each different one once, for many n-grams share theirs."""
    different, places = np.unique(values, return_inverse=True)
    finite = np.where(np.isneginf(different), LOG_ZERO, different)
    texts = np.array([f"{value:.9g}" for value in finite.tolist()], dtype=object)
    found: list[str] = texts[places].tolist()
    return found


def read_arpa(path: Path) -> NgramModel:
    """Read an ARPA file.

    Raises:
        ArtifactError: If it is no ARPA file, cut off, or contradicts itself.
    """
    lines = ArpaLines(path)
    counts = lines.counts()
    vocabulary, ids, level = _words(lines, counts[0], is_highest=len(counts) == 1)
    levels = [level]
    tables: list[KeyTable] = []
    for order, count in enumerate(counts[1:], start=2):
        section = lines.section(order, count, ids, is_highest=order == len(counts))
        keys = _keys(lines, section, tables, len(vocabulary))
        levels.append(_sorted(lines, section, keys))
        tables.append(KeyTable(levels[-1].keys))
    lines.end()
    config = _config(lines, len(levels))
    return NgramModel(vocabulary, levels, config)


def _config(lines: ArpaLines, order: int) -> NgramConfig:
    for comment in lines.comments:
        if comment.startswith(COMMENT):
            try:
                values = json.loads(comment.removeprefix(COMMENT))
                return replace(from_mapping(NgramConfig, values), order=order)
            except (ValueError, TypeError, AttributeError, ConfigError) as error:
                raise lines.error(1, f"the comment holds no settings: {error}") from error
    return NgramConfig(order=order, smoothing=GIVEN, unit="token")


class _Numbering(dict[bytes, int]):
    """Numbers words in the order of the file, behind the special ones."""

    def __init__(self) -> None:
        super().__init__((name.encode(), id) for id, name in enumerate(SPECIAL))

    def __missing__(self, word: bytes) -> int:
        if word == b"<UNK>":
            return UNKNOWN_ID
        self[word] = number = len(self)
        return number


def _words(
    lines: ArpaLines, count: int, *, is_highest: bool
) -> tuple[Vocabulary, dict[bytes, int], NgramLevel]:
    """Read the single words: the vocabulary, and the number of each word as bytes."""
    numbering = _Numbering()
    section = lines.section(1, count, numbering, is_highest=is_highest)
    ids = section.words[:, 0]
    times = np.bincount(ids, minlength=len(numbering))
    if (times > 1).any():
        place = int(np.flatnonzero(ids == np.argmax(times))[1])
        line = section.first_line + place
        raise lines.error(line, f"{lines.gram(line)} stands twice")
    for special in (BEGIN_ID, END_ID):
        if not times[special]:
            raise lines.error(section.first_line, f"the words lack {SPECIAL[special]}")
    try:
        words = [name.decode("utf-8", "surrogatepass") for name in numbering]
    except UnicodeDecodeError as error:
        raise lines.error(section.first_line, "a word is not UTF-8") from error
    log_probs, log_backoffs = np.full(len(words), MISSING_UNKNOWN), np.zeros(len(words))
    log_probs[ids], log_backoffs[ids] = section.log_probs, section.log_backoffs
    keys = np.arange(len(words), dtype=np.int64)
    known = dict(numbering) | {b"<UNK>": UNKNOWN_ID}
    return Vocabulary(words), known, _level(keys, log_probs, log_backoffs)


def _keys(lines: ArpaLines, section: Section, tables: Sequence[KeyTable], vocab_size: int) -> Keys:
    """Give the key of each n-gram, whose context must be known one order lower."""
    nodes, *columns, last = section.words.T
    for column, table in zip(columns, tables, strict=True):
        nodes = table.find(nodes * vocab_size + column).astype(np.int64)
        if (nodes < 0).any():
            line = section.first_line + int(np.argmin(nodes))
            raise lines.error(line, f"the context of {lines.gram(line)} is no n-gram of the file")
    keys: Keys = nodes * vocab_size + last
    return keys


def _sorted(lines: ArpaLines, section: Section, keys: Keys) -> NgramLevel:
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    (twice,) = np.nonzero(keys[1:] == keys[:-1])
    if len(twice):
        line = section.first_line + int(order[twice[0] + 1])
        raise lines.error(line, f"{lines.gram(line)} stands twice")
    return _level(keys, section.log_probs[order], section.log_backoffs[order])


def _level(keys: Keys, log_probs: Floats, log_backoffs: Floats) -> NgramLevel:
    both = []
    for values in (log_probs, log_backoffs):
        values[values == LOG_ZERO] = -np.inf
        both.append(values.astype(np.float32))
    return NgramLevel(keys, *both)
