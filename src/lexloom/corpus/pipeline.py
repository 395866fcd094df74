"""A corpus from raw documents. Read `build` top to bottom: it is the list of stages.

Reading, dedupe and writing are in one process and in the order of the input; `clean.Cleaner`, where
the time goes, runs in the engine's workers. So the corpus is the same for any number of workers.
Memory is bounded by the batches on their way, one shard, and what `dedupe` says it remembers.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import lexloom
from lexloom.artifacts import file_sha256, one_writer, write_json, write_text
from lexloom.config import read_table, to_mapping
from lexloom.corpus.checkpoint import Added, Checkpoint, chained
from lexloom.corpus.clean import CleanConfig, Cleaner, Outcome, copies, digest_of, with_values
from lexloom.corpus.decontaminate import Evaluation, read_evaluation
from lexloom.corpus.flow_picture import flow_picture
from lexloom.corpus.formats.source import STDIN
from lexloom.corpus.minhash import ALGORITHM
from lexloom.corpus.mixture import check_sources, source_names, source_of
from lexloom.corpus.phrases import PhraseTable, read_phrases
from lexloom.corpus.read import read_in_parts
from lexloom.corpus.report import FAILED, Report
from lexloom.corpus.shards import (
    PICTURE,
    REJECTS,
    REPORT,
    SHARDS,
    ShardConfig,
    shard_name,
    write_shard,
)
from lexloom.engine.protocol import Engine, Failed, Ledger
from lexloom.errors import ArtifactError, InputError, UsageError
from lexloom.records import Document, Failure

Record = Document | Failure


@dataclass(frozen=True, kw_only=True, slots=True)
class BuildConfig(CleanConfig):
    """Everything that can be set about a corpus."""

    shards: ShardConfig = field(default_factory=ShardConfig)


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """A corpus that is asked for."""

    paths: Sequence[Path]
    """Files and folders; each is a source."""
    out: Path
    """Folder that the corpus comes to."""
    config: BuildConfig = field(default_factory=BuildConfig)
    weights: dict[str, float] = field(default_factory=dict)
    """Copies of a document by its source, 1 where none is given."""
    evaluation: Sequence[Path] = ()
    """Files of texts that must not be in the corpus."""
    harmful_words: Path | None = None
    """A list of words and phrases, one a line; a document with one is dropped."""
    keep_rejects: bool = False
    """Write what was dropped, with its reason, beside the corpus."""


def build(
    job: Job,
    engine: Engine,
    *,
    ledger: Ledger | None = None,
    on_document: Callable[[int], None] | None = None,
) -> Report:
    """Build a corpus, or go on with one that was begun; the report says what went where.

    Args:
        job: What is asked for.
        engine: What the documents are cleaned by.
        ledger: Is counted up by the engine; workers that died are named in it.
        on_document: Called with the characters of each document that is done.

    Raises:
        UsageError: If a path does not exist or holds the folder of the corpus, or that folder
            holds something else, or a corpus with other settings.
        ArtifactError: If a finished part was altered, the input has changed since it was begun, or
            another process builds there.
        InputError: If an evaluation file cannot be read.
    """
    _check_paths(job)
    cleaner = _cleaner(job)
    with one_writer(job.out):
        run = _Run(job, cleaner, ledger or Ledger())
        if not run.checkpoint.is_complete:
            records = run.known(read_in_parts(job.paths))
            results = engine.map(
                cleaner, records, ledger=run.ledger, skip=run.progress.num_records, weigh=_weigh
            )
            outcomes = run.named(results)
            outcomes = run.deduplicated(outcomes)
            for outcome in outcomes:
                run.write(outcome)
                if on_document is not None:
                    on_document(outcome.num_characters)
            run.finish()
        return run.report


def _check_paths(job: Job) -> None:
    if job.out.is_file():
        raise UsageError(f"{job.out} is a file", hint="--out takes a folder")
    for path in job.paths:
        if str(path) != STDIN and not path.exists():
            raise UsageError(f"there is no file or folder {path}", hint="check the path")
        if job.out.resolve().is_relative_to(path.resolve()):
            raise UsageError(
                f"the corpus would be written into {path}, which it is built from",
                hint="give a folder elsewhere with --out",
            )


def _cleaner(job: Job) -> Cleaner:
    names = source_names(job.paths)
    check_sources(job.weights, names)
    words = read_phrases(job.harmful_words) if job.harmful_words else None
    return Cleaner(
        job.config,
        names,
        dict(job.weights),
        evaluation=_evaluation(job),
        harmful=PhraseTable(words) if words else None,
        keep_rejects=job.keep_rejects,
    )


def _evaluation(job: Job) -> Evaluation | None:
    if not job.evaluation:
        return None

    def texts() -> Iterator[str]:
        for item in read_in_parts(job.evaluation):
            if isinstance(item, Failure):
                raise InputError(f"evaluation texts: {item.reason}", hint=item.hint)
            yield item.text

    return read_evaluation(texts(), job.config.decontaminate)


def _weigh(record: Record) -> int:
    return 0 if isinstance(record, Failure) else len(record.text)


def _settings(job: Job) -> dict[str, Any]:
    """Give what decides the corpus; a build goes on only where all of it is the same."""
    words = job.harmful_words
    return {
        "lexloom": lexloom.__version__,
        "minhash_algorithm": ALGORITHM,
        "paths": [str(path) for path in job.paths],
        "config": to_mapping(job.config),
        "weights": dict(sorted(job.weights.items())),
        "evaluation": [str(path) for path in job.evaluation],
        "harmful_words": file_sha256(words) if words else None,
        "keep_rejects": job.keep_rejects,
    }


class _Run:
    """One call of `build`: where it stands, and what it has not written yet."""

    def __init__(self, job: Job, cleaner: Cleaner, ledger: Ledger) -> None:
        self.job = job
        self.ledger = ledger
        self._names = cleaner.source_names
        self.checkpoint = Checkpoint(job.out, _settings(job) | _evaluation_hash(cleaner))
        if self.checkpoint.is_complete:
            self.report = Report.from_dict(_read_report(job.out))
            return
        self.progress, self._memory = self.checkpoint.load(job.config.minhash)
        if self.progress.num_parts:
            self.report = Report.from_dict(self.progress.report)
        else:
            self.report = Report()
        if cleaner.evaluation is not None:
            self.report.evaluation_texts = cleaner.evaluation.num_texts
            self.report.evaluation_texts_too_short = cleaner.evaluation.num_too_short
        self._underway: deque[Record] = deque()
        self._lines: dict[str, list[bytes]] = {SHARDS: [], REJECTS: []}
        self._sizes = {SHARDS: 0, REJECTS: 0}
        self._added: Added = []
        self._num_records = self.progress.num_records
        self._chain = self.progress.chain

    def known(self, records: Iterable[Record]) -> Iterator[Record]:
        """Pass records on, and check that those of finished parts are still the same."""
        chain = ""
        number = 0
        for record in records:
            if number < self.progress.num_records:
                chain = chained(chain, digest_of(record))
                if number + 1 == self.progress.num_records and chain != self.progress.chain:
                    raise _changed(self.job.out)
            else:
                self._underway.append(record)
            number += 1
            yield record
        if number < self.progress.num_records:
            raise _changed(self.job.out)

    def named(self, results: Iterator[Outcome | Failed]) -> Iterator[Outcome]:
        """Give an outcome for each record, also where its function failed."""
        for result in results:
            record = self._underway.popleft()
            if isinstance(result, Failed):
                failure = Failure(record.id, f"cannot clean {record.id}: {result.reason}")
                result = Outcome(record.id, "", failure=failure, digest=digest_of(record))
            if result.failure is not None:
                result.reason = FAILED
                where = record.id if isinstance(record, Failure) else record.source
                result.source = source_of(where, self._names)
            yield result

    def deduplicated(self, outcomes: Iterator[Outcome]) -> Iterator[Outcome]:
        """Drop what was there before; the document that stays is named with the reject."""
        for outcome in outcomes:
            if outcome.fingerprint is not None:
                duplicate = self._memory.find(outcome.fingerprint)
                if duplicate is None:
                    self._memory.add(outcome.id, outcome.fingerprint)
                    self._added.append((outcome.id, outcome.fingerprint))
                else:
                    outcome.reason = duplicate.reason
                    outcome.line = with_values(
                        outcome.line, of=duplicate.of, similarity=round(duplicate.similarity, 4)
                    )
            yield outcome

    def write(self, outcome: Outcome) -> None:
        """Count an outcome and hold its lines until the part is full."""
        self.report.add(outcome)
        self._num_records += 1
        self._chain = chained(self._chain, outcome.digest)
        if not outcome.reason:
            self._hold(SHARDS, copies(outcome))
        elif self.job.keep_rejects:
            self._hold(REJECTS, [_reject(outcome)])
        if max(self._sizes.values()) >= self.job.config.shards.shard_bytes:
            self._write_part()

    def finish(self) -> None:
        """Write the last part, the report and the manifest."""
        assert self.ledger.is_balanced, self.ledger
        assert self.report.is_balanced, self.report
        if self._num_records > self.progress.num_records:
            self._write_part()
        write_json(self.job.out / REPORT, self.report.to_dict())
        write_text(self.job.out / PICTURE, flow_picture(self.report))
        self.checkpoint.complete(self.progress)

    def _hold(self, stem: str, lines: Sequence[bytes]) -> None:
        self._lines[stem] += lines
        self._sizes[stem] += sum(map(len, lines))

    def _write_part(self) -> None:
        progress, config = self.progress, self.job.config.shards
        numbers = {SHARDS: progress.num_shards, REJECTS: progress.num_rejects}
        for stem, lines in self._lines.items():
            if lines:
                name = shard_name(stem, numbers[stem], config)
                write_shard(self.job.out / name, lines, config)
                progress.files[name] = file_sha256(self.job.out / name)
                numbers[stem] += 1
        progress.num_parts += 1
        progress.num_shards, progress.num_rejects = numbers[SHARDS], numbers[REJECTS]
        progress.num_records, progress.chain = self._num_records, self._chain
        progress.report = self.report.to_dict()
        self.checkpoint.save(progress, self._added)
        self._lines = {SHARDS: [], REJECTS: []}
        self._sizes = {SHARDS: 0, REJECTS: 0}
        self._added = []


def _evaluation_hash(cleaner: Cleaner) -> dict[str, Any]:
    return {"evaluation_hash": cleaner.evaluation.sha256() if cleaner.evaluation else None}


def _reject(outcome: Outcome) -> bytes:
    values = {"reason": outcome.reason}
    if outcome.failure is not None:
        values["detail"] = outcome.failure.reason
    line = outcome.line or with_values(b"{}\n", id=outcome.id, source=outcome.source)
    return with_values(line, **values)


def _changed(out: Path) -> ArtifactError:
    return ArtifactError(
        f"the documents are not those that the corpus in {out} was begun with",
        hint="remove the folder and build the corpus again",
    )


def _read_report(out: Path) -> dict[str, Any]:
    return read_table(out / REPORT)
