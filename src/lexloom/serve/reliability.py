"""A picture of how far confidences can be believed: the share of right facts beside each of them.

`extract.reliability` measures what is drawn.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lexloom.artifacts import atomic_write
from lexloom.extract.reliability import Reliability
from lexloom.printable import printable
from lexloom.serve.attention import choose_fonts

PANEL_INCHES = 3.4


def draw_reliability(path: Path, reliability: Mapping[Any, Reliability], *, title: str) -> None:
    """Draw a reliability diagram of each kind of fact as a PNG, atomically.

    Each dot is a bin of about equally many facts; on the diagonal, confidence is the share right.

    Raises:
        ArtifactError: If the file cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    shown = printable(title)
    fonts, missing = choose_fonts(shown)
    shown = "".join("\ufffd" if char in missing else char for char in shown)
    num_panels = max(1, len(reliability))
    figure = Figure(figsize=(num_panels * PANEL_INCHES, PANEL_INCHES + 0.4), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(shown, fontfamily=fonts, fontsize=10, parse_math=False)
    panels = figure.subplots(1, num_panels, squeeze=False)[0]
    for axes in panels:
        axes.plot([0, 1], [0, 1], color="#999999", linewidth=1)
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1)
        axes.set_aspect("equal")
        axes.set_xlabel("confidence", fontsize=8)
        axes.set_ylabel("share right", fontsize=8)
    for axes, item in zip(panels, reliability.values(), strict=False):
        _draw_kind(axes, item)
    with atomic_write(path) as stream:
        figure.savefig(stream, format="png", dpi=110)


def _draw_kind(axes: Any, item: Reliability) -> None:
    confidences = [part.confidence for part in item.bins]
    axes.plot(confidences, [part.share_right for part in item.bins], marker="o", color="#3b6ea5")
    bounds = f"{100 * item.interval.low:.1f}–{100 * item.interval.high:.1f}"
    axes.set_title(
        f"{item.kind}: {item.num_facts:,} facts, error {100 * item.error:.1f} % ({bounds})",
        fontsize=8,
    )
