import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine_functions import double, double_unless_three, length
from lexloom.engine.local import LocalEngine
from lexloom.engine.protocol import Failed, Ledger
from lexloom.errors import ConfigError


@given(st.lists(st.integers()), st.integers(0, 10))
def test_results_come_in_order_and_the_ledger_adds_up(numbers, skip):
    ledger = Ledger()
    results = list(LocalEngine().map(double, numbers, ledger=ledger, skip=skip))
    assert results == [2 * number for number in numbers[skip:]]
    assert ledger.is_balanced
    assert ledger.num_in == len(numbers)
    assert ledger.num_skipped == min(skip, len(numbers))


def test_what_raises_is_counted_as_failed_in_its_place():
    ledger = Ledger()
    results = list(LocalEngine().map(double_unless_three, range(5), ledger=ledger))
    assert results == [0, 2, 4, Failed("ValueError: three is not to be had"), 8]
    assert (ledger.num_done, ledger.num_failed) == (4, 1)


def test_records_are_read_as_results_are_asked_for():
    numbers = itertools.count()
    results = LocalEngine().map(double, numbers, ledger=Ledger())
    assert list(itertools.islice(results, 3)) == [0, 2, 4]
    assert next(numbers) <= 4


@given(st.lists(st.text(max_size=9), max_size=30), st.integers(1, 5), st.integers(1, 20))
def test_batches_are_bounded_in_number_and_weight(texts, records, weight):
    engine = LocalEngine(batch_records=records, batch_weight=weight)
    batches = list(engine._batches(iter(texts), length))
    assert [text for batch in batches for text in batch] == texts
    for batch in batches:
        assert 1 <= len(batch) <= records
        assert sum(map(len, batch[:-1])) < weight


def test_no_records_start_no_process(monkeypatch):
    monkeypatch.setattr("lexloom.engine.local.WorkerPool", None)
    assert list(LocalEngine(num_workers=2).map(double, [], ledger=Ledger())) == []


@pytest.mark.parametrize("name", ["num_workers", "batch_records", "batch_weight"])
def test_sizes_below_one_are_refused(name):
    with pytest.raises(ConfigError, match=f"{name} must be at least 1, got 0"):
        LocalEngine(**{name: 0})


@pytest.mark.slow
@pytest.mark.parametrize("workers", [2, 3])
def test_workers_give_what_one_process_gives(workers):
    here, there = Ledger(), Ledger()
    engine = LocalEngine(num_workers=workers, batch_records=3)
    expected = list(LocalEngine().map(double_unless_three, range(50), ledger=here, skip=2))
    assert list(engine.map(double_unless_three, range(50), ledger=there, skip=2)) == expected
    assert there == here
