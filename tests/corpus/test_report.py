import json

from hypothesis import given
from hypothesis import strategies as st

from lexloom.corpus.clean import Outcome
from lexloom.corpus.report import Report
from lexloom.records import Failure

outcomes = st.builds(
    Outcome,
    id=st.just("a"),
    source=st.sampled_from(["laws", "novels"]),
    kind=st.sampled_from(["zh", "en"]),
    reason=st.sampled_from(["", "", "too_short", "near_duplicate", "failed"]),
    num_characters=st.integers(0, 9),
    num_kept_characters=st.integers(0, 9),
    num_copies=st.integers(1, 3),
)


def report_of(items):
    report = Report()
    for item in items:
        report.add(item)
    return report


@given(st.lists(outcomes))
def test_what_came_in_is_kept_or_dropped(items):
    report = report_of(items)
    total = report.total()
    assert report.is_balanced
    assert total.documents == len(items)
    assert total.kept == sum(not item.reason for item in items) == sum(report.kinds.values())
    assert total.written == sum(item.num_copies for item in items if not item.reason)
    for counts in report.sources.values():
        assert counts.documents == counts.kept + sum(counts.dropped.values())


@given(st.lists(outcomes))
def test_a_report_is_read_back(items):
    report = report_of(items)
    assert Report.from_dict(json.loads(json.dumps(report.to_dict()))) == report


def test_a_count_that_is_lost_is_seen():
    report = report_of([Outcome("a", "s", reason="too_short")])
    report.sources["s"].dropped.clear()
    assert not report.is_balanced


def test_the_first_failures_are_shown():
    items = [
        Outcome(str(n), "s", reason="failed", failure=Failure(str(n), "why")) for n in range(50)
    ]
    report = report_of(items)
    assert [failing.id for failing in report.failures] == [str(n) for n in range(20)]
    assert report.total().dropped == {"failed": 50}


def test_rows_are_for_reading():
    items = [Outcome("a", "s", "zh", num_copies=2), Outcome("b", "s", reason="near_duplicate")]
    report = report_of(items)
    report.evaluation_texts = 1
    rows = dict(report.rows())
    assert rows["documents"] == 2
    assert rows["  near duplicate"] == 1
    assert rows["written, with copies"] == 2
    assert rows["evaluation texts"] == 1
    assert rows["kept"] == 1
