"""The course of a run: JSON lines, a picture of them, and TensorBoard's form if asked for."""

import json
import math
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lexloom.artifacts import atomic_write
from lexloom.errors import MissingDependencyError
from lexloom.train.parallel import Parallel
from lexloom.train.reports import Evaluation, StepReport

FILE, PICTURE = "metrics.jsonl", "metrics.png"
LOG_EVERY_STEPS = 20
MANY_ROWS = 50
DRAW_EVERY_S = 60.0


class Metrics:
    """What a run writes down of itself; rows behind the step it goes on from are dropped."""

    def __init__(self, out: Path, step: int, *, with_tensorboard: bool, parallel: Parallel) -> None:
        self.out = out
        self._is_writer = parallel.is_first
        self._pending: list[StepReport] = []
        self._drawn_at = time.monotonic()
        self._board: Any = None
        if self._is_writer:
            _drop_later_rows(out / FILE, step)
            if with_tensorboard:
                self._board = _tensorboard(out)

    def add_step(self, report: StepReport) -> None:
        """Note a step; the mean of every few steps is written."""
        self._pending.append(report)
        if report.step % LOG_EVERY_STEPS == 0:
            self._write_pending()

    def add_evaluation(self, evaluation: Evaluation) -> None:
        """Write the steps up to it and its score and, now and then, draw the picture anew."""
        self._write_pending()  # else a short run would have no course at all
        self._write(asdict(evaluation))
        if time.monotonic() - self._drawn_at > DRAW_EVERY_S:
            self.draw()

    def draw(self) -> None:
        """Draw the picture."""
        if self._is_writer:
            draw(self.out)
        self._drawn_at = time.monotonic()

    def _write_pending(self) -> None:
        if self._pending:
            self._write(_mean(self._pending))
            self._pending.clear()

    def _write(self, row: dict[str, Any]) -> None:
        if not self._is_writer:
            return
        with (self.out / FILE).open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(row) + "\n")
        if self._board is not None:
            for name, value in _flat(row).items():
                self._board.add_scalar(name, value, row["step"])
            self._board.flush()


def _mean(reports: Sequence[StepReport]) -> dict[str, Any]:
    """Give one row for several steps: where they end, and the mean of what they did."""
    last, count = reports[-1], len(reports)
    seconds = sum(report.duration_s for report in reports)
    return {
        "step": last.step,
        "epoch": last.epoch,
        "losses": {
            name: sum(report.losses.get(name, 0.0) for report in reports) / count
            for name in last.losses
        },
        "learning_rate": last.learning_rate,
        "grad_norm": sum(report.grad_norm for report in reports) / count,
        "tokens_per_s": sum(report.num_tokens for report in reports) / max(seconds, 1e-9),
    }


def _flat(row: dict[str, Any]) -> dict[str, float]:
    flat: dict[str, float] = {}
    for name, value in row.items():
        if isinstance(value, dict):
            flat |= {f"{name}/{key}": float(number) for key, number in value.items()}
        elif name != "step":
            flat[name] = float(value)
    return flat


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """Give the rows of a metrics file; a last line that was cut off is left out."""
    if not path.exists():
        return []
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return rows


def _drop_later_rows(path: Path, step: int) -> None:
    """Remove the rows of steps that a resumed run will do again."""
    if not path.exists():
        return
    kept = [row for row in read_metrics(path) if row["step"] <= step]
    with atomic_write(path) as stream:
        stream.write("".join(json.dumps(row) + "\n" for row in kept).encode())


def _tensorboard(out: Path) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise MissingDependencyError(
            "TensorBoard is not installed", hint="pip install 'lexloom[tensorboard]'"
        ) from error
    return SummaryWriter(str(out / "tensorboard"))


def draw(out: Path) -> None:
    """Draw losses, dev scores and the learning rate of the run in `out` as a PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = read_metrics(out / FILE)
    steps = [row for row in rows if "learning_rate" in row]
    scored = [row for row in rows if "scores" in row]
    figure = Figure(figsize=(8, 9), layout="constrained")
    FigureCanvasAgg(figure)
    loss_axes, score_axes, rate_axes = figure.subplots(3, 1, sharex=True)
    marker = "." if len(steps) < MANY_ROWS else ""  # a line through one point is not seen
    for name in dict.fromkeys(name for row in steps for name in row["losses"]):
        values = [row["losses"].get(name, math.nan) for row in steps]
        loss_axes.plot([row["step"] for row in steps], values, marker=marker, label=name)
    for name in dict.fromkeys(name for row in scored for name in row["scores"]):
        values = [row["scores"].get(name, math.nan) for row in scored]
        score_axes.plot([row["step"] for row in scored], values, marker="o", label=name)
    rates = [row["learning_rate"] for row in steps]
    rate_axes.plot([row["step"] for row in steps], rates, marker=marker)
    for axes, title in zip(
        (loss_axes, score_axes, rate_axes), ("training loss", "dev", "learning rate"), strict=True
    ):
        axes.set_ylabel(title)
        axes.grid(alpha=0.3)
        if axes.get_legend_handles_labels()[0]:
            axes.legend()
    rate_axes.set_xlabel("step")
    with atomic_write(out / PICTURE) as stream:
        figure.savefig(stream, format="png", dpi=100)
