import itertools
import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from doubles import tiny_config, tiny_model, unit_tokenizer
from lexloom.batches.spans import collate_texts
from lexloom.errors import ConfigError
from lexloom.models.span_extractor import (
    NUM_DISTANCE_BUCKETS,
    PairScorer,
    SpanExtractorConfig,
    SpanScorer,
    UnitStates,
    bucket,
    distance_buckets,
    pool_units,
    sparse_positive_loss,
)
from lexloom.nn.kernels.spans import find_spans

TEXTS = ["Ann lives in Paris.", "李明在北京工作。", "Bob left", ""]


def text_batch(texts):
    return collate_texts(unit_tokenizer().encode(texts), pad_token_id=0)


def states_of(h_BUD):
    mask_BU = torch.ones(h_BUD.shape[:2], dtype=torch.bool)
    return UnitStates(h_BUD=h_BUD, mask_BU=mask_BU, text_BD=torch.randn(len(h_BUD), h_BUD.shape[2]))


# --- spans


def test_span_scores_are_those_of_the_formula_one_by_one():
    torch.manual_seed(0)
    B, U, C, D, R = 2, 5, 3, 8, 4
    scorer = SpanScorer(D, R, 0.5).eval()
    h_BUD, labels_CD = torch.randn(B, U, D), torch.randn(C, D)
    with torch.no_grad():
        got = scorer(h_BUD, labels_CD)
        assert got.shape == (B, C, U, U)
        for b, c, i, j in itertools.product(range(B), range(C), range(U), range(U)):
            if i > j:
                continue
            start, end = F.gelu(scorer.start(h_BUD[b, i])), F.gelu(scorer.end(h_BUD[b, j]))
            product = scorer.label_product(labels_CD[c])
            want = sum(float(start[r] * product[r] * end[r]) for r in range(R))
            want += float(start @ scorer.label_start(labels_CD[c]))
            want += float(end @ scorer.label_end(labels_CD[c]))
            want += float(product @ scorer.width.weight[int(bucket(torch.tensor(j - i)))])
            want = want / R**0.5 + float(scorer.label_bias(labels_CD[c]))
            assert float(got[b, c, i, j]) == pytest.approx(want, abs=1e-4)


def test_a_label_s_scores_do_not_depend_on_the_other_labels():
    scorer = SpanScorer(8, 4, 0.0).eval()
    h_BUD, labels_CD = torch.randn(1, 6, 8), torch.randn(5, 8)
    with torch.no_grad():
        together, alone = scorer(h_BUD, labels_CD), scorer(h_BUD, labels_CD[3:4])
    torch.testing.assert_close(together[:, 3:4], alone)


def test_the_terms_sum_to_the_scores():
    torch.manual_seed(1)
    scorer = SpanScorer(8, 4, 0.5).eval()
    h_BUD, labels_CD = torch.randn(2, 30, 8), torch.randn(3, 8)
    with torch.no_grad():
        want = scorer(h_BUD, labels_CD)
        everything = torch.full((3,), -1e9)
        places, scores = find_spans(
            scorer.terms(h_BUD, labels_CD), torch.tensor([30, 7]), everything
        )
    assert len(places) == 3 * (30 * 31 // 2 + 7 * 8 // 2)
    torch.testing.assert_close(scores, want[tuple(places.T)], atol=1e-4, rtol=1e-4)


# --- pairs


def pair_scores(scorer, states, pairs, labels_KD):
    with torch.no_grad():
        return scorer(states, torch.tensor(pairs), labels_KD)


def test_a_pair_alone_scores_as_among_others():
    torch.manual_seed(1)
    scorer, states = PairScorer(8, 6, 0.5).eval(), states_of(torch.randn(2, 7, 8))
    labels_KD = torch.randn(3, 8)
    pairs = [(0, 1, 2, 4, 4), (1, 5, 6, 0, 1), (0, 0, 6, 2, 3), (1, 3, 3, 3, 3)]
    together = pair_scores(scorer, states, pairs, labels_KD)
    assert together.shape == (4, 3)
    for number, pair in enumerate(pairs):
        torch.testing.assert_close(
            pair_scores(scorer, states, [pair], labels_KD)[0], together[number]
        )


def test_a_pair_sees_its_spans_and_what_is_between_and_nothing_else():
    torch.manual_seed(2)
    scorer, labels_KD = PairScorer(8, 6, 0.0).eval(), torch.randn(3, 8)
    states = states_of(torch.randn(1, 9, 8))
    pair = [(0, 2, 3, 6, 6)]
    before = pair_scores(scorer, states, pair, labels_KD)
    for unit in range(9):
        h_BUD = states.h_BUD.clone()
        h_BUD[0, unit] += 10.0
        moved = UnitStates(h_BUD, states.mask_BU, states.text_BD)
        changed = not torch.allclose(pair_scores(scorer, moved, pair, labels_KD), before)
        assert changed == (2 <= unit <= 6), unit


def test_turning_a_pair_round_changes_its_scores():
    torch.manual_seed(3)
    scorer, states = PairScorer(8, 6, 0.0).eval(), states_of(torch.randn(1, 9, 8))
    one, other = pair_scores(scorer, states, [(0, 1, 2, 5, 6), (0, 5, 6, 1, 2)], torch.randn(3, 8))
    assert not torch.allclose(one, other)


# --- pooling and ranges

rows_of_units = st.lists(
    st.lists(st.integers(0, 4), min_size=6, max_size=6), min_size=1, max_size=3
)


@settings(deadline=None)
@given(rows_of_units)
def test_a_unit_is_the_mean_of_its_tokens(rows):
    h_BTD = torch.randn(len(rows), 6, 3)
    got = pool_units(h_BTD, torch.tensor(rows), 4)
    for b, row in enumerate(rows):
        for unit in range(4):
            tokens = [t for t in range(6) if row[t] == unit]
            want = h_BTD[b, tokens].mean(0) if tokens else torch.zeros(3)
            torch.testing.assert_close(got[b, unit], want)


# --- distances


def test_distances_below_eight_are_exact_and_the_rest_grow_apart():
    got = bucket(torch.arange(2000)).tolist()
    assert got[:9] == list(range(9))
    assert got == sorted(got)
    assert set(got) == set(range(NUM_DISTANCE_BUCKETS))


def test_the_bucket_of_a_span_is_that_of_its_width():
    got = distance_buckets(12, torch.device("cpu"))
    assert all(got[i, j] == bucket(torch.tensor(j - i)) for i in range(12) for j in range(i, 12))


# --- the loss

candidates = st.lists(
    st.tuples(st.floats(-8, 8), st.booleans(), st.booleans()), min_size=1, max_size=7
)


def one_row(row):
    scores, targets, known = zip(*row, strict=True)
    return torch.tensor([scores]), torch.tensor([targets]).nonzero(), torch.tensor([known])


@settings(deadline=None)
@given(candidates)
def test_the_loss_is_the_published_formula(row):
    scores, positives, known = one_row(row)
    down = up = 1.0
    for score, is_positive, is_known in row:
        if is_known and is_positive:
            up += math.exp(-score)
        elif is_known:
            down += math.exp(score)
    got = sparse_positive_loss(scores, positives, known)
    assert float(got) == pytest.approx(math.log(down) + math.log(up), rel=1e-5, abs=1e-6)


@settings(deadline=None)
@given(candidates)
def test_known_positives_are_pushed_up_known_others_down_and_unknown_ones_not_at_all(row):
    scores, positives, known = one_row(row)
    scores.requires_grad_()
    sparse_positive_loss(scores, positives, known).sum().backward()
    for gradient, (_, is_positive, is_known) in zip(scores.grad[0].tolist(), row, strict=True):
        if not is_known:
            assert gradient == 0.0
        else:
            assert gradient < 0 if is_positive else gradient > 0


@settings(deadline=None)
@given(candidates, st.floats(-100, 100))
def test_what_an_unknown_candidate_scores_changes_nothing(row, score):
    scores, positives, known = one_row(row)
    other = torch.where(known, scores, torch.full_like(scores, score))
    assert torch.equal(
        sparse_positive_loss(scores, positives, known),
        sparse_positive_loss(other, positives, known),
    )


def test_extreme_scores_give_a_finite_loss_and_gradient():
    scores = torch.tensor([[300.0, -300.0, 0.0]], requires_grad=True)
    loss = sparse_positive_loss(scores, torch.tensor([[0, 1]]), torch.tensor([[True, True, False]]))
    loss.sum().backward()
    assert float(loss.detach()) == pytest.approx(600.0)
    assert scores.grad.isfinite().all()


def test_a_row_of_which_nothing_is_known_costs_nothing():
    scores, positives = torch.randn(2, 5), torch.tensor([[1, 3]])
    unknown = torch.zeros(2, 5, dtype=torch.bool)
    assert sparse_positive_loss(scores, positives, unknown).tolist() == [0.0, 0.0]


def test_no_row_costs_nothing():
    nothing = torch.zeros(0, 2, dtype=torch.long)
    loss = sparse_positive_loss(torch.zeros(0, 4), nothing, torch.zeros(0, 4, dtype=torch.bool))
    assert loss.shape == (0,)


@settings(deadline=None)
@given(st.lists(candidates, min_size=2, max_size=4))
def test_a_row_alone_costs_what_it_costs_among_others(rows):
    width = min(map(len, rows))
    scores, targets, known = (
        torch.tensor([[candidate[axis] for candidate in row[:width]] for row in rows])
        for axis in range(3)
    )
    together = sparse_positive_loss(scores, targets.nonzero(), known)
    for number in range(len(rows)):
        row = slice(number, number + 1)
        alone = sparse_positive_loss(scores[row], targets[row].nonzero(), known[row])
        torch.testing.assert_close(alone[0], together[number])


@settings(deadline=None)
@given(candidates)
def test_the_gradient_is_that_of_the_formula(row):
    scores, positives, known = one_row(row)
    weight = torch.tensor([1.7])
    scores.requires_grad_()
    (sparse_positive_loss(scores, positives, known) * weight).sum().backward()
    exact = scores.detach().double().requires_grad_()
    targets = torch.zeros_like(known)
    targets[positives[:, 0], positives[:, 1]] = True
    negative, positive = known & ~targets, known & targets
    down = (1 + (exact.exp() * negative).sum()).log()
    ((down + (1 + ((-exact).exp() * positive).sum()).log()) * weight.double()).sum().backward()
    torch.testing.assert_close(scores.grad.double(), exact.grad, atol=1e-6, rtol=1e-4)


# --- the whole model


@pytest.fixture(scope="module")
def model():
    return tiny_model()


def test_a_text_alone_reads_as_among_longer_ones(model):
    with torch.no_grad():
        together = model.encode(text_batch(TEXTS))
        for row, text in enumerate(TEXTS):
            alone = model.encode(text_batch([text]))
            num_units = int(alone.mask_BU.sum())
            assert together.mask_BU[row].tolist() == [
                unit < num_units for unit in range(together.mask_BU.shape[1])
            ]
            torch.testing.assert_close(
                together.h_BUD[row, :num_units], alone.h_BUD[0, :num_units], atol=1e-5, rtol=1e-4
            )
            torch.testing.assert_close(
                together.text_BD[row], alone.text_BD[0], atol=1e-5, rtol=1e-4
            )


def test_a_label_s_vector_does_not_depend_on_the_other_labels(model):
    with torch.no_grad():
        together = model.encode_labels(text_batch(["entity: person", "relation: lives in"]))
        alone = model.encode_labels(text_batch(["entity: person"]))
    torch.testing.assert_close(together[:1], alone, atol=1e-5, rtol=1e-4)


def test_a_new_model_reads_texts_as_its_encoder_does(model):
    batch = text_batch(TEXTS[:1])
    torch.nn.init.zeros_((fresh := tiny_model(seed=4)).shapes.weight)
    with torch.no_grad():
        plain = fresh.bert(batch.input_ids_BT, batch.attention_mask_BT).last_hidden_state
        torch.testing.assert_close(fresh.encode(batch).text_BD, plain[:, 0])
        # a model that has learned shapes sees them
        other = model.bert(batch.input_ids_BT, batch.attention_mask_BT).last_hidden_state
        assert not torch.allclose(model.encode(batch).text_BD, other[:, 0])


def test_the_gradient_reaches_every_parameter():
    model = tiny_model().train()
    states = model.encode(text_batch(TEXTS[:2]))
    labels_CD = model.encode_labels(text_batch(["entity: person", "entity: place"]))
    pairs = torch.tensor([[0, 0, 0, 3, 3], [1, 0, 1, 3, 4]])
    loss = model.spans(states.h_BUD, labels_CD).square().mean()
    (loss + model.pairs(states, pairs, labels_CD).square().mean()).backward()
    silent = [name for name, p in model.named_parameters() if p.grad is None]
    assert silent == []


def test_a_dropout_of_one_is_refused():
    with pytest.raises(ConfigError, match=r"head_dropout_prob must be in \[0, 1\), got 1.0"):
        SpanExtractorConfig(encoder=tiny_config(), num_shapes=1, head_dropout_prob=1.0)
