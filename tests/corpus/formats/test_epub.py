import pytest

ONE = "<?xml version='1.0'?><html><head><title>no</title></head><h1>One</h1><p>Ann.</p></html>"
TWO = "<html><body><p>第二章。</p><p>李明去了上海。</p></body></html>"


def test_chapters_come_in_the_order_of_the_spine(read, only, made):
    book = made.epub({"a.xhtml": ONE, "b.xhtml": TWO}, spine=["b.xhtml", "a.xhtml"])
    document = only(read(book, "book.epub"))
    assert document.text == "第二章。\n\n李明去了上海。\n\nOne\n\nAnn."
    assert document.id == "book.epub"


def test_a_chapter_with_a_document_type_of_its_own_is_read(read, only, made):
    prologue = '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.1//EN" "http://x/xhtml11.dtd">'
    assert only(read(made.epub({"a.xhtml": prologue + ONE}))).text == "One\n\nAnn."


def test_names_of_chapters_may_be_escaped(read, only, made):
    book = made.epub({"a%20b.html": None}, parts={"OEBPS/a b.html": ONE})
    assert only(read(book)).text == "One\n\nAnn."


def test_a_lost_chapter_is_named_and_the_others_are_kept(read, made):
    document, failure = read(made.epub({"a.xhtml": ONE, "b.xhtml": None}), "book.epub")
    assert document.text == "One\n\nAnn."
    assert failure.id == "book.epub/OEBPS/b.xhtml"
    assert failure.reason == "book.epub lacks its part OEBPS/b.xhtml"


def test_a_chapter_that_is_no_text_is_named(read, made):
    document, failure = read(made.epub({"a.xhtml": ONE, "b.xhtml": bytes(range(99))}), "b")
    assert document.text == "One\n\nAnn."
    assert "b/OEBPS/b.xhtml is binary" in failure.reason


def test_a_book_of_lost_chapters_is_no_document(read, only, made):
    assert only(read(made.epub({"a.xhtml": None}), "b")).id == "b/OEBPS/a.xhtml"


def test_a_book_without_chapters_is_named(read, only, made):
    assert only(read(made.epub({}), "book.epub")).reason == "book.epub names no chapters"


def test_a_book_without_text_is_named(read, only, made):
    book = made.epub({"a.xhtml": "<html><body><img/></body></html>"})
    assert only(read(book, "book.epub")).reason == "book.epub holds no text"


def test_a_book_that_does_not_say_where_its_text_is(read, only, made):
    failure = only(read(made.epub({"a.xhtml": ONE}, container="<container/>"), "book.epub"))
    assert failure.reason == "book.epub does not say where its text is"


def test_a_path_out_of_the_book_is_not_followed(read, only, made):
    book = made.epub({"../../../etc/passwd": None})
    assert "lacks its part ../../etc/passwd" in only(read(book, "b")).reason


@pytest.mark.parametrize("where", ["container", "prologue"])
def test_entities_that_unpack_without_end_are_refused(read, only, made, where):
    value = made.laughs + ("<container/>" if where == "container" else "")
    failure = only(read(made.epub({"a.xhtml": ONE}, **{where: value}), "b.epub"))
    assert "is XML that declares entities" in failure.reason


def test_a_book_over_the_limit_is_named(read, only, made):
    chapters = {f"{n}.xhtml": f"<html><body>{'x' * 400}</body></html>" for n in range(9)}
    failure = only(read(made.epub(chapters), "b", max_bytes=3_000))
    assert failure.reason == "b is longer than the limit of 3,000 bytes"


def test_a_bomb_in_a_book_is_given_up(read_file, only, made, little_is_free):
    book = made.epub({"a.xhtml": ONE, "b.xhtml": " " * (8 << 20)})
    assert only(read_file(book, "b.epub")).reason.startswith("b.epub unpacks to more than ")
