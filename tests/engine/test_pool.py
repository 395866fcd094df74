import multiprocessing

import pytest

from engine_functions import CannotBeBuilt, DieOn, double
from lexloom.engine.local import LocalEngine
from lexloom.engine.pool import BATCHES_PER_WORKER
from lexloom.engine.protocol import Failed, Ledger
from lexloom.errors import EngineError

pytestmark = pytest.mark.slow


def run(function, records, **options):
    ledger = Ledger()
    engine = LocalEngine(num_workers=2, batch_records=4, **options)
    return list(engine.map(function, records, ledger=ledger)), ledger


def test_only_the_record_that_kills_its_worker_twice_is_lost():
    results, ledger = run(DieOn(7), range(20))
    assert [r for n, r in enumerate(results) if n != 7] == [2 * n for n in range(20) if n != 7]
    assert isinstance(results[7], Failed)
    assert "died with exit code -9" in results[7].reason
    assert (ledger.num_in, ledger.num_done, ledger.num_failed) == (20, 19, 1)
    assert ledger.is_balanced
    assert len(ledger.deaths) == 2
    assert all(death.startswith("worker ") for death in ledger.deaths)


def test_a_worker_that_dies_once_loses_nothing(tmp_path):
    results, ledger = run(DieOn(7, tmp_path / "mark"), range(20))
    assert results == [2 * n for n in range(20)]
    assert (ledger.num_failed, len(ledger.deaths)) == (0, 1)


def test_the_batches_read_ahead_are_bounded():
    read = []

    def numbers():
        for number in range(400):
            read.append(number)
            yield number

    results = LocalEngine(num_workers=2, batch_records=4).map(double, numbers(), ledger=Ledger())
    for count, _ in enumerate(results, 1):
        assert len(read) <= count + 4 * (2 * BATCHES_PER_WORKER + 2)


def test_results_larger_than_a_pipe_do_not_block():
    texts = [f"{number}" * 200_000 for number in range(12)]
    results, _ = run(str.upper, texts)
    assert results == texts


def test_workers_end_when_the_results_are_left():
    results = LocalEngine(num_workers=2).map(double, range(1000), ledger=Ledger())
    next(results)
    results.close()
    assert multiprocessing.active_children() == []


def test_an_input_that_fails_is_raised_and_ends_the_workers():
    def records():
        yield 1
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        run(double, records())
    assert multiprocessing.active_children() == []


def test_a_function_that_cannot_be_sent_is_said():
    with pytest.raises(EngineError, match="cannot be sent to a worker"):
        run(lambda number: number, range(3))


def test_a_worker_that_cannot_start_is_said(capfd):
    with pytest.raises(EngineError, match="before it was ready"):
        run(CannotBeBuilt(), range(3))
    capfd.readouterr()  # the worker's traceback
