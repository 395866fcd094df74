import pytest

from lexloom.annotations.document import AnnotatedDocument, Scope
from lexloom.annotations.labels import LabelSet
from lexloom.annotations.schema import EntityType, EventType, RelationType, Role, Schema
from lexloom.errors import LexloomError
from lexloom.extract.rehearse import MAX_PLAIN_SENTENCES, Memory, plain_sentences, sentences_of
from lexloom.records import (
    Argument,
    Coverage,
    Document,
    DocumentRef,
    Entity,
    Event,
    Extraction,
    Provenance,
    Relation,
    Span,
)

KNOWN = Schema(
    name="general",
    entities=(
        EntityType(name="person", en="person", zh="人物"),
        EntityType(name="place", en="place"),
        EntityType(name="thing", en="thing"),
    ),
    relations=(
        RelationType(name="lives_in", head=("person",), tail=("place",)),
        RelationType(name="near"),
    ),
    events=(EventType(name="move", roles=(Role(name="who"),)),),
)
OWN = Schema(
    name="mine",
    entities=(
        EntityType(name="drug"),
        EntityType(name="人", zh="人物"),  # the model's person
        EntityType(name="thing", en="gadget"),  # another thing than the model's
    ),
    relations=(RelationType(name="takes", head=("人",), tail=("drug",)),),
)
TEXT = "Ann took aspirin in Rome."
MEMORY = Memory(OWN, KNOWN)


def entity(id, type, words, text=TEXT):
    start = text.index(words)
    return Entity(id, type, words, start, start + len(words), 0.9)


def found(document):
    """What the model finds in the text."""
    return Extraction(
        document=DocumentRef.of(document),
        entities=(
            entity("e0", "person", "Ann"),
            entity("e1", "thing", "aspirin"),
            entity("e2", "place", "Rome"),
        ),
        relations=(
            Relation("lives_in", "e0", "e2"),
            Relation("near", "e1", "e2"),
        ),
        events=(Event("move", Span.of(TEXT, 4, 8), (Argument("who", "Ann", 0, 3, entity="e0"),)),),
        coverage=Coverage(len(TEXT), len(TEXT), 1),
        provenance=Provenance("m", "h", "s", "0", "t"),
    )


def read(documents):
    return [found(document) for document in documents]


def marked(**options):
    return AnnotatedDocument(
        id="d", text=TEXT,
        entities=(entity("a", "人", "Ann"), entity("b", "drug", "aspirin")),
        relations=(Relation("takes", "a", "b"),), **options,
    )  # fmt: skip


def test_the_merged_schema_has_the_own_types_and_the_other_known_ones():
    merged = MEMORY.merged
    assert merged.name == "mine"
    assert [item.name for item in merged.entities] == ["drug", "人", "thing", "place"]
    assert [item.name for item in merged.relations] == ["takes", "lives_in", "near"]
    # the ends of a known relation are called as the own schema does
    assert merged.relations[1].head == ("人",)
    assert [item.name for item in merged.events] == ["move"]


def test_known_types_keep_their_words_in_the_merged_schema():
    before = {label.name: label.text for label in LabelSet.of(KNOWN).all}
    after = {label.name: label.text for label in LabelSet.of(MEMORY.merged).all}
    for name in ("place", "lives_in", "near", "move", "who"):
        assert after[name] == before[name]


def test_a_text_gets_the_facts_of_known_types_and_keeps_its_own():
    (document,) = MEMORY.remember([marked()], read)
    assert [(e.type, e.text) for e in document.entities] == [
        ("人", "Ann"), ("drug", "aspirin"), ("place", "Rome"),
    ]  # fmt: skip
    assert document.entities[:2] == marked().entities
    ends = {e.id: e.text for e in document.entities}
    assert [(r.type, ends[r.head], ends[r.tail]) for r in document.relations] == [
        ("takes", "Ann", "aspirin"),
        ("lives_in", "Ann", "Rome"),  # near goes out: its head is no thing any more
    ]
    (event,) = document.events
    assert event.arguments[0].entity == "a"


def test_what_was_looked_for_grows_by_the_known_types():
    (document,) = MEMORY.remember([marked()], read)
    assert document.scope.entity_types == ("drug", "人", "thing", "place")
    assert document.scope.relation_types == ("takes", "lives_in", "near")
    assert document.scope.event_types == ("move",)
    narrow = marked(scope=Scope(entity_types=("drug",), relation_types=(), event_types=()))
    (document,) = MEMORY.remember([narrow], read)
    assert document.scope.entity_types == ("drug", "place")


def test_in_plain_texts_nothing_is_known_of_new_types():
    (document,) = MEMORY.rehearse([Document("p", TEXT)], read)
    assert [(e.type, e.text) for e in document.entities] == [("人", "Ann"), ("place", "Rome")]
    assert document.scope.entity_types == ("人", "place")
    assert document.scope.relation_types == ("lives_in", "near")
    assert [r.type for r in document.relations] == ["lives_in"]


def test_the_plain_sentences_are_of_both_languages_and_differ():
    texts = [item.text for item in plain_sentences()]
    assert len(texts) == len(set(texts)) >= 80
    chinese = sum("一" <= char <= "鿿" for text in texts for char in text[:1])
    assert 30 <= chinese <= len(texts) - 30


def test_sentences_of_files_are_cut_and_drawn(tmp_path):
    (tmp_path / "a.txt").write_text("One. Two.\n\n三。四。 One.", encoding="utf-8")
    assert {item.text for item in sentences_of([tmp_path / "a.txt"])} == {
        "One.",
        "Two.",
        "三。",
        "四。",
    }
    (tmp_path / "b.txt").write_text("\n\n".join(f"Line {n}." for n in range(500)))
    drawn = [item.text for item in sentences_of([tmp_path / "b.txt"])]
    assert len(drawn) == MAX_PLAIN_SENTENCES
    assert drawn == [item.text for item in sentences_of([tmp_path / "b.txt"])]


@pytest.mark.parametrize(("content", "message"), [(None, "there is no file"), ("", "holds no")])
def test_plain_texts_that_are_none_are_refused(tmp_path, content, message):
    if content is not None:
        (tmp_path / "a.txt").write_text(content)
    with pytest.raises(LexloomError, match=message):
        sentences_of([tmp_path / "a.txt"])
