import pytest

from doubles import tiny_reader
from lexloom.annotations.labels import LabelSet
from lexloom.annotations.schema import EntityType, RelationType, Schema
from lexloom.errors import SchemaError
from lexloom.extract.label_texts import asked_texts, check_label_texts, trained_texts

MAX_TOKENS = 8
SCHEMA = Schema(
    entities=(
        EntityType(name="person", en="person", zh="人", description_en="ann " * 20),
        EntityType(name="place"),
    ),
    relations=(RelationType(name="in", en="lives in", description_zh="在"),),
)


@pytest.fixture(scope="module")
def tokenizer():
    return tiny_reader().tokenizer


def test_a_training_reads_the_paraphrases_that_fit(tokenizer):
    labels = LabelSet.of(SCHEMA)
    kept = trained_texts(labels, tokenizer, MAX_TOKENS, paraphrases=True)
    assert kept.texts == labels.texts
    assert [label.paraphrases for label in kept.all] == [("entity: 人",), (), ("relation: 在",)]


def test_a_training_without_paraphrases_reads_none(tokenizer):
    kept = trained_texts(LabelSet.of(SCHEMA), tokenizer, MAX_TOKENS, paraphrases=False)
    assert kept.all_texts == ["entity: person", "entity: place", "relation: lives in"]


def test_what_else_is_said_is_read_of_labels_that_were_not_trained(tokenizer):
    known = Schema(relations=(RelationType(name="x", en="lives in"),))
    labels = LabelSet.of(SCHEMA, known)
    read = [[len(text.input_ids) for text in texts]
            for texts in asked_texts(labels, tokenizer, MAX_TOKENS)]  # fmt: skip
    texts = [["entity: person", "entity: 人"], ["entity: place"], ["relation: lives in"]]
    assert read == [[len(t.input_ids) for t in tokenizer.encode(row)] for row in texts]
    with pytest.raises(SchemaError, match="the words for the entity 'person' are"):
        asked_texts(labels, tokenizer, 1)


def test_words_that_do_not_fit_are_named_with_their_type(tokenizer):
    labels = LabelSet.of(Schema(relations=(RelationType(name="r", en="ann " * 2000),)))
    with pytest.raises(SchemaError, match=r"the words for the relation 'r' are 2,00\d tokens") as e:
        trained_texts(labels, tokenizer, 100, paraphrases=True)
    assert "a description may be long" in e.value.hint
    encoded = tokenizer.encode(labels.texts)
    check_label_texts(labels, encoded, len(encoded[0].input_ids))
    with pytest.raises(SchemaError, match="more than the"):
        check_label_texts(labels, encoded, len(encoded[0].input_ids) - 1)
