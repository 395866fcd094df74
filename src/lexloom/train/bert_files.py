"""What a BERT run needs in its folder before it trains: a tokenizer and token files.

What is there already is not made again, and what was made with other settings is never used.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lexloom.artifacts import write_json
from lexloom.batches.pretraining import SpecialIds
from lexloom.config import to_mapping
from lexloom.corpus.formats.source import STDIN
from lexloom.corpus.read import check_outside, read_in_parts
from lexloom.errors import ArtifactError, ConfigError, InputError, TrainingError, UsageError
from lexloom.records import Document, Failure
from lexloom.tokens.build import build
from lexloom.tokens.learn import TokenizerConfig
from lexloom.tokens.learn import train as learn_tokenizer
from lexloom.tokens.tokenizer import Tokenizer

TOKENIZER, TRAIN, DEV = "tokenizer", "tokens/train", "tokens/dev"
MADE_WITH = "made_with.json"
"""Beside a run's own tokenizer, written last: the settings and texts that it is of."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Texts:
    """What a run is trained on: text files, or token files that are there."""

    train: Sequence[Path] = ()
    dev: Sequence[Path] = ()
    tokens: Path | None = None
    """Prefix of token files; then `train` and `dev` are empty."""


@dataclass(frozen=True, slots=True)
class Start:
    """What a run starts from."""

    init: Path | None = None
    """A BERT directory, or None for a new model."""
    tokenizer: Path | None = None
    """None for `init`'s, or a new one."""
    vectors: Path | None = None
    """Word vectors (word2vec text) that the embeddings of a new model start from."""


def make_files(texts: Texts, start: Start, out: Path, settings: TokenizerConfig, say: Say) -> None:
    """Make the tokenizer and the token files that a run needs and has not.

    Raises:
        UsageError: If a path does not exist, is the standard input, or holds `out`.
        InputError: If nothing can be read.
        ArtifactError: If the tokenizer lacks a special token.
        TrainingError: If the folder has a tokenizer of other settings or texts.
    """
    _check_paths(texts)
    check_outside(out, (*texts.train, *texts.dev))
    tokenizer = start.tokenizer or start.init or out / TOKENIZER
    if tokenizer == out / TOKENIZER:
        _make_tokenizer(texts, tokenizer, settings, say)
    special_ids(Tokenizer.load(tokenizer))
    for paths, prefix in ((texts.train, out / TRAIN), (texts.dev, out / DEV)):
        if paths:
            say(f"tokenizing into {prefix}")
            prefix.parent.mkdir(parents=True, exist_ok=True)
            for failure in build(read_in_parts(paths), tokenizer, prefix).failures:
                say(failure.sentence)


def _check_paths(texts: Texts) -> None:
    for path in (*texts.train, *texts.dev):
        if str(path) == STDIN:
            raise UsageError(
                "the standard input cannot be trained on, for it is read more than once",
                hint="write it to a file",
            )
        if not path.exists():
            raise UsageError(f"there is no file or folder {path}", hint="check the path")


def _make_tokenizer(texts: Texts, path: Path, settings: TokenizerConfig, say: Say) -> None:
    if texts.tokens is not None:
        raise ConfigError(
            "token files need the tokenizer that made them", hint="give --tokenizer or --init"
        )
    values = {"settings": to_mapping(settings), "texts": [str(text) for text in texts.train]}
    if (path / MADE_WITH).exists():
        _check_same(path, values)
        return
    say("training a tokenizer")
    failures: list[Failure] = []

    def found() -> Iterator[str]:
        for item in read_in_parts(texts.train):
            if isinstance(item, Document):
                yield item.text
            else:
                failures.append(item)

    try:
        tokenizer = learn_tokenizer(found(), settings)
    except InputError:
        for failure in failures:  # what could be read is tokenized next, and that names the others
            say(failure.sentence)
        raise
    tokenizer.save(path)
    write_json(path / MADE_WITH, values)


def _check_same(path: Path, values: dict[str, Any]) -> None:
    try:
        found = json.loads((path / MADE_WITH).read_bytes())
    except ValueError:
        found = None
    if found != json.loads(json.dumps(values)):
        raise TrainingError(
            f"{path} holds a tokenizer of other texts or settings",
            hint="give another --out, or remove that folder",
        )


def special_ids(tokenizer: Tokenizer) -> SpecialIds:
    """Give the ids that frame and hide, by their role or their usual name.

    Raises:
        ArtifactError: If the tokenizer lacks one.
    """
    found: dict[str, int] = {}
    for name in ("cls", "sep", "pad", "mask", "unk"):
        number = tokenizer.token_id(f"{name}_token")
        if number is None:
            number = tokenizer.library.token_to_id(f"[{name.upper()}]")
        if number is None:
            raise ArtifactError(
                f"the tokenizer has no {name} token",
                hint="train one with `lexloom tokenizer train TEXTS --out tok --set special=bert`",
            )
        found[name] = number
    return SpecialIds(**found)
