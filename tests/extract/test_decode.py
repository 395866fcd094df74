from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from doubles import SCHEMA, decoder
from lexloom.annotations.labels import LabelSet
from lexloom.extract.decode import LabelledSpan, ScoredPair, TextSpans

PERSON, PLACE, MOVE, TALK, WHO, WHERE = range(6)
LIVES_IN, NEAR, WHO_PAIR, WHERE_PAIR = range(4)


def spans(*rows):
    return [LabelledSpan(*row) for row in rows]


ann, rome = LabelledSpan(PERSON, 0, 0, 2.0), LabelledSpan(PLACE, 3, 3, 1.0)


# --- thresholds and kinds


def test_each_kind_of_span_has_its_own_threshold():
    rules = decoder(entity_threshold=1.0, trigger_threshold=2.0, argument_threshold=3.0)
    assert rules.span_thresholds_C.tolist() == [1.0, 1.0, 2.0, 2.0, 3.0, 3.0]


def test_types_that_were_not_trained_have_thresholds_of_their_own():
    trained = replace(SCHEMA, entities=SCHEMA.entities[:1], relations=())
    rules = decoder(entity_threshold=1.0, relation_threshold=2.0)
    mixed = replace(rules, labels=LabelSet.of(SCHEMA, trained))
    assert mixed.span_thresholds_C[:2].tolist() == [1.0, 1.0]  # as of others if not said
    apart = replace(mixed, config=replace(
        rules.config, zero_shot_entity_threshold=-1.0, zero_shot_relation_threshold=-2.0
    ))  # fmt: skip
    assert apart.span_thresholds_C[:2].tolist() == [1.0, -1.0]
    assert apart.relation_thresholds_R.tolist() == [-2.0, -2.0]
    assert rules.relation_thresholds_R.tolist() == [2.0, 2.0]


def test_spans_are_sorted_by_what_they_are():
    found = decoder().sort_spans(spans((WHO, 0, 0, 1), (MOVE, 1, 1, 1), (PLACE, 2, 2, 1)))
    assert [span.label for span in found.entities] == [PLACE]
    assert [span.label for span in found.triggers] == [MOVE]
    assert [span.label for span in found.arguments] == [WHO]


# --- which mentions exclude others


def settled(rows, **rules):
    found = decoder(**rules).sort_spans(spans(*rows)).entities
    return [(span.label, span.first, span.last) for span in found]


NESTED = [(PLACE, 0, 3, 1.0), (PLACE, 0, 1, 2.0), (PERSON, 5, 6, 0.5)]
DOUBLE = [(PERSON, 0, 1, 1.0), (PLACE, 0, 1, 2.0), (PERSON, 2, 2, 0.1)]


@pytest.mark.parametrize("several_types", [True, False])
def test_nested_mentions_are_both_kept_where_they_may_be(several_types):
    assert len(settled(NESTED, several_types=several_types)) == 3


@pytest.mark.parametrize("several_types", [True, False])
def test_of_overlapping_mentions_the_likelier_one_is_kept(several_types):
    found = settled(NESTED, nested=False, several_types=several_types)
    assert found == [(PLACE, 0, 1), (PERSON, 5, 6)]


@pytest.mark.parametrize("nested", [True, False])
def test_one_span_has_several_types_or_its_likeliest(nested):
    assert len(settled(DOUBLE, nested=nested)) == 3
    assert settled(DOUBLE, nested=nested, several_types=False) == [(PLACE, 0, 1), (PERSON, 2, 2)]


typed_spans = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, 6), st.integers(0, 3), st.floats(-3, 3)).map(
        lambda row: LabelledSpan(row[0], row[1], row[1] + row[2], row[3])
    ),
    max_size=8,
)


@given(typed_spans, st.booleans(), st.booleans())
def test_what_is_kept_keeps_the_rules_and_what_is_not_has_a_likelier_rival(found, nested, several):
    rules = decoder(nested=nested, several_types=several)
    kept = rules.sort_spans(found).entities
    assert set(kept) <= set(found)

    def exclude(one, other):
        if (one.first, one.last) == (other.first, other.last):
            return not several
        return not nested and one.first <= other.last and other.first <= one.last

    for number, one in enumerate(kept):
        assert not any(exclude(one, other) for other in kept[number + 1 :])
    for span in found:
        if span not in kept:
            assert any(exclude(span, rival) and rival.score >= span.score for rival in kept)


# --- relations


def test_pairs_are_offered_where_some_relation_can_join_them():
    only_lives_in = SCHEMA.__class__(entities=SCHEMA.entities, relations=SCHEMA.relations[:1])
    assert decoder(only_lives_in).entity_pairs([ann, rome]) == [(0, 1)]
    # `near` joins anything
    assert decoder().entity_pairs([ann, rome]) == [(0, 1), (1, 0)]


def test_two_types_of_one_span_are_no_pair():
    same = spans((PERSON, 0, 0, 1.0), (PLACE, 0, 0, 1.0))
    assert decoder().entity_pairs(same) == []


def test_a_schema_without_relations_offers_no_pair():
    assert decoder(SCHEMA.__class__(entities=SCHEMA.entities)).entity_pairs([ann, rome]) == []


def related(scores, pairs=((0, 1), (1, 0)), **rules):
    scores_PK = np.array(scores, dtype=np.float32)
    return decoder(**rules).relations([ann, rome], list(pairs), scores_PK)


def test_a_relation_is_kept_above_the_threshold_between_ends_that_its_schema_allows():
    high = [[5.0, 5.0, 9.0, 9.0], [5.0, 5.0, 9.0, 9.0]]
    assert related(high) == [
        ScoredPair(0, 1, LIVES_IN, 5.0),
        ScoredPair(0, 1, NEAR, 5.0),
        ScoredPair(1, 0, NEAR, 5.0),  # no place lives in a person
    ]


def test_roles_never_become_relations_however_high_they_score():
    assert related([[-1.0, -1.0, 9.0, 9.0]], [(0, 1)]) == []


@pytest.mark.parametrize(("score", "is_kept"), [(0.4, False), (0.5, False), (0.6, True)])
def test_a_relation_must_score_more_than_the_threshold(score, is_kept):
    assert bool(related([[score, -9, -9, -9]], [(0, 1)], relation_threshold=0.5)) == is_kept


# --- events

EVENTS = TextSpans(
    entities=[],
    triggers=spans((MOVE, 1, 1, 1.0), (TALK, 4, 4, 1.0)),
    arguments=spans((WHO, 0, 0, 1.0), (WHERE, 2, 2, 1.0)),
)


def test_an_argument_is_offered_to_the_events_that_have_its_role():
    # `talk` has no role `where`
    assert decoder().argument_pairs(EVENTS) == [(0, 0), (0, 1), (1, 0)]


def test_an_argument_fills_the_role_that_its_span_has():
    rules = decoder(role_threshold=0.5)
    pairs = rules.argument_pairs(EVENTS)
    scores = np.full((3, 4), 9.0, dtype=np.float32)
    scores[0, WHO_PAIR], scores[1, WHERE_PAIR], scores[2, WHO_PAIR] = 1.0, 0.5, 2.0
    assert rules.arguments(EVENTS, pairs, scores) == [
        ScoredPair(0, 0, WHO_PAIR, 1.0),
        ScoredPair(1, 0, WHO_PAIR, 2.0),
    ]


def test_an_event_without_roles_takes_no_argument():
    events = (SCHEMA.events[0].__class__(name="rain"), SCHEMA.events[0])
    rules = decoder(SCHEMA.__class__(events=events))
    rain, move, who = 0, 1, 2
    found = TextSpans([], spans((rain, 0, 0, 1.0), (move, 1, 1, 1.0)), spans((who, 2, 2, 1.0)))
    assert rules.argument_pairs(found) == [(1, 0)]
