import numpy as np
import pytest

from lexloom.errors import ArtifactError
from lexloom.vectors import text_formats
from lexloom.vectors.keyed import WordVectors


def read(tmp_path, content):
    (tmp_path / "v.txt").write_bytes(content if isinstance(content, bytes) else content.encode())
    return WordVectors.load(tmp_path / "v.txt")


@pytest.mark.parametrize(
    "content",
    [
        "3 2\na 1 2\nb c 3 4\n的 5 6\n",  # word2vec; a word with a space
        "3 2\r\na 1 2 \r\nb c 3 4 \r\n的 5 6 \r\n",  # with spaces at the ends of lines
        "a 1 2\nb c 3 4\n的 5 6",  # GloVe
        "\ufeff3 2\na 1 2\nb c 3 4\n的 5 6\n",  # with a byte order mark
        "\ufeffa 1 2\nb c 3 4\n的 5 6\n",  # GloVe with a byte order mark
        "3 2\na 1 2\nb c 3 4\n的 5 6\n\n \n",  # with blank lines at the end
        "a\t1\t2\nb c\t3\t4\n的\t5\t6\n",
    ],
)
def test_words_and_numbers_are_read(tmp_path, content):
    vectors = read(tmp_path, content)
    assert vectors.index_to_key == ["a", "b c", "的"]
    assert vectors.vectors.tolist() == [[1, 2], [3, 4], [5, 6]]


def test_a_first_line_of_sizes_is_no_vector_and_a_number_can_be_a_word(tmp_path):
    assert read(tmp_path, "1 1\n7 0.5\n").index_to_key == ["7"]
    assert read(tmp_path, "7 0.5 1\n8 1 1\n").index_to_key == ["7", "8"]


def test_blocks_of_any_size_give_the_same(tmp_path, monkeypatch):
    content = "".join(f"w{n} {n} {n / 3:.9g}\n" for n in range(50))
    whole = read(tmp_path, content)
    monkeypatch.setattr(text_formats, "BLOCK_BYTES", 64)
    parts = read(tmp_path, content)
    assert parts.index_to_key == whole.index_to_key
    assert (parts.vectors == whole.vectors).all()


@pytest.mark.parametrize("word", ["你好 世界", "? !", "a, b", "é è"])
def test_the_first_word_may_hold_spaces_and_marks(tmp_path, word):
    vectors = read(tmp_path, f"2 2\n{word} 1 2\nb 3 4\n")
    assert vectors.index_to_key == [word, "b"]


def test_blank_lines_wait_over_the_border_of_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr(text_formats, "BLOCK_BYTES", 16)
    assert read(tmp_path, "a 1 2\nb 3 4\n" + 40 * "\n").index_to_key == ["a", "b"]
    with pytest.raises(ArtifactError, match="line 2 does not have a word"):
        read(tmp_path, "a 1 2\n" + 40 * "\n" + "b 3 4\n")


@pytest.mark.parametrize(("num", "hint"), [(3, "may be cut off"), (1, "first line is wrong")])
def test_the_hint_says_on_which_side_the_first_line_is_wrong(tmp_path, num, hint):
    with pytest.raises(ArtifactError) as error:
        read(tmp_path, f"{num} 2\na 1 2\nb 3 4\n")
    assert hint in error.value.hint


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("3 2\na 1 2\nb 3 4\n", "says that it has 3 vectors, but has 2"),
        ("1 2\na 1 2\nb 3 4\n", "says that it has 1 vectors, but has 2"),
        ("99999999 300\na 1 2\n", "too short for the 99,999,999 vectors of 300 dimensions"),
        ("2 0\na\nb\n", "too short"),
        ("2 2\na 1 2\nb 3\n", "line 3 does not have a word and 2 numbers"),
        ("2 2\na 1 2\nb 3 x\n", "line 3 does not have 2 numbers"),
        ("2 2\na 1 2\n 3 4\n", "line 3 "),
        ("2 2\na 1 2\n\nb 3 4\n", "line 3 "),
        ("2 2\na 1 2\nb 3 nan\n", "vector 2 holds what is no number"),
        ("2 2\na 1 2\nb 3 1e99\n", "vector 2 holds what is no number"),
        ("2 2\na 1 2\na 3 4\n", "the word 'a' has two vectors, numbers 1 and 2"),
        (b"2 2\na 1 2\n\xff 3 4\n", "line 3 begins with a word that is not UTF-8"),
        ("a 1 2 3\nb 1 2\n", "line 2 does not have a word and 3 numbers"),
        ("a 1 2\nb 1 2 x\nc 3 4\n", "line 2 does not have 2 numbers"),
        ("2 2\na\0 1 2\nb 3 4\n", "line 2 holds a NUL byte, which no text has"),
        ("2 2\na 1 2\nb 3 \0004\n", "line 3 holds a NUL byte"),
        ("2 2\na 1 2\n\0\0\nb 3 4\n", "line 3 holds a NUL byte"),
        ("2 2\na 1 2\nb 3 4\n" + "\0" * 4096, "line 4 holds a NUL byte"),
        ("999 2\n" + "a 1 2\n" * 998 + "b \0 4\n", "line 1,000 holds a NUL byte"),
        ("\0002 2\na 1 2\nb 3 4\n", "line 1 holds a NUL byte"),
        ("a\0 1 2\nb 3 4\n", "line 1 holds a NUL byte"),
        ("2 2\na 1 2\nb 3 4\n".encode("utf-16"), "holds a NUL byte.*UTF-16, so write it as UTF-8"),
        ("\0" * 99, "holds a NUL byte"),
        ("word\n", "is no file of vectors"),
        ("\n\n", "is no file of vectors"),
        ("some text that is\nno file of vectors\n", "is no file of vectors"),
    ],
)
def test_a_damaged_file_is_said(tmp_path, content, reason):
    with pytest.raises(ArtifactError, match=reason):
        read(tmp_path, content)


def test_numbers_are_written_so_that_they_come_back(tmp_path):
    rows = np.float32([[1 / 3, 1e-30], [-1.17549435e-38, 3.4e38]])
    WordVectors("ab", rows).save(tmp_path / "v", "word2vec")
    assert (WordVectors.load(tmp_path / "v").vectors == rows).all()
