"""How ``lexloom train`` shows a run: a bar with speed and time left, and a line an evaluation."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from lexloom.train.config import TrainConfig
    from lexloom.train.reports import Evaluation, StepReport

T = TypeVar("T")


class Shown:
    """Passes a run's reports on, and shows them on stderr."""

    def __init__(
        self,
        config: "TrainConfig",
        *,
        score_factor: float = 1.0,
        has_dev: bool = True,
        is_quiet: bool = False,
    ) -> None:
        """Set up.

        Args:
            config: How long the run is.
            score_factor: What scores are multiplied by for people, such as 100 for shares.
            has_dev: Whether there are texts to score the model on.
            is_quiet: Whether nothing is shown, as by all processes of a run but the first.
        """
        self.console = Console(stderr=True, quiet=is_quiet)
        self.config = config
        self.score_factor = score_factor
        self.has_dev = has_dev
        self._tokens_per_s = 0.0

    def say(self, sentence: str) -> None:
        """Print a line."""
        # a sentence may hold a file's name, which may look like markup
        self.console.print(sentence, highlight=False, markup=False, soft_wrap=True)

    def follow(self, reports: Iterable[T]) -> Iterator[T]:
        """Pass the reports on."""
        from lexloom.train.reports import Evaluation, StepReport

        columns = (
            TextColumn("epoch {task.fields[epoch]:.2f}"),
            BarColumn(),
            TextColumn("loss {task.fields[loss]:.3f}"),
            TextColumn("{task.fields[speed]:,.0f} tokens/s"),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=self.console, disable=not self.console.is_terminal) as bar:
            number = bar.add_task("training", total=1.0, epoch=0.0, loss=0.0, speed=0.0)
            for report in reports:
                if isinstance(report, StepReport):
                    bar.update(
                        number,
                        completed=self._done(report),
                        epoch=report.epoch,
                        loss=sum(report.losses.values()),
                        speed=self._speed(report),
                    )
                elif isinstance(report, Evaluation) and self.has_dev:
                    self.say(self._line(report))
                yield report

    def _done(self, report: "StepReport") -> float:
        by_epoch = report.epoch / self.config.num_epochs
        limit = self.config.max_steps
        return by_epoch if limit is None else max(by_epoch, report.step / limit)

    def _speed(self, report: "StepReport") -> float:
        """Give tokens a second, smoothed."""
        now = report.num_tokens / max(report.duration_s, 1e-9)
        self._tokens_per_s = 0.95 * self._tokens_per_s + 0.05 * now if self._tokens_per_s else now
        return self._tokens_per_s

    def _line(self, report: "Evaluation") -> str:
        digits = 1 if self.score_factor == 100 else 4
        scores = "  ".join(
            f"{name} {self.score_factor * value:.{digits}f}"
            for name, value in report.scores.items()
        )
        mark = "  (best so far)" if report.is_best else ""
        return f"epoch {report.epoch:.4g}: dev {scores}{mark}"
