"""A tokenizer with exact offsets, in ``tokenizer.json``, over the `tokenizers` library.

`learn` trains one; `units` wraps one for the extractor, whose spans start and end at units.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer as Library

from lexloom.artifacts import write_json, write_text
from lexloom.errors import ArtifactError, ShapeError

FILE = "tokenizer.json"
CONFIG_FILE = "tokenizer_config.json"
SURROGATE = re.compile("[\ud800-\udfff]")
REPLACEMENT = "\ufffd"
NOT_THE_TOKENIZER = ("truncation", "padding")
"""Keys of ``tokenizer.json`` that say how it was last called, not what it is."""
ROLES = ("unk_token", "bos_token", "eos_token", "pad_token", "cls_token", "sep_token", "mask_token")


class Encoded(NamedTuple):
    """One text as T tokens."""

    input_ids: NDArray[np.int32]
    """Token ids, shape ``(T,)``."""
    offsets: NDArray[np.int32]
    """Start and end of each token in the text as it was given, in code points, half-open, shape
    ``(T, 2)``. Tokens that share a character, as the bytes of one do, each have all of it; special
    tokens that were added have an empty span."""


class Tokenizer:
    """Text to ids and back.

    What looks like a special token in a text is text: only `encode` itself adds special tokens.
    A lone surrogate, which UTF-8 cannot hold, is read as the replacement character.
    """

    def __init__(self, library: Library, *, roles: Mapping[str, str] | None = None) -> None:
        library.no_padding()
        library.no_truncation()
        library.encode_special_tokens = True
        self.library = library
        self.roles = dict(roles or {})
        """Role, such as ``eos_token`` -> token."""

    @classmethod
    def load(cls, path: Path | str) -> "Tokenizer":
        """Read a ``tokenizer.json``, or a directory that has one.

        Raises:
            ArtifactError: If there is none, or it is damaged.
        """
        path = Path(path)
        file = path / FILE if path.is_dir() else path
        if not file.is_file():
            raise ArtifactError(
                f"there is no tokenizer {file}", hint=f"give a {FILE}, or a directory with one"
            )
        try:
            library = Library.from_str(file.read_bytes().decode("utf-8"))
        except Exception as error:  # the library raises plain Exception
            raise ArtifactError(
                f"{file} is no tokenizer: {error}", hint=f"give a {FILE}, or train one"
            ) from error
        return cls(library, roles=_read_roles(file.with_name(CONFIG_FILE), library))

    def save(self, path: Path | str) -> None:
        """Write ``tokenizer.json`` and ``tokenizer_config.json`` into a directory."""
        path = Path(path)
        check_folder(path)
        values = json.loads(self.library.to_str())
        # the library writes a vocabulary as it lies in its hash table
        write_text(path / FILE, json.dumps(_ordered(values), ensure_ascii=False, indent=1) + "\n")
        config: dict[str, Any] = {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "clean_up_tokenization_spaces": False,
        }
        roles = {role: self.roles[role] for role in ROLES if role in self.roles}
        write_json(path / CONFIG_FILE, config | roles)

    @property
    def vocab_size(self) -> int:
        """How many ids there are."""
        return int(self.library.get_vocab_size())

    @property
    def sha256(self) -> str:
        """Hash of what the tokenizer does, the same however its file is laid out."""
        # the library reads a score back a little differently than it wrote it
        values = json.loads(self.library.to_str(), parse_float=lambda text: f"{float(text):.6g}")
        for key in NOT_THE_TOKENIZER:
            values.pop(key, None)
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()

    def token_id(self, role: str) -> int | None:
        """Give the id of a special token by its role, such as ``eos_token``; None without one."""
        token = self.roles.get(role)
        found: int | None = None if token is None else self.library.token_to_id(token)
        return found

    @property
    def unknown_id(self) -> int | None:
        """The id of what the vocabulary lacks; None where everything can be written."""
        model = json.loads(self.library.to_str())["model"]
        if model.get("unk_id") is not None:
            return int(model["unk_id"])
        token = model.get("unk_token")
        found: int | None = self.library.token_to_id(token) if token else None
        return found

    def encode(self, text: str, *, add_special_tokens: bool = True) -> Encoded:
        """Give the ids and offsets of one text."""
        return self.encode_batch([text], add_special_tokens=add_special_tokens)[0]

    def encode_batch(
        self, texts: Sequence[str], *, add_special_tokens: bool = True
    ) -> list[Encoded]:
        """Give the ids and offsets of texts, each by itself."""
        encodings = self.library.encode_batch(
            [without_surrogates(text) for text in texts], add_special_tokens=add_special_tokens
        )
        return [_encoded(text, item) for text, item in zip(texts, encodings, strict=True)]

    def decode(self, ids: Sequence[int], *, skip_special_tokens: bool = True) -> str:
        """Give the text of ids.

        Raises:
            ShapeError: If an id is not in the vocabulary.
        """
        ids = [int(id) for id in ids]
        largest = self.max_id
        for id in ids:
            if not 0 <= id <= largest:
                raise ShapeError(
                    f"there is no token {id}: the ids go from 0 to {largest}",
                    hint="use the tokenizer that made the ids",
                )
        return str(self.library.decode(ids, skip_special_tokens=skip_special_tokens))

    @cached_property
    def max_id(self) -> int:
        """The largest id; ids need not be without gaps in a tokenizer made elsewhere."""
        return max(self.library.get_vocab().values(), default=-1)

    @cached_property
    def pieces(self) -> list[str]:
        """The piece of each id; an empty string where there is a gap."""
        pieces = [""] * (self.max_id + 1)
        for piece, id in self.library.get_vocab().items():
            pieces[id] = piece
        return pieces


def check_folder(path: Path) -> None:
    """Check that a tokenizer can be saved at a path.

    Raises:
        ArtifactError: If it is a file.
    """
    if path.exists() and not path.is_dir():
        raise ArtifactError(f"{path} is a file", hint="give the name of a directory")


def without_surrogates(text: str) -> str:
    """Give a text that UTF-8 can hold, as long as the one given."""
    return text if text.isascii() else SURROGATE.sub(REPLACEMENT, text)


def _read_roles(path: Path, library: Library) -> dict[str, str]:
    """Read the roles of special tokens; a token may be a string or an object with its content."""
    if not path.is_file():
        return {}
    try:
        values = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ArtifactError(f"{path} is damaged: {error}", hint="copy it again") from error
    if not isinstance(values, dict):
        raise ArtifactError(f"{path} holds no table of settings", hint="copy it again")
    roles: dict[str, str] = {}
    for role in ROLES:
        token = values.get(role)
        token = token.get("content") if isinstance(token, dict) else token
        if isinstance(token, str) and library.token_to_id(token) is not None:
            roles[role] = token
    return roles


def _ordered(values: dict[str, Any]) -> dict[str, Any]:
    vocabulary = values["model"].get("vocab")
    if isinstance(vocabulary, dict):
        values["model"]["vocab"] = dict(sorted(vocabulary.items(), key=lambda item: item[1]))
    return values


def _encoded(text: str, encoding: Any) -> Encoded:
    offsets = np.array(encoding.offsets, dtype=np.int32).reshape(-1, 2)
    if not text.isascii():
        _take_folded_marks(text, offsets)
    return Encoded(np.array(encoding.ids, dtype=np.int32), offsets)


def _take_folded_marks(text: str, offsets: NDArray[np.int32]) -> None:
    """Let each token keep the marks behind it that a normaliser composed or dropped, in place."""
    starts = np.append(offsets[1:, 0], len(text))
    real = offsets[:, 1] > offsets[:, 0]
    # backwards, so that of the tokens that share a character the first sees where the last ends
    for number in np.flatnonzero(real & (offsets[:, 1] != starts))[::-1].tolist():
        start, end = offsets[number].tolist()
        if number + 1 < len(offsets) and real[number + 1] and starts[number] < end:
            if offsets[number + 1, 0] == start:
                offsets[number, 1] = offsets[number + 1, 1]
            continue
        limit = int(starts[number]) if starts[number] > end else len(text)
        while end < limit and _joins(text[end]):
            end += 1
        offsets[number, 1] = end


def _joins(char: str) -> bool:
    # the vowels and finals of Hangul compose as marks do, but are letters
    return unicodedata.category(char)[0] == "M" or "\u1160" <= char <= "\u11ff"
