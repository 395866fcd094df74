"""The table of finished runs of `finetune`, in Markdown: what was scored, and what was aimed at."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from extraction_sets import SETS
from figures import Figure, progress

FIGURES = "figures.json"
HEADER = (
    "| set, protocol | dev | test (95 %) | P | R | goal | |",
    "|---|---|---|---|---|---|---|",
)
NAMES = {
    "ner_strict": "entities, strict",
    "relations_strict": "relations, strict",
    "relations_boundaries": "relations, boundaries",
    "events_trigger": "triggers",
    "events_argument": "arguments",
    "relation_of_gold_spans_accuracy": "relation of gold spans, accuracy",
    "relation_of_gold_spans_macro_f1": "relation of gold spans, macro-F1",
}


def read_figures(path: Path) -> list[Figure]:
    """Read a run's figures; none where the file is missing or is no list of figures."""
    if not path.is_file():
        return []
    try:
        figures = json.loads(path.read_bytes())
    except ValueError as error:
        progress(f"{path} holds no figures: {error}")
        return []
    if isinstance(figures, list) and all(isinstance(item, dict) for item in figures):
        return figures
    progress(f"{path} holds no figures: it is no list of objects")
    return []


def markdown(out: Path) -> str:
    """Give the table of all finished runs in a folder, in the order of `SETS`."""
    runs = [read_figures(path) for path in sorted(out.glob(f"*/{FIGURES}"))]
    of_set: dict[str, list[list[Figure]]] = {name: [] for name in SETS}
    for figures in runs:
        if figures and figures[0].get("set") in of_set:
            of_set[figures[0]["set"]].append(figures)
    lines = [line for name, found in of_set.items() for line in _lines(name, found)]
    missing = [name for name, found in of_set.items() if not found]
    note = f"\n\nNot finished: {', '.join(missing)}." if missing else ""
    return "\n".join([*HEADER, *lines]) + note


def _lines(name: str, runs: Sequence[Sequence[Figure]]) -> Iterator[str]:
    for protocol, goal in SETS[name].goals.items():
        scores = []
        for figures in runs:
            by_split = {f["split"]: f for f in figures if f.get("protocol") == protocol}
            if by_split:
                scores.append(by_split.get("test", {}))
                yield _line(_title(name, protocol, figures[0]), by_split, goal)
        on_test = [score(figure) for figure in scores if figure]
        if len(on_test) > 1:
            mean = sum(on_test) / len(on_test)
            title = f"{name} {NAMES[protocol]}, mean of {len(on_test)} folds"
            bold = f"**{_per_cent(mean)}**"
            yield _row([title, "", bold, "", "", _goal(goal), _verdict(mean, goal)])


def score(figure: Figure) -> float:
    """Give the F1 of a figure, or its accuracy."""
    value: float = figure["f1"] if "f1" in figure else figure["value"]
    return value


def _title(name: str, protocol: str, figure: Figure) -> str:
    fold = "" if figure.get("fold") is None else f", fold {figure['fold']}"
    trial = " (trial)" if figure.get("is_trial") else ""
    return f"{name} {NAMES[protocol]}{fold}{trial}"


def _line(title: str, by_split: dict[str, Figure], goal: float | None) -> str:
    dev, test = by_split.get("dev"), by_split.get("test")
    cells = [title, "" if dev is None else _per_cent(score(dev))]
    if test is None:
        return _row([*cells, "not read", "", "", _goal(goal), ""])
    low, high = test["f1_interval"] if "f1" in test else test["interval"]
    cells.append(f"**{_per_cent(score(test))}** ({_per_cent(low)}–{_per_cent(high)})")
    for key in ("precision", "recall"):
        cells.append(_per_cent(test[key]) if key in test else "")
    verdict = "" if test.get("is_trial") else _verdict(score(test), goal)
    return _row([*cells, _goal(goal), verdict])


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _per_cent(value: float) -> str:
    return f"{100 * value:.1f}"


def _goal(goal: float | None) -> str:
    return "state" if goal is None else f"{goal:g}"


def _verdict(value: float, goal: float | None) -> str:
    # what is shown decides: 91.95 is shown, and meant, as 92.0
    if goal is None:
        return ""
    return "met" if round(100 * value, 1) >= goal else "missed"
