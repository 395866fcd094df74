import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lexloom.nn.kernels import spans as spans_module
from lexloom.nn.kernels.library import INSTRUCTION_SETS, Kernels, kernels
from lexloom.nn.kernels.spans import (
    SPANS_AT_FIRST,
    SpanTerms,
    find_spans,
    find_spans_compiled,
    find_spans_plain,
)

FOUND = kernels()
AVAILABLE = range(FOUND.instruction_set + 1) if FOUND else ()


def ways():
    """Every way that this machine has: by torch, and compiled with each instruction set."""
    yield pytest.param(find_spans_plain, id="torch")
    for number in AVAILABLE:
        limited = Kernels(FOUND.functions, number)
        way = lambda *args, limited=limited: find_spans_compiled(*args, limited)  # noqa: E731
        yield pytest.param(way, id=INSTRUCTION_SETS[number])


every_way = pytest.mark.parametrize("find", [*ways()])


def made(sizes, num_labels, rank, dtype=torch.float32):
    """Terms of texts, and their numbers of units."""
    torch.manual_seed(sum(sizes) + rank)
    shape = len(sizes), max([1, *sizes])
    terms = SpanTerms(
        torch.randn(*shape, rank).to(dtype),
        torch.randn(*shape, rank).to(dtype),
        torch.randn(num_labels, rank).to(dtype),
        torch.randn(num_labels, rank).to(dtype),
        torch.randn(*shape, num_labels).to(dtype),
        torch.randn(num_labels, shape[1]).to(dtype),
    )
    return terms, torch.tensor(sizes)


def oracle(terms, sizes):
    """Every span with its score, one after the other, in float64."""
    scores = {}
    for b, size in enumerate(sizes.tolist()):
        for c in range(len(terms.product_CR)):
            for i in range(size):
                query = terms.start_BUR[b, i].double() * terms.product_CR[c].double()
                query = query + terms.label_end_CR[c].double()
                for j in range(i, size):
                    score = query @ terms.end_BUR[b, j].double()
                    score += terms.start_scores_BUC[b, i, c] + terms.widths_CU[c, j - i]
                    scores[b, c, i, j] = float(score)
    return scores


@every_way
@settings(deadline=None, max_examples=15)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=3), st.integers(1, 3), st.integers(1, 20))
def test_each_way_finds_what_scores_above_the_threshold_in_order(find, sizes, num_labels, rank):
    terms, sizes = made(sizes, num_labels, rank)
    thresholds = torch.linspace(-1, 2, num_labels)
    places, scores = find(terms, sizes, thresholds)
    assert places.dtype == torch.long
    got = dict(zip(map(tuple, places.tolist()), scores.tolist(), strict=True))
    want = oracle(terms, sizes)
    assert list(got) == sorted(got)
    for place, score in want.items():
        above = score - float(thresholds[place[1]])
        if abs(above) > 1e-4:  # nearer, rounding decides
            assert (place in got) == (above > 0)
    assert all(abs(score - want[place]) < 1e-4 for place, score in got.items())


@every_way
def test_bfloat16_terms_give_nearly_the_same(find):
    terms, sizes = made([9, 6], 3, 24, torch.bfloat16)
    places, scores = find(terms, sizes, torch.full((3,), -1e9))
    want = oracle(terms, sizes)
    assert list(map(tuple, places.tolist())) == list(want)
    # the plain way rounds every step
    assert max(abs(s - w) for s, w in zip(scores.tolist(), want.values(), strict=True)) < 0.3


@every_way
def test_more_spans_than_there_is_room_for_at_first_are_all_given(find):
    terms, sizes = made([40], 2, 4)
    places, scores = find(terms, sizes, torch.full((2,), -1e9))
    assert len(places) == len(scores) == 2 * 40 * 41 // 2 > SPANS_AT_FIRST


@every_way
def test_what_is_no_number_is_not_found(find):
    terms, sizes = made([5, 5], 2, 4)
    terms.start_BUR[0] = torch.nan
    places, scores = find(terms, sizes, torch.full((2,), -1e9))
    assert set(places[:, 0].tolist()) == {1}
    assert not scores.isnan().any()


@every_way
def test_nothing_above_the_threshold_gives_nothing(find):
    terms, sizes = made([5, 5], 2, 4)
    places, scores = find(terms, sizes, torch.full((2,), 1e9))
    assert places.shape == (0, 4)
    assert scores.shape == (0,)


def test_other_formats_and_machines_without_kernels_go_the_plain_way(monkeypatch):
    terms, sizes = made([5, 7], 2, 4)
    want = find_spans_plain(terms, sizes, torch.zeros(2))
    half = SpanTerms(*(getattr(terms, name).double() for name in SpanTerms.__slots__))
    assert torch.equal(find_spans(half, sizes, torch.zeros(2))[0], want[0])
    monkeypatch.setattr(spans_module, "kernels", lambda: None)
    assert torch.equal(find_spans(terms, sizes, torch.zeros(2))[1], want[1])


def test_want_of_memory_is_an_error():
    class Full:
        @staticmethod
        def lexloom_spans(*_arguments):
            return 1

    terms, sizes = made([5, 7], 2, 4)
    with pytest.raises(MemoryError, match="no memory is left"):
        find_spans_compiled(terms, sizes, torch.zeros(2), Kernels(Full(), 0))
