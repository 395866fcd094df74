"""The files that vectors are learnt from, as texts, and a fingerprint that tells when they change.

`corpus.read` reads them; `vectors.corpus` makes numbers of their words.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from lexloom.corpus.read import read_documents
from lexloom.errors import InputError, UsageError
from lexloom.records import Failure
from lexloom.vectors.corpus import RECORD, CorpusConfig, EncodedCorpus, encode_texts
from lexloom.vectors.vocabulary import Vocabulary


def corpus_of_files(
    paths: Sequence[Path],
    folder: Path,
    config: CorpusConfig,
    *,
    known: Vocabulary | None = None,
    on_failure: Callable[[Failure], None] = lambda failure: None,
    on_characters: Callable[[int], None] = lambda count: None,
) -> EncodedCorpus:
    """Encode the texts of files and folders, or open what was encoded from them before.

    Args:
        paths: Files and folders, of every format that is read.
        folder: Where the corpus is, or is written.
        config: What words are and which are kept.
        known: Words that are kept in any case, with their counts.
        on_failure: Is told of each file that cannot be read; the others count.
        on_characters: Is told how many characters were read.

    Raises:
        UsageError: If the folder holds the corpus of other files, these have changed since, or it
            lies among them.
        InputError: If no file can be read, or too few words are left.
    """
    for path in paths:
        if path.is_dir() and folder.resolve().is_relative_to(path.resolve()):
            raise UsageError(
                f"{folder.parent} lies in {path}, whose files are all read",
                hint="give an --out elsewhere",
            )
    sources = fingerprint(_sources(paths, config), known)
    if (folder / RECORD).exists():
        corpus = EncodedCorpus.open(folder)
        if (corpus.record.sources, corpus.record.config) != (sources, config):
            raise UsageError(
                f"{folder} was made from other files or with other settings,"
                " or the files changed since",
                hint="give another --out, or remove it to train anew",
            )
        return corpus
    texts = _texts(paths, on_failure)
    return encode_texts(
        texts, folder, config, sources=sources, known=known, on_characters=on_characters
    )


def _sources(paths: Sequence[Path], config: CorpusConfig) -> list[Path]:
    """Give what the words of a corpus hang on."""
    tokenizer = config.words.tokenizer
    return [*paths, *([Path(tokenizer)] if tokenizer else [])]


def fingerprint(paths: Sequence[Path], known: Vocabulary | None = None) -> str:
    """Give a hash of which files there are, their sizes and when they were last written."""
    states: list[tuple[str, int, int]] = []
    for path in paths:
        files = [path] if not path.is_dir() else sorted(p for p in path.rglob("*") if p.is_file())
        for file in files:
            if file.exists():
                state = file.stat()
                states.append((str(file), state.st_size, state.st_mtime_ns))
    words = [known.words, known.counts.tolist()] if known else None
    return hashlib.sha256(json.dumps([states, words]).encode()).hexdigest()


def _texts(paths: Sequence[Path], on_failure: Callable[[Failure], None]) -> Iterator[str]:
    num_texts = 0
    for item in read_documents(paths):
        if isinstance(item, Failure):
            on_failure(item)
        else:
            num_texts += 1
            yield item.text
    if not num_texts:
        raise InputError("no file could be read", hint="give text files, or folders of them")
