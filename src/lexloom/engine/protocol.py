"""What every engine promises: a function mapped over records, in order, with a ledger that adds up.

`engine.local` keeps the promise on one machine. The function takes one record and must be picklable
(a function of a module, or an instance of a module's class), for it may run in another process.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

Record = TypeVar("Record")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Failed:
    """Takes the place of a result: the function raised, or the process that ran it died."""

    reason: str


@dataclass(slots=True)
class Ledger:
    """What became of the records of one `map`; ``num_in == num_done + num_failed + num_skipped``.

    The equation holds whenever no result is on its way, and so at the end.
    """

    num_in: int = 0
    """Records taken from the input."""
    num_done: int = 0
    num_failed: int = 0
    num_skipped: int = 0
    """Records at the beginning that an earlier run had finished."""
    deaths: list[str] = field(default_factory=list)
    """A sentence for each worker process that died, with its name and exit code."""

    def count(self, result: object) -> None:
        """Count one result that is handed out."""
        if isinstance(result, Failed):
            self.num_failed += 1
        else:
            self.num_done += 1

    @property
    def is_balanced(self) -> bool:
        """Whether every record is accounted for."""
        return self.num_in == self.num_done + self.num_failed + self.num_skipped


class Engine(Protocol):
    """Anything that maps a function over records."""

    def map(
        self,
        function: Callable[[Record], Result],
        records: Iterable[Record],
        *,
        ledger: Ledger,
        skip: int = 0,
        weigh: Callable[[Record], int] | None = None,
    ) -> Iterator[Result | Failed]:
        """Give the function's result for each record, in the order of the records.

        Args:
            function: Is called once for each record; for a second time only where the process died.
            records: Read as results are asked for, a bounded number of batches ahead.
            ledger: Is counted up as results are handed out.
            skip: How many records at the beginning an earlier run had finished: they are read,
                counted, and give no result.
            weigh: The weight of a record, such as its characters, by which batches are bounded.
        """
        ...


def apply(function: Callable[[Any], Any], record: Any) -> Any:
    """Give the function's result, or `Failed` with the exception's type and sentence."""
    try:
        return function(record)
    except Exception as error:  # noqa: BLE001 - one record must not end the run; it is counted
        sentence = str(error) or "no message"
        return Failed(f"{type(error).__name__}: {sentence}")
