import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lexloom.annotations.document import AnnotatedDocument, Scope
from lexloom.annotations.formats.spert import write_spert
from lexloom.annotations.formats.table import import_dataset
from lexloom.annotations.options import ExportOptions, ImportOptions
from lexloom.annotations.report import ExportReport
from lexloom.errors import AnnotationError
from lexloom.records import Entity, Event, Relation, Span

ENGLISH = {
    "tokens": ["proper", "nouns", "in", "text"],
    "entities": [
        {"type": "Task", "start": 0, "end": 4},
        {"type": "Material", "start": 3, "end": 4},
    ],
    "relations": [{"type": "Part-of", "head": 1, "tail": 0}],
    "orig_id": "c4d2",
}
CHINESE = {
    "tokens": ["李明", "在", "北京"],
    "entities": [{"type": "人物", "start": 0, "end": 1}, {"type": "地点", "start": 2, "end": 3}],
    "relations": [{"type": "居住", "head": 0, "tail": 1}],
}


def facts(document):
    entity = {e.id: (e.type, e.text, e.start) for e in document.entities}
    return list(entity.values()), [
        (entity[r.head], r.type, entity[r.tail]) for r in document.relations
    ]


def test_nested_entities_and_relations_are_read(read):
    documents, report = read(json.dumps([ENGLISH, CHINESE]), "spert")
    assert [document.id for document in documents] == ["c4d2", "sample.txt-1"]
    assert documents[0].text == "proper nouns in text"
    task, material = ("Task", "proper nouns in text", 0), ("Material", "text", 16)
    assert facts(documents[0]) == ([task, material], [(material, "Part-of", task)])
    assert documents[0].scope == Scope(event_types=())
    assert report.relations == {"Part-of": 1, "居住": 1}


def test_chinese_tokens_are_joined_by_nothing(read):
    documents, _ = read(json.dumps([CHINESE]), "spert")
    assert documents[0].text == "李明在北京"
    assert facts(documents[0])[0] == [("人物", "李明", 0), ("地点", "北京", 3)]


def test_a_repeated_relation_is_merged_and_counted(read):
    sample = ENGLISH | {"relations": ENGLISH["relations"] * 3}
    documents, report = read(json.dumps([sample]), "spert")
    assert len(documents[0].relations) == 1
    assert report.merged == {"relation": 2}


@pytest.mark.parametrize(
    ("start", "end", "reason"),
    [
        (3, 2, "the span is empty or reversed"),
        (3, 5, "the span runs out of the text"),
        (-1, 2, "the span runs out of the text"),
        ("3", 4, "an offset is not a whole number"),
        (None, 4, "an offset is not a whole number"),
    ],
)
def test_a_span_that_does_not_fit_is_counted_with_its_relations(read, start, end, reason):
    entities = [ENGLISH["entities"][0], {"type": "Material", "start": start, "end": end}]
    documents, report = read(json.dumps([ENGLISH | {"entities": entities}]), "spert")
    assert len(documents[0].entities) == 1
    assert report.unaligned.counts == {
        reason: 1,
        "an end of the relation is no marked entity": 1,
    }


@pytest.mark.parametrize("place", [2, -1])
def test_a_relation_to_no_entity_is_counted(read, place):
    relations = [{"type": "Part-of", "head": place, "tail": 0}]
    _, report = read(json.dumps([ENGLISH | {"relations": relations}]), "spert")
    assert report.unaligned.total == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tokens": "text"}, "document 1: 'tokens' must be a list"),
        ({"tokens": ["a", 3]}, "document 1: a token is not a string"),
        ({"entities": None}, "document 1: 'entities' must be a list, got nothing"),
        ({"entities": [{"start": 0, "end": 1}]}, "document 1: 'type' must be a string"),
        ({"relations": [{"type": "x", "head": "0"}]}, "document 1: 'head' must be a whole number"),
    ],
)
def test_a_broken_document_is_refused_by_its_number(read, change, message):
    with pytest.raises(AnnotationError, match=message):
        read(json.dumps([ENGLISH | change]), "spert")


def test_a_truncated_file_is_refused(read):
    with pytest.raises(AnnotationError, match=r"document 2: .*truncated"):
        read(json.dumps([ENGLISH, CHINESE])[:-9], "spert")


@settings(max_examples=60)
@given(
    st.text(st.sampled_from("ab李明 \n🎉"), min_size=1, max_size=20),
    st.lists(st.tuples(st.integers(0, 19), st.integers(1, 20)), max_size=4, unique=True),
)
def test_written_and_read_back_every_mention_keeps_its_characters(tmp_path_factory, text, spans):
    spans = [(s, e) for s, e in spans if s < e <= len(text) and text[s:e] == text[s:e].strip()]
    entities = tuple(Entity(f"T{n}", f"t{n}", text[s:e], s, e) for n, (s, e) in enumerate(spans))
    relations = tuple(Relation("next", a.id, b.id) for a, b in pairwise(entities))
    document = AnnotatedDocument(id="d", text=text, entities=entities, relations=relations)
    path = tmp_path_factory.mktemp("spert") / "a.json"
    report = ExportReport()
    path.write_text("".join(write_spert([document], ExportOptions(), report)), encoding="utf-8")
    (read_back,) = import_dataset(path, "spert", options=ImportOptions(joiner=""))
    assert read_back.text == "".join(text.split())
    assert [(e.id, e.type, e.text) for e in read_back.entities] == [
        (e.id, e.type, "".join(e.text.split())) for e in entities
    ]
    assert read_back.relations == relations
    assert (report.entities, report.relations) == (len(entities), len(relations))


def test_what_the_format_cannot_hold_is_counted_with_its_reason():
    document = AnnotatedDocument(
        id="a",
        text="Ann met",
        entities=(Entity("T0", "person", "Ann", 0, 3), Entity("T1", "x", " met", 3, 7)),
        relations=(Relation("r", "T0", "T1"),),
        events=(Event("meeting", Span("met", 4, 7)),),
    )
    report = ExportReport()
    (row,) = json.loads("".join(write_spert([document], ExportOptions(), report)))
    assert row["entities"] == [{"type": "person", "start": 0, "end": 1}]
    assert row["orig_id"] == "a"
    assert report.left_out.counts == {
        "the entity begins or ends with white space": 1,
        "an end of the relation was not written": 1,
        "the format has no events": 1,
    }


def test_no_documents_are_an_empty_array():
    assert json.loads("".join(write_spert([], ExportOptions(), ExportReport()))) == []
