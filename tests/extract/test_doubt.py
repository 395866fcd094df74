import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from doubles import SCHEMA, eager, tiny_extractor
from lexloom.annotations.schema import Schema
from lexloom.extract.doubt import MEASURES, MOST_DOUBTFUL, entropy, margin, read_doubts

TEXTS = ["Ann lives in Paris.", "李明在北京工作。", "", "the", "Bob met Carl in Oslo, and left."]
scores = st.floats(-30, 30)


@pytest.fixture(scope="module")
def extractor():
    return tiny_extractor(decode=eager(0.1))


def by_place(extractor, texts=TEXTS, **options):
    return {item.place: item for item in read_doubts(extractor, texts, **options)}


@given(scores)
def test_entropy_is_that_of_a_coin_of_that_probability(score):
    p = 1 / (1 + math.exp(-score))
    parts = [q * math.log(q) for q in (p, 1 / (1 + math.exp(score))) if q > 0]
    assert float(entropy(np.array(score))) == pytest.approx(-sum(parts), abs=1e-9)


@pytest.mark.parametrize("measure", MEASURES.values())
def test_doubt_is_greatest_at_even_odds_and_falls_to_both_sides(measure):
    found = measure(np.array([-9.0, -2.0, -0.5, 0.0, 0.5, 2.0, 9.0]))
    assert np.argmax(found) == 3
    assert np.allclose(found, found[::-1])
    assert np.all(np.diff(found[:4]) > 0)
    assert 0 <= found[0] < 0.01


def test_margin_is_the_distance_from_certainty():
    assert margin(np.array([0.0]))[0] == 1.0
    p = 1 / (1 + math.exp(-1.5))
    assert margin(np.array([1.5]))[0] == pytest.approx(1 - abs(2 * p - 1))


def test_every_text_that_can_be_read_has_its_doubt(extractor):
    found = by_place(extractor)
    # the empty one has none
    assert sorted(found) == [0, 1, 3, 4]
    assert all(0 <= item.doubt <= math.log(2) for item in found.values())
    assert max(item.doubt for item in found.values()) > 0
    assert all(np.isfinite(item.vector).all() for item in found.values())


def test_a_text_too_long_for_the_model_is_left_out(extractor):
    assert list(by_place(extractor, ["Ann left. " * 300, "Ann"])) == [1]


def test_a_text_has_the_same_doubt_alone_and_among_others(extractor):
    together = by_place(extractor)
    for place in (0, 4):
        (alone,) = read_doubts(extractor, [TEXTS[place]])
        assert alone.doubt == pytest.approx(together[place].doubt, abs=1e-5)
        assert np.allclose(alone.vector, together[place].vector, atol=1e-5)


def test_the_doubt_is_the_mean_over_the_most_doubtful_spans(extractor):
    """Held against every score of a text, computed without the kernel's shortcut."""
    import torch

    from lexloom.annotations.labels import LabelSet
    from lexloom.batches.spans import collate_texts
    from lexloom.extract.decode import Decoder

    spans_only = Schema(entities=SCHEMA.entities)
    (found,) = read_doubts(extractor, ["Ann left Rome"], spans_only)
    labels = LabelSet.of(spans_only, SCHEMA)
    reader = extractor.reader
    with torch.inference_mode():
        batch = collate_texts(reader.tokenizer.encode(["Ann left Rome"]), pad_token_id=0)
        states = reader.model.encode(batch)
        vectors = reader.encode_labels(labels)
        scores_CUU = reader.model.spans(states.h_BUD, vectors.spans_CD)[0].numpy()
    least_C = Decoder(spans_only, labels, extractor.decode).span_thresholds_C
    upper = np.triu(np.ones(scores_CUU.shape[1:], dtype=bool))
    odds = (scores_CUU - least_C[:, None, None])[:, upper].ravel()
    odds = odds[odds > -4]
    best = np.sort(entropy(odds.astype(np.float64)))[-MOST_DOUBTFUL:]
    assert found.doubt == pytest.approx(best.sum() / MOST_DOUBTFUL, abs=1e-4)


def test_relations_count_too(extractor):
    without = Schema(entities=SCHEMA.entities)
    related = Schema(entities=SCHEMA.entities, relations=SCHEMA.relations)
    texts = ["Ann lives in Paris.", "Bob met Carl in Oslo, and left."]
    plain, more = (
        by_place(extractor, texts, schema=without),
        by_place(extractor, texts, schema=related),
    )
    assert all(more[place].doubt >= plain[place].doubt - 1e-6 for place in plain)


def test_a_schema_that_asks_for_nothing_leaves_no_doubt(extractor):
    assert [item.doubt for item in read_doubts(extractor, ["Ann"], Schema())] == [0.0]
