import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.errors import ArtifactError
from lexloom.models.vector_file import read_vectors

words = st.text(st.characters(exclude_characters=" \r\n", exclude_categories=["Cs"]), min_size=1)
rows = st.integers(1, 4).flatmap(
    lambda width: st.dictionaries(
        words, st.lists(st.floats(-9, 9, width=32), min_size=width, max_size=width), min_size=1
    )
)


@given(rows, st.sampled_from(["\n", "\r\n", " \n"]), st.integers(0, 3))
def test_the_wanted_words_are_read_as_they_were_written(tmp_path_factory, rows, end, num_wanted):
    path = tmp_path_factory.mktemp("vectors") / "v.txt"
    width = len(next(iter(rows.values())))
    lines = [f"{len(rows)} {width}"]
    lines += [f"{word} {' '.join(map(repr, values))}" for word, values in rows.items()]
    path.write_bytes((end.join(lines) + end).encode())
    wanted = [*rows][:num_wanted]
    found = read_vectors(path, {*wanted, "not\nthere"})
    assert [*found] == wanted
    for word in wanted:
        np.testing.assert_array_equal(found[word], np.array(rows[word], np.float32))


def test_the_first_vector_of_a_word_counts_and_others_are_not_parsed(tmp_path):
    (tmp_path / "v").write_text("3 2\n的 1 2\n的 3 4\nother x y\n", encoding="utf-8")
    assert {word: [*row] for word, row in read_vectors(tmp_path / "v", {"的"}).items()} == {
        "的": [1.0, 2.0]
    }


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "line 1 of .* does not hold the numbers of words and channels"),
        (b"the 0.1 0.2\n", "line 1 of"),
        (b"0 2\n", "line 1 of"),
        (b"1 0\n", "line 1 of"),
        (b"1 99999999\n", "line 1 of"),
        (b"-1 2\n", "line 1 of"),
        (bytes(range(256)) * 9, "line 1 of"),
        (b"2 2\na 1 2\n", "ends after 1 of 2 words"),
        (b"2 2\na 1 2\nb 1", "line 3 of .* holds 1 numbers, not 2"),
        (b"1 2\na 1 x\n", "line 2 of .* holds something that is no number"),
        (b"1 2\na 1 nan\n", "line 2 of .* holds a number that is not finite"),
        (b"1 2\n\xff\xfe 1 2\n", "line 2 of .* is not UTF-8"),
    ],
)
def test_a_file_that_holds_no_vectors_says_where(tmp_path, content, message):
    (tmp_path / "v").write_bytes(content)
    with pytest.raises(ArtifactError, match=message):
        read_vectors(tmp_path / "v", {"a"})


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(ArtifactError, match=f"cannot read {path}"):
            read_vectors(path, {"a"})
