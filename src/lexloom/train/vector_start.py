"""Begin a tagger on vectors: which words get a vector, and what vectors they begin with.

`head_start` does this for encoders; `vector_tagger` makes the task.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from lexloom.annotations.tag_scheme import TagScheme
from lexloom.errors import ConfigError, TrainingError
from lexloom.models.vector_tagger import Encoder, Table, VectorTagger, VectorTaggerConfig
from lexloom.models.vector_tagger_files import VectorTaggerFiles
from lexloom.nn.split_embedding import SplitEmbedding
from lexloom.tokens.word_features import (
    NUM_RESERVED,
    Lexicon,
    Numbering,
    WordFeaturizer,
    bigrams,
    plain,
)
from lexloom.train.config import TrainConfig
from lexloom.train.flat_settings import from_flat
from lexloom.vectors.keyed import WordVectors

VECTOR_TRAINING: Mapping[str, Any] = {
    "num_epochs": 30,
    "learning_rate": 2e-3,
    "embedding_learning_rate": 1e-3,
    "max_grad_norm": 5.0,
    # sums over the steps of a row need more digits than bfloat16 has
    "precision": "fp32",
}
"""Where training on vectors differs from the defaults of `TrainConfig`."""
NUM_LAYERS: Mapping[Encoder, int] = {"bilstm": 1, "cnn": 6}
LEAST_KNOWN = 0.1
"""Share of the training words that must have a vector."""
MEAN_CHARACTERS = 1.5
"""Words that are longer than this in the mean have a spelling."""


@dataclass(frozen=True, kw_only=True, slots=True)
class VectorFitConfig:
    """Settings of training a tagger on vectors."""

    train: TrainConfig = field(default_factory=lambda: TrainConfig(**VECTOR_TRAINING))
    encoder: Encoder = "bilstm"
    """What reads a row: an LSTM in both directions, or gated convolutions."""
    hidden_size: int = 256
    """Width of what is read, both directions together."""
    num_hidden_layers: int | None = None
    """None for one of a BiLSTM and six of convolutions."""
    dropout: float = 0.5
    bigram_size: int | None = 50
    """Numbers of the vectors of pairs of neighbouring characters that no file gives; None reads no
    such pairs."""
    spelling: bool | None = None
    """Whether the characters of a word are read; None where words are longer than a character."""
    character_size: int = 30
    """Numbers of a character's vector in a spelling."""
    spelling_size: int = 50
    """Numbers that are read from a spelling."""
    min_count: int = 2
    """Words and pairs without a vector are learnt if they come so often in training."""
    max_vocabulary: int = 200_000
    """Words of each file of vectors that are taken, the first ones."""
    max_words: int = 512
    """Words that are read at once."""
    select_by: str | None = None
    """The measure whose best epoch is kept; None for the main one."""

    def __post_init__(self) -> None:
        """Check ranges."""
        for name in ("min_count", "max_vocabulary", "max_words", "character_size"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.bigram_size is not None and self.bigram_size < 1:
            raise ConfigError(
                f"bigram_size must be at least 1, got {self.bigram_size}",
                hint="null reads no pairs",
            )

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "VectorFitConfig":
        """Read flat settings: those of the tagger, and all others as those of the training.

        Raises:
            ConfigError: If a key is unknown or a value does not fit.
        """
        return from_flat(cls, values, VECTOR_TRAINING)


@dataclass(frozen=True, slots=True)
class VectorSources:
    """The vectors that a tagger begins with."""

    words: WordVectors
    """Of the words that are tagged; in Chinese, of characters."""
    bigrams: WordVectors | None = None
    """Of pairs of characters, written without a space."""
    lexicon: WordVectors | None = None
    """Of words that are looked for among the words that are tagged."""


@dataclass(frozen=True, slots=True)
class _Known:
    """Strings that get a number, and the vectors that some begin with."""

    size: int
    seen: list[str]
    """What training reads and a file has, then what the file lacks."""
    unseen: list[str] = field(default_factory=list)
    """What a file has and training does not read; its vectors stay as they are."""
    seen_VD: NDArray[np.float32] | None = None
    """The vectors of the first of what is seen."""
    unseen_VD: NDArray[np.float32] | None = None

    @property
    def strings(self) -> list[str]:
        """All of them, in the order of their numbers."""
        return self.seen + self.unseen

    @property
    def table(self) -> Table:
        """The shape of the table."""
        num_learnt = len(self.seen) + NUM_RESERVED
        return Table(num_ids=num_learnt + len(self.unseen), num_learnt=num_learnt, size=self.size)


def start_tagger(
    rows: Sequence[Sequence[str]],
    scheme: TagScheme,
    labels: Sequence[str],
    sources: VectorSources,
    config: VectorFitConfig,
) -> VectorTaggerFiles:
    """Give a tagger to train.

    Args:
        rows: The words of the training data.
        scheme: The states that are learnt.
        labels: The tags of the data.
        sources: Vectors that it begins with.
        config: Its shape, and the seed of what begins from nothing.

    Raises:
        TrainingError: If the vectors are those of other words than the data's.
    """
    counts = Counter(chain.from_iterable(rows))
    _check_known(counts, sources.words)
    words = _known(sources.words, counts, config)
    pairs = _pairs(rows, sources.bigrams, config)
    characters = _characters(counts, config)
    lexicon = None
    if sources.lexicon is not None:
        lexicon = _known_lexicon(rows, sources.lexicon, config)
    shape = VectorTaggerConfig(
        labels=tuple(labels),
        states=scheme.states,
        state_tags=scheme.tags,
        words=words.table,
        bigrams=pairs.table if pairs else None,
        characters=characters.table if characters else None,
        spelling_size=config.spelling_size,
        lexicon=lexicon.table if lexicon else None,
        encoder=config.encoder,
        hidden_size=config.hidden_size,
        num_hidden_layers=config.num_hidden_layers or NUM_LAYERS[config.encoder],
        dropout=config.dropout,
    )
    torch.manual_seed(config.train.seed)
    model = VectorTagger(shape)
    for name, known in (("words", words), ("bigrams", pairs), ("lexicon", lexicon)):
        if known is not None:
            _fill(model.word_embeddings[name], known)
    featurizer = WordFeaturizer(
        Numbering(words.strings),
        Numbering(pairs.strings) if pairs else None,
        Numbering(characters.strings) if characters else None,
        _lexicon(lexicon.strings, sources.lexicon) if lexicon else None,
    )
    return VectorTaggerFiles(model, featurizer, config.max_words)


def _check_known(counts: Counter[str], vectors: WordVectors) -> None:
    known = sum(n for word, n in counts.items() if word in vectors or plain(word) in vectors)
    if known < LEAST_KNOWN * counts.total():
        raise TrainingError(
            f"only {known:,} of {counts.total():,} training words have a vector",
            hint="give vectors of the data's own words: for Chinese characters, those of "
            "lexloom vectors train --split characters",
        )


def _known(vectors: WordVectors, counts: Counter[str], config: VectorFitConfig) -> _Known:
    """Part the strings of a file by whether the data has them, and add those that it lacks."""
    taken = vectors.index_to_key[: config.max_vocabulary]
    had = set(taken)
    # a word of the data is looked up as it stands, or else without width and case
    names = {word: word if word in had else plain(word) for word in counts if word}
    read = set(names.values())
    # the empty string stands for nothing, and would be found everywhere
    seen = [place for place, word in enumerate(taken) if word in read and word]
    unseen = [place for place, word in enumerate(taken) if word not in read and word]
    added = [
        word
        for word, count in counts.most_common()
        if word and count >= config.min_count and names[word] not in had
    ]
    return _Known(
        vectors.vector_size,
        [taken[place] for place in seen] + added,
        [taken[place] for place in unseen],
        vectors.vectors[seen],
        vectors.vectors[unseen],
    )


def _known_lexicon(
    rows: Iterable[Sequence[str]], vectors: WordVectors, config: VectorFitConfig
) -> _Known:
    """Part the words of a lexicon by whether one stands in the data."""
    words = [word for word in vectors.index_to_key[: config.max_vocabulary] if word]
    lexicon = Lexicon(words)
    found = {words[place] for row in rows for _, _, place in lexicon.spans(row)}
    return _known(vectors, Counter(found), config)


def _pairs(
    rows: Iterable[Sequence[str]], vectors: WordVectors | None, config: VectorFitConfig
) -> _Known | None:
    if vectors is None and config.bigram_size is None:
        return None
    counts = Counter(pair for row in rows for pair in bigrams(row) if pair)
    if vectors is not None:
        return _known(vectors, counts, config)
    often = [pair for pair, count in counts.most_common() if count >= config.min_count]
    return _Known(config.bigram_size or 1, often) if often else None


def _characters(counts: Counter[str], config: VectorFitConfig) -> _Known | None:
    is_read = config.spelling
    if is_read is None:
        num_characters = sum(len(word) * count for word, count in counts.items())
        is_read = num_characters > MEAN_CHARACTERS * counts.total()
    if not is_read:
        return None
    characters: Counter[str] = Counter()
    for word, count in counts.items():
        for char in word:
            characters[char] += count
    often = [char for char, count in characters.most_common() if count >= config.min_count]
    return _Known(config.character_size, often) if often else None


def _lexicon(words: Sequence[str], vectors: WordVectors | None) -> Lexicon:
    assert vectors is not None
    if vectors.counts is None:
        return Lexicon(words)
    return Lexicon(words, [int(vectors.counts[vectors.place(word)]) for word in words])


def _fill(table: nn.Module, known: _Known) -> None:
    """Copy vectors, of length 1 in the mean, as the random ones beside them are."""
    if known.seen_VD is None or known.unseen_VD is None:
        return
    assert isinstance(table, SplitEmbedding)
    both = [np.array(vectors_VD, np.float32) for vectors_VD in (known.seen_VD, known.unseen_VD)]
    lengths = np.concatenate([np.linalg.norm(vectors_VD, axis=1) for vectors_VD in both])
    scale = float(lengths.mean() if len(lengths) else 1.0) or 1.0
    with torch.no_grad():
        first = NUM_RESERVED + len(both[0])
        table.learnt_SD[NUM_RESERVED:first] = torch.from_numpy(both[0] / scale)
        table.kept_UD[:] = torch.from_numpy(both[1] / scale)
