import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.corpus.markdown import strip_markdown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# 第一章 总则", "第一章 总则"),
        ("## Title ##", "Title"),
        ("Title\n=====", "Title\n"),
        ("- one\n* two\n+ [x] three", "one\ntwo\nthree"),
        ("1. first\n2. second", "1. first\n2. second"),
        ("> quoted\n> > twice", "quoted\ntwice"),
        ("**bold** and *slanted* and `code` and ~~gone~~", "bold and slanted and code and gone"),
        ("**粗体**文字和*斜体*。", "粗体文字和斜体。"),
        ("snake_case_name and 2*3*4 and 2**8", "snake_case_name and 2*3*4 and 2**8"),
        ("[text](http://a.b/c_(d)) and ![alt](x.png)!", "text and !"),
        ("[text][ref]\n\n[ref]: http://a.b", "text\n\n"),
        ("a note[^1]\n\n[^1]: its text", "a note\n\n"),
        ("<https://a.b> <b>bold</b> 1 < 2", "https://a.b bold 1 < 2"),
        ("x <!-- gone\nover lines --> y", "x  y"),
        ("```python\nx = '# no heading'\n```\nend", "x = '# no heading'\nend"),
        ("| a | b |\n|---|---|\n| 1 | 2 |\nafter", "after"),
        ("a | b", "a | b"),
        ("---\ntitle: x\n---\ntext", "text"),
        ("above\n\n---\n\nbelow", "above\n\n\n\nbelow"),
        (r"1\. not a list \*", "1. not a list *"),
        ("", ""),
    ],
)
def test_what_is_left(text, expected):
    assert strip_markdown(text) == expected


@given(st.text("#*_`[]()<>!-|\\~\n a中1", max_size=80))
def test_nothing_is_added(text):
    left = strip_markdown(text)
    assert len(left) <= len(text)
    assert set(left) <= set(text)


@given(st.text("abc 中文。\n", max_size=80))
def test_plain_text_stays(text):
    assert strip_markdown(text) == text
