import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.corpus.formats.visible import visible_text


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("plain words", "plain words"),
        ("", ""),
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("<div>One<br>Two</div>Three", "One\nTwo\nThree"),
        ("Ann <b>lives</b>\n in&nbsp;Paris &amp; 北京&#x4eac;", "Ann lives in Paris & 北京京"),
        ("<tr><td>李明</td><td>北京</td></tr><tr><td>a</td></tr>", "李明\t北京\n\na"),
        ("<script>if (a < b) '</p>'</script>x<style>p{}</style>", "x"),
        ("<head><meta><title>no</title></head><body>yes", "yes"),
        ("a<!-- <p>no</p> -->b<!-- never closed", "ab"),
        ("<a title=\"a > b\" href='c>d'>x</a>", "x"),
        ("a < b and c > d, 1<2", "a < b and c > d, 1<2"),
        ("<svg/>x<noscript>no</noscript>y", "xy"),
        ("<script>never closed", ""),
        ("<p a='never closed>x</p>y", "x\n\ny"),
        ("<!DOCTYPE html><?php no ?>x", "x"),
    ],
)
def test_what_is_seen(page, text):
    assert visible_text(page) == text


@given(st.text(alphabet="<>/!-'\"= \nabp&;#x0京😀", max_size=60))
def test_any_page_gives_text(page):
    assert isinstance(visible_text(page), str)


@given(st.text(st.characters(exclude_characters="<>&", exclude_categories=["Cc", "Zs", "Cs"])))
def test_words_without_markup_stay(text):
    assert visible_text(f"<p>{text}</p>") == text


@pytest.mark.parametrize(
    "piece",
    [
        "<a",
        "<",
        "<!--",
        "</",
        '<a "',
        "<a '\"",
        "&",
        "&#",
        "<script>",
        "<td>",
        " ",
        "\t",
        "<p>",
        "<a b=",
        "<!",
        "<?",
        "-->",
    ],
)
def test_the_time_is_linear_whatever_the_page(piece):
    def took(size):
        page = piece * size
        started = time.perf_counter()
        visible_text(page)
        return time.perf_counter() - started

    took(1000)
    assert took(100_000) < 1.5
