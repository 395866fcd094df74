from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from doubles import toy_documents
from lexloom.annotations.document import AnnotatedDocument, Scope
from lexloom.extract.reliability import (
    NUM_BINS,
    Judge,
    JudgedFact,
    calibration_error,
    judged,
    measure,
    reliability_table,
)
from lexloom.records import Entity, Relation

TEXT = "Ann lives in Paris."
ANN, PARIS = Entity("a", "person", "Ann", 0, 3), Entity("p", "place", "Paris", 13, 18)
GOLD = AnnotatedDocument(
    id="d", text=TEXT, entities=(ANN, PARIS), relations=(Relation("in", "a", "p"),)
)
FOUND = AnnotatedDocument(
    id="d",
    text=TEXT,
    entities=(
        replace(ANN, confidence=0.9),
        replace(PARIS, confidence=0.6),
        Entity("x", "place", "lives", 4, 9, 0.3),
    ),
    relations=(Relation("in", "a", "p", 0.8), Relation("in", "a", "x", 0.4)),
)

rows = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60)


def arrays(rows):
    confidences, right = zip(*rows, strict=True)
    return np.array(confidences), np.array(right, dtype=float)


def facts(rows, per_document=2):
    return [JudgedFact(n // per_document, *row) for n, row in enumerate(rows)]


# --- which facts are judged


def found_facts(scope, kind="entity"):
    return sorted(judged(replace(GOLD, scope=scope), FOUND, kind))


@pytest.mark.parametrize(
    ("scope", "entities", "relations"),
    [
        (Scope(), [(0.3, False), (0.6, True), (0.9, True)], [(0.4, False), (0.8, True)]),
        (Scope(entity_types=("person",)), [(0.9, True)], [(0.4, False), (0.8, True)]),
        # of a partly marked type nothing is known, for marked spans alone would seem right
        (Scope(partial_types=("place",)), [(0.9, True)], [(0.8, True)]),
        (Scope(all_mentions=False), [], [(0.8, True)]),
        (Scope(relation_types=("near",)), [(0.3, False), (0.6, True), (0.9, True)], []),
        (Scope(known_pairs=(("a", "p"),)), [(0.3, False), (0.6, True), (0.9, True)],
         [(0.8, True)]),
    ],
)  # fmt: skip
def test_facts_are_judged_where_the_annotators_looked(scope, entities, relations):
    assert found_facts(scope) == entities
    assert found_facts(scope, "relation") == relations


def test_events_and_their_arguments_are_judged():
    trip = next(document for document in toy_documents() if document.events)
    other = replace(trip.events[0], type="talk", confidence=0.2)
    found = replace(trip, events=(*trip.events, other))
    assert sorted(judged(trip, found, "trigger")) == [(0.2, False), (1.0, True)]
    assert [right for _, right in judged(trip, found, "argument")] == [True, True, False, False]
    narrow = replace(trip, scope=Scope(event_types=("talk",)))
    assert [right for _, right in judged(narrow, found, "trigger")] == [False]


def test_of_doubles_the_surest_counts():
    twice = replace(FOUND, entities=(*FOUND.entities, replace(ANN, id="b", confidence=0.95)))
    assert (0.95, True) in set(judged(GOLD, twice, "entity"))
    assert len(list(judged(GOLD, twice, "entity"))) == 3


def test_a_judge_counts_documents_and_leaves_out_kinds_without_a_fact():
    judge = Judge()
    judge.add(GOLD, FOUND)
    judge.add(GOLD, FOUND)
    assert [fact.document for fact in judge.facts["entity"]] == [0, 0, 0, 1, 1, 1]
    found = judge.reliability()
    assert found.keys() == {"entity", "relation"}
    assert found["entity"].num_facts == 6
    assert found["entity"].share_right == pytest.approx(2 / 3)
    assert found["entity"].mean_confidence == pytest.approx(0.6)


# --- the error


def error_by_definition(confidences, right, num_bins=NUM_BINS):
    """Sort, cut into bins of equal size, keep equal confidences together, add up the gaps."""
    ordered = sorted(confidences)
    firsts = [ordered[number * len(ordered) // num_bins] for number in range(1, num_bins)]
    bins = {}
    for confidence, is_right in zip(confidences, right, strict=True):
        bins.setdefault(sum(confidence >= first for first in firsts), []).append(
            (confidence, is_right)
        )
    gaps = [abs(sum(r for _, r in part) - sum(c for c, _ in part)) for part in bins.values()]
    return sum(gaps) / len(confidences)


@given(rows)
def test_the_error_is_that_of_its_definition_in_any_order(pairs):
    confidences, right = arrays(pairs)
    error = calibration_error(confidences, right)
    assert error == pytest.approx(error_by_definition(confidences, right))
    assert calibration_error(confidences[::-1], right[::-1]) == pytest.approx(error)
    assert 0.0 <= error <= 1.0


@given(st.booleans(), st.integers(1, 30))
def test_what_is_surely_right_or_surely_wrong_has_no_error(is_right, count):
    values = np.full(count, float(is_right))
    assert calibration_error(values, values) == 0.0
    assert calibration_error(1 - values, values) == 1.0


def test_confidences_drawn_from_their_probability_have_an_error_as_by_chance():
    generator = np.random.default_rng(0)
    confidences = generator.random(4000)
    pairs = [(c, bool(generator.random() < c)) for c in confidences.tolist()]
    found = measure("entity", facts(pairs), num_resamples=50)
    assert found.error < 0.03
    assert found.error_by_chance == pytest.approx(found.error, abs=0.01)
    too_sure = measure("entity", facts([(min(1, c + 0.2), r) for c, r in pairs]), num_resamples=50)
    assert too_sure.error == pytest.approx(0.18, abs=0.03)
    assert too_sure.interval.low < too_sure.error < too_sure.interval.high
    assert too_sure.error_by_chance < 0.03


@given(rows, st.integers(1, 4))
def test_bins_hold_every_fact_once(pairs, per_document):
    found = measure("entity", facts(pairs, per_document), num_resamples=3)
    assert sum(part.num_facts for part in found.bins) == found.num_facts == len(pairs)
    assert len(found.bins) <= NUM_BINS
    gap = sum(part.num_facts * abs(part.share_right - part.confidence) for part in found.bins)
    assert gap / len(pairs) == pytest.approx(found.error)
    assert 0.0 <= found.interval.low <= found.interval.high <= 1.0


def test_whole_documents_are_drawn():
    # one document is right and one wrong: a resample holds the one, the other, or both
    pairs = [(0.5, True)] * 7 + [(0.5, False)] * 7
    found = measure("entity", facts(pairs, 7), num_resamples=60)
    assert found.error == 0.0
    assert (found.interval.low, found.interval.high) == (0.0, 0.5)


def test_the_same_seed_draws_the_same():
    pairs = [(n / 40, n % 3 == 0) for n in range(40)]
    assert measure("entity", facts(pairs)) == measure("entity", facts(pairs))


def test_the_forms_say_what_was_measured():
    judge = Judge()
    judge.add(GOLD, FOUND)
    found = judge.reliability()
    values = found["entity"].to_dict()
    assert values["interval"] == [found["entity"].interval.low, found["entity"].interval.high]
    assert sum(part["num_facts"] for part in values["bins"]) == 3
    table = reliability_table(found)
    assert [len(column._cells) for column in table.columns] == [2] * 7
