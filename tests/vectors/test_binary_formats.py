import json

import numpy as np
import pytest
from safetensors.numpy import save

from lexloom.errors import ArtifactError
from lexloom.vectors.keyed import WordVectors

ROWS = np.float32([[1, 2], [3, 4]])
GOOD = b"2 2\na " + ROWS[0].tobytes() + b"\nb " + ROWS[1].tobytes() + b"\n"


def load(tmp_path, content):
    (tmp_path / "v.bin").write_bytes(content)
    return WordVectors.load(tmp_path / "v.bin")


def test_rows_may_end_without_a_line_feed(tmp_path):
    vectors = load(tmp_path, GOOD.replace(b"\nb", b"b")[:-1])
    assert vectors.index_to_key == ["a", "b"]
    assert (vectors.vectors == ROWS).all()


@pytest.mark.parametrize("value", [0.0, 8.0, 1.0, -0.0, 1e-45])
@pytest.mark.parametrize("words", ["ab", "78", ["的", "1.5"]])
def test_numbers_with_many_nul_bytes_are_no_text(tmp_path, words, value):
    vectors = WordVectors(words, np.full((2, 5), value, np.float32))
    vectors.save(tmp_path / "v", "word2vec-binary")
    loaded = WordVectors.load(tmp_path / "v")
    assert loaded.index_to_key == list(words)
    assert (loaded.vectors == vectors.vectors).all()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (GOOD[:-3], "too short for the 2 vectors of 2 dimensions"),
        (GOOD.replace(b"2 2", b"999999999999 2"), "too short for the 999,999,999,999"),
        (GOOD.replace(b"2 2\n", b"1 2\n"), "more than the 1 vectors"),
        (GOOD.replace(b"b ", b"\xff "), "word 2 cannot be read"),
        (GOOD.replace(b"b ", b" "), "word 2 cannot be read"),
        (GOOD.replace(b"b ", b"a "), "'a' has two vectors"),
        (GOOD.replace(ROWS[1].tobytes(), np.float32([1, np.inf]).tobytes()), "vector 2 holds"),
    ],
)
def test_a_damaged_file_is_said(tmp_path, content, reason):
    with pytest.raises(ArtifactError, match=reason):
        load(tmp_path, content)


def tensors(words, rows=ROWS, name="vectors"):
    metadata = None if words is None else {"words": words}
    return save({name: rows}, metadata=metadata)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (tensors(None), "holds tensors but no words"),
        (tensors("no json"), "holds tensors but no words"),
        (tensors('["a", "b"]', name="other"), "has no matrix 'vectors'"),
        (tensors('["a", "b"]', ROWS.astype(np.int32)), "has no matrix 'vectors'"),
        (tensors('["a", "b"]', ROWS[0]), "has no matrix 'vectors'"),
        (tensors('["a", "b"]')[:-1], "is truncated"),
        (tensors("5"), "its words are no list of texts"),
        (tensors("null"), "its words are no list of texts"),
        (tensors('"ab"'), "its words are no list of texts"),
        (tensors('{"a": 1, "b": 2}'), "its words are no list of texts"),
        (tensors("[1, 2]"), "its words are no list of texts"),
        (tensors('[["a"], "b"]'), "its words are no list of texts"),
        (tensors('["a", "\\ud800"]'), "its words are no list of texts"),
        (tensors('["a"]'), "1 words need as many vectors"),
        (tensors('["a", "b"]', ROWS * np.float32(np.nan)), "vector 1 holds what is no number"),
    ],
)
def test_damaged_safetensors_are_said(tmp_path, content, reason):
    with pytest.raises(ArtifactError, match=reason):
        load(tmp_path, content)


def test_halves_are_widened(tmp_path):
    vectors = load(tmp_path, tensors('["a", "b"]', ROWS.astype(np.float16)))
    assert vectors.vectors.dtype == np.float32
    assert (vectors.vectors == ROWS).all()


def test_offsets_that_lie_are_refused(tmp_path):
    content = tensors('["a", "b"]')
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    header["vectors"]["data_offsets"] = [-64, -48]
    text = json.dumps(header).encode()
    with pytest.raises(ArtifactError):
        load(tmp_path, len(text).to_bytes(8, "little") + text + content[8 + length :])
