import pytest

from doubles import SCHEMA
from lexloom.annotations.labels import Label, LabelSet, in_known_words
from lexloom.annotations.schema import EntityType, EventType, RelationType, Role, Schema
from lexloom.errors import SchemaError

LABELS = LabelSet.of(SCHEMA)


def names(labels):
    return [(label.kind, label.name) for label in labels]


def test_spans_are_labelled_with_types_events_and_roles_in_the_order_of_the_schema():
    assert names(LABELS.span_labels) == [
        ("entity", "person"),
        ("entity", "place"),
        ("event", "move"),
        ("event", "talk"),
        ("role", "who"),
        ("role", "where"),
    ]


def test_pairs_are_labelled_with_relations_and_roles():
    assert names(LABELS.pair_labels) == [
        ("relation", "lives_in"),
        ("relation", "near"),
        ("role", "who"),
        ("role", "where"),
    ]


def test_a_role_of_two_events_is_one_label():
    assert [label.name for label in LABELS.span_labels].count("who") == 1


PEOPLE = Schema(entities=(EntityType(name="human", en="person", zh="人"), EntityType(name="place")))


def entities(*types):
    return Schema(entities=tuple(EntityType(**values) for values in types))


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (
            entities({"name": "a", "en": "Drug"}, {"name": "b"}, {"name": "c", "en": " drug "}),
            "the entity types 'a' and 'c' are asked for in the same words, 'drug'",
        ),
        # a name is words too
        (entities({"name": "new_drug"}, {"name": "x", "zh": "new drug"}), "'new_drug' and 'x'"),
        # both are what the model knows as a person
        (entities({"name": "人"}, {"name": "human"}), "'人' and 'human' .* same words, 'person'"),
        (
            Schema(events=(EventType(name="fire", zh="火"), EventType(name="火"))),
            "the event types 'fire' and '火'",
        ),
        (
            Schema(events=(EventType(name="e", roles=(Role(name="A"), Role(name="a"))),)),
            "the roles of e 'A' and 'a'",
        ),
    ],
)
def test_types_that_nobody_can_tell_apart_are_not_asked_for(asked, message):
    with pytest.raises(SchemaError, match=message) as caught:
        LabelSet.of(asked, PEOPLE)
    assert "en or zh" in caught.value.hint
    LabelSet.of(asked, asked)  # a model that has them is read as it is


def test_the_same_words_are_well_where_something_else_tells_what_is_meant():
    who = (Role(name="who"), Role(name="when"))
    asked = Schema(
        entities=(EntityType(name="fire"), EntityType(name="place")),
        relations=(
            RelationType(name="a", en="in", head=("fire",)),
            RelationType(name="b", en="in", head=("place",)),
        ),
        events=(
            EventType(name="fire", roles=who),
            EventType(name="storm", roles=(Role(name="who"), Role(name="x", en="when"))),
        ),
    )
    assert len(LabelSet.of(asked, PEOPLE).pair_labels) == 5


def test_a_label_is_found_by_kind_and_name():
    assert LABELS.span_index("event") == {"move": 2, "talk": 3}
    assert LABELS.pair_index("role") == {"who": 2, "where": 3}
    assert LABELS.pair_index("entity") == {}


def test_the_same_name_in_two_kinds_is_two_labels():
    schema = Schema(entities=(EntityType(name="visit"),), events=(EventType(name="visit"),))
    labels = LabelSet.of(schema)
    assert labels.span_index("entity") == {"visit": 0}
    assert labels.span_index("event") == {"visit": 1}


def test_the_model_reads_the_english_name_else_the_chinese_else_the_name_itself():
    schema = Schema(
        entities=(
            EntityType(name="A", en="person", zh="人物"),
            EntityType(name="B", zh="地点"),
            EntityType(name="date_of_birth"),
        ),
        relations=(RelationType(name="works_for"),),
        events=(EventType(name="move", roles=(Role(name="who", en="the one who moves"),)),),
    )
    assert LabelSet.of(schema).texts == [
        "entity: person",
        "entity: 地点",
        "entity: date of birth",
        "event: move",
        "role: the one who moves",
        "relation: works for",
        "role: the one who moves",
    ]


def test_a_label_is_paraphrased_by_its_name_in_the_other_language_and_its_descriptions():
    person = EntityType(name="A", en="person", zh="人物", description_en="who", description_zh="谁")
    nameless = EntityType(name="far_away", description_en="far away", description_zh="远方")
    labels = LabelSet.of(Schema(entities=(person, nameless)))
    ways = [(label.text, *label.paraphrases) for label in labels.span_labels]
    assert ways == [
        ("entity: person", "entity: 人物", "entity: who", "entity: 谁"),
        ("entity: far away", "entity: 远方"),
    ]
    assert labels.all_texts == [text for way in ways for text in way]


def test_an_empty_schema_asks_for_nothing():
    assert LabelSet.of(Schema()).texts == []


def test_labels_are_plain_values():
    assert LABELS.span_labels[1] == Label("entity", "place", "entity: 地点")


# --- what a trained model knows

KNOWN = Schema(
    entities=(
        EntityType(name="person", en="person", zh="人物"),
        EntityType(name="org", en="organization", zh="机构"),
    ),
    relations=(RelationType(name="works_for", zh="任职于"),),
    events=(EventType(name="move", roles=(Role(name="who", en="mover"),)),),
)


def asked(schema):
    return {(x.kind, x.name): (x.text, x.zero_shot) for x in LabelSet.of(schema, KNOWN).all}


def test_the_models_own_schema_is_asked_for_as_it_was_learnt():
    labels = LabelSet.of(KNOWN, KNOWN)
    assert labels == LabelSet.of(KNOWN)
    assert labels.zero_shot_tables(KNOWN) == ()


def test_a_known_type_is_asked_for_in_the_words_that_the_model_learnt():
    schema = Schema(
        entities=(
            EntityType(name="people", en="Person"),
            EntityType(name="公司", zh="机构"),
            EntityType(name="works_for"),  # a relation of that name is another thing
        ),
        relations=(RelationType(name="job", en="Works for"),),
        events=(EventType(name="trip", en="move", roles=(Role(name="x", en="who"),)),),
    )
    assert asked(schema) == {
        ("entity", "people"): ("entity: person", False),
        ("entity", "公司"): ("entity: organization", False),
        ("entity", "works_for"): ("entity: works for", True),
        # the model read the Chinese words of this one
        ("relation", "job"): ("relation: 任职于", False),
        ("event", "trip"): ("event: move", False),
        ("role", "x"): ("role: mover", False),
    }


def test_a_type_of_a_known_name_with_other_words_is_zero_shot():
    schema = Schema(entities=(EntityType(name="person", en="defendant"),))
    assert asked(schema) == {("entity", "person"): ("entity: defendant", True)}


def test_zero_shot_tables_are_named_as_the_schema_file_names_them():
    role = Role(name="where")
    schema = Schema(
        entities=(*KNOWN.entities, EntityType(name="drug")),
        relations=(RelationType(name="treats"), *KNOWN.relations),
        events=(EventType(name="move", roles=(role,)), EventType(name="stay", roles=(role,))),
    )
    assert LabelSet.of(schema, KNOWN).zero_shot_tables(schema) == (
        "entities.drug",
        "relations.treats",
        "events.move.roles.where",
        "events.stay",
        "events.stay.roles.where",
    )


def test_a_schema_can_be_put_into_the_models_words():
    schema = Schema(
        entities=(EntityType(name="人", zh="人物"), EntityType(name="drug", zh="药品")),
        events=(EventType(name="go", en="Move", roles=(Role(name="who"), Role(name="why"))),),
    )
    reworded = in_known_words(schema, KNOWN)
    assert [item.en for item in reworded.entities] == ["person", ""]
    assert reworded.entities[0].name == "人"
    assert reworded.events[0].en == "move"
    assert [role.en for role in reworded.events[0].roles] == ["mover", ""]
    # what the trained model then reads is what the model before it read
    assert [x.text for x in LabelSet.of(reworded).all] == [
        x.text for x in LabelSet.of(schema, KNOWN).all
    ]


def test_white_space_around_the_words_of_a_type_means_nothing():
    known = Schema(entities=(EntityType(name="person", en="person", zh="人物"),))
    for values in (
        {"name": "a", "en": " person "},
        {"name": "b", "en": "  ", "zh": "人物\n"},
        {"name": "person", "en": " ", "zh": "\t", "description_en": "  "},
    ):
        asked = entities(values)
        labels = LabelSet.of(asked, known)
        assert labels.texts == ["entity: person"]
        assert labels.zero_shot_tables(asked) == ()
    assert LabelSet.of(asked).span_labels[0].paraphrases == ()
