import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lexloom.records import Failure


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_a_text_is_the_decoded_file_as_it_is(read, only, encoding):
    text = "第一行，写着中文。\r\n# 不是标题\r\n" * 5
    assert only(read(text.encode(encoding), "a.txt")).text == text


def test_markdown_stays_as_it_is_and_is_marked(read, only):
    document = only(read(b"# Title\n\n*Ann* lives in [Paris](x).\n", "notes.MD"))
    assert document.text == "# Title\n\n*Ann* lives in [Paris](x).\n"
    assert document.markup == "markdown"


def test_a_text_over_the_limit_is_named(read, only):
    failure = only(read(b"12345", "a.txt", max_bytes=4))
    assert failure.reason == "a.txt is longer than the limit of 4 bytes"
    assert failure.hint == "split it, or raise the limit"


LINES = "第一行，写着中文。\r\nline two, in English\n\n第三行没有结束，还有一些字"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(part_bytes=st.integers(1, 120))
def test_the_parts_of_a_text_are_the_text(read, encoding, part_bytes):
    documents = read(LINES.encode(encoding), "a.txt", part_bytes=part_bytes)
    texts = [document.text for document in documents]
    # a part of white space alone is no document
    assert "".join(texts).replace("\n", "") == LINES.replace("\n", "")
    assert all(text.endswith(("\n", " ")) for text in texts[:-1])
    assert documents[0].id == "a.txt"
    assert len({document.id for document in documents}) == len(documents)
    assert len(texts) > 1 or part_bytes > 30


def test_a_text_may_be_longer_than_a_document_if_its_parts_are_not(read):
    documents = read(b"some words\n" * 20, "a.txt", part_bytes=50, max_bytes=60)
    assert "".join(document.text for document in documents) == "some words\n" * 20
    for size in (61, 200):
        (failure,) = read(b"x" * size, "a.txt", part_bytes=50, max_bytes=60)
        assert failure.reason == "a.txt is longer than the limit of 60 bytes"


def test_utf_16_is_read_whole(read, only):
    assert only(read(LINES.encode("utf-16"), "a.txt", part_bytes=20)).text == LINES
    (failure,) = read(LINES.encode("utf-16"), "a.txt", part_bytes=20, max_bytes=30)
    assert failure.reason == "a.txt is longer than the limit of 30 bytes"


@pytest.mark.parametrize("further", ["中文\n".encode("gb18030"), b"a\0b\n", b"\1\2\3\4\n"])
def test_a_text_that_changes_its_encoding_is_said_where_it_does(read, further):
    data = "Ende gut, alles gut für\n".encode() + further
    *documents, failure = read(data, "a.txt", part_bytes=25)
    assert [document.text for document in documents] == ["Ende gut, alles gut für\n"]
    assert isinstance(failure, Failure)
    assert failure.reason == "a.txt begins in utf-8 and does not go on so"


def test_what_is_ascii_at_first_may_go_on_in_any_encoding(read):
    data = b"a line of ASCII\n" * 3 + "第一行，写着中文。\n".encode("gb18030") * 3
    documents = read(data, "a.txt", part_bytes=16)
    assert "".join(document.text for document in documents) == data.decode("gb18030")


def test_parts_of_white_space_are_no_documents(read, only):
    assert only(read(b"\n" * 30 + b"word\n", "a.txt", part_bytes=10)).text == "word\n"
    assert only(read(b"\n" * 30, "a.txt", part_bytes=10)).reason.startswith("a.txt holds no text")
