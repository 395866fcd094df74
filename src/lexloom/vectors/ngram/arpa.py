"""ARPA files in and out: the text format that n-gram tools share (kenlm, SRILM, NLTK users).

Numbers are written with nine digits, which give every 32-bit number back exactly. The logarithm of
0 is written -99 and read from it, as SRILM does. A comment before the data, which kenlm passes
over, says how text became units.
"""

import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from lexloom.artifacts import atomic_write
from lexloom.config import from_mapping, to_mapping
from lexloom.errors import ConfigError, UsageError
from lexloom.vectors.ngram.arpa_lines import ArpaLines, Section
from lexloom.vectors.ngram.config import NgramConfig
from lexloom.vectors.ngram.counts import Keys, Nodes
from lexloom.vectors.ngram.lookup import KeyTable
from lexloom.vectors.ngram.model import Logs, NgramLevel, NgramModel
from lexloom.vectors.ngram.vocabulary import BEGIN, END, SPECIAL, UNKNOWN, Vocabulary

LOG_ZERO = -99.0
MISSING_UNKNOWN = -100.0
"""What kenlm gives the unknown word of a file that lacks it."""
COMMENT = b"# lexloom "
LINES_AT_ONCE = 1 << 16


def write_arpa(model: NgramModel, path: Path) -> None:
    """Write a model as an ARPA file, whole or not at all.

    Raises:
        UsageError: If the model's smoothing cannot be said in the format.
    """
    if model.is_uniform_below:
        raise UsageError(
            "a model smoothed by add-k cannot be written as ARPA: its unseen words share alike,"
            " and those of an ARPA file as the shorter context says",
            hint="train with another smoothing, such as witten-bell",
        )
    if path.is_dir():
        raise UsageError(f"{path} is a folder", hint="give the name of a file to write")
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
    section = lines.section(1, counts[0], is_highest=len(counts) == 1)
    vocabulary, ids, level = _words(lines, section)
    levels, tables = [level], [KeyTable(level.keys)]
    for order, count in enumerate(counts[1:], start=2):
        section = lines.section(order, count, is_highest=order == len(counts))
        keys = _keys(lines, section, ids, tables)
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
    return NgramConfig(order=order, smoothing="given", unit="token")


def _words(lines: ArpaLines, section: Section) -> tuple[Vocabulary, dict[bytes, int], NgramLevel]:
    """Read the single words; the special ones come first, the others stay in their order."""
    names = [words[0] for words in section.words]
    names = [UNKNOWN.encode() if name == b"<UNK>" else name for name in names]
    places = {name: place for place, name in enumerate(names)}
    if len(places) < len(names):
        twice = next(place for place, name in enumerate(names) if places[name] != place)
        raise lines.error(section.line_of(twice), f"the word {_shown(names[twice])} stands twice")
    for special in (BEGIN, END):
        if special.encode() not in places:
            raise lines.error(section.first_line, f"the words lack {special}")
    specials = [name.encode() for name in SPECIAL]
    order = [places.get(name, len(names)) for name in specials]
    order += [place for name, place in places.items() if name not in specials]
    log_probs = np.append(section.log_probs, MISSING_UNKNOWN)
    log_backoffs = np.append(section.log_backoffs, 0)
    ordered = [*specials, *(names[place] for place in order[len(specials) :])]
    ids = {name: id for id, name in enumerate(ordered)}
    ids[b"<UNK>"] = 0
    try:
        words = [name.decode("utf-8", "surrogatepass") for name in ordered]
    except UnicodeDecodeError as error:
        raise lines.error(section.first_line, "a word is not UTF-8") from error
    keys = np.arange(len(words), dtype=np.int64)
    return Vocabulary(words), ids, _level(keys, log_probs[order], log_backoffs[order])


def _keys(
    lines: ArpaLines, section: Section, ids: dict[bytes, int], tables: Sequence[KeyTable]
) -> Keys:
    """Give the key of each n-gram, whose context must be known one order lower."""
    try:
        flat = itertools.chain.from_iterable(section.words)
        numbers = np.fromiter(map(ids.__getitem__, flat), np.int64)
    except KeyError as error:
        unknown = error.args[0]
        place = next(place for place, words in enumerate(section.words) if unknown in words)
        raise lines.error(
            section.line_of(place), f"{_shown(unknown)} is not among the words"
        ) from error
    columns = numbers.reshape(-1, section.order).T
    nodes: Nodes | Keys = columns[0]
    vocab_size = len(tables[0].keys)
    for column, table in zip(columns[1:-1], tables[1:], strict=True):
        nodes = table.find(nodes.astype(np.int64) * vocab_size + column)
        if (nodes < 0).any():
            place = int(np.argmin(nodes))
            context = b" ".join(section.words[place][:-1])
            raise lines.error(
                section.line_of(place), f"its context {_shown(context)} is no n-gram of the file"
            )
    return nodes.astype(np.int64) * vocab_size + columns[-1]


def _sorted(lines: ArpaLines, section: Section, keys: Keys) -> NgramLevel:
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    (twice,) = np.nonzero(keys[1:] == keys[:-1])
    if len(twice):
        place = int(order[twice[0] + 1])
        gram = b" ".join(section.words[place])
        raise lines.error(section.line_of(place), f"{_shown(gram)} stands twice")
    return _level(keys, section.log_probs[order], section.log_backoffs[order])


def _level(keys: Keys, log_probs: np.ndarray, log_backoffs: np.ndarray) -> NgramLevel:
    both = []
    for values in (log_probs, log_backoffs):
        values[values == LOG_ZERO] = -np.inf
        both.append(values.astype(np.float32))
    return NgramLevel(keys, *both)


def _shown(name: bytes) -> str:
    return repr(name.decode("utf-8", "replace"))
