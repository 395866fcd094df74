"""Train word vectors in a folder: start, save on the way, go on where it was cut off, finish.

`vectors.run_folder` says what lies in it; `vectors.keyed.WordVectors` loads the model.
"""

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import safetensors.numpy

from lexloom.artifacts import sealed_directory, verify_directory, write_json
from lexloom.config import from_mapping, read_table, to_mapping
from lexloom.errors import ArtifactError, UsageError
from lexloom.vectors.corpus import CorpusConfig, EncodedCorpus
from lexloom.vectors.run_folder import (
    CHECKPOINT,
    CONFIG,
    MODEL,
    OUTPUTS,
    VECTORS,
    check_same,
    is_written,
    save_tensors,
)
from lexloom.vectors.vocabulary import Vocabulary
from lexloom.vectors.word2vec import Place, Rows, Trainer, Word2VecConfig

STATE = "state.json"
SAVE_EVERY_S = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class VectorsConfig:
    """The settings of ``lexloom vectors train``."""

    corpus: CorpusConfig = field(default_factory=CorpusConfig)
    word2vec: Word2VecConfig = field(default_factory=Word2VecConfig)


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainedRecord:
    """What a trained model says about itself: its settings and how the training went."""

    word2vec: Word2VecConfig
    corpus: CorpusConfig
    corpus_hash: str
    num_words: int
    """Words of the corpus, those that were not kept too."""
    losses: tuple[float, ...]
    """The mean loss of a prediction, in nats, of each epoch."""
    start_hash: str = ""
    """Of the model that training went on from; empty where there was none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _State:
    """Where a checkpoint stands."""

    word2vec: Word2VecConfig
    corpus_hash: str
    start_hash: str
    epoch: int
    stretch: int
    loss_nats: float
    num_predictions: int
    losses: tuple[float, ...]

    @property
    def place(self) -> Place:
        return Place(self.epoch, self.stretch, self.loss_nats, self.num_predictions, self.losses)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a training is."""

    done: float
    """The share of all epochs."""
    place: Place
    num_words_per_s: float
    """Words of the corpus, since the training began or went on."""


@dataclass(frozen=True, slots=True)
class Start:
    """A trained model to go on from, with the vocabulary of a corpus that knows its words."""

    rows: Rows
    vocabulary: Vocabulary
    config: Word2VecConfig
    hash: str


def load_start(folder: Path) -> Start:
    """Read a model to go on from: the folder that it was trained in, or its ``model``.

    Raises:
        ArtifactError: If it is missing, damaged or without what training needs.
    """
    model = folder / MODEL if (folder / MODEL).is_dir() else folder
    digest = "" if model.is_file() else verify_directory(model)
    if not (model / OUTPUTS).is_file():
        raise ArtifactError(
            f"{model} holds vectors alone, so training cannot go on from it",
            hint="give a folder of `lexloom vectors train` with skipgram or cbow",
        )
    record = from_mapping(TrainedRecord, read_table(model / CONFIG), where=CONFIG)
    inputs = safetensors.numpy.load_file(model / VECTORS)["vectors"]
    outputs = safetensors.numpy.load_file(model / OUTPUTS)["outputs"]
    rows = Rows.of(inputs, outputs)
    return Start(rows, Vocabulary.load(model), record.word2vec, digest)


def train(
    corpus: EncodedCorpus,
    config: Word2VecConfig,
    folder: Path,
    *,
    start: Start | None = None,
    save_every_s: float = SAVE_EVERY_S,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Progress]:
    """Train, and give the progress after each round; the model is in the folder at the end.

    Args:
        corpus: What to learn from; with `start`, encoded with its vocabulary as known.
        config: What to learn.
        folder: Where checkpoint and model are; a training that was cut off goes on there.
        start: A model to go on from.
        save_every_s: Seconds between checkpoints.
        clock: Tells the time.

    Raises:
        UsageError: If the folder holds a training with other settings or another corpus.
        TrainingError: If the loss is no number any more, or nothing was learnt from.
    """
    start_hash = start.hash if start else ""
    record = _record(corpus, config, start_hash)
    if is_written(folder, record):
        return
    rows, begin = _begin(corpus, config, folder, start)
    trainer = Trainer(corpus, rows, config)
    began = saved = clock()
    place, first = begin, trainer.done(begin)
    for place in trainer.rounds(begin):
        now, done = clock(), trainer.done(place)
        num_words = (done - first) * corpus.record.num_words * config.epochs
        yield Progress(done, place, num_words / max(now - began, 1e-9))
        if now - saved >= save_every_s and place.epoch < config.epochs:
            _save_checkpoint(folder / CHECKPOINT, rows, _state(corpus, config, start_hash, place))
            saved = clock()
    _save_model(folder / MODEL, corpus, rows, replace(record, losses=place.losses))
    shutil.rmtree(folder / CHECKPOINT, ignore_errors=True)


def _begin(
    corpus: EncodedCorpus, config: Word2VecConfig, folder: Path, start: Start | None
) -> tuple[Rows, Place]:
    """Give new rows, those of a start, or those of a checkpoint."""
    path = folder / CHECKPOINT
    if not path.is_dir():
        return _first_rows(corpus.vocabulary, config, start), Place()
    verify_directory(path)
    state = from_mapping(_State, read_table(path / STATE), where=STATE)
    check_same(state.word2vec, config, folder)
    if state.corpus_hash != corpus.hash or state.start_hash != (start.hash if start else ""):
        raise UsageError(
            f"{folder} holds a training from another corpus or another start",
            hint="give another --out, or remove it to train anew",
        )
    saved = safetensors.numpy.load_file(path / VECTORS)
    return Rows.of(saved["vectors"], saved["outputs"]), state.place


def _first_rows(vocabulary: Vocabulary, config: Word2VecConfig, start: Start | None) -> Rows:
    rows = Rows.new(vocabulary, config)
    if start is None:
        return rows
    if (start.rows.dim, start.config.objective) != (config.dim, config.objective):
        raise UsageError(
            f"the model to go on from has {start.rows.dim} dimensions and the objective"
            f" {start.config.objective}, not {config.dim} and {config.objective}",
            hint="give the same --dim and --objective",
        )
    places = {word: place for place, word in enumerate(vocabulary.words)}
    new = [places[word] for word in start.vocabulary.words]
    rows.inputs_VD[new] = start.rows.inputs_VD
    if config.objective == "negative":
        # the tree of hierarchical softmax is another with other counts, so its rows begin anew
        rows.outputs_VD[new] = start.rows.outputs_VD
    return rows


def _state(corpus: EncodedCorpus, config: Word2VecConfig, start_hash: str, place: Place) -> _State:
    return _State(
        word2vec=config,
        corpus_hash=corpus.hash,
        start_hash=start_hash,
        epoch=place.epoch,
        stretch=place.stretch,
        loss_nats=place.loss_nats,
        num_predictions=place.num_predictions,
        losses=place.losses,
    )


def _save_checkpoint(path: Path, rows: Rows, state: _State) -> None:
    with sealed_directory(path) as temporary:
        values = {"vectors": rows.vectors_VD, "outputs": rows.outputs_VD[:, : rows.dim]}
        save_tensors(temporary / VECTORS, values)
        write_json(temporary / STATE, to_mapping(state))


def _save_model(path: Path, corpus: EncodedCorpus, rows: Rows, record: TrainedRecord) -> None:
    with sealed_directory(path) as temporary:
        save_tensors(temporary / VECTORS, {"vectors": rows.vectors_VD})
        save_tensors(temporary / OUTPUTS, {"outputs": rows.outputs_VD[:, : rows.dim]})
        corpus.vocabulary.save(temporary)
        write_json(temporary / CONFIG, to_mapping(record))


def _record(corpus: EncodedCorpus, config: Word2VecConfig, start_hash: str) -> TrainedRecord:
    return TrainedRecord(
        word2vec=config,
        corpus=corpus.record.config,
        corpus_hash=corpus.hash,
        num_words=corpus.record.num_words,
        losses=(),
        start_hash=start_hash,
    )
