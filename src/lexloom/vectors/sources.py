"""The files that vectors are learnt from, as texts, and a fingerprint that tells when they change.

`corpus.read` reads them; `vectors.corpus` makes numbers of their words.
"""

import hashlib
import json
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from lexloom.corpus.formats.source import STDIN
from lexloom.corpus.read import check_outside, read_in_parts
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
    check_outside(folder.parent, paths)
    texts = _Texts(paths, on_failure, fingerprint(_sources(paths, config), known))
    if (folder / RECORD).exists():
        corpus = EncodedCorpus.open(folder)
        if texts.is_piped:
            deque(texts, maxlen=0)
        if (corpus.record.sources, corpus.record.config) != (texts.fingerprint(), config):
            raise UsageError(
                f"{folder} was made from other files or with other settings,"
                " or the files changed since",
                hint="give another --out, or remove it to train anew",
            )
        return corpus
    return encode_texts(
        texts, folder, config, sources=texts.fingerprint, known=known, on_characters=on_characters
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


class _Texts:
    """The texts of paths, and what tells them from others.

    The standard input has no time at which it was written, so where it is among the paths the texts
    themselves are hashed as they go by.
    """

    def __init__(
        self, paths: Sequence[Path], on_failure: Callable[[Failure], None], of_files: str
    ) -> None:
        self.is_piped = any(str(path) == STDIN for path in paths)
        self._paths = paths
        self._on_failure = on_failure
        self._of_files = of_files
        self._hash = hashlib.sha256()

    def fingerprint(self) -> str:
        """Give the fingerprint; the texts of a standard input have to be read before."""
        return f"{self._of_files}:{self._hash.hexdigest()}" if self.is_piped else self._of_files

    def __iter__(self) -> Iterator[str]:
        num_texts = 0
        for item in read_in_parts(self._paths):
            if isinstance(item, Failure):
                self._on_failure(item)
                continue
            num_texts += 1
            if self.is_piped:
                text = item.text.encode("utf-8", "surrogatepass")
                self._hash.update(len(text).to_bytes(8, "little") + text)
            yield item.text
        if not num_texts:
            raise InputError("no file could be read", hint="give text files, or folders of them")
