import io

import pytest

from lexloom.corpus.formats import rows
from lexloom.records import Document, Failure

LONG = "Ann lives in Paris and works there, too."


def texts(items):
    assert all(isinstance(item, Document) for item in items), items
    return [item.text for item in items]


def test_the_column_named_text_is_read_and_rows_are_named_by_their_lines(read):
    data = b"id,text,label\n1,first,a\n\n2,second,b\n"
    assert read(data, "a.csv") == [
        Document("a.csv:2", "first", "a.csv:2"),
        Document("a.csv:4", "second", "a.csv:4"),
    ]


def test_the_column_of_the_longest_texts_is_read_without_one_of_that_name(read):
    data = f"label,body,n\na,{LONG.replace(',', ';')},12345678901234567890\n".encode()
    assert texts(read(data, "a.csv")) == [LONG.replace(",", ";")]


def test_a_table_without_names_loses_no_row(read):
    assert texts(read(b"cat\ndog\nbird\n", "a.csv")) == ["cat", "dog", "bird"]
    data = "体育\t他去了上海。\n财经\t公司转让了股份。\n".encode()
    assert texts(read(data, "a.tsv")) == ["他去了上海。", "公司转让了股份。"]


def test_a_column_can_be_asked_for(read, only):
    data = f"text,评论\n{LONG.split(',')[0]},好\n".encode()
    assert texts(read(data, "a.csv", text_field="评论")) == ["好"]
    failure = only(read(b"texts,label\na,b\n", "a.csv", text_field="text"))
    assert failure.reason == "a.csv has no column 'text'"
    assert failure.hint == "did you mean 'texts'?"
    assert only(read(b"a,b\n1,2\n", "a.csv", text_field="zzz")).hint == "its first row holds a, b"


def test_cells_hold_line_breaks_quotes_and_delimiters(read):
    data = b'text,n\n"one\r\ntwo, ""three""",1\nfour,2\n'
    first, second = read(data, "a.csv")
    assert first.text == 'one\r\ntwo, "three"'
    assert (first.id, second.id) == ("a.csv:2", "a.csv:4")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_told_from_the_first_row(read, delimiter):
    data = f'"a,;|{delimiter}"{delimiter}text\n1{delimiter}here\n'.encode()
    assert texts(read(data, "a.csv")) == ["here"]


def test_in_tsv_a_quotation_mark_is_a_character(read):
    data = b'text\tn\n"Hello, he said\t1\n5" wide\t2\n'
    assert texts(read(data, "a.tsv")) == ['"Hello, he said', '5" wide']


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gb18030"])
def test_tables_are_decoded_as_texts_are(read, encoding):
    data = ("text,n\n" + "他去了上海，在那里工作。,1\n" * 9).replace("，", "、").encode(encoding)
    assert texts(read(data, "a.csv")) == ["他去了上海、在那里工作。"] * 9


def test_a_short_row_is_named_and_the_others_are_read(read):
    before, short, after = read(b"n,text\n1,one\n2\n3,two\n", "a.csv")
    assert (before.text, after.text) == ("one", "two")
    assert short.id == "a.csv:3"
    assert short.reason == "a.csv:3 has 1 columns, and the text is column 2"


def test_a_cell_without_text_is_named(read):
    assert read(b"n,text\n1, \n2,two\n", "a.csv")[0] == Failure(
        "a.csv:2", "a.csv:2 holds no text", "it is empty, or only white space"
    )


@pytest.mark.parametrize("data", [b"", b"\n \n", b"text,n\n"])
def test_a_table_without_rows_is_named(read, only, data):
    assert only(read(data, "a.csv")).reason == "a.csv holds no text"


def test_a_table_with_nuls_is_named(read, only):
    assert "binary, not text" in only(read(b"text,n\na\0b\0\0c,1\n" * 9, "a.csv")).reason


def test_a_huge_cell_is_read_and_one_over_the_limit_ends_the_table(read):
    huge = "x" * 2_000_000
    data = f"text,n\none,1\n{huge},2\n".encode()
    assert texts(read(data, "a.csv")) == ["one", huge]


def test_a_quote_that_never_ends_stops_at_the_limit(read):
    before = rows.csv.field_size_limit(200_000)
    data = b'text,n\none,1\n"two,2\n' + b"more and more\n" * 20_000
    first, failure = read(data, "a.csv", max_bytes=1000)
    rows.csv.field_size_limit(before)
    assert first.text == "one"
    assert failure.reason.startswith("a.csv:3 is no row of a table: field larger than")


class TestLongTables:
    """Tables longer than the sample that tells their encoding."""

    @pytest.fixture(autouse=True)
    def small_sample(self, monkeypatch):
        monkeypatch.setattr(rows, "SAMPLE_BYTES", 100)

    @pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
    def test_they_are_decoded_as_they_are_read(self, read, encoding):
        lines = [f"第{number}行，他去了上海、北京。😀" for number in range(200)]
        data = ("text\n" + "\n".join(f'"{line}"' for line in lines)).encode(encoding)
        assert texts(read(data, "a.csv")) == lines

    def test_an_encoding_that_changes_on_the_way_is_named(self, read):
        data = b"text,n\n" + b"plain,1\n" * 200 + "北京是首都。,2\n".encode("gb18030")
        *before, failure = read(data, "a.csv")
        assert len(before) == 200
        assert failure.reason == "a.csv:202 is not in utf-8, as the lines before it are"

    def test_utf_16_is_refused(self, read, only):
        failure = only(read(("text,n\n" + "plain,1\n" * 99).encode("utf-16"), "a.csv"))
        assert failure.reason == "a.csv is too long for a table in UTF-16"

    def test_a_line_over_the_limit_ends_the_table(self, read):
        data = b"text,n\n" + b"plain,1\n" * 99 + b"x" * 5000
        *before, failure = read(data, "a.csv", max_bytes=1000)
        assert before[0].text == "plain"
        assert failure.reason == "a.csv:101 is longer than the limit of 1,000 bytes"


def test_rows_are_given_before_the_table_ends(monkeypatch):
    class Endless(io.RawIOBase):
        def readable(self):
            return True

        def readinto(self, buffer):
            line = b"plain,1\n" * (len(buffer) // 8 + 1)
            buffer[:] = line[: len(buffer)]
            return len(buffer)

    monkeypatch.setattr(rows, "SAMPLE_BYTES", 1 << 12)
    from lexloom.corpus.formats.source import Budget, Context, ReadOptions, Source

    options = ReadOptions()
    source = Source("a.csv", Endless())
    items = rows.read_rows(source, Context(options, Budget("a", options), rows.read_rows))
    assert next(items).text == "plain"
