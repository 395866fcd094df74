from dataclasses import replace

from hypothesis import given

from annotated import documents
from lexloom.annotations.document import AnnotatedDocument, Scope
from lexloom.annotations.formats.table import infer_schema
from lexloom.annotations.report import ImportReport
from lexloom.annotations.restrict import restricted
from lexloom.annotations.schema import EntityType, EventType, RelationType, Role, Schema
from lexloom.records import Argument, Entity, Event, Relation, Span

DOCUMENT = AnnotatedDocument(
    id="a",
    text="李明加入北方公司",
    entities=(Entity("T0", "人物", "李明", 0, 2), Entity("T1", "公司", "北方公司", 4, 8)),
    relations=(Relation("任职", "T0", "T1"), Relation("同名", "T0", "T0")),
    events=(
        Event(
            "入职",
            Span("加入", 2, 4),
            (
                Argument("员工", "李明", 0, 2, entity="T0"),
                Argument("单位", "北方公司", 4, 8, entity="T1"),
                Argument("方式", "加入", 2, 4),
            ),
        ),
        Event("离职", Span("加入", 2, 4)),
    ),
    scope=Scope(entity_types=("人物", "公司"), known_pairs=(("T0", "T0"), ("T0", "T1"))),
)
SCHEMA = Schema(
    entities=(EntityType(name="人物"), EntityType(name="地点")),
    relations=(RelationType(name="任职"),),
    events=(EventType(name="入职", roles=(Role(name="员工"), Role(name="单位"))),),
)


def test_what_the_schema_does_not_have_is_left_out_and_counted():
    report = ImportReport()
    document = restricted(DOCUMENT, SCHEMA, report)
    assert document.entities == DOCUMENT.entities[:1]
    assert document.relations == ()
    (event,) = document.events
    assert [(a.role, a.entity) for a in event.arguments] == [("员工", "T0"), ("单位", None)]
    assert document.scope == Scope(entity_types=("人物",), known_pairs=(("T0", "T0"),))
    assert report.unknown.counts == {
        "no entity type '公司'": 1,
        "an end of the relation is of an unknown type": 1,
        "no relation type '同名'": 1,
        "no event type '离职'": 1,
        "no role '方式' of '入职'": 1,
    }


@given(documents())
def test_the_schema_of_a_document_leaves_it_whole(document):
    report = ImportReport()
    assert restricted(document, infer_schema([document]), report) == document
    assert report.unknown.total == 0


@given(documents())
def test_an_empty_schema_leaves_the_text_alone(document):
    report = ImportReport()
    bare = restricted(document, Schema(), report)
    assert bare == replace(document, entities=(), relations=(), events=())
    facts = len(document.entities) + len(document.relations) + len(document.events)
    assert report.unknown.total == facts
