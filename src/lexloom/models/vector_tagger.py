"""A tagger that needs no language model: vectors of words and characters, a reader, and a CRF.

Vectors of words (in Chinese: of characters), of pairs of neighbouring characters, of the lexicon's
words around a place, and of the word's spelling are read by a BiLSTM or by convolutions, and the
best legal path of tags is taken (Huang et al., 2015, arXiv:1508.01991; Zhang and Yang, 2018,
arXiv:1805.02023; Ma et al., 2020, arXiv:1908.05969). `vector_tagger_files` saves and loads it.
"""

from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lexloom.annotations.tag_scheme import TagScheme
from lexloom.errors import ConfigError
from lexloom.nn.bilstm import BiLSTM
from lexloom.nn.crf import LinearChainCRF
from lexloom.nn.dilated import DilatedConvolutions
from lexloom.nn.dropout import Dropout
from lexloom.nn.split_embedding import SplitEmbedding
from lexloom.nn.word_batch import WordBatch
from lexloom.tokens.word_features import NUM_PARTS, NUM_RESERVED, PADDING, UNKNOWN

Encoder = Literal["bilstm", "cnn"]
MAX_SIZE, MAX_LAYERS = 1 << 14, 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """The shape of a table of vectors."""

    num_ids: int
    num_learnt: int
    """How many rows are learnt, the first ones: what training reads, and what is no word."""
    size: int
    """Numbers of a vector."""

    def __post_init__(self) -> None:
        """Check the ranges."""
        if not NUM_RESERVED <= self.num_learnt <= self.num_ids:
            raise ConfigError(
                f"num_learnt must be {NUM_RESERVED} to num_ids, got {self.num_learnt} of "
                f"{self.num_ids}"
            )
        if not 1 <= self.size <= MAX_SIZE:
            raise ConfigError(f"a vector must have 1 to {MAX_SIZE} numbers, got {self.size}")


@dataclass(frozen=True, kw_only=True, slots=True)
class VectorTaggerConfig:
    """The shape of a tagger on vectors, and what its states stand for."""

    labels: tuple[str, ...]
    """The tags of the data."""
    states: tuple[str, ...]
    state_tags: tuple[str, ...]
    """The tag that each state is written as; see `annotations.tag_scheme`."""
    words: Table
    bigrams: Table | None = None
    characters: Table | None = None
    spelling_size: int = 50
    """Width of what is read from a word's characters, where there are any."""
    lexicon: Table | None = None
    encoder: Encoder = "bilstm"
    hidden_size: int = 256
    num_hidden_layers: int = 1
    dropout: float = 0.5
    """Probability of dropping a channel of the vectors and of the states, in [0, 1)."""

    def __post_init__(self) -> None:
        """Check what the modules below take for granted."""
        if len(self.labels) < 2 or not self.states or len(self.states) != len(self.state_tags):
            raise ConfigError("a tagger needs at least two labels, and a tag for each state")
        for name, most in (
            ("spelling_size", MAX_SIZE),
            ("hidden_size", MAX_SIZE),
            ("num_hidden_layers", MAX_LAYERS),
        ):
            if not 1 <= getattr(self, name) <= most:
                raise ConfigError(f"{name} must be 1 to {most}, got {getattr(self, name)}")
        if not 0.0 <= self.dropout < 1.0:
            raise ConfigError(f"dropout must be in [0, 1), got {self.dropout}")
        if self.encoder == "bilstm" and self.hidden_size % 2:
            raise ConfigError(
                f"hidden_size must be even for two directions, got {self.hidden_size}"
            )

    @property
    def task(self) -> Literal["tagger"]:
        """What it does, as a `HeadConfig` says it."""
        return "tagger"

    @property
    def scheme(self) -> TagScheme:
        """What the states mean."""
        return TagScheme(self.states, self.state_tags)

    @property
    def input_size(self) -> int:
        """Width of all vectors of a place together."""
        size = self.words.size
        size += self.bigrams.size if self.bigrams else 0
        size += self.spelling_size if self.characters else 0
        return size + (NUM_PARTS * self.lexicon.size if self.lexicon else 0)


class Spelling(nn.Module):
    """A word's characters, three at a time, the strongest of each channel (Ma and Hovy, 2016)."""

    def __init__(self, table: Table, size: int) -> None:
        super().__init__()
        self.word_embeddings = new_table(table)
        self.mix = nn.Linear(3 * table.size, size)

    def forward(self, ids_BTW: Tensor) -> Tensor:
        """Give a vector for each word, ``(B, T, size)``."""
        x_BTWD = self.word_embeddings(ids_BTW)
        before, behind = F.pad(x_BTWD, (0, 0, 1, 0))[..., :-1, :], F.pad(x_BTWD, (0, 0, 0, 1))
        window = torch.cat([before, x_BTWD, behind[..., 1:, :]], -1)
        y_BTWF = self.mix(window).masked_fill((ids_BTW == PADDING)[..., None], -torch.inf)
        # a place that is padding holds no character at all
        out_BTF: Tensor = y_BTWF.amax(2).clamp_min(0.0)
        return out_BTF


class VectorTagger(nn.Module):
    """Vectors, a reader of rows, and a chain of states."""

    def __init__(self, config: VectorTaggerConfig) -> None:
        super().__init__()
        self.config = config
        # "word_embeddings" in a name gives a table a learning rate of its own
        tables = {"words": config.words, "bigrams": config.bigrams, "lexicon": config.lexicon}
        self.word_embeddings = nn.ModuleDict(
            {name: new_table(table) for name, table in tables.items() if table}
        )
        self.spelling = (
            Spelling(config.characters, config.spelling_size) if config.characters else None
        )
        kind = BiLSTM if config.encoder == "bilstm" else DilatedConvolutions
        self.encoder = kind(
            config.input_size, config.hidden_size, config.num_hidden_layers, config.dropout / 2
        )
        self.dropout = Dropout(config.dropout)
        self.classifier = nn.Linear(config.hidden_size, len(config.states))
        legal = config.scheme.legal()
        self.crf = LinearChainCRF(
            torch.from_numpy(legal.starts_C),
            torch.from_numpy(legal.ends_C),
            torch.from_numpy(legal.moves_CC),
        )

    def forward(self, batch: WordBatch) -> Tensor:
        """Give the score of each state at each word, ``(B, T, C)``; at padding without meaning."""
        x_BTD = self.dropout(self._vectors(batch))
        h_BTH = self.encoder(x_BTD, batch.mask_BT)
        emissions_BTC: Tensor = self.classifier(self.dropout(h_BTH))
        return emissions_BTC

    def loss(self, batch: WordBatch, states_BT: Tensor) -> Tensor:
        """Give the negative log likelihood of each row's states, ``(B,)``, in nats."""
        return self.crf.loss(self(batch), states_BT, batch.mask_BT)

    def _vectors(self, batch: WordBatch) -> Tensor:
        tables = self.word_embeddings
        parts = [tables["words"](batch.word_ids_BT)]
        if self.config.bigrams:
            assert batch.bigram_ids_BT is not None
            parts.append(tables["bigrams"](batch.bigram_ids_BT))
        if self.spelling is not None:
            assert batch.character_ids_BTW is not None
            parts.append(self.spelling(batch.character_ids_BTW))
        if self.config.lexicon:
            assert batch.lexicon is not None
            table, bags = tables["lexicon"], batch.lexicon
            assert isinstance(table, SplitEmbedding)
            bags_XD = table.bags(bags.word_ids_N, bags.offsets_X, bags.weights_N)
            parts.append(bags_XD.view(*batch.word_ids_BT.shape, -1))
        return torch.cat(parts, -1)


def new_table(table: Table) -> SplitEmbedding:
    """Give random vectors; those of what is no word are 0 at first, that of padding for ever."""
    made = SplitEmbedding(table.num_ids, table.num_learnt, table.size)
    with torch.no_grad():
        made.learnt_SD[UNKNOWN] = 0.0
    return made
