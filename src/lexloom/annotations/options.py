"""The choices that a reader or writer of a foreign format leaves to its caller."""

from dataclasses import dataclass
from pathlib import Path

from lexloom.annotations.schema import Schema
from lexloom.errors import UsageError


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportOptions:
    """How to read an annotated data set; an importer uses what its format needs."""

    id_prefix: str | None = None
    """Put before each document's id; None for the file's name where the format has no ids."""
    joiner: str | None = None
    """What goes between tokens; None for nothing in Chinese or Japanese and a space elsewhere."""
    sub_roles: bool = False
    """Whether arguments inside of arguments are read too, as ``Subject.Age`` (PHEE)."""
    entity_type: str = "entity"
    """Type of the mentions in formats that mark mentions without a type."""
    schema: Schema | None = None
    """The types that are kept; facts of others are counted. None for all."""
    start: int = 0
    """Documents at the beginning of the file that are passed over and not reported."""
    stop: int | None = None
    """Number of the document to stop at, counted from 0; None for the end of the file."""

    def __post_init__(self) -> None:
        """Check the range."""
        if self.start < 0 or (self.stop is not None and self.stop <= self.start):
            raise UsageError(
                f"start must be at least 0 and stop beyond it, got {self.start} and {self.stop}",
                hint="start=0 stop=100 reads the first hundred documents",
            )

    def document_id(self, path: Path, number: int, own: str | None = None) -> str:
        """Name a document: by its own id, or by the file's name and its number in the file."""
        if own is not None:
            return f"{self.id_prefix or ''}{own}"
        prefix = f"{path.name}-" if self.id_prefix is None else self.id_prefix
        return f"{prefix}{number}"


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportOptions:
    """How to write an annotated data set; an exporter uses what its format needs."""

    schema: Schema | None = None
    """The types that an instruction may ask for; None for those of each document's scope, or
    else those that it holds (IEPile)."""
    source: str = "lexloom"
    """Name of the data set in each line (IEPile)."""
    max_types: int = 6
    """Types that one instruction asks for at most (IEPile)."""

    def __post_init__(self) -> None:
        """Check the range."""
        if self.max_types < 1:
            raise UsageError(f"max_types must be at least 1, got {self.max_types}")
