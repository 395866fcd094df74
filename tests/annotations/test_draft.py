import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.annotations.document import AnnotatedDocument, Scope
from lexloom.annotations.draft import Draft
from lexloom.annotations.report import ImportReport
from lexloom.errors import AnnotationError
from lexloom.records import Span


@pytest.fixture
def report():
    return ImportReport()


def draft(report, text="李明 met Ann"):
    return Draft("a", text, report, where="file, line 1")


@given(st.lists(st.text(min_size=1), min_size=1), st.sampled_from(["", " ", "  "]), st.data())
def test_tokens_become_offsets_into_the_joined_text(tokens, joiner, data):
    start = data.draw(st.integers(0, len(tokens) - 1))
    end = data.draw(st.integers(start + 1, len(tokens)))
    made = Draft.of_tokens("a", tokens, ImportReport(), where="here", joiner=joiner)
    made.token_entity("x", start, end)
    document = made.finish(Scope())
    assert document.text == joiner.join(tokens)
    assert document.entities[0].text == joiner.join(tokens[start:end])
    assert document.entities[0].start == len(joiner.join([*tokens[:start], ""]))


@pytest.mark.parametrize(
    ("start", "end", "mention", "reason"),
    [
        (2, 0, None, "the span is empty or reversed"),
        (3, 3, None, "the span is empty or reversed"),
        (-1, 2, None, "the span runs out of the text"),
        (3, 99, None, "the span runs out of the text"),
        (0, 2, "李四", "the text at the offsets is not the mention"),
        (0.0, 2, None, "an offset is not a whole number"),
        (True, 2, None, "an offset is not a whole number"),
        (None, 2, None, "an offset is not a whole number"),
        ("0", 2, None, "an offset is not a whole number"),
    ],
)
def test_a_span_that_does_not_fit_is_counted_with_its_reason(report, start, end, mention, reason):
    made = draft(report)
    assert made.entity("人物", start, end, mention) is None
    assert made.finish(Scope()).entities == ()
    assert report.unaligned.counts == {reason: 1}
    assert report.unaligned.examples[reason].startswith(f"file, line 1: 人物 [{start}, {end})")


def test_tokens_out_of_range_are_counted_with_their_reason(report):
    made = Draft.of_tokens("a", ["Ann"], report, where="line 1", joiner=" ")
    assert made.token_entity("person", 0, 2) is None
    assert made.token_entity("person", 1, 0) is None
    assert report.unaligned.total == 2


def test_an_exact_repetition_is_merged_and_counted(report):
    made = draft(report)
    assert made.entity("人物", 0, 2) == made.entity("人物", 0, 2)
    assert made.entity("公司", 0, 2) != made.entity("人物", 0, 2)
    made.relation("knows", "T0", "T1")
    made.relation("knows", "T0", "T1")
    who = made.argument("who", 0, 2, "李明")
    made.event("meeting", made.span("trigger", 3, 6), [who, who])
    document = made.finish(Scope())
    assert [entity.type for entity in document.entities] == ["人物", "公司"]
    assert len(document.relations) == 1
    assert document.events[0].arguments == (who,)
    assert report.merged == {"entity": 2, "relation": 1, "argument": 1}


def test_a_relation_whose_end_failed_is_counted(report):
    made = draft(report)
    made.relation("knows", made.entity("人物", 0, 2), made.entity("人物", 9, 5))
    assert made.finish(Scope()).relations == ()
    assert report.unaligned.counts["an end of the relation is no marked entity"] == 1


def test_an_event_keeps_the_arguments_that_fit_but_needs_its_trigger(report):
    made = draft(report)
    arguments = [made.argument("who", 0, 2, "李明"), made.argument("who", 7, 10, "Bob")]
    made.event("meeting", made.span("trigger", 3, 6, "met"), arguments)
    made.event("meeting", made.span("trigger", 3, 6, "saw"), arguments)
    document = made.finish(Scope())
    assert [event.trigger for event in document.events] == [Span("met", 3, 6)]
    assert [argument.text for argument in document.events[0].arguments] == ["李明"]
    assert report.unaligned.counts["the event has no trigger that fits the text"] == 1


@pytest.mark.parametrize("name", ["", " \t"])
def test_a_fact_whose_type_or_role_has_no_name_is_counted(report, name):
    made = draft(report)
    assert made.entity(name, 0, 2) is None
    person = made.entity("人物", 0, 2)
    made.relation(name, person, person)
    trigger = made.span("trigger", 3, 6)
    made.event(name, trigger, [])
    made.event("meeting", trigger, [made.argument(name, 0, 2, "李明")])
    document = made.finish(Scope())
    assert (len(document.entities), document.relations) == (1, ())
    assert [(event.type, event.arguments) for event in document.events] == [("meeting", ())]
    assert report.unaligned.counts == {
        "the type of an entity is empty": 1,
        "the type of a relation is empty": 1,
        "the type of an event is empty": 1,
        "the role of an argument is empty": 1,
    }
    assert AnnotatedDocument.from_dict(document.to_dict()) == document


def test_a_span_that_begins_at_an_inside_tag_is_kept_and_counted(report):
    made = Draft.of_tokens("a", ["Ann", "Lee", "left"], report, where="line 1", joiner=" ")
    ids = made.tagged_entities(["I-PER", "E-PER", "O"])
    assert list(ids.values()) == ["T0"]
    assert report.repaired.to_list()[0]["example"] == "line 1: I-PER at token 0"


def test_without_a_report_that_counts_the_first_fault_raises():
    with pytest.raises(AnnotationError, match=r"line 1: 人物 .*empty or reversed"):
        draft(ImportReport(strict=True)).entity("人物", 5, 2)


def test_a_mention_near_its_offsets_is_taken_only_where_that_is_asked_for(report):
    made = Draft("a", "李明 met Ann", report, where="file, line 1", near=2)
    assert made.span("p", 4, 7, "Ann") is None
    assert made.span("p", 6, 9, "Ann") == Span("Ann", 7, 10)
    assert made.entity("p", 9, 12, "Ann") == "T0"
    assert made.entities[0].start == 7
    assert report.repaired.counts == {"the mention stands near its offsets": 2}
    assert report.unaligned.counts == {"the text at the offsets is not the mention": 1}
    assert draft(report).span("p", 6, 9, "Ann") is None


def test_a_string_is_found_nearest_to_a_place_and_doubt_is_counted(report):
    made = draft(report, "Ann and Ann, not Annie")
    assert made.find("p", "Ann") == Span("Ann", 0, 3)
    assert made.find("p", "Ann", 21) == Span("Ann", 8, 11)
    assert made.find("p", "Anni") == Span("Anni", 17, 21)
    assert made.find("p", "Bob") is None
    assert report.repaired.counts == {
        "the string stands several times; one was chosen": 2,
        "the string stands only inside of a word": 1,
    }
    assert report.unaligned.counts == {"the string does not stand in the text": 1}


def test_tokens_may_stand_anywhere_in_the_text(report):
    made = draft(report, "a  bc")
    made.set_tokens([(0, 1), (3, 5)])
    assert made.token_span("x", 0, 2) == Span("a  bc", 0, 5)
    assert made.token_span("x", 1, 3) is None
    assert report.unaligned.total == 1
