import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lexloom.annotations.document import AnnotatedDocument, Scope, read_jsonl, write_jsonl
from lexloom.errors import AnnotationError
from lexloom.records import Argument, Document, Entity, Event, Relation, Span

TYPES = st.text(min_size=1).filter(str.strip)


@st.composite
def documents(draw):
    text = draw(st.text(min_size=1))  # lone surrogates too
    spans = st.tuples(st.integers(0, len(text) - 1), st.integers(1, len(text)))
    spans = spans.filter(lambda span: span[0] < span[1])
    entities = tuple(
        Entity(f"T{n}", draw(TYPES), text[start:end], start, end)
        for n, (start, end) in enumerate(draw(st.lists(spans, max_size=3)))
    )
    names = [entity.id for entity in entities]
    id_or_none = st.sampled_from([None, *names])
    pair = st.tuples(*[st.sampled_from(names or ["no entity"])] * 2)
    pairs = st.lists(pair, max_size=2 if names else 0)
    relations = tuple(Relation(draw(TYPES), *ends) for ends in draw(pairs))
    events = tuple(
        Event(
            draw(TYPES),
            Span.of(text, *trigger),
            tuple(
                Argument("who", text[start:end], start, end, entity=draw(id_or_none))
                for start, end in draw(st.lists(spans, max_size=2))
            ),
        )
        for trigger in draw(st.lists(spans, max_size=2))
    )
    scope = Scope(
        entity_types=draw(st.none() | st.lists(st.text(), max_size=2).map(tuple)),
        all_mentions=draw(st.booleans()),
        known_pairs=draw(st.none() | pairs.map(tuple)),
    )
    return AnnotatedDocument(
        id=draw(st.text()),
        text=text,
        entities=entities,
        relations=relations,
        events=events,
        scope=scope,
    )


@settings(max_examples=40)
@given(st.lists(documents(), max_size=3))
def test_the_native_form_keeps_everything(tmp_path_factory, sample):
    path = tmp_path_factory.mktemp("native") / "d.jsonl"
    assert write_jsonl(sample, path) == len(sample)
    assert list(read_jsonl(path)) == sample


def test_the_native_form_is_readable_and_says_no_more_than_is_known():
    document = AnnotatedDocument(
        id="一", text="李明在北京。", entities=(Entity("T0", "人物", "李明", 0, 2),)
    )
    assert document.to_dict() == {
        "id": "一",
        "text": "李明在北京。",
        "entities": [{"id": "T0", "type": "人物", "text": "李明", "start": 0, "end": 2}],
        "relations": [],
        "events": [],
    }
    assert document.document == Document(id="一", text="李明在北京。")


@pytest.mark.parametrize(
    ("start", "end", "mention"),
    [(2, 0, ""), (0, 9, "Ann"), (-3, 3, "Ann"), (0, 3, "ann"), (1, 1, "")],
)
def test_a_span_that_does_not_hold_its_mention_is_refused(start, end, mention):
    entity = Entity("T0", "person", mention, start, end)
    argument = Argument("who", mention, start, end)
    trigger = Span(mention, start, end)
    whole = Span("Ann", 0, 3)
    for facts in (
        {"entities": (entity,)},
        {"events": (Event("e", trigger),)},
        {"events": (Event("e", whole, (argument,)),)},
    ):
        with pytest.raises(AnnotationError, match=r"the span \[") as caught:
            AnnotatedDocument(id="a", text="Ann", **facts)
        assert "code points" in caught.value.hint


def test_names_of_entities_must_be_known_and_unique():
    ann = Entity("T0", "person", "Ann", 0, 3)
    with pytest.raises(AnnotationError, match="same id"):
        AnnotatedDocument(id="a", text="Ann", entities=(ann, ann))
    for what, facts in (
        ("a relation", {"relations": (Relation("knows", "T0", "T1"),)}),
        ("a known pair", {"scope": Scope(known_pairs=(("T1", "T0"),))}),
        (
            "an argument",
            {
                "events": (
                    Event("e", Span("Ann", 0, 3), (Argument("who", "Ann", 0, 3, 1.0, "T1"),)),
                )
            },
        ),
    ):
        with pytest.raises(AnnotationError, match=f"{what} names the unknown entity 'T1'"):
            AnnotatedDocument(id="a", text="Ann", entities=(ann,), **facts)


ENTITY = '{"id": "T0", "type": "t", "text": "x", "start": 0, "end": 1'


@pytest.mark.parametrize(
    "line",
    [
        '{"id": "a"}',
        '{"text": "a"}',
        '{"id": "a", "text": 3}',
        '{"id": null, "text": "a"}',
        '{"id": ["a"], "text": "a"}',
        '{"id": "a", "text": "x", "entities": [{"id": "T0"}]}',
        f'{{"id": "a", "text": "x", "entities": [{ENTITY}, "colour": 1}}]}}',
        f'{{"id": "a", "text": "x", "entities": [{ENTITY.replace("0, ", "null, ")}}}]}}',
        '{"id": "a", "text": "x", "events": [{"type": "t"}]}',
        '{"id": "a", "text": "x", "scope": {"colour": 1}}',
        '{"id": "a", "text": "x", "scope": 3}',
        '{"id": "a", "text": "x", "scope": {"entity_types": "person"}}',
        '{"id": "a", "text": "x", "scope": {"event_types": [3]}}',
        '{"id": "a", "text": "x", "scope": {"all_mentions": "no"}}',
        '{"id": "a", "text": "x", "scope": {"known_pairs": [["T0"]]}}',
        '{"id": "a", "text": "x", "scope": {"known_pairs": "T0"}}',
        '{"id": "a", "text": "x", "scope": {"relation_types": ""}}',
        '{"id": "a", "text": "x", "scope": {"partial_types": null}}',
    ],
)
def test_a_line_of_another_form_is_refused_by_its_number(write, line):
    good = json.dumps({"id": "b", "text": "b"})
    documents = read_jsonl(write(f"{good}\n\n{line}\n"))
    assert next(documents).id == "b"
    with pytest.raises(
        AnnotationError, match=r"line 3: document .*not in the native form"
    ) as caught:
        next(documents)
    assert "each line needs" in caught.value.hint


def test_a_line_whose_span_does_not_fit_is_refused_by_its_number(write):
    entity = {"id": "T0", "type": "人物", "text": "李明", "start": 1, "end": 3}
    line = json.dumps({"id": "a", "text": "李明在北京", "entities": [entity]})
    with pytest.raises(AnnotationError, match=r"line 1: document a: the span \[1, 3\)"):
        list(read_jsonl(write(line)))


def test_an_interrupted_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "d.jsonl"
    path.write_text("old")

    def failing():
        yield AnnotatedDocument(id="a", text="a")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_jsonl(failing(), path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("entity", "reason"),
    [
        ({"type": ["person"]}, "an id, type or role is not a string"),
        ({"id": 3}, "an id, type or role is not a string"),
        ({"start": False}, "an offset is not a whole number"),
        ({"end": 3.0}, "an offset is not a whole number"),
        ({"type": " "}, "an id, type or role is empty"),
    ],
)
def test_values_of_the_wrong_type_are_refused(entity, reason):
    row = {"id": "T0", "type": "person", "text": "Ann", "start": 0, "end": 3} | entity
    with pytest.raises(AnnotationError, match=reason):
        AnnotatedDocument.from_dict({"id": "a", "text": "Ann", "entities": [row]})


def test_a_key_that_is_nearly_one_of_the_form_is_refused_and_others_mean_nothing():
    plain = {"id": "a", "text": "Ann"}
    assert AnnotatedDocument.from_dict(plain | {"annotator": 3, "idx": 1}).text == "Ann"
    for key, meant in (("entitis", "entities"), ("relation", "relations"), ("event", "events")):
        with pytest.raises(AnnotationError, match=f"document a: unknown key '{key}'") as caught:
            AnnotatedDocument.from_dict(plain | {key: []})
        assert caught.value.hint == f"did you mean {meant!r}?"
    with pytest.raises(AnnotationError, match="there is no 'text'"):
        AnnotatedDocument.from_dict({"id": "a"})
