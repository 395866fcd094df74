import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotated import documents, facts
from lexloom.annotations.document import Scope
from lexloom.annotations.formats.table import export_dataset, import_dataset
from lexloom.errors import AnnotationError

TEXT = "李明🎉住在北京"


def line(**changes):
    return json.dumps({"id": 4, "text": TEXT} | changes, ensure_ascii=False)


def entity(id, label, start, end):
    return {"id": id, "label": label, "start_offset": start, "end_offset": end}


PERSON, PLACE = entity(7, "人物", 0, 2), entity(9, "地点", 5, 7)
LIVES = {"id": 1, "from_id": 7, "to_id": 9, "type": "居住"}


@pytest.mark.parametrize("key", ["label", "labels"])
def test_labels_are_triples_of_start_end_and_type(read, key):
    content = line(**{key: [[0, 2, "人物"], [5, 7, "地点"]]})
    (document,), _ = read(content, "doccano")
    assert [(e.type, e.text) for e in document.entities] == [("人物", "李明"), ("地点", "北京")]
    assert document.id == "4"
    assert document.scope == Scope(relation_types=(), event_types=())


def test_entities_have_ids_that_relations_name(read):
    (document,), report = read(line(entities=[PERSON, PLACE], relations=[LIVES]), "doccano")
    (relation,) = document.relations
    assert (relation.type, relation.head, relation.tail) == ("居住", "T0", "T1")
    assert document.scope == Scope(event_types=())
    assert report.unaligned.total == 0


def test_the_text_may_stand_under_data_and_comments_are_counted(read):
    content = json.dumps({"data": "Ann", "label": [[0, 3, "p"]], "Comments": ["unsure"]})
    (document,), report = read(content, "doccano")
    assert (document.id, document.text) == ("sample.txt-0", "Ann")
    assert report.left_out.counts == {"comments are not read": 1}


@pytest.mark.parametrize("place", [(2, 0), (3, 3), (5, 8), (-3, 2), (None, 2), ("0", 2), (0, 2.0)])
def test_a_span_that_does_not_fit_is_counted_and_the_others_stay(read, place):
    content = line(label=[[*place, "人物"], [5, 7, "地点"]]) + "\n"
    content += line(entities=[entity(7, "人物", *place), PLACE], relations=[LIVES])
    found, report = read(content, "doccano")
    assert [len(document.entities) for document in found] == [1, 1]
    assert report.unaligned.total == 3
    assert report.unaligned.counts["an end of the relation is no marked entity"] == 1


def test_an_id_that_was_used_before_is_counted_and_means_the_first(read):
    twice = [PERSON, PLACE, entity(7, "人物", 3, 5)]
    (document,), report = read(line(entities=twice, relations=[LIVES]), "doccano")
    assert document.relations[0].head == "T0"
    assert report.unaligned.counts == {"the id was used before": 1}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (line(label=[])[:-2], "line 1: not a whole JSON object"),
        (line(), "line 1: 'label' must be a list, got nothing"),
        (line(label=["positive"]), r"line 1: a label is \[start, end, type\], got 'positive'"),
        (line(label=[[0, 2]]), r"a label is \[start, end, type\]"),
        (line(label=[[0, 2, 3]]), r"a label is \[start, end, type\]"),
        (line(text=None, label=[]), "'text' must be a string"),
        (line(entities=[{"label": 3}]), "'label' must be a string"),
        (line(entities=[], relations=[{"type": "x", "from_id": []}]), "'from_id' must be the id"),
        (line(entities=[], relations=["x"]), "'from_id' must be the id"),
    ],
)
def test_a_broken_file_is_refused_by_its_line(read, content, message):
    with pytest.raises(AnnotationError, match=message):
        read(content, "doccano")


@settings(max_examples=30)
@given(st.lists(documents(), min_size=1, max_size=3))
def test_written_and_read_back_all_but_events_returns(tmp_path_factory, originals):
    path = tmp_path_factory.mktemp("doccano") / "a.jsonl"
    report = export_dataset(originals, path, "doccano")
    for original, document in zip(originals, import_dataset(path, "doccano"), strict=True):
        assert facts(document)[:3] == facts(original)[:3]
    num_events = sum(len(document.events) for document in originals)
    assert report.left_out.total == num_events
    assert (report.documents, report.changed.total) == (len(originals), 0)
    assert report.entities == sum(len(document.entities) for document in originals)
