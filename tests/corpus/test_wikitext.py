import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.corpus.wikitext import strip_wikitext


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("== History ==\ntext", "History\ntext"),
        ("'''Bold''' and ''slanted''", "Bold and slanted"),
        ("* one\n** two\n# three\n: four", "one\ntwo\nthree\nfour"),
        ("[[Paris]] and [[Paris|the city]]", "Paris and the city"),
        ("[[File:x.jpg|thumb|A [[link]] in it]]after", "after"),
        ("[[文件:x.jpg|缩略图|图]]后[[分类:地理]]", "后"),
        ("[[fr:Paris]]x", "x"),
        ("a{{cite|b={{c|}}|d}}e", "ae"),
        ("a\n{| class=x\n! h\n|-\n| {{t}} || [[l]]\n|}\nb", "a\n\nb"),
        ("x<ref name=a>note [[l]]</ref>y<ref name=a />z", "xyz"),
        ("a<!-- hidden -->b", "ab"),
        ("<nowiki>[[as it is]]</nowiki>", "[[as it is]]"),
        ("[http://a.b the label] [http://a.b]", "the label "),
        ("a &amp; b&nbsp;c<br />d", "a & b\xa0cd"),
        ("__NOTOC__text\n----", "text\n"),
        ("a | b", "a | b"),
        ("[[open and {{never closed", "open and never closed"),
        ("too many }} closed ]] |}", "too many  closed  "),
        ("<ref>never closed", "never closed"),
        ("", ""),
    ],
)
def test_what_is_left(text, expected):
    assert strip_wikitext(text) == expected


@given(st.text("{}[]|<>!-=*'# \nab中/ref", max_size=100))
def test_nothing_is_added(text):
    assert len(strip_wikitext(text)) <= len(text)


@given(st.text("abc 中文。\n", max_size=80))
def test_plain_text_stays(text):
    assert strip_wikitext(text) == text
