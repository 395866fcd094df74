from dataclasses import replace

import pytest

from lexloom.errors import GraphError
from lexloom.graph.check import check_extraction
from lexloom.records import Argument, Coverage, Event, Relation, Span


@pytest.fixture
def sound(read):
    return read("d", [("Ada", "knows", "Bob")], events=[("met", {"who": "Ada"})])


def refused(extraction, text=None):
    with pytest.raises(GraphError) as caught:
        check_extraction(extraction, text)
    return str(caught.value)


def with_entity(extraction, **changes):
    first, *rest = extraction.entities
    return replace(extraction, entities=(replace(first, **changes), *rest))


def test_a_sound_extraction_passes_with_and_without_its_text(sound):
    check_extraction(sound.extraction, None)
    check_extraction(sound.extraction, sound.text)


def test_two_entities_of_one_id_are_refused(sound):
    assert "document d: two entities have the same id" in refused(
        with_entity(sound.extraction, id="e1")
    )


@pytest.mark.parametrize("ends", [("e0", "e77"), ("e77", "e0")])
def test_a_relation_to_nowhere_is_refused(sound, ends):
    wrong = replace(sound.extraction, relations=(Relation("knows", *ends),))
    assert "unknown entity 'e77'" in refused(wrong)


def test_an_argument_that_names_no_entity_of_the_document_is_refused(sound):
    event = Event("E", Span("met", 0, 3), (Argument("who", "Ada", 0, 3, 1.0, "e77"),))
    assert "unknown entity 'e77'" in refused(replace(sound.extraction, events=(event,)))


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan"), float("inf")])
def test_a_confidence_out_of_range_is_refused(sound, value):
    assert "must be in [0, 1]" in refused(with_entity(sound.extraction, confidence=value))


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (3, 3), (4, 2), (0, 2**70)])
def test_a_span_that_none_can_be_is_refused(sound, start, end):
    assert "is no span" in refused(with_entity(sound.extraction, start=start, end=end))


def test_a_span_that_is_not_verbatim_is_refused_when_the_text_is_given(sound):
    wrong = with_entity(sound.extraction, text="Eve")
    check_extraction(wrong, None)
    assert "[0, 3) does not hold 'Eve'" in refused(wrong, sound.text)


def test_another_text_is_refused(sound):
    assert "SHA-256 differs" in refused(sound.extraction, sound.text + "x")


@pytest.mark.parametrize("numbers", [(-1, -1, 1), (2, 3, 1), (2**70, 0, 1)])
def test_a_coverage_that_none_can_be_is_refused(sound, numbers):
    wrong = replace(sound.extraction, coverage=Coverage(*numbers))
    assert "it cannot be that" in refused(wrong)


@pytest.mark.parametrize("pages", [(1, 2), (0, 5, 3), (0, 2**60)])
def test_pages_out_of_order_are_refused(sound, pages):
    reference = replace(sound.extraction.document, pages=pages)
    wrong = replace(sound.extraction, document=reference)
    assert "document d: its pages do not start one behind the other" in refused(wrong)


def test_a_mention_on_another_page_is_refused(sound):
    reference = replace(sound.extraction.document, pages=(0, 2))
    check_extraction(replace(sound.extraction, document=reference).with_pages(), sound.text)
    wrong = with_entity(replace(sound.extraction, document=reference), page=2)
    assert "document d: [0, 3) is not on page 2" in refused(wrong)
    assert "is not on page 1" in refused(with_entity(sound.extraction, page=1))
