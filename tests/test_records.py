import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.records import (
    Argument,
    Coverage,
    Document,
    DocumentRef,
    Entity,
    Event,
    Extraction,
    Failure,
    Provenance,
    Relation,
    Skipped,
    Span,
    page_of,
    text_sha256,
    without_marks,
)

names = st.text(min_size=1, max_size=8)
offsets = st.integers(0, 10**6)
confidences = st.floats(0, 1)
pages = st.none() | st.integers(1, 99)
spans = st.builds(Span, text=names, start=offsets, end=offsets, page=pages)
arguments = st.builds(
    Argument,
    role=names,
    text=names,
    start=offsets,
    end=offsets,
    confidence=confidences,
    entity=st.none() | names,
    page=pages,
)
extractions = st.builds(
    Extraction,
    document=st.builds(
        DocumentRef, id=names, sha256=names, pages=st.lists(offsets, max_size=3).map(tuple)
    ),
    entities=st.lists(
        st.builds(
            Entity,
            id=names,
            type=names,
            text=names,
            start=offsets,
            end=offsets,
            confidence=confidences,
            page=pages,
        )
    ).map(tuple),
    relations=st.lists(
        st.builds(Relation, type=names, head=names, tail=names, confidence=confidences)
    ).map(tuple),
    events=st.lists(
        st.builds(
            Event,
            type=names,
            trigger=spans,
            arguments=st.lists(arguments, max_size=3).map(tuple),
            confidence=confidences,
        )
    ).map(tuple),
    coverage=st.builds(
        Coverage,
        characters=offsets,
        characters_read=offsets,
        windows=offsets,
        skipped=st.lists(st.builds(Skipped, start=offsets, end=offsets, reason=names)).map(tuple),
    ),
    provenance=st.builds(
        Provenance,
        model=names,
        model_hash=names,
        schema_hash=names,
        version=names,
        time=names,
        zero_shot=st.lists(names).map(tuple),
    ),
    records=st.lists(st.dictionaries(names, names | st.integers(), max_size=2)).map(tuple),
)


@given(extractions)
def test_an_extraction_survives_its_json_line(extraction):
    line = json.dumps(extraction.to_dict(), ensure_ascii=False)
    assert "\n" not in line
    assert Extraction.from_dict(json.loads(line)) == extraction


@given(st.text(min_size=1), st.data())
def test_a_span_is_cut_verbatim(text, data):
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    span = Span.of(text, start, end)
    assert text[span.start : span.end] == span.text


@pytest.mark.parametrize(("start", "end"), [(-1, 1), (1, 1), (2, 1), (0, 4)])
def test_a_span_outside_the_text_or_empty_is_a_defect(start, end):
    with pytest.raises(AssertionError):
        Span.of("abc", start, end)


@given(st.text(), st.text())
def test_texts_share_a_hash_exactly_when_they_are_equal(left, right):
    assert (text_sha256(left) == text_sha256(right)) == (left == right)


def test_the_hash_is_the_one_of_the_utf_8_bytes():
    expected = "2ce2847cbc4743b6601091255b5d4aaf2d3c96c933e4ecbe8bb2b56bd72e83a8"
    assert text_sha256("知识") == expected


def test_a_lone_surrogate_can_be_hashed():
    assert len(text_sha256("\ud800")) == 64


def test_a_reference_names_the_document_and_its_text():
    document = Document(id="a", text="知识图谱")
    assert DocumentRef.of(document) == DocumentRef(id="a", sha256=text_sha256("知识图谱"))


def test_a_reference_keeps_where_the_pages_start():
    assert DocumentRef.of(Document("a", "one two", pages=(0, 4))).pages == (0, 4)


@given(st.lists(st.text(max_size=4), min_size=1, max_size=6))
def test_every_character_is_on_the_page_that_it_was_read_from(texts):
    starts = [sum(map(len, texts[:number])) for number in range(len(texts))]
    found = [page_of(starts, offset) for offset in range(len("".join(texts)))]
    assert found == [number for number, text in enumerate(texts, start=1) for _ in text]


def test_a_text_without_pages_has_none():
    assert page_of((), 7) is None


def paged(pages):
    return Extraction(
        document=DocumentRef("a", "0", pages),
        entities=(Entity("e0", "x", "one", 0, 3), Entity("e1", "x", "two", 4, 7)),
        relations=(),
        events=(Event("y", Span("two", 4, 7), (Argument("r", "one", 0, 3),)),),
        coverage=Coverage(7, 7, 1),
        provenance=Provenance("m", "h", "s", "0", "t"),
    ).with_pages()


def test_every_mention_gets_its_page():
    found = paged((0, 4))
    assert [entity.page for entity in found.entities] == [1, 2]
    assert (found.events[0].trigger.page, found.events[0].arguments[0].page) == (2, 1)
    values = found.to_dict()
    assert values["document"]["pages"] == [0, 4]
    assert values["entities"][1]["page"] == 2
    assert values["events"][0]["trigger"]["page"] == 2
    assert values["events"][0]["arguments"][0]["page"] == 1


def test_the_json_of_a_document_without_pages_says_nothing_of_them():
    assert "page" not in json.dumps(paged(()).to_dict())


@pytest.mark.parametrize(
    ("failure", "sentence"),
    [
        (
            Failure("a.txt", "a.txt holds no text", "it is empty"),
            "a.txt holds no text (it is empty)",
        ),
        (Failure("a.txt", "cannot read a.txt: it is gone"), "cannot read a.txt: it is gone"),
        (Failure("a.txt", "there is no file a.txt"), "there is no file a.txt"),
        (Failure("a", "what it holds is a picture", "x"), "a: what it holds is a picture (x)"),
    ],
)
def test_a_failure_names_its_document_once(failure, sentence):
    assert failure.sentence == sentence


def test_facts_of_types_that_the_model_was_not_trained_on_are_marked():
    tables = ("entities.x", "relations.r", "events.y.roles.who")
    found = Extraction(
        document=DocumentRef("a", "0"),
        entities=(Entity("e0", "x", "one", 0, 3), Entity("e1", "z", "two", 4, 7)),
        relations=(Relation("r", "e0", "e1"), Relation("x", "e0", "e1")),
        events=(
            Event("y", Span("two", 4, 7), (Argument("who", "one", 0, 3), Argument("x", "t", 4, 5))),
            Event("x", Span("two", 4, 7), (Argument("who", "one", 0, 3),)),
        ),
        coverage=Coverage(7, 7, 1),
        provenance=Provenance("m", "h", "s", "0", "t", zero_shot=tables),
    )
    values = found.to_dict()

    def marks(rows):
        return [row.get("zero_shot", False) for row in rows]

    assert marks(values["entities"]) == [True, False]
    assert marks(values["relations"]) == [True, False]
    assert marks(values["events"]) == [False, False]
    assert [marks(event["arguments"]) for event in values["events"]] == [[True, False], [False]]
    assert values["provenance"]["zero_shot"] == list(tables)
    assert Extraction.from_dict(values) == found
    unmarked = without_marks(values)
    assert json.dumps(unmarked).count('"zero_shot"') == 1  # in the provenance
    assert Extraction.from_dict(unmarked) == found


@pytest.mark.parametrize("value", [None, 1, [1], [{"arguments": 1}], [{"arguments": [1]}]])
def test_what_is_no_extraction_has_no_marks_to_take_out(value):
    assert without_marks({"events": value}) == {"events": value}


def test_the_json_of_a_model_that_knows_every_type_says_nothing_of_zero_shot():
    assert "zero_shot" not in json.dumps(paged(()).to_dict())
