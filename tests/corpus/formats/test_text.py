import pytest


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
