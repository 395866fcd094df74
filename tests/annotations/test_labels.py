from doubles import SCHEMA
from lexloom.annotations.labels import Label, LabelSet
from lexloom.annotations.schema import EntityType, EventType, RelationType, Role, Schema

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
