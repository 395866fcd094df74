import json

import pytest
from hypothesis import given, settings

from annotated import documents
from lexloom.annotations.formats.table import export_pieces, import_dataset
from lexloom.annotations.report import ExportReport, ImportReport
from lexloom.errors import AnnotationError

TEXT = "李明和王芳在北京加入北方公司"


def line(task, schema, answers, text=TEXT, **changes):
    instruction = {"instruction": "…", "schema": schema, "input": text}
    values = {
        "task": task,
        "source": "x",
        "instruction": json.dumps(instruction, ensure_ascii=False),
        "output": json.dumps(answers, ensure_ascii=False),
    }
    return json.dumps(values | changes, ensure_ascii=False) + "\n"


NER = line("NER", ["人物", "公司"], {"人物": ["李明", "王芳"], "公司": ["北方公司"]})
RE = line("RE", ["任职", "居住"], {"任职": [{"subject": "李明", "object": "北方公司"}], "居住": []})
EE = line(
    "EE",
    [{"event_type": "入职", "trigger": True, "arguments": ["员工", "时间"]}],
    {"入职": [{"trigger": "加入", "arguments": {"员工": ["李明", "王芳"], "时间": "NAN"}}]},
)


def facts(document):
    entity = {e.id: (e.type, e.text) for e in document.entities}
    return [(entity[r.head], r.type, entity[r.tail]) for r in document.relations]


def test_the_lines_of_one_text_make_one_document(read):
    found, report = read(RE + NER + EE + line("NER", ["公司"], {"公司": []}, text="别的"), "iepile")
    assert [document.text for document in found] == [TEXT, "别的"]
    document = found[0]
    assert facts(document) == [(("人物", "李明"), "任职", ("公司", "北方公司"))]
    assert [(e.type, e.text) for e in document.entities] == [
        ("人物", "李明"),
        ("人物", "王芳"),
        ("公司", "北方公司"),
    ]
    (event,) = document.events
    assert (event.type, event.trigger.text) == ("入职", "加入")
    assert [(a.role, a.text) for a in event.arguments] == [("员工", "李明"), ("员工", "王芳")]
    assert document.scope.entity_types == ("人物", "公司")
    assert document.scope.relation_types == ("任职", "居住")
    assert document.scope.event_types == ("入职",)
    assert document.scope.all_mentions is True
    assert report.unaligned.total == report.repaired.total == 0


def test_relations_alone_say_little_of_entities(read):
    rows = {"任职": [{"head": "李明", "tail": "北方公司"}]}
    (document,), _ = read(line("RE", ["任职"], rows), "iepile", entity_type="thing")
    assert facts(document) == [(("thing", "李明"), "任职", ("thing", "北方公司"))]
    assert document.scope.all_mentions is False
    assert document.scope.event_types == ()


def test_the_schema_of_triples_says_the_types_of_their_ends(read):
    asked = [{"subject_type": "人", "predicate": "任职", "object_type": "公司"}]
    (document,), _ = read(
        line("SPO", asked, {"任职": [{"subject": "李明", "object": "北方公司"}]}), "iepile"
    )
    assert facts(document) == [(("人", "李明"), "任职", ("公司", "北方公司"))]
    assert document.scope.relation_types == ("任职",)


def test_what_entities_have_are_relations_too(read):
    asked = [{"entity_type": "人物", "attributes": ["单位", "住地"]}]
    output = {"人物": {"李明": {"单位": "北方公司", "住地": ["北京"]}}}
    (document,), _ = read(line("KG", asked, output), "iepile")
    assert facts(document) == [
        (("人物", "李明"), "单位", ("entity", "北方公司")),
        (("人物", "李明"), "住地", ("entity", "北京")),
    ]
    assert document.scope.relation_types == ("单位", "住地")


def test_triggers_may_stand_alone(read):
    (document,), _ = read(line("EET", ["入职"], {"入职": ["加入"]}), "iepile")
    assert [event.trigger.text for event in document.events] == ["加入"]


def test_words_that_are_not_there_are_counted_and_words_in_doubt_too(read):
    content = line("NER", ["人物"], {"人物": ["张三", "李明"]}, text="李明见李明")
    (document,), report = read(content, "iepile")
    assert len(document.entities) == 1
    assert document.scope.all_mentions is False
    assert report.unaligned.counts == {"the string does not stand in the text": 1}
    assert report.repaired.counts == {"the string stands several times; one was chosen": 1}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (NER[:-4], "line 1: not a whole JSON object"),
        (line("QA", [], {}), "line 1: unknown task 'QA'"),
        (line("NER", [], {}, output="{"), "line 1: 'output' is not JSON in a string"),
        (line("NER", [], []), "line 1: 'output' must hold an object"),
        (line("NER", [], {}, instruction="3"), "line 1: 'instruction' must hold an object"),
        (line("NER", "人物", {}), "'schema' must be a list"),
        (line("NER", [3], {}), "the schema holds neither strings nor objects"),
        (line("NER", ["人物"], {"人物": [3]}), "an answer must be a string or a list of strings"),
        (line("RE", ["任职"], {"任职": ["李明"]}), "relations must be a list of objects"),
        (line("RE", ["任职"], {"任职": [{}]}), "'subject' must be a string"),
        (line("EE", ["入职"], {"入职": [3]}), "'trigger' must be a string"),
        (line("EE", ["入职"], {"入职": [{"trigger": "加入", "arguments": 3}]}), "'arguments' must"),
        (line("KG", [{"attributes": 3}], {}), "an answer must be a string or a list"),
        (line("KG", ["人"], {"人": []}), "the entities of '人' are not an object"),
        (line("KG", ["人"], {"人": {"李明": 3}}), "what '李明' has is not an object"),
    ],
)
def test_a_broken_file_is_refused_by_its_line(read, content, message):
    with pytest.raises(AnnotationError, match=message):
        read(content, "iepile")


@settings(max_examples=40)
@given(documents())
def test_written_and_read_back_every_fact_returns_by_its_words(tmp_path_factory, original):
    path = tmp_path_factory.mktemp("iepile") / "a.jsonl"
    content = "".join(export_pieces([original], "iepile", ExportReport()))
    if not content:
        return
    path.write_text(content, encoding="utf-8")
    report = ImportReport()
    (document,) = import_dataset(path, "iepile", report=report)
    assert report.unaligned.total == 0
    assert document.text == original.text
    assert {(e.type, e.text) for e in document.entities} >= {
        (e.type, e.text) for e in original.entities
    }
    assert by_words(document) == by_words(original)
    assert [e.trigger.text for e in document.events] == sorted_triggers(original)


def by_words(document):
    words = {entity.id: entity.text for entity in document.entities}
    return {(r.type, words[r.head], words[r.tail]) for r in document.relations}


def sorted_triggers(document):
    types = list(dict.fromkeys(event.type for event in document.events))
    events = sorted(document.events, key=lambda event: types.index(event.type))
    return [event.trigger.text for event in events]
