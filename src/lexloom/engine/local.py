"""The local engine: records in batches over processes of this machine; one worker is this process.

`engine.pool` holds the processes. Nothing is shared between them, so that the number of workers
can change the time only.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice

from lexloom.engine.pool import WorkerPool
from lexloom.engine.protocol import Failed, Ledger, Record, Result, apply
from lexloom.errors import ConfigError


@dataclass(frozen=True, kw_only=True, slots=True)
class LocalEngine:
    """Processes of this machine behind the `Engine` protocol.

    Held in memory are at most ``4 * num_workers`` batches: on their way to a worker, in it, or
    finished and waiting for one that is earlier in order.
    """

    num_workers: int = 1
    """Processes; 1 runs the function in this process."""
    batch_records: int = 64
    """Most records of a batch."""
    batch_weight: int = 1 << 20
    """A batch is closed when its records weigh this much."""

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name in ("num_workers", "batch_records", "batch_weight"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, got {getattr(self, name)}")

    def map(
        self,
        function: Callable[[Record], Result],
        records: Iterable[Record],
        *,
        ledger: Ledger,
        skip: int = 0,
        weigh: Callable[[Record], int] | None = None,
    ) -> Iterator[Result | Failed]:
        """Give the function's result for each record, in order; see `Engine.map`.

        Raises:
            EngineError: If a worker process cannot be started.
        """
        waiting = _skip(records, skip, ledger)
        if self.num_workers == 1:
            results = _map_here(function, waiting, ledger)
        else:
            results = self._map_there(function, self._batches(waiting, weigh), ledger)
        for result in results:
            ledger.count(result)
            yield result

    def _batches(
        self, records: Iterator[Record], weigh: Callable[[Record], int] | None
    ) -> Iterator[list[Record]]:
        batch: list[Record] = []
        weight = 0
        for record in records:
            batch.append(record)
            weight += weigh(record) if weigh else 0
            if len(batch) == self.batch_records or weight >= self.batch_weight:
                yield batch
                batch, weight = [], 0
        if batch:
            yield batch

    def _map_there(
        self, function: Callable[[Record], Result], batches: Iterator[list[Record]], ledger: Ledger
    ) -> Iterator[Result | Failed]:
        first = next(batches, None)
        if first is None:  # no records, no processes
            return
        with WorkerPool(function, self.num_workers, ledger) as pool:
            for results in pool.run(_counted(chain([first], batches), ledger)):
                yield from results


def _skip(records: Iterable[Record], skip: int, ledger: Ledger) -> Iterator[Record]:
    iterator = iter(records)
    for _ in islice(iterator, skip):
        ledger.num_in += 1
        ledger.num_skipped += 1
    return iterator


def _map_here(
    function: Callable[[Record], Result], records: Iterator[Record], ledger: Ledger
) -> Iterator[Result | Failed]:
    for record in records:
        ledger.num_in += 1
        yield apply(function, record)


def _counted(batches: Iterable[list[Record]], ledger: Ledger) -> Iterator[list[Record]]:
    for batch in batches:
        ledger.num_in += len(batch)
        yield batch
