"""The report as a picture: ribbons from each source to what was kept and to each reason, as SVG.

Drawn with nothing but text, so that it needs no display and no script. A ribbon is as wide as the
number of its documents; a thin one keeps a least width so that it can be seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from lexloom.corpus.report import Report

WIDTH, MARGIN, BAR = 960, 230, 14
HEIGHT, GAP, TOP = 420, 12, 60
MAX_SOURCES = 12
MIN_RIBBON = 1.5
KEPT = "kept"
KEPT_COLOR = "#2f7d6d"
COLORS = ("#b4553b", "#c98a2b", "#7a5c99", "#4f7cac", "#a14e7a", "#6b7d3a", "#8a6d5b", "#5b6770")
FONT = "font-family:system-ui,'Noto Sans CJK SC',sans-serif"


@dataclass(slots=True)
class _Bar:
    name: str
    count: int
    color: str
    y: float = 0.0
    height: float = 0.0
    used: float = 0.0
    """Height that ribbons have taken."""


def flow_picture(report: Report) -> str:
    """Draw the report as a self-contained SVG."""
    flows = _flows(report)
    total = sum(sum(row.values()) for row in flows.values())
    left = [_Bar(name, sum(row.values()), "#41525c") for name, row in flows.items()]
    right = _targets(flows)
    scale = HEIGHT / max(1, total)
    height = max(_place(left, scale), _place(right, scale)) + 24
    ribbons = [
        _ribbon(source, target, flows[source.name][target.name], scale)
        for target in right
        for source in left
        if flows[source.name].get(target.name)
    ]
    bars = [_bar(bar, MARGIN, "end", total) for bar in left]
    bars += [_bar(bar, WIDTH - MARGIN - BAR, "start", total) for bar in right]
    title = f"{total:,} documents: from their sources to the corpus"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" '
            f'role="img" aria-label="{escape(title)}" style="background:#fff;{FONT}">',
            f"<title>{escape(title)}</title>",
            f'<text x="{WIDTH / 2}" y="30" text-anchor="middle" font-size="17" fill="#1c262b">'
            f"{escape(title)}</text>",
            *ribbons,
            *bars,
            "</svg>\n",
        ]
    )


def _flows(report: Report) -> dict[str, dict[str, int]]:
    """Give the documents by source and target; the smallest of many sources are joined."""
    by_size = sorted(report.sources.items(), key=lambda item: (-item[1].documents, item[0]))
    flows: dict[str, dict[str, int]] = {}
    for number, (name, counts) in enumerate(by_size):
        is_alone = number < MAX_SOURCES or len(by_size) == MAX_SOURCES + 1
        row = flows.setdefault(name if is_alone else "other sources", {})
        targets = {KEPT: counts.kept} | counts.dropped
        for target, count in targets.items():
            row[target] = row.get(target, 0) + count
    return flows


def _targets(flows: Mapping[str, Mapping[str, int]]) -> list[_Bar]:
    totals: dict[str, int] = {}
    for row in flows.values():
        for target, count in row.items():
            totals[target] = totals.get(target, 0) + count
    reasons = sorted((t for t in totals if t != KEPT), key=lambda t: (-totals[t], t))
    bars = [_Bar(KEPT, totals[KEPT], KEPT_COLOR)] if totals.get(KEPT) else []
    bars += [
        _Bar(reason, totals[reason], COLORS[number % len(COLORS)])
        for number, reason in enumerate(reasons)
    ]
    return bars


def _place(bars: Sequence[_Bar], scale: float) -> float:
    """Put bars below each other, and give where the last ends."""
    y = float(TOP)
    for bar in bars:
        bar.y = y
        bar.height = max(MIN_RIBBON, bar.count * scale)
        # a label needs room also where its bar is thin
        y += max(bar.height, 18.0) + GAP
    return y


def _ribbon(source: _Bar, target: _Bar, count: int, scale: float) -> str:
    width = max(MIN_RIBBON, count * scale)
    start, end = source.y + source.used, target.y + target.used
    source.used += count * scale
    target.used += count * scale
    x0, x1 = MARGIN + BAR, WIDTH - MARGIN - BAR
    middle = (x0 + x1) / 2
    path = (
        f"M{x0} {start:.1f}C{middle} {start:.1f} {middle} {end:.1f} {x1} {end:.1f}"
        f"V{end + width:.1f}C{middle} {end + width:.1f} {middle} {start + width:.1f} "
        f"{x0} {start + width:.1f}Z"
    )
    label = f"{source.name} to {_label(target.name)}: {count:,}"
    return (
        f'<path d="{path}" fill="{target.color}" fill-opacity=".45">'
        f"<title>{escape(label)}</title></path>"
    )


def _bar(bar: _Bar, x: float, anchor: str, total: int) -> str:
    text_x = x - 8 if anchor == "end" else x + BAR + 8
    share = 100 * bar.count / max(1, total)
    return (
        f'<rect x="{x}" y="{bar.y:.1f}" width="{BAR}" height="{bar.height:.1f}" '
        f'fill="{bar.color}"/>'
        f'<text x="{text_x}" y="{bar.y + min(bar.height / 2, HEIGHT) + 4:.1f}" '
        f'text-anchor="{anchor}" font-size="13" fill="#1c262b">{escape(_label(bar.name))} '
        f'<tspan fill="#5b6770">{bar.count:,} ({share:.1f} %)</tspan></text>'
    )


def _label(name: str) -> str:
    label = name.replace("_", " ")
    return label if len(label) <= 24 else f"{label[:23]}…"
