import random
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lexloom.errors import ConfigError
from lexloom.tokens import packing
from lexloom.tokens.indexed import TokenFile, write_index
from lexloom.tokens.packing import PACKINGS, cut_stream, pack_documents, pack_sentences


def token_file(path, documents):
    """A file of documents, each a list of sentence lengths; every id is its own position."""
    lengths = np.array([size for sizes in documents for size in sizes], np.int32)
    np.arange(lengths.sum(), dtype="<i4").tofile(path.with_suffix(".bin"))
    with path.with_suffix(".idx").open("wb") as stream:
        write_index(stream, 4, lengths, np.cumsum([0, *map(len, documents)]))
    return TokenFile.open(path)


def realistic(num_documents=150, seed=0):
    """Sentence lengths as those of laws and novels are spread: many short ones, a long tail."""
    draw = random.Random(seed)
    return [
        [min(400, max(1, int(draw.lognormvariate(3.2, 0.8)))) for _ in range(draw.randint(1, 150))]
        for _ in range(num_documents)
    ]


shapes = st.lists(st.lists(st.integers(0, 23), max_size=6), max_size=6)
way = pytest.mark.parametrize("name", list(PACKINGS))


@way
@settings(deadline=None, max_examples=120)
@given(documents=shapes, length=st.integers(1, 12))
def test_each_token_is_in_one_sample_and_segments_stay_in_their_document(
    name, tmp_path_factory, documents, length
):
    file = token_file(tmp_path_factory.mktemp("pack") / "t", documents)
    plan = PACKINGS[name](file, length)
    seen = []
    for number in range(len(plan)):
        sample = plan[number]
        assert 0 < sample.lengths.sum() <= length
        assert (sample.lengths > 0).all()
        for start, size in zip(sample.starts.tolist(), sample.lengths.tolist(), strict=True):
            seen += range(start, start + size)
            document = np.searchsorted(file.document_starts, start, side="right") - 1
            assert start + size <= file.document_starts[document + 1]
    assert sorted(seen) == list(range(file.num_tokens))
    assert plan.num_tokens == file.num_tokens


@settings(deadline=None, max_examples=80)
@given(documents=shapes, length=st.integers(1, 12))
def test_a_sentence_that_fits_is_never_cut(tmp_path_factory, documents, length):
    file = token_file(tmp_path_factory.mktemp("pack") / "t", documents)
    plan = pack_sentences(file, length)
    inside = {
        position
        for start, size in zip(plan.starts.tolist(), plan.lengths.tolist(), strict=True)
        for position in range(start + 1, start + size)
    }
    for start, size in zip(file.starts.tolist(), file.lengths.tolist(), strict=False):
        if size <= length:
            assert set(range(start + 1, start + size)) <= inside


@pytest.mark.parametrize("length", [256, 512, 2048])
@way
def test_realistic_sentences_fill_99_of_100_places(tmp_path, name, length):
    file = token_file(tmp_path / "t", realistic())
    assert PACKINGS[name](file, length).fill >= 0.99


def test_most_neighbours_stay_together(tmp_path):
    file = token_file(tmp_path / "t", realistic())
    plan = pack_sentences(file, 512)
    borders = set(file.document_starts.tolist())
    torn = sum(int(start) not in borders for start in plan.starts)
    # a segment begins at a document or at a sample, and a few fill what was open
    assert torn < 2.5 * len(plan)
    assert len(plan.starts) < 0.2 * file.num_sequences


def test_stretches_are_packed_each_by_itself(tmp_path, monkeypatch):
    file = token_file(tmp_path / "t", realistic())
    whole = pack_sentences(file, 256)
    monkeypatch.setattr(packing, "BUFFER_TOKENS", 20_000)
    plan = pack_sentences(file, 256)
    assert plan.num_tokens == whole.num_tokens
    assert plan.fill > 0.98
    # no sample reaches further than its stretch
    assert max(np.ptp(plan[number].starts) for number in range(len(plan))) <= 20_000


def test_documents_are_cut_as_seldom_as_can_be(tmp_path):
    file = token_file(tmp_path / "t", [[30], [7], [3], [10], [8], [2]])
    plan = pack_documents(file, 10)
    rows = sorted(sorted(plan[n].lengths.tolist()) for n in range(len(plan)))
    assert rows == [[2, 8], [3, 7], [10], [10], [10], [10]]


def test_a_stream_is_cut_every_length_and_at_documents(tmp_path):
    file = token_file(tmp_path / "t", [[3, 4], [], [5], [2]])
    plan = cut_stream(file, 6)
    assert [plan[n].lengths.tolist() for n in range(len(plan))] == [[6], [1, 5], [2]]
    assert plan.starts.tolist() == [0, 6, 7, 12]


@way
def test_the_same_file_gives_the_same_plan(tmp_path, name):
    file = token_file(tmp_path / "t", realistic(20))
    first, second = PACKINGS[name](file, 100), PACKINGS[name](file, 100)
    assert np.array_equal(first.starts, second.starts)
    assert np.array_equal(first.borders, second.borders)


@way
def test_an_empty_file_gives_no_sample(tmp_path, name):
    plan = PACKINGS[name](token_file(tmp_path / "t", []), 8)
    assert (len(plan), plan.fill) == (0, 1.0)
    with pytest.raises(IndexError, match="there is no sample"):
        plan[0]


@way
def test_a_length_of_nothing_is_refused(tmp_path, name):
    with pytest.raises(ConfigError, match="1 or more, got 0"):
        PACKINGS[name](token_file(tmp_path / "t", [[1]]), 0)


@given(st.lists(st.integers(1, 9), max_size=20))
def test_best_fit_leaves_no_two_samples_that_fit_in_one(sizes):
    rows = packing._best_fit(np.array(sizes, np.int64), np.arange(len(sizes)), 9)
    fills = sorted(sum(sizes[n] for n in row) for row in rows)
    assert all(low + high > 9 for low, high in pairwise(fills))
