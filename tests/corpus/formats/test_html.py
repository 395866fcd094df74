import pytest

from lexloom.corpus.formats import html
from lexloom.corpus.formats.html import decode_page, looks_like_html
from lexloom.errors import InputError

STORY = "Ann Miller lives in Paris, where she has worked for Acme since the spring of last year. "
PAGE = f"""<!DOCTYPE html><html><head><title>A story</title><script>var x = "no";</script></head>
<body><nav><a href="/">Home</a><a href="/about">About us</a></nav>
<article><h1>A story</h1><p>{STORY * 3}</p><p>{STORY.replace("Ann", "Bob") * 3}</p></article>
<footer>Copyright, all rights reserved</footer></body></html>"""


def test_the_main_text_is_read_without_what_stands_around_it(read, only):
    document = only(read(PAGE.encode(), "story.html"))
    assert STORY.strip() in document.text
    assert "Bob Miller" in document.text
    assert "About us" not in document.text
    assert "var x" not in document.text


def test_a_page_is_told_by_its_start_whatever_its_name(read, only):
    assert "<p>" not in only(read(b"\xef\xbb\xbf \n" + PAGE.encode(), "story.txt")).text
    assert "<p>" not in only(read(PAGE.encode("utf-16"), "story")).text


def test_a_page_without_a_main_text_gives_all_that_is_seen(read, only):
    assert only(read(b"<p>Hi.</p><ul><li>one<li>two</ul>", "a.htm")).text.split() == [
        "Hi.",
        "one",
        "two",
    ]


def test_a_page_without_text_is_named(read, only):
    failure = only(read(b"<html><body><img src=x></body></html>", "a.html"))
    assert failure.reason == "a.html holds no text"


def test_a_very_long_page_gives_all_that_is_seen(read, only, monkeypatch):
    monkeypatch.setattr(html, "MAX_CHARACTERS", len(PAGE) - 1)
    assert html.main_text(PAGE) == ""
    assert "About us" in only(read(PAGE.encode(), "a.html")).text


@pytest.mark.parametrize(
    ("start", "is_html"),
    [
        (b"<!DOCTYPE html>", True),
        (b"<?xml version='1.0'?>\n<!-- c -->\n<html xmlns='x'>", True),
        (b"<HTML lang=zh>", True),
        (b"<?xml version='1.0'?><rss>", False),
        (b"<h1>Markdown may hold this</h1>", False),
        (b"In <html> there are tags", False),
        (b"", False),
        (b"<!--" * 2000, False),
    ],
)
def test_the_start_of_a_page_is_known(start, is_html):
    assert looks_like_html(start) == is_html


@pytest.mark.parametrize(
    ("charset", "codec", "text"),
    [
        ("iso-8859-1", "latin-1", "café à la carte"),
        ("windows-1252", "cp1252", "“naïve”"),
        ("GBK", "gbk", "好"),
        ("big5", "big5", "漢字與文字的處理，這是繁體中文的網頁內容。"),
        ("windows-1251", "cp1251", "Привет, мир"),
    ],
)
def test_a_page_is_in_the_encoding_that_it_names_when_nothing_else_tells(charset, codec, text):
    page = f'<html><meta charset="{charset}"><p>{text}</p>'
    assert decode_page(page.encode(codec), "a.html") == page


def test_utf_8_is_utf_8_whatever_a_page_says_of_itself():
    page = '<meta charset="iso-8859-1"><p>北京</p>'
    assert decode_page(page.encode(), "a.html") == page


@pytest.mark.parametrize("charset", ["utf-8", "klingon", "euc-kr"])
def test_a_page_in_no_known_encoding_is_named(charset):
    page = f'<meta charset="{charset}"><p>caf\u00e9 \u00ff</p>'.encode("latin-1")
    with pytest.raises(InputError, match=r"a\.html is not clearly text"):
        decode_page(page, "a.html")


@pytest.mark.parametrize(
    "page",
    [
        "<div>" * 3000 + "deep",
        "<b>" * 3000,
        "<a href='" * 500,
        "<table>" * 300,
        "&#0;&#xd800;<p>x",
        "<p>\ud800x",
    ],
)
def test_hostile_pages_give_an_item_and_no_error(read, page):
    data = ("<html><body>" + page).encode("utf-8", "surrogatepass")
    assert len(read(data, "a.html")) == 1
