"""CLUENER 2020, fine-grained Chinese names (Xu et al., 2020, arXiv:2001.04351).

Each line is ``{text, label: {type: {mention: [[start, end], ...]}}}``; here, unlike elsewhere, the
end is the last character of the mention.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lexloom.annotations.document import AnnotatedDocument
from lexloom.annotations.draft import Draft
from lexloom.annotations.formats.columns import ENTITIES_ONLY
from lexloom.annotations.options import ImportOptions
from lexloom.annotations.reading import need, read_json_lines
from lexloom.annotations.report import ImportReport
from lexloom.errors import AnnotationError


def read_cluener(
    path: Path, options: ImportOptions, report: ImportReport
) -> Iterator[AnnotatedDocument]:
    """Read the sentences with their names; a type without mentions says that none is there."""
    for number, (where, values) in enumerate(read_json_lines(path)):
        id = options.document_id(path, number)
        draft = Draft(id, need(values, "text", str, where), report, where=where)
        for type, mentions in need(values, "label", dict, where).items():
            if not isinstance(mentions, Mapping):
                raise AnnotationError(f"{where}: the mentions of {type!r} are not an object")
            for mention, places in mentions.items():
                _add_mentions(draft, type, mention, places)
        yield draft.finish(ENTITIES_ONLY)


def _add_mentions(draft: Draft, type: str, mention: str, places: Any) -> None:
    if not isinstance(places, list) or not all(
        isinstance(place, list) and len(place) == 2 for place in places
    ):
        raise AnnotationError(
            f"{draft.where}: the places of {mention!r} are not pairs of offsets",
            hint="they are written as in [[9, 11], [32, 34]]",
        )
    if not places:
        draft.unaligned("the mention has no place", f"{type} {mention!r}")
    for start, last in places:
        whole = isinstance(last, int) and not isinstance(last, bool)
        draft.entity(type, start, last + 1 if whole else last, mention)
