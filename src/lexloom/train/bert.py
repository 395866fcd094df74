"""From texts to a BERT: tokenizer, token files, model and task in one run's folder.

`pretrain` is the task that the trainer sees; here is what stands around it.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch

from lexloom.artifacts import directory_hash, file_sha256, sealed_directory, write_text
from lexloom.batches.masked import Masker
from lexloom.batches.pretraining import SentencePairs, SingleTexts, Source, SpecialIds
from lexloom.batches.token_texts import TokenTexts, held_out_documents
from lexloom.config import to_mapping
from lexloom.errors import ArtifactError, ConfigError, TrainingError, UsageError
from lexloom.models.bert import BertConfig
from lexloom.models.bert_pretraining import BertForPreTraining
from lexloom.models.checkpoint import load_pretraining, save_pretraining
from lexloom.models.grow import start_from_vectors
from lexloom.seeds import derive
from lexloom.tokens.indexed import TokenFile
from lexloom.tokens.learn import TokenizerConfig
from lexloom.tokens.tokenizer import Tokenizer
from lexloom.train.bert_files import DEV, TOKENIZER, TRAIN, Start, Texts, make_files, special_ids
from lexloom.train.parallel import join
from lexloom.train.pretrain import PretrainConfig, PretrainTask
from lexloom.train.state import whole
from lexloom.vectors.keyed import WordVectors
from lexloom.vectors.run_folder import MODEL

CARD = "README.md"
DEV_SHARE = 0.02
"""Share of the tokens whose documents are held out when no dev text is given."""
MAX_DEV_TEXTS = 1_000
"""Texts that are scored at each evaluation, at most."""

Size = Literal["tiny", "mini", "small", "base"]
SIZES: Mapping[Size, Mapping[str, Any]] = {
    "tiny": {"hidden_size": 128, "num_hidden_layers": 2, "num_attention_heads": 2,
             "intermediate_size": 512},
    "mini": {"hidden_size": 256, "num_hidden_layers": 4, "num_attention_heads": 4,
             "intermediate_size": 1_024},
    "small": {"hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 12,
              "intermediate_size": 1_536},
    "base": {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12,
             "intermediate_size": 3_072},
}  # fmt: skip
"""Shapes by name: Turc et al. (2019, arXiv:1908.08962) up to mini; small is MiniLM's."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BertRunConfig:
    """Settings of a BERT training as a whole."""

    pretrain: PretrainConfig = field(default_factory=PretrainConfig)
    size: Size = "small"
    """Shape of a new model."""
    vocab_size: int = 24_000
    """Size of a new tokenizer's vocabulary."""
    lowercase: bool = True
    """Whether a new tokenizer folds case."""
    positions: Literal["learned", "sinusoidal"] = "learned"
    norm_position: Literal["post", "pre"] = "post"
    dropout: float = 0.1
    pairs: Literal["none", "next", "order"] = "none"
    """Second objective: does one part follow the other, or are they swapped."""

    def __post_init__(self) -> None:
        """Check ranges before anything is made."""
        if not 0.0 <= self.dropout < 1.0:
            raise ConfigError(f"dropout must be in [0, 1), got {self.dropout}")
        if self.vocab_size < 1:
            raise ConfigError(f"vocab_size must be at least 1, got {self.vocab_size}")

    @property
    def tokenizer(self) -> TokenizerConfig:
        """How a new tokenizer is trained."""
        return TokenizerConfig(
            model="wordpiece", vocab_size=self.vocab_size, lowercase=self.lowercase
        )


def prepare(
    texts: Texts,
    start: Start,
    out: Path,
    config: BertRunConfig,
    *,
    say: Callable[[str], None] = lambda _sentence: None,
) -> tuple[PretrainTask, Tokenizer, str]:
    """Make what is missing in the folder `out`; give the task, the tokenizer, the fingerprint.

    Args:
        texts: What to train on.
        start: The model and tokenizer to start from.
        out: The run's folder; a tokenizer and token files that it has are not made again.
        config: How.
        say: Called with a sentence before each longer part.

    Raises:
        UsageError: If a path does not exist, or a setting has no effect beside what is given.
        TrainingError: If there is too little text, or the folder has what other settings made.
        ArtifactError: If tokenizer, tokens and model do not fit each other.
    """
    _check_used(config, start)
    parallel = join(config.pretrain.train)
    if parallel.is_first:
        make_files(texts, start, out, config.tokenizer, say)
    parallel.wait()
    tokenizer = Tokenizer.load(start.tokenizer or start.init or out / TOKENIZER)
    special = special_ids(tokenizer)
    train_file = TokenFile.open(texts.tokens or out / TRAIN, tokenizer=tokenizer)
    dev_file = TokenFile.open(out / DEV, tokenizer=tokenizer) if texts.dev else None
    source, dev = _sources(train_file, dev_file, special, config)
    model = _model(start.init, tokenizer, config)
    masker = Masker(
        config.pretrain.masking,
        tokenizer.pieces,
        mask_id=special.mask,
        special_ids=(special.cls, special.sep, special.pad, special.mask, special.unk),
    )
    if start.vectors is not None:
        _use_vectors(model, tokenizer.pieces, start.vectors, say)
    task = PretrainTask(model, source, dev, masker, special, config.pretrain)
    return task, tokenizer, _fingerprint(config, start, train_file, dev_file)


OF_A_NEW_MODEL = ("size", "positions", "norm_position", "dropout")
OF_A_NEW_TOKENIZER = ("vocab_size", "lowercase")


def _check_used(config: BertRunConfig, start: Start) -> None:
    """Check that nothing is asked for that the model or tokenizer at hand decides."""
    if start.init and start.vectors:
        raise UsageError(
            "word vectors are for a new model, and one to go on from is given",
            hint="leave --vectors or --init out",
        )
    if start.vectors and not start.vectors.exists():
        raise UsageError(f"there is no file {start.vectors}", hint="check the path")
    usual = BertRunConfig()
    decided = dict.fromkeys(OF_A_NEW_MODEL, "the model") if start.init else {}
    if start.init or start.tokenizer:
        decided |= dict.fromkeys(OF_A_NEW_TOKENIZER, "the tokenizer")
    for name, what in decided.items():
        if getattr(config, name) != getattr(usual, name):
            raise ConfigError(
                f"{name} is decided by {what} that is given",
                hint=f"leave {name} out, or start from nothing",
            )


def _sources(
    train_file: TokenFile, dev_file: TokenFile | None, special: SpecialIds, config: BertRunConfig
) -> tuple[Source, Source]:
    length = config.pretrain.max_length - 3
    draw = np.random.default_rng(derive(config.pretrain.train.seed, "dev"))
    numbers = list(range(train_file.num_documents))
    if dev_file is not None:
        train = TokenTexts(train_file, numbers, max_length=length)
        dev = TokenTexts(dev_file, range(dev_file.num_documents), max_length=length)
    else:
        trained, held = held_out_documents(train_file, DEV_SHARE, draw)
        train = TokenTexts(train_file, trained or numbers, max_length=length)
        dev = TokenTexts(train_file, held or numbers, max_length=length)
        if not held:  # one document: its last texts
            num_held = max(1, int(DEV_SHARE * len(train)))
            if len(train) <= num_held:
                raise TrainingError("there is too little text to train on", hint="give more text")
            dev.keep(range(len(dev) - num_held, len(dev)))
            train.keep(range(len(train) - num_held))
    dev.keep(sorted(draw.permutation(len(dev))[:MAX_DEV_TEXTS].tolist()))
    return _source(train, special, config), _source(dev, special, config)


def _source(texts: TokenTexts, special: SpecialIds, config: BertRunConfig) -> Source:
    length = config.pretrain.max_length
    if config.pairs == "none":
        return SingleTexts(texts, special, max_length=length)
    return SentencePairs(texts, special, kind=config.pairs, max_length=length)


def _model(init: Path | None, tokenizer: Tokenizer, config: BertRunConfig) -> BertForPreTraining:
    torch.manual_seed(derive(config.pretrain.train.seed, "model"))
    with_pairs = config.pairs != "none"
    if init is None:
        shape = BertConfig(
            vocab_size=tokenizer.max_id + 1,
            hidden_dropout_prob=config.dropout,
            attention_probs_dropout_prob=config.dropout,
            max_position_embeddings=max(512, config.pretrain.max_length),
            positions=config.positions,
            norm_position=config.norm_position,
            **SIZES[config.size],
        )
        return BertForPreTraining(shape, with_pairs=with_pairs)
    model = load_pretraining(init, with_pairs=with_pairs)
    wanted, limit = config.pretrain.max_length, model.config.max_position_embeddings
    if wanted > limit:
        raise ConfigError(
            f"max_length {wanted} is more than the model in {init} has positions",
            hint=f"{limit} at most",
        )
    if tokenizer.max_id >= model.config.vocab_size:
        raise ArtifactError(
            f"the tokenizer has ids up to {tokenizer.max_id}, the model in {init} "
            f"{model.config.vocab_size} words",
            hint="give the tokenizer that the model was trained with",
        )
    return model


def _use_vectors(
    model: BertForPreTraining, pieces: Sequence[str], path: Path, say: Callable[[str], None]
) -> None:
    vectors = WordVectors.load(path)
    known = {piece: vectors[piece] for piece in pieces if piece in vectors}
    num_started = start_from_vectors(model.bert, pieces, known)
    if not num_started:
        raise ArtifactError(
            f"no word of {path} is a piece of the tokenizer",
            hint="give vectors of words written as the tokenizer folds them",
        )
    say(f"{num_started:,} of {len(pieces):,} embeddings start from {path}")


def _fingerprint(
    config: BertRunConfig, start: Start, train_file: TokenFile, dev_file: TokenFile | None
) -> str:
    files = [file.record for file in (train_file, dev_file) if file is not None]
    values = [
        to_mapping(config),
        str(start.init),
        [record.to_dict() if record else None for record in files],
        train_file.num_tokens,
        _hash(start.vectors) if start.vectors else None,
    ]
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()


def _hash(vectors: Path) -> str:
    """Give the hash of a file of vectors, or of the folder that they were trained in."""
    if vectors.is_file():
        return file_sha256(vectors)
    return directory_hash(vectors / MODEL if (vectors / MODEL).is_dir() else vectors)


def save(task: PretrainTask, tokenizer: Tokenizer, path: Path) -> dict[str, float]:
    """Write the model with its tokenizer and card; give its dev scores.

    Each process of a run must call it, for a model that is shared out is gathered from all of them;
    the first one writes.
    """
    scores = task.evaluate()
    tensors = whole(task.model.state_dict())
    parallel = join(task.config.train)
    if parallel.is_first:
        _write(task.model, tensors, tokenizer, path, scores)
    parallel.wait()
    return scores


def _write(
    model: BertForPreTraining,
    tensors: Mapping[str, torch.Tensor],
    tokenizer: Tokenizer,
    path: Path,
    scores: Mapping[str, float],
) -> None:
    rows = "\n".join(f"| {name} | {value:.4f} |" for name, value in scores.items())
    card = (
        "# A BERT trained with Lexloom\n\nMasked words"
        f"{' and sentence pairs' if model.with_pairs else ''}; on held-out text (losses in "
        f"nats):\n\n| score | |\n|---|---|\n{rows}\n"
    )
    with sealed_directory(path) as directory:
        save_pretraining(model, directory, tensors)
        tokenizer.save(directory)
        write_text(directory / CARD, card)
