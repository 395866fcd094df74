from dataclasses import asdict

import numpy as np
import pytest
import torch

from doubles import SCHEMA, decoder, eager, tiny_model, tiny_reader
from lexloom.annotations.labels import LabelSet
from lexloom.annotations.schema import EntityType, Schema
from lexloom.batches.spans import collate_texts
from lexloom.errors import SchemaError
from lexloom.extract import encoder
from lexloom.extract.confidence import Calibration
from lexloom.extract.encoder import SpanReader, whole_text
from lexloom.extract.windows import Window

LOW = {name: value for name, value in asdict(eager(0.1)).items() if name.endswith("threshold")}
TEXTS = ["Ann lives in Paris.", "李明在北京工作。", "Bob met Carl in Oslo, and left", "😀 x"]
LABELS = LabelSet.of(SCHEMA)
ENTITIES = Schema(entities=SCHEMA.entities)


def windows(reader, texts):
    encoded = reader.tokenizer.encode(texts)
    return [(whole_text(text), item) for text, item in zip(texts, encoded, strict=True)]


def read(reader, texts, schema=SCHEMA, **thresholds):
    rules = decoder(schema, **{**LOW, **thresholds})
    return reader.read(windows(reader, texts), rules, reader.encode_labels(rules.labels))


def keys(facts):
    """The facts of a window without their confidence."""
    mentions = [(m.type, m.start, m.end) for m in facts.mentions]
    relations = [(r.type, mentions[r.head], mentions[r.tail]) for r in facts.relations]
    events = [
        (e.type, e.start, e.end, [(a.role, a.start, a.end) for a in e.arguments])
        for e in facts.events
    ]
    return mentions, relations, events


@pytest.fixture(scope="module")
def reader():
    return tiny_reader()


def test_what_is_found_in_a_text_does_not_depend_on_its_batch(reader):
    together = read(reader, TEXTS)
    assert sum(len(facts.mentions) for facts in together) > 5
    assert sum(len(facts.relations) for facts in together) > 5
    assert sum(len(event.arguments) for facts in together for event in facts.events) > 5
    for text, facts in zip(TEXTS, together, strict=True):
        (alone,) = read(reader, [text])
        assert keys(alone) == keys(facts)
        for one, other in zip(alone.mentions, facts.mentions, strict=True):
            assert one.confidence == pytest.approx(other.confidence, abs=2e-4)


@pytest.mark.parametrize("max_batch_tokens", [1, 12, 10_000])
def test_the_size_of_batches_changes_nothing_and_the_order_stays(reader, max_batch_tokens):
    other = SpanReader(reader.model, reader.tokenizer, max_batch_tokens=max_batch_tokens)
    assert [keys(facts) for facts in read(other, TEXTS)] == [
        keys(facts) for facts in read(reader, TEXTS)
    ]


def test_offsets_count_from_the_start_of_the_whole_text(reader):
    (encoded,) = reader.tokenizer.encode(TEXTS[:1])
    rules = decoder(**LOW)
    vectors = reader.encode_labels(LABELS)
    (here,) = reader.read([(whole_text(TEXTS[0]), encoded)], rules, vectors)
    (there,) = reader.read([(Window(100, 119, 100, 119), encoded)], rules, vectors)
    assert [(m.start + 100, m.end + 100) for m in here.mentions] == [
        (m.start, m.end) for m in there.mentions
    ]


def test_every_span_above_its_threshold_is_found_and_no_other(reader):
    text = TEXTS[2]
    (facts,) = read(reader, [text])
    (encoded,) = reader.tokenizer.encode([text])
    with torch.no_grad():
        states = reader.model.encode(collate_texts([encoded], pad_token_id=0))
        scores = reader.model.spans(states.h_BUD, reader.encode_labels(LABELS).spans_CD)[0]
    expected = {
        (LABELS.span_labels[label].name, int(encoded.starts[i]), int(encoded.ends[j]))
        for label in range(2)
        for i in range(encoded.num_units)
        for j in range(i, encoded.num_units)
        if scores[label, i, j] > LOW["entity_threshold"]
    }
    assert expected
    assert {(m.type, m.start, m.end) for m in facts.mentions} == expected


def test_pairs_are_scored_alike_in_parts_and_at_once(reader, monkeypatch):
    at_once = read(reader, TEXTS)
    monkeypatch.setattr(encoder, "PAIRS_AT_ONCE", 3)
    in_parts = read(reader, TEXTS)
    assert [keys(facts) for facts in in_parts] == [keys(facts) for facts in at_once]


@pytest.mark.parametrize("num_workers", [1, 3])
def test_batches_read_side_by_side_give_the_same(reader, num_workers):
    before = torch.get_num_threads()
    several = SpanReader(
        reader.model, reader.tokenizer, max_batch_tokens=12, num_workers=num_workers
    )
    assert [keys(facts) for facts in read(several, TEXTS)] == [
        keys(facts) for facts in read(reader, TEXTS)
    ]
    assert torch.get_num_threads() == before


def test_a_model_lost_in_a_text_keeps_its_likeliest_spans_and_says_so(reader, monkeypatch, caplog):
    everything = read(reader, TEXTS[:1], schema=ENTITIES, entity_threshold=-99.0)[0].mentions
    monkeypatch.setattr(encoder, "MAX_SPANS_PER_TEXT", 7)
    (kept,) = read(reader, TEXTS[:1], schema=ENTITIES, entity_threshold=-99.0)
    assert len(everything) == 2 * 15
    assert len(kept.mentions) == 7
    surest = sorted(everything, key=lambda m: -m.confidence)[:7]
    assert set(kept.mentions) == set(surest)
    assert "30 spans in one window; the likeliest 7 are kept" in caplog.text


def test_a_schema_that_asks_for_nothing_finds_nothing(reader):
    for facts in read(reader, TEXTS, schema=Schema()):
        assert keys(facts) == ([], [], [])


def test_a_type_of_more_words_than_the_model_reads_is_named(reader):
    schema = Schema(entities=(EntityType(name="ok"), EntityType(name="long", zh="北京" * 300)))
    with pytest.raises(SchemaError, match="the words for the entity 'long' are 60"):
        read(reader, TEXTS, schema=schema)


def test_a_label_that_was_not_trained_is_moved_towards_its_description(reader):
    def vectors(known=None, **texts):
        schema = Schema(entities=(EntityType(name="a", en="Ann", **texts),))
        return reader.encode_labels(LabelSet.of(schema, known)).spans_CD

    words, description = vectors(), vectors(zh="北京")
    assert torch.equal(description, words)  # a model in training reads the words alone
    other = Schema(entities=(EntityType(name="b", en="Paris"),))
    (alone,) = reader.encode_labels(
        LabelSet.of(Schema(entities=(EntityType(name="北京"),)))
    ).spans_CD
    described = vectors(other, description_zh="北京")
    assert torch.allclose(described[0], (2 * words[0] + alone) / 3, atol=1e-5)
    assert torch.equal(vectors(Schema(entities=(EntityType(name="Ann"),)), zh="北京"), words)


def test_a_schema_of_entities_alone_finds_those(reader):
    found = read(reader, TEXTS, schema=ENTITIES)
    expected = [keys(facts)[0] for facts in read(reader, TEXTS)]
    assert [keys(facts) for facts in found] == [(mentions, [], []) for mentions in expected]


def test_a_text_without_a_unit_holds_nothing(reader):
    found = read(reader, ["", TEXTS[0], " \n"])
    assert keys(found[0]) == keys(found[2]) == ([], [], [])
    assert keys(found[1]) == keys(read(reader, TEXTS[:1])[0])
    assert read(reader, [""])[0].mentions == ()


def test_no_text_gives_no_facts(reader):
    assert read(reader, []) == []


def test_an_argument_is_as_sure_as_the_less_sure_of_its_span_and_its_link(reader):
    text = TEXTS[0]
    (facts,) = read(reader, [text], role_threshold=-99.0, argument_threshold=-99.0)
    (encoded,) = reader.tokenizer.encode([text])
    vectors = reader.encode_labels(LABELS)
    span_roles, pair_roles = LABELS.span_index("role"), LABELS.pair_index("role")
    starts, ends = encoded.starts.tolist(), encoded.ends.tolist()
    decided_by_the_span = set()
    with torch.no_grad():
        states = reader.model.encode(collate_texts([encoded], pad_token_id=0))
        scores = reader.model.spans(states.h_BUD, vectors.spans_CD)[0]
        for event in facts.events:
            trigger = (starts.index(event.start), ends.index(event.end))
            for found in event.arguments:
                place = (starts.index(found.start), ends.index(found.end))
                of_span = float(scores[span_roles[found.role], place[0], place[1]])
                pair = torch.tensor([(0, *trigger, *place)])
                of_link = float(
                    reader.model.pairs(states, pair, vectors.pairs_KD)[0, pair_roles[found.role]]
                )
                decided_by_the_span.add(of_span < of_link)
                assert found.confidence == pytest.approx(
                    Calibration().confidence("argument", min(of_span, of_link)), abs=2e-4
                )
    assert decided_by_the_span == {True, False}


def test_reading_leaves_a_training_model_in_evaluation():
    model = tiny_model().train()
    read(tiny_reader(model), TEXTS[:1])
    assert not model.training


def test_the_most_tokens_are_the_encoder_s(reader):
    assert reader.max_tokens == reader.model.config.encoder.max_position_embeddings


def test_scores_without_pairs_have_the_shape_of_none(reader):
    vectors = reader.encode_labels(LABELS)
    found = reader.score_pairs(None, [], vectors)
    assert (found.shape, found.dtype) == ((0, 4), np.float32)
