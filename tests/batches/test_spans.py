import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from doubles import SCHEMA, unit_tokenizer
from lexloom.annotations.document import AnnotatedDocument, Scope
from lexloom.annotations.labels import LabelSet
from lexloom.annotations.schema import Schema
from lexloom.batches.spans import (
    collate,
    collate_texts,
    epoch_order,
    length_buckets,
    make_example,
    make_examples,
)
from lexloom.records import Argument, Entity, Event, Relation, Span

LABELS = LabelSet.of(SCHEMA)
PERSON, PLACE, MOVE, TALK, WHO, WHERE = range(6)
LIVES_IN, NEAR, WHO_PAIR, WHERE_PAIR = range(4)
TEXT = "Ann left Rome for Paris."
ANN, LEFT, ROME, PARIS = (0, 0), (1, 1), (2, 2), (4, 4)
tokenizer = unit_tokenizer()


def entity(id, type, text, source=TEXT):
    start = source.index(text)
    return Entity(id, type, text, start, start + len(text))


def span(text, source=TEXT):
    start = source.index(text)
    return Span.of(source, start, start + len(text))


def argument(role, text, source=TEXT):
    found = span(text, source)
    return Argument(role, found.text, found.start, found.end)


ENTITIES = (entity("a", "person", "Ann"), entity("r", "place", "Rome"))


def document(**changes):
    return AnnotatedDocument(**{"id": "d", "text": TEXT, "entities": ENTITIES} | changes)


def example(doc, labels=LABELS):
    return make_example(doc, *tokenizer.encode([doc.text]), labels)


# --- what is gold


def test_typed_mentions_become_typed_spans_of_units():
    assert example(document()).spans == ((PERSON, *ANN), (PLACE, *ROME))


def test_a_mention_of_several_units_and_one_inside_of_it_are_both_kept():
    text = "李明在北京大学工作"
    nested = (entity("1", "place", "北京大学", text), entity("2", "place", "北京", text))
    found = example(document(text=text, entities=nested))
    assert found.spans == ((PLACE, 3, 4), (PLACE, 3, 6))


def test_every_ordered_pair_of_mentions_is_known_and_holds_its_relations():
    related = document(relations=(Relation("lives_in", "a", "r"), Relation("near", "a", "r")))
    assert example(related).pairs == {
        (*ANN, *ROME): {LIVES_IN, NEAR},
        (*ROME, *ANN): set(),
    }
    assert example(related).open_pairs


def test_only_the_pairs_that_annotators_saw_are_known():
    partly = document(
        entities=(*ENTITIES, entity("p", "place", "Paris")),
        relations=(Relation("near", "r", "p"),),
        scope=Scope(known_pairs=(("r", "p"),)),
    )
    found = example(partly)
    assert found.pairs == {(*ROME, *PARIS): {NEAR}}
    assert not found.open_pairs


def test_events_become_triggers_arguments_and_their_links():
    moves = (Event("move", span("left"), (argument("who", "Ann"), argument("where", "Rome"))),)
    found = example(document(entities=(), events=moves))
    assert set(found.spans) == {(MOVE, *LEFT), (WHO, *ANN), (WHERE, *ROME)}
    assert found.pairs == {(*LEFT, *ANN): {WHO_PAIR}, (*LEFT, *ROME): {WHERE_PAIR}}


def test_an_argument_of_one_event_is_known_to_be_none_of_another():
    text = "Ann left. Bob talked."
    events = (
        Event("move", span("left", text), (argument("who", "Ann", text),)),
        Event("talk", span("talked", text), (argument("who", "Bob", text),)),
    )
    found = example(document(text=text, entities=(), events=events))
    held = sorted(map(sorted, found.pairs.values()))
    assert held == [[], [], [WHO_PAIR], [WHO_PAIR]]


def test_types_that_are_not_asked_for_are_left_out():
    only_place = LabelSet.of(Schema(entities=SCHEMA.entities[1:]))
    found = example(document(relations=(Relation("near", "a", "r"),)), only_place)
    assert found.spans == ((0, *ROME),)
    assert found.num_lost == 0


def test_a_fact_whose_span_cuts_through_a_unit_is_counted_as_lost():
    cut = document(
        entities=(*ENTITIES, Entity("x", "place", "aris", TEXT.index("aris"), len(TEXT) - 1)),
        relations=(Relation("near", "a", "x"),),
    )
    found = example(cut)
    assert found.num_lost == 2
    assert found.spans == example(document()).spans


def test_a_relation_of_a_mention_to_itself_is_no_pair():
    loop = document(relations=(Relation("near", "a", "a"),))
    assert (*ANN, *ANN) not in example(loop).pairs


def test_texts_without_a_unit_are_left_out():
    blank = AnnotatedDocument(id="b", text=" \n")
    assert len(make_examples([document(), blank], tokenizer, LABELS)) == 1


# --- what is known

scopes = st.builds(
    Scope,
    entity_types=st.none() | st.lists(st.sampled_from(["person", "place", "x"])).map(tuple),
    relation_types=st.none() | st.lists(st.sampled_from(["near", "lives_in"])).map(tuple),
    event_types=st.none() | st.lists(st.sampled_from(["move", "talk"])).map(tuple),
    all_mentions=st.booleans(),
    known_pairs=st.none() | st.just(()) | st.just((("a", "r"),)),
)


@given(scopes)
def test_a_label_is_known_when_the_annotators_looked_for_it(scope):
    found = example(document(scope=scope))
    asked = {"entity": scope.entity_types, "event": scope.event_types}
    asked["relation"] = scope.relation_types
    for labels, known in (
        (LABELS.span_labels, found.known_labels),
        (LABELS.pair_labels, found.known_pair_labels),
    ):
        for label, is_known in zip(labels, known.tolist(), strict=True):
            if label.kind == "role":  # roles are looked for wherever any event is
                assert is_known == (scope.event_types is None or bool(scope.event_types))
            else:
                names = asked[label.kind]
                assert is_known == (names is None or label.name in names)
    assert found.all_mentions == scope.all_mentions
    assert found.open_pairs == (scope.known_pairs is None)


def test_pairs_of_which_nothing_is_known_are_not_listed():
    assert example(document()).pairs
    found = example(document(scope=Scope(relation_types=())))
    assert not found.pairs
    assert found.open_pairs


# --- padding

short_texts = st.lists(
    st.sampled_from(["", "Ann left", "李明在北京", "a b c d e", "😀", "zzz zz z"]),
    min_size=1,
    max_size=5,
)


@settings(deadline=None)
@given(short_texts)
def test_padding_hides_no_token_and_adds_none(texts):
    encoded = tokenizer.encode(texts)
    batch = collate_texts(encoded, pad_token_id=0)
    assert batch.num_units_B.tolist() == [text.num_units for text in encoded]
    for row, text in enumerate(encoded):
        length = len(text.input_ids)
        real = batch.attention_mask_BT[row].bool()
        assert real.tolist() == [True] * length + [False] * (len(real) - length)
        assert batch.input_ids_BT[row][real].tolist() == text.input_ids.tolist()
        assert batch.shape_ids_BT[row][real].tolist() == text.shape_ids.tolist()
        assert not batch.input_ids_BT[row][~real].any()
        units = [batch.max_units if u < 0 else u for u in text.unit_ids.tolist()]
        assert batch.unit_ids_BT[row].tolist() == units + [batch.max_units] * (len(real) - length)


def test_facts_keep_the_number_of_their_text():
    with_relation = document(relations=(Relation("near", "a", "r"),))
    batch = collate(
        [example(document(entities=())), example(with_relation)],
        pad_token_id=0,
        num_pair_labels=len(LABELS.pair_labels),
    )
    assert batch.num_texts == 2
    assert batch.spans_S4.tolist() == [[1, PERSON, *ANN], [1, PLACE, *ROME]]
    pairs = {
        tuple(p): t for p, t in zip(batch.pairs_P5.tolist(), batch.pair_targets_PK, strict=True)
    }
    assert pairs[(1, *ANN, *ROME)].tolist() == [False, True, False, False]
    assert not pairs[(1, *ROME, *ANN)].any()


def test_a_batch_without_any_fact_has_empty_targets():
    batch = collate([example(document(entities=()))], pad_token_id=0, num_pair_labels=4)
    assert batch.spans_S4.shape == (0, 4)
    assert batch.pairs_P5.shape == (0, 5)
    assert batch.pair_targets_PK.shape == (0, 4)
    assert batch.spans_S4.dtype == batch.pairs_P5.dtype == torch.int64


# --- order

lengths = st.lists(st.integers(1, 60), max_size=60)


@given(lengths, st.integers(0, 5), st.integers(0, 3), st.integers(1, 7))
def test_an_epoch_holds_every_example_once_in_batches_of_the_size(lengths, seed, epoch, size):
    batches = epoch_order(lengths, seed=seed, epoch=epoch, batch_size=size)
    assert sorted(itertools.chain(*batches)) == list(range(len(lengths)))
    assert all(1 <= len(batch) <= size for batch in batches)
    assert len(batches) == -(-len(lengths) // size)


@given(lengths, st.integers(0, 5), st.integers(0, 3), st.integers(1, 7))
def test_the_order_is_a_function_of_its_arguments(lengths, seed, epoch, size):
    options = {"seed": seed, "epoch": epoch, "batch_size": size}
    assert epoch_order(lengths, **options) == epoch_order(lengths, **options)


def test_another_epoch_and_another_seed_give_another_order():
    lengths = list(range(100))
    orders = [
        epoch_order(lengths, seed=seed, epoch=epoch, batch_size=4)
        for seed in range(2)
        for epoch in range(2)
    ]
    assert all(one != other for one, other in itertools.combinations(orders, 2))


def test_the_number_of_batches_is_the_same_in_every_epoch():
    groups = ["a"] * 10 + ["b"] * 7
    counts = {
        len(epoch_order([5] * 17, seed=0, epoch=epoch, batch_size=4, groups=groups))
        for epoch in range(5)
    }
    assert counts == {3 + 2}


@given(st.lists(st.tuples(st.integers(1, 60), st.sampled_from("abc")), max_size=60))
def test_a_batch_holds_examples_of_one_group(rows):
    groups = [group for _, group in rows]
    batches = epoch_order([n for n, _ in rows], seed=1, epoch=2, batch_size=4, groups=groups)
    assert sorted(itertools.chain(*batches)) == list(range(len(rows)))
    assert all(len({groups[index] for index in batch}) == 1 for batch in batches)


def test_similar_lengths_stand_together():
    lengths = np.random.default_rng(0).integers(1, 500, 256).tolist()
    batches = epoch_order(lengths, seed=0, epoch=0, batch_size=16)
    padded = sum(max(lengths[i] for i in batch) * len(batch) for batch in batches)
    assert padded < 1.2 * sum(lengths)


@given(lengths, st.integers(1, 100))
def test_buckets_hold_every_text_once_within_the_limit(lengths, max_tokens):
    batches = list(length_buckets(lengths, max_tokens=max_tokens))
    assert sorted(itertools.chain(*batches)) == list(range(len(lengths)))
    for batch in batches:
        padded = len(batch) * max(lengths[index] for index in batch)
        assert padded <= max_tokens or len(batch) == 1


@pytest.mark.parametrize("max_tokens", [10, 100])
def test_buckets_are_full(max_tokens):
    batches = list(length_buckets([5] * 40, max_tokens=max_tokens))
    assert {len(batch) for batch in batches} == {max_tokens // 5}
