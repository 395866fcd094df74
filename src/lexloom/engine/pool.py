"""Worker processes that take batches, give results in order, and survive each other's death.

A worker is given a second batch while it works on the first, so that it never waits for the parent.
When one dies, the batch that it worked on is run again record by record, each record on its own, so
that only a record that kills its worker twice is lost, and is counted as failed.
"""

import multiprocessing
import queue
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pickle import PicklingError
from types import TracebackType
from typing import Any, Self

from lexloom.engine.protocol import Failed, Ledger, apply
from lexloom.errors import EngineError

TASKS_PER_WORKER = 2
BATCHES_PER_WORKER = 4
READY = "ready"


@dataclass(slots=True)
class _Batch:
    results: list[Any]
    num_missing: int


@dataclass(slots=True)
class _Task:
    """Records of one batch that go to a worker together."""

    batch: int
    offset: int
    records: list[Any]
    is_retry: bool = False


@dataclass(slots=True)
class _Worker:
    process: Any
    connection: Connection
    is_ready: bool = False
    tasks: deque[_Task] = field(default_factory=deque)


class WorkerPool:
    """A fixed number of worker processes for one function; a context manager."""

    def __init__(self, function: Callable[[Any], Any], num_workers: int, ledger: Ledger) -> None:
        self._function = function
        self._num_workers = num_workers
        self._ledger = ledger
        self._context = multiprocessing.get_context("spawn")
        self._workers: list[_Worker] = []
        self._num_started = 0
        self._waiting: deque[_Task] = deque()
        self._batches: dict[int, _Batch] = {}

    def __enter__(self) -> Self:
        try:
            for _ in range(self._num_workers):
                self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop()

    def run(self, batches: Iterator[list[Any]]) -> Iterator[list[Any]]:
        """Give the results of each batch, in the order of the batches.

        Raises:
            EngineError: If a worker dies before it is ready.
        """
        num_given = num_taken = 0
        is_open = True
        while True:
            while is_open and num_taken - num_given < BATCHES_PER_WORKER * self._num_workers:
                batch = next(batches, None)
                if batch is None:
                    is_open = False
                    break
                self._batches[num_taken] = _Batch([None] * len(batch), len(batch))
                self._waiting.append(_Task(num_taken, 0, batch))
                num_taken += 1
                self._hand_out()
            while num_given in self._batches and not self._batches[num_given].num_missing:
                yield self._batches.pop(num_given).results
                num_given += 1
            if num_given < num_taken:
                self._hand_out()
                self._receive()
            elif not is_open:
                return

    def _start(self) -> None:
        ours, theirs = self._context.Pipe()
        name = f"worker {self._num_started}"
        process = self._context.Process(
            target=_work, args=(theirs, self._function), name=name, daemon=True
        )
        try:
            process.start()
        except (PicklingError, TypeError, AttributeError) as error:
            raise EngineError(
                f"the function cannot be sent to a worker process: {error}",
                hint="give a function of a module, or an instance of a module's class",
            ) from error
        finally:
            theirs.close()
        self._num_started += 1
        self._workers.append(_Worker(process, ours))

    def _stop(self) -> None:
        for worker in self._workers:
            worker.connection.close()
            worker.process.terminate()
        for worker in self._workers:
            worker.process.join()
            worker.process.close()
        self._workers.clear()

    def _hand_out(self) -> None:
        """Send waiting tasks to the workers that have the fewest."""
        while self._waiting:
            worker = min(self._workers, key=lambda worker: len(worker.tasks))
            if len(worker.tasks) >= TASKS_PER_WORKER:
                return
            task = self._waiting.popleft()
            worker.tasks.append(task)
            try:
                worker.connection.send(task.records)
            except OSError:  # it died; what it had is taken back when its end is read
                return

    def _receive(self) -> None:
        by_connection = {worker.connection: worker for worker in self._workers}
        for connection in wait(list(by_connection)):
            worker = by_connection[connection]  # type: ignore[index]
            try:
                message = worker.connection.recv()
            except (EOFError, OSError):
                self._bury(worker)
                continue
            if message == READY:
                worker.is_ready = True
            else:
                self._finish(worker.tasks.popleft(), message)

    def _finish(self, task: _Task, results: list[Any]) -> None:
        batch = self._batches[task.batch]
        batch.results[task.offset : task.offset + len(results)] = results
        batch.num_missing -= len(results)

    def _bury(self, worker: _Worker) -> None:
        """Take back what a dead worker had, and start another in its place."""
        worker.process.join()
        death = f"{worker.process.name} died with exit code {worker.process.exitcode}"
        self._workers.remove(worker)
        worker.connection.close()
        worker.process.close()
        if not worker.is_ready:
            raise EngineError(
                f"{death} before it was ready",
                hint="its message is above; the function must be importable in a new process",
            )
        self._ledger.deaths.append(death)
        if worker.tasks:
            culprit = worker.tasks.popleft()
            self._waiting.extendleft(reversed(worker.tasks))
            if culprit.is_retry:
                self._finish(culprit, [Failed(f"{death}, and so did one before it")])
            else:
                self._waiting.extendleft(reversed(_singles(culprit)))
        self._start()


def _singles(task: _Task) -> list[_Task]:
    return [
        _Task(task.batch, task.offset + number, [record], is_retry=True)
        for number, record in enumerate(task.records)
    ]


def _work(connection: Connection, function: Callable[[Any], Any]) -> None:
    """Run in the worker: take batches, give results, until the parent closes its end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is interrupted, and stops its workers
    tasks: queue.SimpleQueue[list[Any] | None] = queue.SimpleQueue()

    def take() -> None:
        # a thread, so that the parent's sending never waits for our own sending
        while True:
            try:
                tasks.put(connection.recv())
            except (EOFError, OSError):
                tasks.put(None)
                return

    threading.Thread(target=take, daemon=True).start()
    try:
        connection.send(READY)
        while (records := tasks.get()) is not None:
            connection.send([apply(function, record) for record in records])
    except OSError:  # the parent is gone
        return
