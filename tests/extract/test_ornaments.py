from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doubles import decoder, tiny_reader
from lexloom.annotations.document import AnnotatedDocument
from lexloom.extract.decode import LabelledSpan
from lexloom.extract.encoder import whole_text
from lexloom.extract.ornaments import has_outer_ornaments, without_outer_ornaments
from lexloom.records import Argument, Entity, Event, Span
from lexloom.tokens.units import is_ornament

EVERYTHING = dict.fromkeys(
    ("entity_threshold", "relation_threshold", "trigger_threshold", "argument_threshold"), -99.0
)
TEXT = "🎉 Ann 😀 in ❤️Oslo❤️ 库克👍🏽"

spans = st.lists(
    st.builds(
        lambda label, first, width, score: LabelledSpan(label, first, first + width, score),
        st.integers(0, 2), st.integers(0, 6), st.integers(0, 4), st.floats(-5, 5),
    ),
    max_size=12,
)  # fmt: skip


@given(spans, st.sets(st.integers(0, 10)))
def test_what_is_left_lies_between_the_ornaments_and_is_as_likely_as_before(found, ornaments):
    kept = without_outer_ornaments(found, ornaments)
    best = {}
    for span in found:
        units = [unit for unit in range(span.first, span.last + 1) if unit not in ornaments]
        if units:
            best.setdefault((span.label, min(units), max(units)), []).append(span.score)
    assert kept == sorted(kept)
    assert {span[:3]: span.score for span in kept} == {key: max(best[key]) for key in best}
    assert without_outer_ornaments(kept, ornaments) == kept


def read(text, **rules):
    reader = tiny_reader()
    (encoded,) = reader.tokenizer.encode([text])
    wanted = decoder(**EVERYTHING, role_threshold=99.0)
    wanted = replace(wanted, config=replace(wanted.config, **rules))
    (facts,) = reader.read(
        [(whole_text(text), encoded)], wanted, reader.encode_labels(wanted.labels)
    )
    return [text[m.start : m.end] for m in facts.mentions]


@pytest.mark.parametrize("text", [TEXT, "😀", "❤️", "👨‍👩‍👧 Bob 🇨🇳", "★★★ Ritz ☀️", "□本报 • Ann"])
def test_no_mention_begins_or_ends_with_an_ornament_even_where_all_spans_are_found(text):
    found = read(text)
    assert bool(found) == any(char.isalpha() for char in text)
    for mention in found:
        assert not is_ornament(mention[0]), mention
        assert not is_ornament(mention[-1]), mention
    assert any(is_ornament(m[0]) for m in read(text, outer_ornaments=True))


def test_marks_that_are_no_pictures_stay():
    assert {"30°C", "₹5"} <= set(read("30°C ₹5"))
    assert {"Ann™", "→Bob"} <= set(read("Ann™ →Bob"))
    assert "一一○" in read("一一○")


def document(text, *mentions):
    entities = tuple(Entity(f"e{n}", "t", text[s:e], s, e) for n, (s, e) in enumerate(mentions))
    return AnnotatedDocument(id="d", text=text, entities=entities)


def happening(text, trigger, argument):
    (start, end), (first, last) = trigger, argument
    part = Argument("r", text[first:last], first, last)
    event = Event("t", Span(text[start:end], start, end), (part,))
    return AnnotatedDocument(id="d", text=text, events=(event,))


@pytest.mark.parametrize(
    ("marked", "found"),
    [
        (document("Ann 😀", (0, 3)), False),
        (document("Ann 😀", (0, 3), (0, 5)), True),
        (document("😀 Ann", (0, 5)), True),
        (document("😀 Ann", (0, 1)), True),
        (document("Ann ❤️ Bob", (0, 10)), False),
        (happening("Ann ❤️", (0, 3), (0, 3)), False),
        (happening("Ann ❤️", (0, 6), (0, 3)), True),
        (happening("Ann ❤️", (0, 3), (4, 6)), True),
    ],
)
def test_annotators_who_mark_ornaments_are_followed(marked, found):
    assert has_outer_ornaments([document("Bob"), marked]) == found


@pytest.mark.parametrize(("num_others", "found"), [(99, True), (100, False)])
def test_one_slip_in_a_hundred_is_not_followed(num_others, found):
    marked = [document("Ann 😀", (0, 5)), *[document("Bob", (0, 3))] * num_others]
    assert has_outer_ornaments(marked) == found
