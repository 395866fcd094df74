import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("scipy")

from lexloom.nn.kernels import cooccurrence as module
from lexloom.nn.kernels.cooccurrence import Piece, count, count_compiled, count_plain
from lexloom.nn.kernels.library import kernels
from lexloom.nn.kernels.word2vec_job import SENTENCE_END

FOUND = kernels()
compiled_only = pytest.mark.skipif(FOUND is None, reason="the kernels are not compiled here")
every_way = pytest.mark.parametrize("has_kernels", [pytest.param(True, marks=compiled_only), False])


def piece_of(sentences, num_words, weights):
    ids = [number for sentence in sentences for number in [*sentence, SENTENCE_END]]
    return Piece(np.array(ids, np.uint32), num_words, np.array(weights, np.float64))


def check_form(matrix):
    """Check what others rely on: ascending columns, no zeros, 32 bits."""
    assert matrix.dtype == np.float32
    assert matrix.indices.dtype == np.int32
    assert matrix.data.all()
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    assert (np.diff(rows * matrix.shape[1] + matrix.indices) > 0).all()


@pytest.fixture(autouse=True)
def way(request, monkeypatch):
    if "has_kernels" in request.fixturenames:
        found = FOUND if request.getfixturevalue("has_kernels") else None
        monkeypatch.setattr(module, "kernels", lambda: found)


@every_way
def test_neighbours_are_counted_by_their_distance(has_kernels):
    piece = piece_of([[0, 1, 2], [2, 2], [3], []], 5, [1, 0.5])
    wanted = np.zeros((5, 5))
    wanted[0, 1] = wanted[1, 0] = wanted[1, 2] = wanted[2, 1] = 1
    wanted[0, 2] = wanted[2, 0] = 0.5
    wanted[2, 2] = 2
    assert (count(piece, 1).toarray() == wanted).all()


@every_way
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("ids", [[], [SENTENCE_END], [SENTENCE_END] * 3, [1], [1, SENTENCE_END]])
def test_without_neighbours_nothing_is_counted(has_kernels, ids, threads):
    piece = Piece(np.array(ids, np.uint32), 3, np.ones(4))
    assert count(piece, threads).nnz == 0
    assert count(piece, threads).shape == (3, 3)


@every_way
def test_a_number_beyond_the_vocabulary_is_said(has_kernels):
    with pytest.raises(IndexError, match="a number that the vocabulary does not have"):
        count(piece_of([[0, 1], [2]], 2, [1]), 2)


@compiled_only
@settings(max_examples=40)
@given(
    sentences=st.lists(st.lists(st.integers(0, 40), max_size=30), max_size=12),
    spread=st.sampled_from([1, 5, 20]),
    window=st.integers(1, 12),
    threads=st.integers(1, 4),
    at_once=st.sampled_from([5, 1000, 1 << 22]),
)
def test_flat_counts_are_those_of_the_plain_way(sentences, spread, window, threads, at_once):
    piece = piece_of([[n * spread for n in line] for line in sentences], 801, np.ones(window))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "PAIRS_AT_ONCE", at_once)
        got = count_compiled(piece, threads, FOUND)
    check_form(got)
    assert (got != count_plain(piece)).nnz == 0


def long_piece(weights):
    rng = np.random.default_rng(0)
    words = np.minimum(rng.zipf(1.3, 60_000), 700).astype(np.uint32) - 1
    words[rng.random(len(words)) < 0.05] = SENTENCE_END
    return Piece(words, 700, weights)


@compiled_only
def test_harmonic_counts_are_those_of_the_plain_way_to_rounding():
    piece = long_piece(1 / np.arange(1.0, 6))
    got, wanted = count_compiled(piece, 1, FOUND), count_plain(piece)
    check_form(got)
    assert (got.indices == wanted.sorted_indices().indices).all()
    np.testing.assert_allclose(got.data, wanted.sorted_indices().data, rtol=1e-4)
    np.testing.assert_allclose(got.data, got.T.tocsr().data, rtol=1e-6)


@compiled_only
@pytest.mark.parametrize("threads", [2, 3])
def test_threads_change_no_bit(threads):
    piece = long_piece(1 / np.arange(1.0, 6))
    one, many = (count_compiled(piece, number, FOUND) for number in (1, threads))
    assert (one.indptr == many.indptr).all()
    assert (one.indices == many.indices).all()
    assert (one.data == many.data).all()


@compiled_only
def test_many_counts_of_one_pair_stay_exact():
    # a float32 that is added to one by one stops at 2 ** 24
    piece = Piece(np.zeros((1 << 24) + 3, np.uint32), 1, np.ones(1))
    assert count_compiled(piece, 1, FOUND).toarray() == np.float32(2 * ((1 << 24) + 2))


@compiled_only
def test_without_memory_it_is_said(monkeypatch):
    class Functions:
        lexloom_word_counts = FOUND.functions.lexloom_word_counts if FOUND else None
        lexloom_word_places = FOUND.functions.lexloom_word_places if FOUND else None
        lexloom_cooccurrence = staticmethod(lambda *given: 1)

    found = type(FOUND)(Functions, 0)
    with pytest.raises(MemoryError, match="no memory is left to count words"):
        count_compiled(piece_of([[0, 1]], 2, [1]), 1, found)


@every_way
def test_each_way_has_its_own_size_of_a_piece(has_kernels):
    wanted = module.COMPILED_IDS if has_kernels else module.PLAIN_IDS
    assert module.num_ids_at_once() == wanted
