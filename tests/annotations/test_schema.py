import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.annotations.schema import EntityType, EventType, RelationType, Role, Schema
from lexloom.errors import SchemaError

SAMPLE = """
name = "公司"

[entities.person]
en = "person"
zh = "人物"

[entities.company]
zh = "公司"
description_zh = "企业或机构"

[relations.works_for]
zh = "任职于"
head = ["person"]
tail = ["company"]

[events.merger]
zh = "并购"
[events.merger.roles.buyer]
zh = "收购方"
"""

words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip)
labels = st.text(st.characters(exclude_categories=["Cs"]))
names = st.lists(words, unique=True, max_size=4)


@st.composite
def schemas(draw):
    entities = [EntityType(name=n, zh=draw(labels), en=draw(labels)) for n in draw(names)]
    known = [entity.name for entity in entities]
    ends = st.lists(st.sampled_from(known), max_size=2) if known else st.just([])
    relations = [
        RelationType(
            name=name,
            description_en=draw(labels),
            head=tuple(draw(ends)),
            tail=tuple(draw(ends)),
        )
        for name in draw(names)
    ]
    events = [
        EventType(name=name, roles=tuple(Role(name=r, zh=draw(labels)) for r in draw(names)))
        for name in draw(names)
    ]
    return Schema(
        name=draw(words),
        entities=tuple(entities),
        relations=tuple(relations),
        events=tuple(events),
    )


@given(schemas())
def test_a_schema_written_as_toml_is_read_back_the_same(tmp_path_factory, schema):
    path = tmp_path_factory.mktemp("schema") / "s.toml"
    path.write_bytes(schema.dumps().encode())
    assert Schema.load(path) == schema


@given(schemas())
def test_the_hash_tells_schemas_apart_and_knows_their_content_again(schema):
    renamed = Schema(
        name=schema.name + "x",
        entities=schema.entities,
        relations=schema.relations,
        events=schema.events,
    )
    assert renamed.sha256 != schema.sha256
    assert Schema.from_dict(schema.to_dict()).sha256 == schema.sha256


def test_types_keep_the_order_of_the_file(write):
    schema = Schema.load(write(SAMPLE))
    assert [entity.name for entity in schema.entities] == ["person", "company"]
    assert schema.relations[0].head == ("person",)
    assert schema.events[0].roles == (Role(name="buyer", zh="收购方"),)


@pytest.mark.parametrize(
    ("toml", "message", "hint"),
    [
        ('[entities.person]\nzn = "人"', "unknown key 'zn'", "zh"),
        ('[entitys.person]\nzh = "人"', "unknown key 'entitys'", "entities"),
        ('[relations.r]\nhead = ["person"]', "unknown entity type 'person'", "known types: none"),
        ('[entities.person]\nname = "x"', "unknown key 'name'", "own key"),
        ('[entities." "]', "an entity type has an empty name", "give every type a name"),
        ("[entities]\nperson = 3", "must be a table of tables", ""),
        ('entities = ["person"]', "must be a table of tables", ""),
        ("[events.e]\nroles = 3", "must be a table of tables", ""),
        ("[entities.person]\nzh = 3", "must be str", ""),
        ("[entities.person", "not valid TOML", ""),
    ],
)
def test_a_faulty_schema_is_refused_in_one_sentence(write, toml, message, hint):
    with pytest.raises(SchemaError, match=message) as caught:
        Schema.load(write(toml))
    assert hint in caught.value.hint
    assert "\n" not in str(caught.value)


def test_a_schema_that_is_not_utf8_or_not_there_is_refused(write, tmp_path):
    with pytest.raises(SchemaError, match="is not UTF-8") as caught:
        Schema.load(write("名".encode("gb18030")))
    assert "convert it" in caught.value.hint
    with pytest.raises(SchemaError, match="cannot read"):
        Schema.load(tmp_path / "none.toml")


def test_a_schema_saved_by_an_editor_that_marks_utf8_is_read(tmp_path):
    path = tmp_path / "bom.toml"
    path.write_bytes('\ufeff[entities.a]\r\nzh = "人名"\r\n'.encode())
    assert Schema.load(path).entities[0].zh == "人名"


@pytest.mark.parametrize("kind", ["entities", "relations", "events"])
def test_a_name_used_twice_is_refused(kind):
    type = {"entities": EntityType, "relations": RelationType, "events": EventType}[kind]
    with pytest.raises(SchemaError, match="'x' is defined twice"):
        Schema(**{kind: (type(name="x"), type(name="x"))})


def test_a_role_used_twice_in_one_event_is_refused():
    with pytest.raises(SchemaError, match="role of fire"):
        Schema(events=(EventType(name="fire", roles=(Role(name="who"), Role(name="who"))),))
