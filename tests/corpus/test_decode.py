import codecs
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lexloom.corpus.decode import CHUNK_BYTES, decode
from lexloom.errors import InputError

CHINESE = (
    "李明于2020年在北京大学工作，主要研究知识图谱。他说：“我们的方法很简单！”\r\n第二段也在这里。"
)
ENGLISH = "Marie Curie was born in Warsaw in 1867.\r\nShe moved to Paris; that is known.\n"
EMOJI = "Done 😀👨‍👩‍👧 — café, naïve, 完成。\n"

# all that can be written, without NUL and other controls, which make a file binary
written = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff"), min_size=1
)
hanzi = st.text(
    st.sampled_from("的一是了我不人在他有这个上们来到时大地为子中你说生国年着就那和要她出"),
    min_size=1,
)


@settings(deadline=None)
@given(written)
def test_utf_8_comes_back_whole(text):
    assert decode(text.encode()).text == text
    assert decode(codecs.BOM_UTF8 + text.encode()).text == text


@settings(deadline=None)
@given(written, st.sampled_from(["utf-16-le", "utf-16-be"]))
def test_utf_16_with_a_mark_comes_back_whole(text, encoding):
    decoded = decode(("\ufeff" + text).encode(encoding))
    assert (decoded.text, decoded.encoding) == (text, encoding)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "gb18030"])
@pytest.mark.parametrize("text", [CHINESE, ENGLISH + CHINESE, "ok 完成\n" + CHINESE])
def test_each_encoding_is_found_without_a_mark(encoding, text):
    decoded = decode(text.encode(encoding))
    assert (decoded.text, decoded.encoding) == (text, encoding)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_ascii_and_emoji_in_utf_16_need_no_mark(encoding):
    for text in (ENGLISH, EMOJI):
        assert decode(text.encode(encoding)).text == text


@pytest.mark.parametrize("text", ["你好", "联通", "王鑫在北京", "中", "报告（2020年）", "，好"])
def test_a_short_chinese_file_in_gbk_is_read(text):
    decoded = decode(text.encode("gbk"))
    assert (decoded.text, decoded.encoding) == (text, "gb18030")


def test_bytes_that_are_utf_8_are_read_as_utf_8():
    assert decode(b"\xd2\xbb").text == "\u04bb"  # in GBK the character for "one"


def test_four_byte_gb18030_is_read_among_common_characters():
    text = "今天很高兴😀，我们完成了工作。"
    assert decode(text.encode("gb18030")).text == text


def test_a_marked_gb18030_file_is_read_without_its_mark():
    assert decode("\ufeff镕\u3400".encode("gb18030")).text == "镕\u3400"


def test_ascii_is_utf_8_and_empty_stays_empty():
    assert decode(ENGLISH.encode()).encoding == "utf-8"
    assert decode(b"").text == ""


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_what_follows_much_ascii_decides(encoding):
    text = "x" * 70_000 + CHINESE
    decoded = decode(text.encode(encoding))
    assert (decoded.text, decoded.encoding) == (text, encoding)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16-le"])
def test_a_character_across_two_chunks_is_whole(encoding):
    width = 2 if encoding == "utf-16-le" else 1
    for shift in range(3):
        text = "a" * (CHUNK_BYTES // width - shift) + CHINESE
        assert decode(text.encode(encoding)).text == text


@settings(deadline=None)
@given(hanzi, st.integers(1, 2))
def test_cut_off_utf_8_is_an_error_and_never_chinese_in_gb18030(text, cut):
    with pytest.raises(InputError):
        decode(text.encode()[:-cut])


def test_cut_off_utf_8_is_called_so():
    with pytest.raises(InputError, match=r"a\.txt ends in the middle of a UTF-8 character"):
        decode(CHINESE.encode()[:-1], name="a.txt")


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("latin-1", "Müller und Jäger aßen früh ein Brötchen"),
        ("latin-1", "naïve"),
        ("cp1251", "Привет, мир. Это обычный русский текст о городе Москва."),
        ("cp1251", "Привет"),
        ("shift_jis", "これは日本語の文章です。東京で働いています。"),
        ("euc_jp", "これは日本語の文章です。東京で働いています。"),
        ("euc_kr", "대한민국의 수도는 서울이며 많은 사람들이 그곳에서 살고 일한다."),
        ("big5", "這是一個繁體中文的檔案，用來測試編碼的偵測是否正確。"),
    ],
)
def test_other_encodings_are_refused_not_guessed(encoding, text):
    with pytest.raises(InputError, match=r"not clearly text in a known encoding .*convert it"):
        decode(text.encode(encoding))


def test_utf_8_with_one_broken_byte_is_refused():
    data = (CHINESE * 3).encode()
    with pytest.raises(InputError, match="not clearly text"):
        decode(data[:30] + b"\xff" + data[30:])


@pytest.mark.parametrize(
    "data",
    [
        struct.pack("<8I", *range(8)),
        struct.pack("<4h", 1, -2, 300, 4),
        b"abc\0def",
        b"\0",
        "odd".encode("utf-16-le") + b"x",
        "\ud800a\nb\n".encode("utf-16-le", "surrogatepass"),
        "private \ue000".encode("utf-16-be"),
    ],
)
def test_bytes_with_nuls_that_are_no_utf_16_are_binary(data):
    with pytest.raises(InputError, match="binary, not text: it holds NUL bytes"):
        decode(data)


def test_many_control_characters_are_binary():
    with pytest.raises(InputError, match="is binary, not text: it is full of control characters"):
        decode(bytes(range(1, 32)) + b"some letters")


def test_a_stray_control_character_is_let_through():
    text = "end of a DOS file\x1a"
    assert decode(text.encode()).text == text


def test_a_marked_file_that_is_no_utf_16_is_refused():
    with pytest.raises(InputError, match="begins like UTF-16 but is not valid"):
        decode(codecs.BOM_UTF16_LE + b"abc")
    with pytest.raises(InputError, match="binary, not text: it holds NUL characters"):
        decode(codecs.BOM_UTF16_LE + b"a\0\0\0")


def test_utf_32_is_refused_by_name():
    with pytest.raises(InputError, match="is in UTF-32, which is not read"):
        decode("text".encode("utf-32"))


@settings(deadline=None)
@given(st.binary())
def test_any_bytes_give_text_that_encodes_back_or_an_error(data):
    try:
        decoded = decode(data)
    except InputError:
        return
    marks = (b"", codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, b"\x84\x31\x95\x33")
    assert data in [mark + decoded.text.encode(decoded.encoding) for mark in marks]
