"""What is done to one document on its own, in a worker process: from raw text to a line of a shard.

Read `Cleaner.__call__` top to bottom: it is the list of stages. What needs to know the documents
before, `dedupe`, and what writes, `shards`, come after it and in one process.
"""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from lexloom.corpus.boilerplate import BoilerplateConfig, remove_boilerplate
from lexloom.corpus.code_filters import CodeConfig, judge_code
from lexloom.corpus.decontaminate import DecontaminateConfig, Evaluation, passages_removed
from lexloom.corpus.dedupe import Fingerprint
from lexloom.corpus.filters import ProseConfig, judge_prose
from lexloom.corpus.language import KINDS, Kind, kind_of
from lexloom.corpus.markup import strip_markup
from lexloom.corpus.measured import Measured
from lexloom.corpus.minhash import MinHashConfig, sketch
from lexloom.corpus.mixture import copy_id, num_copies, source_of
from lexloom.corpus.normalize import NormalizeConfig, normalize
from lexloom.corpus.phrases import PhraseTable
from lexloom.errors import ConfigError
from lexloom.records import Document, Failure


@dataclass(frozen=True, kw_only=True, slots=True)
class CleanConfig:
    """What is done to each document, one table of settings a stage."""

    max_characters: int = 10_000_000
    """Longer documents are dropped unread, for a worker's memory grows with the longest one."""
    kinds: tuple[str, ...] = ("zh", "en", "code")
    """Kinds of documents that stay: zh, en, code, other."""
    strip_markup: bool = True
    """Make plain text of documents that the reader says are Markdown or wikitext."""
    near_duplicates: bool = True
    """Look for near-duplicates; exact copies are always looked for."""
    seed: int = 0
    """Decides the hash functions of MinHash and the choices of weights between whole numbers."""
    normalize: NormalizeConfig = field(default_factory=NormalizeConfig)
    boilerplate: BoilerplateConfig = field(default_factory=BoilerplateConfig)
    prose: ProseConfig = field(default_factory=ProseConfig)
    code: CodeConfig = field(default_factory=CodeConfig)
    decontaminate: DecontaminateConfig = field(default_factory=DecontaminateConfig)
    minhash: MinHashConfig = field(default_factory=MinHashConfig)

    def __post_init__(self) -> None:
        """Check the kinds and the limit."""
        for kind in self.kinds:
            if kind not in KINDS:
                raise ConfigError(
                    f"there is no kind {kind!r} of documents", hint=f"kinds: {', '.join(KINDS)}"
                )
        if self.max_characters < 1:
            raise ConfigError(f"max_characters must be at least 1, got {self.max_characters}")


@dataclass(slots=True)
class Outcome:
    """What became of one document."""

    id: str
    source: str
    kind: str = ""
    """Empty where it was dropped before its kind was known."""
    reason: str = ""
    """Why it is not in the corpus; empty for what is kept."""
    failure: Failure | None = None
    """What could not be read; nothing else is known of it then."""
    num_characters: int = 0
    """Of the raw text."""
    num_kept_characters: int = 0
    """Of the text that is written, once."""
    num_boilerplate_lines: int = 0
    line: bytes = b""
    """The document as a line of JSON: to be written, or to be shown among the rejects."""
    num_copies: int = 1
    fingerprint: Fingerprint | None = None
    digest: bytes = b""
    """Hash of the raw document, by which a later run knows its input again."""


@dataclass(slots=True)
class Cleaner:
    """The function that workers map over documents."""

    config: CleanConfig
    source_names: dict[str, str]
    weights: dict[str, float] = field(default_factory=dict)
    evaluation: Evaluation | None = None
    harmful: PhraseTable | None = None
    keep_rejects: bool = False

    def __call__(self, record: Document | Failure) -> Outcome:
        """Give what becomes of a document as far as it can be said without the others."""
        digest = digest_of(record)
        if isinstance(record, Failure):
            return Outcome(record.id, "", reason="failed", failure=record, digest=digest)
        source = source_of(record.source, self.source_names)
        outcome = Outcome(record.id, source, num_characters=len(record.text), digest=digest)
        text = self._clean(record, outcome)
        if not outcome.reason or self.keep_rejects:
            outcome.line = _line(outcome, text)
        return outcome

    def _clean(self, document: Document, outcome: Outcome) -> str:
        """Run the stages up to the first that drops the document, and give its text."""
        config = self.config
        if len(document.text) > config.max_characters:
            outcome.reason = "too_long"
            return ""
        text = document.text
        if config.strip_markup:
            text = strip_markup(text, document.markup)
        text = normalize(text, config.normalize)
        measured, outcome.num_boilerplate_lines = remove_boilerplate(
            Measured.of(text), config.boilerplate
        )
        kind = kind_of(measured.text, measured.units, name=document.id)
        outcome.kind = kind
        outcome.reason = self._reason(measured, kind, num_before=len(text))
        if not outcome.reason:
            measured = self._decontaminate(measured, outcome)
        if not outcome.reason:
            self._count_copies(outcome)
        if not outcome.reason:
            self._finish(measured, outcome)
        return measured.text

    def _reason(self, text: Measured, kind: Kind, *, num_before: int) -> str:
        """Give the reason of the first filter that drops the text, or an empty string."""
        config = self.config
        removed = num_before - len(text.text)
        if removed > config.boilerplate.max_removed_share * num_before:
            return "boilerplate"
        if kind == "code":
            reason = judge_code(text, config.code)
        else:
            reason = judge_prose(text, config.prose)
        if not reason and kind not in config.kinds:
            reason = f"kind_{kind}"
        if not reason and self.harmful is not None and len(self.harmful.find(text.units)):
            reason = "harmful"
        return reason

    def _decontaminate(self, text: Measured, outcome: Outcome) -> Measured:
        if self.evaluation is None:
            return text
        left = passages_removed(text.text, text.units, self.evaluation, self.config.decontaminate)
        if left is None:
            return text
        without = Measured.of(left)
        if not len(without.units) or (outcome.kind != "code" and self._is_short(without)):
            outcome.reason = "contaminated"
            return text
        return without

    def _is_short(self, text: Measured) -> bool:
        return len(text.units) < (self.config.prose.min_units or 0)

    def _count_copies(self, outcome: Outcome) -> None:
        weight = self.weights.get(outcome.source, 1.0)
        outcome.num_copies = num_copies(outcome.id, weight, seed=self.config.seed)
        if not outcome.num_copies:
            outcome.reason = "not_sampled"

    def _finish(self, text: Measured, outcome: Outcome) -> None:
        config = self.config
        outcome.num_kept_characters = len(text.text)
        exact = hashlib.blake2b(text.text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        near = None
        if config.near_duplicates:
            near = sketch(text.units.hashes, config.minhash, seed=config.seed)
        outcome.fingerprint = Fingerprint(int.from_bytes(exact, "little"), near)


def digest_of(record: Document | Failure) -> bytes:
    """Give a hash of a record as it was read."""
    content = record.reason if isinstance(record, Failure) else record.text
    name = record.id.encode("utf-8", "surrogatepass") + b"\0"
    digest = hashlib.blake2b(name, digest_size=16)
    digest.update(content.encode("utf-8", "surrogatepass"))
    return digest.digest()


def with_values(line: bytes, **values: Any) -> bytes:
    """Give a line of JSON with more keys at its end."""
    separator = b"" if line == b"{}\n" else b", "
    return line[:-2] + separator + _json(values)[1:] + b"\n"


def copies(outcome: Outcome) -> list[bytes]:
    """Give a line for each copy of a document; further copies have ids of their own."""
    lines = [outcome.line]
    for number in range(1, outcome.num_copies):
        values = json.loads(outcome.line)
        lines.append(_json(values | {"id": copy_id(outcome.id, number)}) + b"\n")
    return lines


def _line(outcome: Outcome, text: str) -> bytes:
    values = {"id": outcome.id, "text": text, "source": outcome.source, "kind": outcome.kind}
    return _json(values) + b"\n"


def _json(values: dict[str, Any]) -> bytes:
    # a lone surrogate of an id or a rejected text is written as its escape
    return json.dumps(values, ensure_ascii=False).encode("utf-8", "backslashreplace")
