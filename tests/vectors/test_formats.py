import bz2
import contextlib
import gzip
import lzma
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lexloom.errors import ArtifactError, UsageError
from lexloom.vectors.formats import FORMS
from lexloom.vectors.keyed import WordVectors

every_form = pytest.mark.parametrize("form", FORMS)
word = st.text(st.characters(codec="utf-8", exclude_categories=["Z", "C"]), min_size=1, max_size=6)
number = st.floats(width=32, allow_nan=False, allow_infinity=False)


def same(a, b):
    return a.index_to_key == b.index_to_key and (np.asarray(a.vectors) == b.vectors).all()


@every_form
@settings(max_examples=30)
@given(st.data())
def test_what_is_written_is_read_again(tmp_path_factory, form, data):
    words = data.draw(st.lists(word, min_size=1, max_size=6, unique=True))
    dim = data.draw(st.integers(1, 5))
    rows = data.draw(st.lists(number, min_size=len(words) * dim, max_size=len(words) * dim))
    vectors = WordVectors(words, np.float32(rows).reshape(len(words), dim))
    path = tmp_path_factory.mktemp("v") / "vectors"
    if form == "glove" and words[0].isdigit() and dim == 1:
        return  # such a line is a first line of sizes
    vectors.save(path, form)
    assert same(WordVectors.load(path), vectors)


# gensim leaves a file without a first line open
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@every_form
def test_files_of_gensim_and_ours_are_the_same(tmp_path, form):
    models = pytest.importorskip("gensim.models")
    rng = np.random.default_rng(0)
    vectors = WordVectors(["the", "城市", "e\u0301"], rng.normal(size=(3, 7)).astype(np.float32))
    if form != "safetensors":
        vectors.save(tmp_path / "ours", form)
        loaded = models.KeyedVectors.load_word2vec_format(
            str(tmp_path / "ours"), binary=form == "word2vec-binary", no_header=form == "glove"
        )
        assert loaded.index_to_key == vectors.index_to_key
        assert (loaded.vectors == vectors.vectors).all()
    other = models.KeyedVectors(7)
    other.add_vectors(vectors.index_to_key, vectors.vectors)
    other.save_word2vec_format(
        str(tmp_path / "theirs"), binary=form == "word2vec-binary", write_header=form != "glove"
    )
    assert same(WordVectors.load(tmp_path / "theirs"), vectors)


def test_safetensors_are_mapped_into_memory(tmp_path):
    WordVectors("ab", np.eye(2, dtype=np.float32)).save(tmp_path / "v")
    assert isinstance(WordVectors.load(tmp_path / "v").vectors, np.memmap)


@pytest.mark.parametrize("words", [["New York", "", "a\nb"], ["a\0b", "c"]])
def test_only_safetensors_hold_words_with_spaces_or_nul_bytes(tmp_path, words):
    vectors = WordVectors(words, np.eye(len(words), dtype=np.float32))
    vectors.save(tmp_path / "v")
    assert same(WordVectors.load(tmp_path / "v"), vectors)
    for form in FORMS:
        if form != "safetensors":
            with pytest.raises(UsageError, match="holds a space, a NUL or nothing"):
                vectors.save(tmp_path / form, form)
            assert not (tmp_path / form).exists()


def test_an_unknown_form_is_said(tmp_path):
    with pytest.raises(UsageError, match=r"no form 'csv'.*word2vec-binary"):
        WordVectors("a", np.eye(1, dtype=np.float32)).save(tmp_path / "v", "csv")


def test_a_missing_or_empty_file_is_said(tmp_path):
    with pytest.raises(ArtifactError, match=r"cannot read .*No such file"):
        WordVectors.load(tmp_path / "none")
    (tmp_path / "empty").touch()
    with pytest.raises(ArtifactError, match="is empty"):
        WordVectors.load(tmp_path / "empty")


def test_a_folder_without_vectors_is_said(tmp_path):
    with pytest.raises(ArtifactError, match="holds no vectors, or they were not written"):
        WordVectors.load(tmp_path)


@given(st.binary(max_size=300))
def test_any_bytes_are_vectors_or_an_error(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "bytes"
    path.write_bytes(data)
    with contextlib.suppress(ArtifactError):
        WordVectors.load(path)


@every_form
def test_a_lone_surrogate_is_said_and_nothing_is_written(tmp_path, form):
    vectors = WordVectors(["a", "\ud800"], np.eye(2, dtype=np.float32))
    with pytest.raises(UsageError, match="holds a lone surrogate"):
        vectors.save(tmp_path / "v", form)
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    ("content", "reason", "hint"),
    [
        (gzip.compress(b"a 1 2", mtime=0), "is packed by gzip", "unpack"),
        (bz2.compress(b"a 1 2"), "is packed by bzip2", "unpack"),
        (lzma.compress(b"a 1 2"), "is packed by xz", "unpack"),
        (b"PK\x03\x04 a 1 2", "is a zip archive", "unpack"),
        (struct.pack("<ii", 793712314, 12) + bytes(99), "is a binary model of fastText", ".vec"),
        (b"\x80\x04\x95gensim" + bytes(99), "is a pickle", "save_word2vec_format"),
        (b"\x80\x02}q\x00." + bytes(99), "is a pickle", "save_word2vec_format"),
        (b"\x93NUMPY\x01\x00" + bytes(99), "is an array of NumPy", "word2vec text"),
    ],
    ids=["gzip", "bzip2", "xz", "zip", "fasttext", "pickle-4", "pickle-2", "numpy"],
)
def test_files_of_other_kinds_are_said_by_what_they_are(tmp_path, content, reason, hint):
    (tmp_path / "v").write_bytes(content)
    with pytest.raises(ArtifactError, match=reason) as error:
        WordVectors.load(tmp_path / "v")
    assert hint in error.value.hint
