"""What a corpus holds: documents, characters and units by source and kind, and lengths."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from lexloom.corpus.grams import split_units
from lexloom.corpus.shards import CorpusDocument, read_shards

MAX_SAMPLE = 1 << 20
"""Lengths that quantiles are taken of: of a longer corpus, those of its first documents."""
QUANTILES = {"shortest": 0.0, "median": 0.5, "nine in ten below": 0.9, "longest": 1.0}


@dataclass(slots=True)
class GroupCounts:
    """The documents of one source or kind."""

    documents: int = 0
    characters: int = 0
    units: int = 0
    """Words, or Chinese characters."""

    def add(self, document: CorpusDocument, num_units: int) -> None:
        """Count one document."""
        self.documents += 1
        self.characters += len(document.text)
        self.units += num_units


@dataclass(slots=True)
class CorpusStatistics:
    """The numbers of a corpus."""

    total: GroupCounts = field(default_factory=GroupCounts)
    sources: dict[str, GroupCounts] = field(default_factory=dict)
    kinds: dict[str, GroupCounts] = field(default_factory=dict)
    lengths: list[int] = field(default_factory=list)

    def add(self, document: CorpusDocument) -> None:
        """Count one document."""
        num_units = len(split_units(document.text))
        self.total.add(document, num_units)
        self.sources.setdefault(document.source, GroupCounts()).add(document, num_units)
        self.kinds.setdefault(document.kind, GroupCounts()).add(document, num_units)
        if len(self.lengths) < MAX_SAMPLE:
            self.lengths.append(len(document.text))

    def to_dict(self) -> dict[str, Any]:
        """Give plain values, ready for JSON."""
        shares = list(QUANTILES.values())
        lengths = np.quantile(self.lengths, shares, method="lower") if self.lengths else [0] * 4
        return {
            **asdict(self.total),
            "document_characters": dict(zip(QUANTILES, map(int, lengths), strict=True)),
            "sources": {name: asdict(group) for name, group in sorted(self.sources.items())},
            "kinds": {name: asdict(group) for name, group in sorted(self.kinds.items())},
        }


def measure_corpus(paths: Iterable[Path]) -> CorpusStatistics:
    """Measure corpus folders and files.

    Raises:
        ArtifactError: If a folder was not written to its end, or was altered.
        InputError: If a file is no corpus.
    """
    statistics = CorpusStatistics()
    for path in paths:
        for document in read_shards(path):
            statistics.add(document)
    return statistics
