"""What is chosen without chance runs as Python; that all ways draw the same is in test_word2vec."""

import numpy as np
import pytest

from lexloom.nn.kernels.word2vec_job import SENTENCE_END

pytest.importorskip("numba", reason="numba is an extra")

from lexloom.nn.kernels.numba_draws import (
    choose_path,
    draw,
    first_sentence,
)


@pytest.mark.slow  # it compiles
def test_chances_are_those_of_splitmix64():
    random = np.array([1234567], np.uint64)
    # the first numbers of the reference implementation for this seed
    assert [int(draw(random)) for _ in range(3)] == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
    ]


@pytest.mark.parametrize(
    ("start", "stop", "first"), [(0, 6, 0), (1, 6, 3), (2, 6, 3), (3, 6, 3), (4, 6, 6), (1, 2, 2)]
)
def test_a_stretch_begins_with_its_first_whole_sentence(start, stop, first):
    ids = np.array([1, 2, SENTENCE_END, 1, 2, 3], np.uint32)
    assert first_sentence.py_func(ids, start, stop) == first


def test_a_path_has_nodes_and_labels():
    starts = np.array([0, 1, 3])
    nodes = np.array([7, 8, 9], np.uint32)
    marks = np.array([1, 0, 1], np.float32)
    outputs, labels = np.zeros(4, np.uint32), np.full((2, 4), 5, np.float32)
    assert choose_path.py_func(starts, nodes, marks, 1, outputs, labels) == 2
    assert outputs[:2].tolist() == [8, 9]
    assert labels.tolist() == [[0, 1, 5, 5], [5] * 4]
