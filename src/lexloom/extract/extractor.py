"""Documents to extractions by the encoder engine: windows in batches across documents, streamed.

`encoder` reads windows, `windows` makes them, `merge` joins what they gave.
"""

import datetime
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import torch

import lexloom
from lexloom.annotations.labels import LabelSet
from lexloom.annotations.schema import Schema
from lexloom.errors import LexloomError
from lexloom.extract.confidence import Calibration
from lexloom.extract.decode import Decoder
from lexloom.extract.encoder import EncodedWindow, LabelVectors, PendingFacts, SpanReader
from lexloom.extract.files import ExtractorFiles, load_extractor_files
from lexloom.extract.merge import WindowFacts, merge_windows
from lexloom.extract.windows import Window, make_windows
from lexloom.logs import get_logger
from lexloom.models.bert_inference import pack_for_inference
from lexloom.models.checkpoint import CONFIG
from lexloom.models.registry import shipped_models
from lexloom.nn.memory import bound_cached_products, release_unused
from lexloom.nn.precision import choose_dtype
from lexloom.records import (
    Coverage,
    Document,
    DocumentRef,
    Extraction,
    Failure,
    Provenance,
    Skipped,
)
from lexloom.tokens.units import EncodedText

WINDOW_WEIGHT = 400
"""Most weight of a window, in bytes of UTF-8; a token weighs one or more, so the positions suffice.
A Chinese character weighs three: it says as much as half a word, and models that learn from
sentences overlook much in passages of several hundred characters."""
NUM_SPECIAL_TOKENS = 2
"""Tokens of a window that hold no character."""
MODEL_FOLDER = "model"
"""Where a training run leaves its extractor."""
BATCH_WINDOWS = 1024
"""Windows that are read ahead, across documents, so that batches hold texts of one length."""

_log = get_logger(__name__)

Progress = Callable[[int], None]


def weight(text: str) -> int:
    """Give how much of a window a text takes, in bytes of UTF-8."""
    return len(text) if text.isascii() else len(text.encode(errors="surrogatepass"))


@dataclass(frozen=True, slots=True)
class _Question:
    """A schema made ready: what is asked of every window."""

    schema_hash: str
    decoder: Decoder
    vectors: LabelVectors
    zero_shot: tuple[str, ...]
    """Tables of the schema that the model was not trained on."""


@dataclass(slots=True)
class _Job:
    """A document under way."""

    document: Document
    facts: list[WindowFacts] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    num_windows: int = 0
    """Windows that have been read."""
    num_pending: int = 0
    failure: Failure | None = None
    """Why there is nothing to read."""
    is_cut: bool = False
    """Whether all of its windows have been made."""

    @property
    def is_done(self) -> bool:
        """Whether every window has been read."""
        return self.is_cut and not self.num_pending


@dataclass(slots=True)
class _Reading:
    """Windows that the workers are reading."""

    owners: list[_Job] = field(default_factory=list)
    pending: PendingFacts = list
    num_characters: int = 0

    def settle(self, on_characters: Progress | None) -> None:
        """Wait for the facts and hand them to the documents they are of."""
        for job, facts in zip(self.owners, self.pending(), strict=True):
            job.num_pending -= 1
            job.num_windows += 1
            if facts.mentions or facts.events:  # a text of a million windows is mostly empty ones
                job.facts.append(facts)
        if on_characters is not None:
            on_characters(self.num_characters)


class EncoderExtractor:
    """The default engine; get one with `lexloom.load_extractor`."""

    def __init__(self, files: ExtractorFiles) -> None:
        self.name, self.sha256 = files.name, files.sha256
        self.schema = files.schema
        self.decode = files.decode
        self.calibration: Calibration | None = files.calibration
        self.window_sentences = files.window_sentences
        pack_for_inference(files.model.bert)
        num_workers = torch.get_num_threads()
        self.reader = SpanReader(files.model, files.tokenizer, num_workers=num_workers)
        self._questions: dict[str, _Question] = {}

    @classmethod
    def load(cls, name_or_path: str | Path = "default") -> "EncoderExtractor":
        """Read an extractor's directory, or the one that ships with the package by its name.

        Raises:
            ArtifactError: If there is none, or it is damaged.
        """
        bound_cached_products()
        return cls(load_extractor_files(extractor_path(name_or_path), dtype=choose_dtype()))

    def extract(self, text: str | Document, schema: Schema | None = None) -> Extraction:
        """Give the facts of one text; see `extract_many`.

        Raises:
            LexloomError: If the text cannot be read at all.
        """
        document = text if isinstance(text, Document) else Document(id="text", text=text)
        (item,) = self.extract_many([document], schema)
        if isinstance(item, Failure):
            raise LexloomError(f"{item.id}: {item.reason}", hint=item.hint)
        return item

    def extract_many(
        self,
        documents: Iterable[Document | Failure | str],
        schema: Schema | None = None,
        *,
        on_characters: Progress | None = None,
    ) -> Iterator[Extraction | Failure]:
        """Give each document's facts in the order of the documents, as soon as they are known.

        Args:
            documents: Documents, texts, or failures from reading, which are handed through.
            schema: What to ask for; the model's own schema if None. Types that the model was not
                trained on are asked for by their words, and `Provenance.zero_shot` names them.
            on_characters: Told how many characters have been read since the last call.
        """
        question = self._ask(schema or self.schema)
        jobs: deque[_Job] = deque()
        waiting: list[tuple[_Job, Window]] = []
        reading = _Reading()
        for number, item in enumerate(documents):
            job = _job(item, number)
            jobs.append(job)
            for window in self._windows(job.document.text):
                job.num_pending += 1
                waiting.append((job, window))
                if len(waiting) >= BATCH_WINDOWS:
                    # the next windows are prepared here while the workers read the last ones
                    started = self._start(waiting, question)
                    waiting.clear()
                    reading.settle(on_characters)
                    reading = started
                    release_unused()
            job.is_cut = True
            while jobs and jobs[0].is_done:
                yield self._finish(jobs.popleft(), question)
        for group in (reading, self._start(waiting, question)):
            group.settle(on_characters)
        for job in jobs:
            yield self._finish(job, question)

    def _ask(self, schema: Schema) -> _Question:
        key = schema.sha256
        if key not in self._questions:
            labels = LabelSet.of(schema, self.schema)
            self._questions[key] = _Question(
                schema_hash=key,
                decoder=Decoder(schema, labels, self.decode, self.calibration),
                vectors=self.reader.encode_labels(labels),
                zero_shot=labels.zero_shot_tables(schema),
            )
            _log.info("zero-shot: %s", ", ".join(self._questions[key].zero_shot) or "nothing")
        return self._questions[key]

    def zero_shot_tables(self, schema: Schema) -> tuple[str, ...]:
        """Name the tables of a schema that the model was not trained on."""
        return LabelSet.of(schema, self.schema).zero_shot_tables(schema)

    def _windows(self, text: str) -> Iterator[Window]:
        # no sentence is read twice: a fact then does not depend on what stands around its window
        return make_windows(
            text,
            max_units=max(1, min(WINDOW_WEIGHT, self.reader.max_tokens - NUM_SPECIAL_TOKENS)),
            overlap_sentences=0,
            count_units=weight,
            max_sentences=self.window_sentences,
        )

    def _start(self, waiting: list[tuple[_Job, Window]], question: _Question) -> _Reading:
        texts = [job.document.text[window.start : window.end] for job, window in waiting]
        encoded = self.reader.tokenizer.encode(texts)
        readable: list[EncodedWindow] = []
        reading = _Reading(num_characters=sum(w.core_end - w.core_start for _, w in waiting))
        for (job, window), text in zip(waiting, encoded, strict=True):
            if self._fits(text):
                readable.append((window, text))
                reading.owners.append(job)
            else:
                most = self.reader.max_tokens
                count = len(text.input_ids)
                reason = f"{count} tokens in one window, more than the {most} it reads"
                job.skipped.append(Skipped(window.core_start, window.core_end, reason))
                job.num_pending -= 1
        reading.pending = self.reader.start(readable, question.decoder, question.vectors)
        return reading

    def _fits(self, text: EncodedText) -> bool:
        return len(text.input_ids) <= self.reader.max_tokens

    def _finish(self, job: _Job, question: _Question) -> Extraction | Failure:
        if job.failure is not None:
            return job.failure
        text = job.document.text
        merged = merge_windows(text, job.facts)
        skipped = tuple(job.skipped)
        return Extraction(
            document=DocumentRef.of(job.document),
            entities=merged.entities,
            relations=merged.relations,
            events=merged.events,
            coverage=Coverage(
                characters=len(text),
                characters_read=len(text) - sum(s.end - s.start for s in skipped),
                windows=job.num_windows + len(skipped),
                skipped=skipped,
            ),
            provenance=Provenance(
                model=self.name,
                model_hash=self.sha256,
                schema_hash=question.schema_hash,
                version=lexloom.__version__,
                time=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
                zero_shot=question.zero_shot,
            ),
        ).with_pages()


def extractor_path(name_or_path: str | Path) -> Path:
    """Give the directory of a shipped extractor, of a training run's, or the path itself."""
    # the name of a shipped model is always that model; a folder of that name is ./NAME
    path = shipped_models().get(str(name_or_path), Path(name_or_path))
    if (path / MODEL_FOLDER / CONFIG).is_file():
        path = path / MODEL_FOLDER  # the folder of a training run
    return path


def _job(item: Document | Failure | str, number: int) -> _Job:
    if isinstance(item, Failure):
        return _Job(document=Document(item.id, ""), failure=item)
    document = item if isinstance(item, Document) else Document(id=f"text-{number}", text=item)
    return _Job(document=document)
