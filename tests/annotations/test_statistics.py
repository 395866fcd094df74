import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.annotations.document import AnnotatedDocument
from lexloom.annotations.statistics import Lengths, Statistics, measure
from lexloom.records import Argument, Entity, Event, Relation, Span

TEXT = "北京大学在北京"


def entity(number, type, start, end):
    return Entity(f"T{number}", type, TEXT[start:end], start, end)


def test_documents_types_and_overlaps_are_counted():
    trigger = Span("在", 4, 5)
    document = AnnotatedDocument(
        id="a",
        text=TEXT,
        entities=(
            entity(0, "地点", 0, 2),
            entity(1, "机构", 0, 4),
            entity(2, "机构", 3, 6),
            entity(3, "地点", 5, 7),
        ),
        relations=(Relation("位于", "T1", "T3"),),
        events=(Event("e", trigger, (Argument("地", "北京", 5, 7),)), Event("f", trigger)),
    )
    statistics = measure([document, AnnotatedDocument(id="b", text="x")])
    assert statistics == Statistics(
        documents=2,
        empty_documents=1,
        characters=Lengths(count=2, mean=4.0, median=1, percentile_95=7, max=7),
        entities={"地点": 2, "机构": 2},
        relations={"位于": 1},
        events={"e": 1, "f": 1},
        arguments={"e/地": 1},
        mentions=Lengths(count=4, mean=2.75, median=2, percentile_95=4, max=4),
        nested_entities=1,
        crossing_entities=2,
        shared_triggers=1,
        mention_lengths={2: 2, 3: 1, 4: 1},
    )
    assert json.loads(json.dumps(statistics.to_dict()))["characters"]["max"] == 7


def test_nothing_has_statistics_too():
    assert measure([]) == Statistics()


def test_the_most_frequent_type_comes_first():
    entities = (entity(0, "A", 0, 1), entity(1, "B", 1, 2), entity(2, "B", 2, 3))
    document = AnnotatedDocument(id="a", text=TEXT, entities=entities)
    assert list(measure([document]).entities) == ["B", "A"]


@pytest.mark.parametrize(
    ("spans", "nested", "crossing"),
    [
        ([(0, 2), (2, 4)], 0, 0),
        ([(0, 4), (0, 4)], 1, 0),
        ([(0, 4), (1, 2), (2, 4)], 2, 0),
        ([(0, 3), (2, 5)], 0, 1),
    ],
)
def test_nesting_and_crossing_are_told_apart(spans, nested, crossing):
    entities = tuple(entity(n, f"t{n}", *span) for n, span in enumerate(spans))
    statistics = measure([AnnotatedDocument(id="a", text=TEXT, entities=entities)])
    assert (statistics.nested_entities, statistics.crossing_entities) == (nested, crossing)


@given(st.lists(st.integers(0, 50), min_size=1))
def test_percentiles_are_the_least_lengths_that_so_many_do_not_exceed(lengths):
    spread = Lengths.of(lengths)
    for value, share in ((spread.median, 0.5), (spread.percentile_95, 0.95)):
        assert sum(length <= value for length in lengths) >= share * len(lengths)
        assert sum(length < value for length in lengths) < share * len(lengths)


def test_sentences_are_measured_where_a_splitter_is_given():
    document = AnnotatedDocument(
        id="a", text=TEXT, entities=(entity(0, "n", 0, 4), entity(1, "n", 5, 7))
    )
    statistics = measure([document, document], lambda text: [(0, 4), (4, len(text))])
    assert (statistics.sentences.count, statistics.sentences.max) == (4, 4)
    assert statistics.sentence_lengths == {3: 2, 4: 2}
    assert statistics.mention_lengths == {2: 2, 4: 2}
    assert "sentence_lengths" not in statistics.to_dict()
    assert measure([document]).sentences.count == 0
