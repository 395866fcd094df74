import io

import pytest

from lexloom.corpus.formats.source import (
    HEAD_BYTES,
    Budget,
    BudgetError,
    ReadOptions,
    Source,
    make_document,
    printable_path,
)
from lexloom.errors import ConfigError, InputError
from lexloom.records import Document, Failure


class Trickle:
    """Gives one byte at a time, as a slow pipe does."""

    def __init__(self, data):
        self.stream = io.BytesIO(data)

    def read(self, size):
        return self.stream.read(min(size, 1))


def test_the_head_is_whole_and_is_read_again():
    data = bytes(range(256)) * 64
    source = Source("a", Trickle(data))
    assert source.head() == data[:HEAD_BYTES]
    assert source.read_all(len(data)) == data


def test_the_filename_is_the_last_part_of_the_id():
    assert Source("z.zip/b/c.txt", io.BytesIO()).filename == "c.txt"
    assert Source("a.gz", io.BytesIO(), filename="x/a").filename == "a"


@pytest.mark.parametrize("size", [0, 4, 5])
def test_what_fits_is_read_and_what_does_not_is_named(size):
    source = Source("-", io.BytesIO(b"x" * 5))
    if size == 5:
        assert source.read_all(size) == b"x" * 5
        return
    with pytest.raises(InputError, match=f"the standard input is longer than the limit of {size}"):
        source.read_all(size)


def test_a_stream_becomes_a_file_that_can_seek():
    with Source("a", Trickle(b"some bytes")).seekable(100) as file:
        assert file.read() == b"some bytes"
        file.seek(5)
        assert file.read() == b"bytes"
    with pytest.raises(InputError, match="longer"), Source("a", io.BytesIO(b"x" * 9)).seekable(8):
        pass


def test_a_file_is_given_as_it_is():
    file = io.BytesIO(b"text")
    source = Source("a", file, file=file)
    source.head()
    with source.seekable(1) as given:
        assert given is file
        assert file.tell() == 0


def test_what_a_file_unpacks_to_is_bounded_by_its_size():
    budget = Budget("a", ReadOptions(max_ratio=2), size=64 << 20)
    budget.unpack(128 << 20)
    with pytest.raises(BudgetError, match=r"a unpacks to more than 134,217,728 bytes"):
        budget.unpack(1)


def test_and_by_what_was_read_of_a_pipe():
    budget = Budget("a", ReadOptions(max_ratio=2))
    budget.read(64 << 20)
    budget.unpack(128 << 20)
    with pytest.raises(BudgetError):
        budget.unpack(1)


def test_and_in_all():
    budget = Budget("a", ReadOptions(max_unpacked_bytes=10), size=1 << 40)
    budget.unpack(10)
    with pytest.raises(BudgetError):
        budget.unpack(1)


@pytest.mark.parametrize("name", ["max_bytes", "max_ratio", "page_timeout_s"])
def test_a_limit_must_be_positive(name):
    with pytest.raises(ConfigError, match=f"{name} must be more than 0, got 0"):
        ReadOptions(**{name: 0})


def test_a_document_needs_text():
    assert make_document("a", "x", pages=(0,)) == Document("a", "x", "a", (0,))
    assert make_document("a", " \u3000") == Failure(
        "a", "a holds no text", "it is empty, or only white space"
    )


def test_a_path_that_is_no_utf_8_is_escaped():
    assert printable_path(b"caf\xe9".decode("utf-8", "surrogateescape")) == "caf\\xe9"
