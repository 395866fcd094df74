import json

import pytest
from hypothesis import given, settings

from annotated import documents
from lexloom.annotations.document import AnnotatedDocument, Scope
from lexloom.annotations.formats.iepile_out import NOTHING, write_iepile
from lexloom.annotations.options import ExportOptions
from lexloom.annotations.report import ExportReport
from lexloom.annotations.schema import EntityType, EventType, RelationType, Role, Schema
from lexloom.errors import UsageError
from lexloom.records import Argument, Entity, Event, Relation, Span

DOCUMENT = AnnotatedDocument(
    id="a",
    text="李明和王芳加入北方公司",
    entities=(
        Entity("T0", "人物", "李明", 0, 2),
        Entity("T1", "人物", "王芳", 3, 5),
        Entity("T2", "公司", "北方公司", 7, 11),
    ),
    relations=(Relation("任职", "T0", "T2"), Relation("任职", "T1", "T2")),
    events=(
        Event(
            "入职",
            Span("加入", 5, 7),
            (Argument("员工", "李明", 0, 2), Argument("员工", "王芳", 3, 5)),
        ),
    ),
)
SCHEMA = Schema(
    entities=tuple(EntityType(name=name) for name in ("人物", "公司", "地点")),
    relations=(RelationType(name="任职"), RelationType(name="居住")),
    events=(EventType(name="入职", roles=(Role(name="员工"), Role(name="时间"))),),
)


def written(document, **options):
    report = ExportReport()
    rows = []
    for line in "".join(write_iepile([document], ExportOptions(**options), report)).splitlines():
        values = json.loads(line)
        assert list(values) == ["task", "source", "instruction", "output"]
        instruction = json.loads(values["instruction"])
        assert list(instruction) == ["instruction", "schema", "input"]
        assert instruction["input"] == document.text
        rows.append((values["task"], instruction["schema"], json.loads(values["output"])))
    return rows, report


def test_each_task_has_its_line_and_each_type_its_answer():
    rows, report = written(DOCUMENT, schema=SCHEMA)
    assert rows == [
        (
            "NER",
            ["人物", "公司", "地点"],
            {"人物": ["李明", "王芳"], "公司": ["北方公司"], "地点": []},
        ),
        (
            "RE",
            ["任职", "居住"],
            {
                "任职": [
                    {"subject": "李明", "object": "北方公司"},
                    {"subject": "王芳", "object": "北方公司"},
                ],
                "居住": [],
            },
        ),
        (
            "EE",
            [{"event_type": "入职", "trigger": True, "arguments": ["员工", "时间"]}],
            {
                "入职": [
                    {"trigger": "加入", "arguments": {"员工": ["李明", "王芳"], "时间": NOTHING}}
                ]
            },
        ),
    ]
    assert (report.documents, report.entities, report.relations, report.events) == (1, 3, 2, 1)
    assert (report.changed.total, report.left_out.total) == (0, 0)


def test_a_line_asks_for_a_few_types_only_and_names_its_source():
    rows, _ = written(DOCUMENT, schema=SCHEMA, max_types=2, source="mine")
    assert [row[1] for row in rows if row[0] == "NER"] == [["人物", "公司"], ["地点"]]
    line = next(write_iepile([DOCUMENT], ExportOptions(source="mine"), ExportReport()))
    assert json.loads(line)["source"] == "mine"
    with pytest.raises(UsageError, match="max_types must be at least 1, got 0"):
        ExportOptions(max_types=0)


def test_the_scope_decides_what_is_asked_before_the_schema():
    scope = Scope(entity_types=("人物", "职位"), relation_types=(), event_types=())
    document = AnnotatedDocument(id="a", text="李明", scope=scope)
    assert written(document, schema=SCHEMA)[0] == [
        ("NER", ["人物", "职位"], {"人物": [], "职位": []})
    ]


def test_where_absence_says_nothing_only_what_occurs_is_asked():
    document = AnnotatedDocument(
        id="a", text="李明", entities=(Entity("T0", "人物", "李明", 0, 2),),
        scope=Scope(all_mentions=False),
    )  # fmt: skip
    assert written(document, schema=SCHEMA)[0] == [("NER", ["人物"], {"人物": ["李明"]})]


def test_the_language_of_the_instruction_is_that_of_the_text():
    def asked(text):
        document = AnnotatedDocument(id="a", text=text, scope=Scope(entity_types=("人物",)))
        line = next(write_iepile([document], ExportOptions(), ExportReport()))
        return json.loads(json.loads(line)["instruction"])["instruction"]

    assert asked("Ann left.").startswith("Find the entities")
    assert asked("李明走了。").startswith("请在input中")


def test_what_words_alone_cannot_say_is_counted():
    entities = (
        Entity("a", "P", "A", 0, 1),
        Entity("b", "P", "A", 2, 3),
        Entity("c", "Q", "B", 4, 5),
    )
    document = AnnotatedDocument(
        id="d", text="A A B B", entities=entities,
        relations=(Relation("r", "a", "c"), Relation("r", "b", "c"), Relation("s", "a", "b")),
    )  # fmt: skip
    schema = Schema(entities=(EntityType(name="P"), EntityType(name="Q")))
    rows, report = written(document)
    assert rows[1][2]["r"] == [{"subject": "A", "object": "B"}]
    assert report.changed.counts == {
        "several mentions of the same words became one": 1,
        "not all places of the words are the mention": 1,
        "several relations of the same words became one": 1,
    }
    _, report = written(document, schema=schema)
    reason = "the type of the relation is not one of those to ask for"
    assert report.left_out.counts == {reason: 3}


def test_a_document_without_anything_to_ask_is_counted():
    rows, report = written(AnnotatedDocument(id="d", text="A"))
    assert rows == []
    assert report.left_out.counts == {"there is no type to ask for": 1}


@settings(max_examples=60)
@given(documents())
def test_every_fact_returns_by_its_words(original):
    rows, _ = written(original, max_types=2)
    answers = {(task, type): rows for task, _, output in rows for type, rows in output.items()}
    words = {entity.id: entity.text for entity in original.entities}
    for task, facts, expected in (
        ("NER", original.entities, lambda e: e.text),
        ("RE", original.relations, lambda r: {"subject": words[r.head], "object": words[r.tail]}),
    ):
        for type in {fact.type for fact in facts}:
            wanted = [expected(fact) for fact in facts if fact.type == type]
            assert answers[task, type] == [w for n, w in enumerate(wanted) if w not in wanted[:n]]
    for type in {event.type for event in original.events}:
        triggers = [event.trigger.text for event in original.events if event.type == type]
        assert [row["trigger"] for row in answers["EE", type]] == triggers
