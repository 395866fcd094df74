"""Build token files: documents to sentences to ids, in shards that survive a crash.

A shard is a run of documents. It is written whole, under the hash of what it holds, so a build that
was cut off takes over every shard that it finds; and because the shards do not hang on the number
of workers, the output does not either. `indexed` reads what is written here.
"""

import hashlib
import json
import multiprocessing
import os
import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from lexloom.artifacts import (
    atomic_write,
    file_sha256,
    one_writer,
    sealed_directory,
    verify_directory,
    write_json,
)
from lexloom.corpus.sentences import split_sentences
from lexloom.errors import ArtifactError, ConfigError, InputError, UsageError
from lexloom.records import Document, Failure
from lexloom.tokens.byte_pairs import joined
from lexloom.tokens.chunks import ChunkEncoder
from lexloom.tokens.indexed import (
    DTYPES,
    Lengths,
    Positions,
    TokenRecord,
    data_path,
    dtype_code,
    index_path,
    record_path,
    write_index,
)
from lexloom.tokens.tokenizer import Tokenizer

SHARD_CHARACTERS = 1 << 22
BATCH_SENTENCES = 1 << 12
COPY_BYTES = 1 << 22
SHARD_VERSION = 1
"""Goes into the name of a shard; raise it when the same text gives other sequences."""

OnCharacters = Callable[[int], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class BuildConfig:
    """How to build token files."""

    num_workers: int = 1
    """Processes that tokenize; the output is the same for any number."""
    append_eos: bool = False
    """End each document with the end-of-sequence token."""
    shard_characters: int = SHARD_CHARACTERS
    """Characters of text after which a shard ends; what a crash can lose for each worker."""

    def __post_init__(self) -> None:
        for name in ("num_workers", "shard_characters"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be 1 or more, got {getattr(self, name)}")


@dataclass(slots=True)
class BuildReport:
    """What was built."""

    record: TokenRecord | None = None
    failures: list[Failure] = field(default_factory=list)
    """Documents that could not be read."""
    num_shards: int = 0
    num_shards_kept: int = 0
    """Shards that an earlier build had finished."""


def build(
    documents: Iterable[Document | Failure],
    tokenizer_path: Path,
    prefix: Path,
    config: BuildConfig | None = None,
    *,
    on_characters: OnCharacters = lambda count: None,
) -> BuildReport:
    """Write PREFIX.bin, PREFIX.idx and, last, PREFIX.json.

    One sequence is one sentence with the white space before it (the last one also with what is
    behind it), so the sequences of a document hold all of its text.

    Args:
        documents: What to tokenize, in order.
        tokenizer_path: A ``tokenizer.json``, or its directory.
        prefix: The path without an ending.
        config: How.
        on_characters: Called with the number of characters of each finished shard.

    Raises:
        InputError: If no document could be read.
        UsageError: If an end-of-sequence token is asked for that the tokenizer has not.
        ArtifactError: If another process builds the same files.
    """
    config = config or BuildConfig()
    tokenizer = Tokenizer.load(tokenizer_path)
    eos_id = _eos_id(tokenizer) if config.append_eos else None
    job = _Job(tokenizer_path, tokenizer.sha256, dtype_code(tokenizer.max_id + 1), eos_id)
    report = BuildReport()
    folder = data_path(prefix).with_name(f".{prefix.name}.shards")
    with one_writer(folder):
        shards = _write_shards(documents, folder, job, config, report, on_characters)
        report.num_shards = len(shards)
        if shards:
            report.record = _merge(shards, prefix, job, tokenizer.vocab_size)
        shutil.rmtree(folder, ignore_errors=True)
    if not shards:
        raise InputError("no document could be read, so there is nothing to tokenize")
    return report


def _write_shards(
    documents: Iterable[Document | Failure],
    folder: Path,
    job: "_Job",
    config: BuildConfig,
    report: BuildReport,
    on_characters: OnCharacters,
) -> list[Path]:
    shards: list[Path] = []
    with _executor(config.num_workers) as executor:
        waiting: deque[tuple[Future[None] | None, int]] = deque()
        for texts in _shards(documents, report.failures, config.shard_characters):
            path = folder / job.name(texts)
            waiting.append((_start(executor, job, texts, path, report), sum(map(len, texts))))
            shards.append(path)
            while len(waiting) > 2 * config.num_workers:
                _finish(waiting.popleft(), on_characters)
        while waiting:
            _finish(waiting.popleft(), on_characters)
    return shards


def _eos_id(tokenizer: Tokenizer) -> int:
    id = tokenizer.token_id("eos_token")
    if id is None:
        raise UsageError(
            "the tokenizer has no end-of-sequence token", hint="leave out --append-eos"
        )
    return id


@dataclass(frozen=True, slots=True)
class _Job:
    """What every shard of a build shares."""

    tokenizer_path: Path
    tokenizer_sha256: str
    dtype_code: int
    eos_id: int | None

    def name(self, texts: Sequence[str]) -> str:
        """Give the name of a shard: the hash of all that decides what is in it."""
        hashed = hashlib.sha256()
        hashed.update(repr((SHARD_VERSION, self.tokenizer_sha256, self.eos_id)).encode())
        for text in texts:
            data = text.encode("utf-8", "surrogatepass")
            hashed.update(len(data).to_bytes(8, "little"))
            hashed.update(data)
        return hashed.hexdigest()


@contextmanager
def _executor(num_workers: int) -> Iterator[Executor | None]:
    if num_workers == 1:
        yield None
        return
    # a fresh process, for one that was forked would share the threads of the tokenizer
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(num_workers, mp_context=context, initializer=_use_one_thread)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _use_one_thread() -> None:
    os.environ["RAYON_NUM_THREADS"] = "1"  # in a worker's own environment, for the tokenizer


def _shards(
    documents: Iterable[Document | Failure], failures: list[Failure], max_characters: int
) -> Iterator[list[str]]:
    texts: list[str] = []
    num_characters = 0
    for item in documents:
        if isinstance(item, Failure):
            failures.append(item)
            continue
        texts.append(item.text)
        num_characters += len(item.text)
        if num_characters >= max_characters:
            yield texts
            texts, num_characters = [], 0
    if texts:
        yield texts


def _start(
    executor: Executor | None, job: _Job, texts: list[str], path: Path, report: BuildReport
) -> Future[None] | None:
    if _is_whole(path):
        report.num_shards_kept += 1
    elif executor is None:
        write_shard(texts, path, job)
    else:
        return executor.submit(write_shard, texts, path, job)
    return None


def _is_whole(path: Path) -> bool:
    try:
        verify_directory(path)
    except (ArtifactError, OSError):
        return False
    return True


def _finish(started: tuple[Future[None] | None, int], on_characters: OnCharacters) -> None:
    future, num_characters = started
    if future is not None:
        try:
            future.result()
        except BrokenProcessPool as error:
            raise ArtifactError(
                "a worker was ended from outside, perhaps for want of memory",
                hint="run the same command again, it goes on; or use fewer workers",
            ) from error
    on_characters(num_characters)


_LOADED: dict[tuple[Path, str], ChunkEncoder] = {}
"""The tokenizer of this process, so that a worker reads it once and remembers what it met."""


def _loaded(job: _Job) -> ChunkEncoder:
    key = (job.tokenizer_path, job.tokenizer_sha256)
    if key not in _LOADED:
        tokenizer = Tokenizer.load(job.tokenizer_path)
        if tokenizer.sha256 != job.tokenizer_sha256:
            raise ArtifactError(
                f"the tokenizer {job.tokenizer_path} changed while it was used", hint="start again"
            )
        _LOADED.clear()
        _LOADED[key] = ChunkEncoder(tokenizer)
    return _LOADED[key]


def write_shard(texts: Sequence[str], path: Path, job: _Job) -> None:
    """Tokenize documents into a sealed directory of ids, lengths and document borders."""
    ids, lengths, documents = tokenize(texts, _loaded(job), eos_id=job.eos_id)
    with sealed_directory(path) as folder:
        # not by tofile, which on a full disk says nothing, or not why
        (folder / "ids").write_bytes(ids.astype(DTYPES[job.dtype_code]).data)
        (folder / "lengths").write_bytes(lengths.astype("<i4").data)
        (folder / "documents").write_bytes(documents.astype("<i8").data)
        write_json(folder / "counts.json", {"num_characters": sum(map(len, texts))})


def tokenize(
    texts: Sequence[str], encoder: ChunkEncoder, *, eos_id: int | None = None
) -> tuple[Lengths, Lengths, Positions]:
    """Give the ids of documents, the length of each sentence, and the borders of the documents."""
    sentences: list[str] = []
    borders = [0]
    for text in texts:
        sentences += sentences_with_space(text)
        borders.append(len(sentences))
    parts, lengths = [], []
    for start in range(0, len(sentences), BATCH_SENTENCES):
        ids, sizes = encoder.encode(sentences[start : start + BATCH_SENTENCES])
        parts.append(ids)
        lengths.append(sizes)
    ids, sizes = joined(parts), joined(lengths)
    ends = np.array(borders, dtype=np.int64)
    if eos_id is not None:
        last = ends[1:] - 1  # a document has a sentence at least, for it is not empty
        ids = np.insert(ids, np.cumsum(sizes, dtype=np.int64)[last], eos_id)
        sizes[last] += 1
    return ids, sizes, ends


def sentences_with_space(text: str) -> Iterator[str]:
    """Give the sentences of a text, each with the white space before it; joined, they are the text.

    The white space before a word is part of its token in byte-level BPE and unigram models.
    """
    start = 0
    previous: tuple[int, int] | None = None
    for span in split_sentences(text):
        if previous is not None:
            yield text[start : previous[1]]
            start = previous[1]
        previous = span
    if start < len(text):
        yield text[start:]


def _merge(shards: Sequence[Path], prefix: Path, job: _Job, vocab_size: int) -> TokenRecord:
    """Join the shards behind each other, the record last."""
    # without a record of what stood here before, files half replaced are never taken for whole
    record_path(prefix).unlink(missing_ok=True)
    with atomic_write(data_path(prefix)) as target:
        for shard in shards:
            with (shard / "ids").open("rb") as source:
                shutil.copyfileobj(source, target, COPY_BYTES)
    lengths = np.concatenate([np.fromfile(shard / "lengths", dtype="<i4") for shard in shards])
    documents = [np.zeros(1, dtype=np.int64)]
    for shard in shards:
        borders = np.fromfile(shard / "documents", dtype="<i8")
        documents.append(borders[1:] + documents[-1][-1])
    borders = np.concatenate(documents)
    with atomic_write(index_path(prefix)) as target:
        write_index(target, job.dtype_code, lengths, borders)
    counts = [json.loads((shard / "counts.json").read_bytes()) for shard in shards]
    record = TokenRecord(
        tokenizer_sha256=job.tokenizer_sha256,
        vocab_size=vocab_size,
        num_documents=len(borders) - 1,
        num_sequences=len(lengths),
        num_tokens=int(lengths.sum(dtype=np.int64)),
        num_characters=sum(count["num_characters"] for count in counts),
        has_eos=job.eos_id is not None,
        bin_sha256=file_sha256(data_path(prefix)),
        idx_sha256=file_sha256(index_path(prefix)),
    )
    write_json(record_path(prefix), record.to_dict())
    return record
