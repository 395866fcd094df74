import sys

import numpy as np
import pytest

from lexloom.errors import ArtifactError, ConfigError, MissingDependencyError, UsageError
from lexloom.vectors import approximate
from lexloom.vectors.approximate import IndexConfig, NeighbourIndex, fingerprint, is_built
from lexloom.vectors.keyed import WordVectors


def some_vectors(num_words=3000, dim=20):
    """Vectors in clusters, as words lie."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(60, dim))[rng.integers(0, 60, num_words)]
    rows = (rows + 0.5 * rng.normal(size=rows.shape)).astype(np.float32)
    rows[7] = 0
    return WordVectors([f"w{n}" for n in range(num_words)], rows)


@pytest.fixture(scope="module")
def vectors():
    return some_vectors()


@pytest.fixture(scope="module")
def index(vectors):
    pytest.importorskip("usearch.index")
    return NeighbourIndex.build(vectors, threads=1)


def test_nearly_all_true_neighbours_are_found_with_exact_cosines(vectors, index):
    words = [f"w{n}" for n in range(0, 3000, 30)]
    exact, found = vectors.nearest(words, 10), index.nearest(words, 10)
    shared = [len({w for w, _ in a} & {w for w, _ in b}) for a, b in zip(exact, found, strict=True)]
    assert np.mean(shared) >= 9.8
    for word, near in zip(words, found, strict=True):
        scores = [score for _, score in near]
        assert scores == sorted(scores, reverse=True)
        assert scores == pytest.approx([vectors.similarity(word, w) for w, _ in near], abs=1e-5)
        assert word not in dict(near)
        assert len(near) == 10


def test_the_words_near_a_vector(vectors, index):
    assert index.similar_by_vector(3 * vectors["w5"], 1)[0][0] == "w5"


def test_what_is_zero_is_near_to_nothing_and_no_answer(vectors, index):
    assert index.nearest(["w7"], 3) == [
        [pair for pair in vectors.similar_by_vector(vectors["w7"], 4) if pair[0] != "w7"][:3]
    ]
    assert all("w7" not in dict(near) for near in index.nearest(["w6", "w8"], 100))


def test_more_neighbours_than_words_are_all(index):
    small = some_vectors(8)
    of_small = NeighbourIndex.build(small)
    assert {w for w, _ in of_small.nearest(["w1"], 50)[0]} == {f"w{n}" for n in range(8)} - {"w1"}
    assert [w for w, _ in of_small.nearest(["w1"], 50)[0]] == [
        w for w, _ in small.nearest(["w1"], 50)[0]
    ]


def test_an_index_is_read_again(vectors, index, tmp_path, monkeypatch):
    assert not is_built(tmp_path / "index")
    index.save(tmp_path / "index")
    assert is_built(tmp_path / "index")
    again = NeighbourIndex.load(tmp_path / "index", vectors)
    assert again.nearest(["w1", "w2"]) == index.nearest(["w1", "w2"])
    assert again.config == IndexConfig()


def test_words_are_counted_as_they_go_by(vectors, monkeypatch):
    pytest.importorskip("usearch.index")
    monkeypatch.setattr(approximate, "ROWS_AT_ONCE", 70)
    seen = []
    NeighbourIndex.build(some_vectors(200), threads=1, on_words=seen.append)
    assert seen == [70, 70, 60]


def test_the_index_of_other_vectors_is_refused(index, tmp_path):
    index.save(tmp_path / "index")
    other = some_vectors()
    other.vectors = other.vectors + 1
    assert fingerprint(other) != fingerprint(index.vectors)
    with pytest.raises(UsageError, match="was made from other vectors"):
        NeighbourIndex.load(tmp_path / "index", other)


def test_a_damaged_index_is_said(index, vectors, tmp_path):
    index.save(tmp_path / "index")
    path = tmp_path / "index" / "graph.usearch"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ArtifactError, match="is not the file that was saved"):
        NeighbourIndex.load(tmp_path / "index", vectors)
    with pytest.raises(ArtifactError, match="there is no directory"):
        NeighbourIndex.load(tmp_path / "none", vectors)


def test_questions_that_mean_nothing_are_said(index):
    with pytest.raises(UsageError, match="topn must be at least 1, got 0"):
        index.nearest(["w1"], 0)
    with pytest.raises(UsageError, match="no vector for 'x1'"):
        index.nearest(["x1"])


@pytest.mark.parametrize("name", ["connectivity", "expansion_add", "expansion_search"])
def test_wrong_settings_are_said(name):
    with pytest.raises(ConfigError, match=rf"{name} must be in \[2, 65536\], got 1"):
        IndexConfig(**{name: 1})


def test_without_usearch_the_extra_is_named(monkeypatch, vectors):
    monkeypatch.setitem(sys.modules, "usearch.index", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'lexloom\[index\]'"):
        NeighbourIndex.build(vectors)
