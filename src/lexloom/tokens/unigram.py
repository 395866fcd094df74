"""Learn the pieces of a unigram language model by expectation-maximisation (Kudo, 2018).

arXiv 1804.10959. Written here in numpy, because the trainer of the `tokenizers` library sums in
the order of a hash table and gives another vocabulary in each run. Every sum here has one order.
Words of one length are one array, so that the lattice of all of them is walked at once.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MAX_WORDS = 300_000
"""Most distinct words that are learned from, the most frequent ones."""
MAX_WORD_LENGTH = 16
"""Longer words, such as a run of Chinese between two marks, are cut for learning."""
SEEDS_PER_PIECE = 4
SHRINK = 0.75
NUM_STEPS = 2
"""Steps of expectation-maximisation between two prunings."""
MIN_EXPECTED = 0.5
"""A piece that is expected less often than this goes."""
CHUNK_WORDS = 1 << 14
HASH_BASE = np.uint64(0x9E3779B97F4A7C15)

Ids = NDArray[np.int32]
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Words:
    """Words of one length L: N words, their code points and counts."""

    codes_NL: NDArray[np.uint64]
    counts_N: Numbers

    def hashes(self, max_length: int) -> NDArray[np.uint64]:
        """Give the hash of each substring by start and length, shape ``(N, L, M)``; 0 for none."""
        num_words, length = self.codes_NL.shape
        width = min(max_length, length)
        hashes = np.zeros((num_words, length, width), dtype=np.uint64)
        for size in range(1, width + 1):
            ends = self.codes_NL[:, size - 1 :]
            before = hashes[:, : length - size + 1, size - 2] if size > 1 else np.uint64(7)
            mixed = (before ^ (ends + np.uint64(size))) * HASH_BASE
            hashes[:, : length - size + 1, size - 1] = mixed ^ (mixed >> np.uint64(29))
        return hashes


@dataclass(slots=True)
class _Pieces:
    """The pieces that are left: sorted hashes, texts in that order, and log probabilities."""

    hashes: NDArray[np.uint64]
    texts: list[str]
    log_probabilities: Numbers

    def ids(self, words: _Words, max_length: int) -> Ids:
        """Give the piece that each substring is, shape ``(N, L, M)``; -1 for none."""
        hashes = words.hashes(max_length)
        found = np.searchsorted(self.hashes, hashes).clip(max=len(self.hashes) - 1)
        ids: Ids = np.where(self.hashes[found] == hashes, found, -1).astype(np.int32)
        return ids

    def keep(self, kept: NDArray[np.bool_]) -> None:
        """Leave out the other pieces."""
        self.hashes = self.hashes[kept]
        self.texts = [text for text, stays in zip(self.texts, kept.tolist(), strict=True) if stays]
        self.log_probabilities = self.log_probabilities[kept]


def learn_pieces(
    counts: Mapping[str, int],
    alphabet: frozenset[str],
    *,
    num_pieces: int,
    min_count: int = 2,
    max_piece_length: int = 16,
) -> list[tuple[str, float]]:
    """Give pieces with their log probabilities, the likeliest first; every character is one.

    Args:
        counts: How often each word stands in the text.
        alphabet: The characters; a word is cut at others.
        num_pieces: How many to give, at least as many as there are characters.
        min_count: Least count of a piece of two characters or more.
        max_piece_length: Most characters of a piece.
    """
    groups = _groups(counts, alphabet)
    max_length = min(max_piece_length, MAX_WORD_LENGTH)
    pieces = _seeds(groups, alphabet, num_pieces, min_count, max_length)
    while True:
        expected = np.zeros(0)
        for _ in range(NUM_STEPS):
            expected = _step(pieces, groups, max_length)
        if len(pieces.texts) <= num_pieces:
            break
        target = max(num_pieces, int(len(pieces.texts) * SHRINK))
        _prune(pieces, expected, target)
    # short numbers, for not every reader of the file gives back the last digit of long ones
    ranked = zip(pieces.texts, pieces.log_probabilities.round(6).tolist(), strict=True)
    return sorted(ranked, key=lambda item: (-item[1], item[0]))


def _groups(counts: Mapping[str, int], alphabet: frozenset[str]) -> list[_Words]:
    parts: dict[str, int] = {}
    for word, count in counts.items():
        for part in _cut(word, alphabet):
            parts[part] = parts.get(part, 0) + count
    ranked = sorted(parts.items(), key=lambda item: (-item[1], item[0]))[:MAX_WORDS]
    by_length: dict[int, list[tuple[str, int]]] = {}
    for word, count in sorted(ranked):
        by_length.setdefault(len(word), []).append((word, count))
    return [_as_words(rows, length) for length, rows in sorted(by_length.items())]


def _cut(word: str, alphabet: frozenset[str]) -> Iterator[str]:
    start = 0
    for at, char in enumerate(word):
        if char not in alphabet or at - start == MAX_WORD_LENGTH:
            if at > start:
                yield word[start:at]
            start = at + (char not in alphabet)
    if start < len(word):
        yield word[start:]


def _as_words(rows: Sequence[tuple[str, int]], length: int) -> _Words:
    joined = "".join(word for word, _ in rows).encode("utf-32-le", "surrogatepass")
    codes = np.frombuffer(joined, dtype="<u4").astype(np.uint64).reshape(-1, length)
    return _Words(codes, np.array([count for _, count in rows], dtype=np.float64))


def _seeds(
    groups: Sequence[_Words],
    alphabet: frozenset[str],
    num_pieces: int,
    min_count: int,
    max_length: int,
) -> _Pieces:
    """Give the characters and the substrings that cover most text, for a start."""
    tables = [table for group in groups for table in _substrings(group, max_length)]
    texts = sorted(alphabet)
    totals: dict[str, float] = dict.fromkeys(texts, 1.0)
    if tables:
        hashes = np.concatenate([table.hashes for table in tables])
        _, first, inverse = np.unique(hashes, return_index=True, return_inverse=True)
        sums = np.bincount(inverse, np.concatenate([table.counts for table in tables]))
        lengths = np.concatenate([np.full(len(t.hashes), t.length) for t in tables])[first]
        scores = np.where(sums >= min_count, sums * lengths, 0.0)
        best = np.argsort(-scores, kind="stable")[: SEEDS_PER_PIECE * num_pieces]
        borders = np.cumsum([0, *(len(table.hashes) for table in tables)])
        for number in best[scores[best] > 0].tolist():
            table = int(np.searchsorted(borders, first[number], side="right")) - 1
            text = tables[table].text(int(first[number] - borders[table]))
            totals[text] = float(sums[number])
    ordered = list(totals)
    own = _hashes_of(ordered)
    order = np.argsort(own, kind="stable")
    weights = np.array([totals[text] for text in ordered])[order]
    return _Pieces(own[order], [ordered[i] for i in order], np.log(weights / weights.sum()))


@dataclass(frozen=True, slots=True)
class _Substrings:
    """All substrings of one length in the words of one length, merged where they are equal."""

    length: int
    hashes: NDArray[np.uint64]
    counts: Numbers
    codes: NDArray[np.uint64]

    def text(self, number: int) -> str:
        """Give one substring."""
        return "".join(map(chr, self.codes[number].tolist()))


def _substrings(words: _Words, max_length: int) -> Iterator[_Substrings]:
    length = words.codes_NL.shape[1]
    hashes = words.hashes(max_length)
    for size in range(1, hashes.shape[2] + 1):
        num_starts = length - size + 1
        flat = hashes[:, :num_starts, size - 1].ravel()
        unique, first, inverse = np.unique(flat, return_index=True, return_inverse=True)
        counts = np.bincount(inverse, np.repeat(words.counts_N, num_starts)).astype(np.float64)
        starts = first % num_starts
        columns = starts[:, None] + np.arange(size)
        codes = words.codes_NL[(first // num_starts)[:, None], columns]
        yield _Substrings(size, unique, counts, codes)


def _hashes_of(texts: Sequence[str]) -> NDArray[np.uint64]:
    hashes = np.zeros(len(texts), dtype=np.uint64)
    for length in sorted({len(text) for text in texts}):
        rows = [number for number, text in enumerate(texts) if len(text) == length]
        words = _as_words([(texts[number], 1) for number in rows], length)
        hashes[rows] = words.hashes(length)[:, 0, length - 1]
    return hashes


def _step(pieces: _Pieces, groups: Sequence[_Words], max_length: int) -> Numbers:
    """Take one step of expectation-maximisation; give how often each piece is expected."""
    expected = np.zeros(len(pieces.texts))
    for chunk in _chunks(groups):
        ids = pieces.ids(chunk, max_length)
        expected += _expected(ids, pieces.log_probabilities, chunk.counts_N)
    is_character = np.array([len(text) == 1 for text in pieces.texts])
    kept = is_character | (expected >= MIN_EXPECTED)
    pieces.keep(kept)
    expected = np.maximum(expected[kept], MIN_EXPECTED)
    # the digamma of a count lies below its logarithm: rare pieces lose more (variational Bayes)
    pieces.log_probabilities = _digamma(expected) - _digamma(expected.sum(keepdims=True))
    return expected


def _chunks(groups: Sequence[_Words]) -> Iterator[_Words]:
    for group in groups:
        for start in range(0, len(group.counts_N), CHUNK_WORDS):
            part = slice(start, start + CHUNK_WORDS)
            yield _Words(group.codes_NL[part], group.counts_N[part])


def _scores(ids: Ids, log_probabilities: Numbers) -> Numbers:
    return np.append(log_probabilities, -np.inf)[ids]  # -1 takes the last one


def _expected(ids: Ids, log_probabilities: Numbers, counts_N: Numbers) -> Numbers:
    """Sum how often each piece is expected over all ways to cut the words."""
    scores_NLM = _scores(ids, log_probabilities)
    num_words, length, width = ids.shape
    forward = np.zeros((num_words, length + 1))
    backward = np.zeros((num_words, length + 1))
    for end in range(1, length + 1):
        sizes = range(1, min(width, end) + 1)
        ways = [forward[:, end - n] + scores_NLM[:, end - n, n - 1] for n in sizes]
        forward[:, end] = np.logaddexp.reduce(ways, axis=0)
    for start in range(length - 1, -1, -1):
        sizes = range(1, min(width, length - start) + 1)
        ways = [backward[:, start + n] + scores_NLM[:, start, n - 1] for n in sizes]
        backward[:, start] = np.logaddexp.reduce(ways, axis=0)
    total_N = forward[:, length]
    expected = np.zeros(len(log_probabilities) + 1)
    for size in range(1, width + 1):
        starts = slice(0, length - size + 1)
        inside = forward[:, starts] + scores_NLM[:, starts, size - 1] + backward[:, size:]
        weights = np.exp(inside - total_N[:, None]) * counts_N[:, None]
        expected += np.bincount(
            ids[:, starts, size - 1].ravel() % len(expected), weights.ravel(), len(expected)
        )
    return expected[:-1]


def _prune(pieces: _Pieces, expected: Numbers, target: int) -> None:
    """Leave out the pieces that the text's probability can spare best."""
    loss = np.full(len(pieces.texts), np.inf)
    lengths = np.array([len(text) for text in pieces.texts])
    for length in sorted(set(lengths.tolist()) - {1}):
        rows = np.flatnonzero(lengths == length)
        words = _as_words([(pieces.texts[row], 1) for row in rows.tolist()], length)
        ids = pieces.ids(words, length)
        ids[:, 0, length - 1] = -1  # without itself
        other = _best(_scores(ids, pieces.log_probabilities))
        loss[rows] = expected[rows] * (pieces.log_probabilities[rows] - other)
    kept = np.zeros(len(loss), dtype=np.bool_)
    kept[np.argsort(-loss, kind="stable")[:target]] = True
    pieces.keep(kept | (lengths == 1))


def _best(scores_NLM: Numbers) -> Numbers:
    """Give the log probability of the likeliest way to cut each word."""
    num_words, length, width = scores_NLM.shape
    best = np.zeros((num_words, length + 1))
    for end in range(1, length + 1):
        sizes = range(1, min(width, end) + 1)
        ways = [best[:, end - n] + scores_NLM[:, end - n, n - 1] for n in sizes]
        best[:, end] = np.max(ways, axis=0)
    return best[:, length]


def _digamma(values: Numbers) -> Numbers:
    """Give the logarithmic derivative of the gamma function, for values above zero."""
    result = np.zeros_like(values)
    x = values.copy()
    for _ in range(6):  # the series is good from 6 on
        small = x < 6
        result[small] -= 1 / x[small]
        x[small] += 1
    inverse = 1 / (x * x)
    series = inverse * (1 / 12 - inverse * (1 / 120 - inverse / 252))
    done: Numbers = result + np.log(x) - 0.5 / x - series
    return done
