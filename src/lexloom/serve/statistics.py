"""A picture of a data set: how many of each type, how long its sentences and mentions are.

What is drawn is counted by `annotations.statistics`.
"""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lexloom.annotations.statistics import Statistics
from lexloom.artifacts import atomic_write
from lexloom.printable import printable
from lexloom.serve.attention import choose_fonts

KINDS = ("entities", "relations", "events", "arguments")
MAX_BARS = 25
"""Types of a kind that are drawn; the others are counted in one bar."""
MAX_NAME_CHARACTERS = 40
MAX_BINS = 40
SHOWN_SHARE = 0.99
"""Share of the lengths that is drawn; few that are very long would press the others together."""


def draw_statistics(path: Path, statistics: Statistics, *, title: str) -> str:
    """Draw the counts of each kind of types and two histograms of lengths as a PNG, atomically.

    Returns:
        The characters that no font of this machine's could show.

    Raises:
        ArtifactError: If the file cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    tables = {kind: bars(getattr(statistics, kind)) for kind in KINDS}
    tables = {kind: table for kind, table in tables.items() if table}
    words = title + "".join(name for table in tables.values() for name, _ in table)
    fonts, missing = choose_fonts(words)
    lengths = {"sentences": statistics.sentence_lengths, "mentions": statistics.mention_lengths}
    lengths = {kind: counts for kind, counts in lengths.items() if counts} or {"mentions": {}}
    heights = [0.6 + 0.22 * len(table) for table in tables.values()] + [2.4] * len(lengths)
    figure = Figure(figsize=(8, sum(heights) + 0.6), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title, fontfamily=fonts, fontsize=10, parse_math=False, wrap=True)
    panels = figure.subplots(len(heights), 1, squeeze=False, height_ratios=heights)[:, 0]
    for axes, (kind, table) in zip(panels, tables.items(), strict=False):
        _draw_bars(axes, kind, table, fonts)
    for axes, (kind, counts) in zip(panels[len(tables) :], lengths.items(), strict=True):
        _draw_lengths(axes, kind, counts)
    with warnings.catch_warnings():
        # of missing glyphs the caller is told once, by what this function gives
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        with atomic_write(path) as stream:
            figure.savefig(stream, format="png", dpi=110)
    return missing


def bars(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Give the names and heights of the bars: the most frequent types, and the sum of the rest."""
    rows = sorted(counts.items(), key=lambda row: (-row[1], row[0]))
    shown = [(shortened(name), count) for name, count in rows[:MAX_BARS]]
    rest = rows[MAX_BARS:]
    if rest:
        shown.append((f"({len(rest)} other types)", sum(count for _, count in rest)))
    return shown


def shortened(name: str) -> str:
    """Give a name without control characters, cut to what stands beside a bar."""
    name = printable(name)
    return name if len(name) <= MAX_NAME_CHARACTERS else f"{name[: MAX_NAME_CHARACTERS - 1]}…"


def shown_lengths(lengths: Mapping[int, int]) -> int:
    """Give the length up to which lengths are drawn; 0 when there are none."""
    total, seen = sum(lengths.values()), 0
    for length, count in sorted(lengths.items()):
        seen += count
        if seen >= SHOWN_SHARE * total:
            return length
    return 0


def bin_edges(longest: int) -> list[float]:
    """Give the edges of bins that hold equally many lengths from 1 on, so that none stands out."""
    width = max(1, -(-longest // MAX_BINS))
    return [0.5 + edge for edge in range(0, longest + width, width)]


def _draw_bars(
    axes: Any, kind: str, table: Sequence[tuple[str, int]], fonts: Sequence[str]
) -> None:
    places = range(len(table))
    axes.barh(places, [count for _, count in table], color="#3b6ea5")
    axes.set_yticks(places)
    axes.set_yticklabels(
        [name for name, _ in table], fontsize=7, fontfamily=fonts, parse_math=False
    )
    axes.invert_yaxis()
    axes.margins(x=0.12, y=0.01)
    axes.xaxis.get_major_locator().set_params(integer=True)
    for place, (_, count) in zip(places, table, strict=True):
        axes.annotate(f" {count:,}", (count, place), va="center", fontsize=6, annotation_clip=False)
    axes.set_title(kind, fontsize=9, loc="left")


def _draw_lengths(axes: Any, kind: str, lengths: Mapping[int, int]) -> None:
    longest = shown_lengths(lengths)
    left_out = sum(count for length, count in lengths.items() if length > longest)
    shown = {length: count for length, count in lengths.items() if length <= longest}
    axes.hist(
        list(shown), bins=bin_edges(max(1, longest)), weights=list(shown.values()), color="#a5643b"
    )
    axes.yaxis.get_major_locator().set_params(integer=True)
    note = f", {left_out:,} longer ones left out" if left_out else ""
    axes.set_title(f"{kind} by length in characters{note}", fontsize=9, loc="left")
