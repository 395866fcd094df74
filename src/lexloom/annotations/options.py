"""The choices that a reader of a foreign format leaves to its caller."""

from dataclasses import dataclass
from pathlib import Path


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

    def document_id(self, path: Path, number: int, own: str | None = None) -> str:
        """Name a document: by its own id, or by the file's name and its number in the file."""
        if own is not None:
            return f"{self.id_prefix or ''}{own}"
        prefix = f"{path.name}-" if self.id_prefix is None else self.id_prefix
        return f"{prefix}{number}"
