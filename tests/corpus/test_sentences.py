import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lexloom.corpus.sentences import split_sentences

# texts made of what the rules look at, so that they meet often
FRAGMENTS = """
。 ！ ？ ； … …… . ... ! ? , ， : " ' “ ” ） ( ) [1] 、 - # | 1. (a) 一、
Mr. e.g. U.S. Inc. No. J. 3.14 The the 北京 他说 A b word 😀 é
"""
fragments = st.sampled_from(FRAGMENTS.split())
spaces = st.sampled_from(
    ["", "", " ", "  ", "\t", "\n", "\n  ", "\r\n", "\n\n", "\u2028", "\u3000\u3000"]
)
texts = (
    st.lists(st.tuples(fragments, spaces), max_size=40).map(
        lambda pairs: "".join(fragment + space for fragment, space in pairs)
    )
    | st.text()
)


def sentences(text):
    return [text[start:end] for start, end in split_sentences(text)]


@settings(deadline=None)
@given(texts)
def test_sentences_come_in_order_with_only_white_space_between(text):
    last = 0
    for start, end in split_sentences(text):
        assert last <= start < end
        assert not text[last:start].strip()
        assert text[start:end].strip() == text[start:end]
        last = end
    assert not text[last:].strip()


@settings(deadline=None)
@given(texts)
def test_all_characters_but_white_space_are_in_one_sentence(text):
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())


@settings(deadline=None)
@given(texts)
def test_a_sentence_on_one_line_is_not_split_again(text):
    for sentence in sentences(" ".join(text.split())):
        assert sentences(sentence) == [sentence]


@settings(deadline=None)
@given(texts, texts)
def test_a_blank_line_ends_a_sentence_whatever_stands_around(left, right):
    # blank lines: what comes before them never changes what comes behind
    assert sentences(left + "\n\n" + right) == sentences(left) + sentences(right)


@settings(deadline=None)
@given(texts)
@example("(\nJ.")
@example("(\n-")
@example("(\n#")
@example("(\n>")
def test_white_space_around_a_text_changes_no_sentence(text):
    assert sentences(f" \n{text.strip()}\n ") == sentences(text.strip())


@pytest.mark.parametrize(
    "expected",
    [
        ["李明在北京工作。", "他是教授！", "真的吗？", "是的；", "走吧……", "好。"],
        ["他说：“你好。”", "然后他走了。", "（见图一。）", "完。"],
        ["“真的！？”", "她问。"],
        ["“你来……”，他停了一下，又说：“算了。”"],
        ["真的吗?", "是的!", "他走了.", "我也走了."],
        ["他走了。", '"你好吗？"', "她说。"],
        ["版本为3.14，见3.中国一节。", "他用Python 3.11编程。"],
        ["他在U.S. 工作。", "她在Google Inc.工作。"],
        ["GDP增长5.2%。", "见https://example.com/a?b=c。"],
    ],
)
def test_chinese_sentences(expected):
    assert sentences("".join(expected)) == expected


@pytest.mark.parametrize(
    "expected",
    [
        ["It rained.", "We stayed!", "Why?", "Nobody knows."],
        ["Mr. Smith met Dr. Jones.", "They talked."],
        ["J. R. R. Tolkien wrote it.", "C. S. Lewis read it."],
        ["It costs $3.50 at example.com.", "Pay 2.5 now."],
        ["Apple Inc. CEO Tim Cook spoke.", "He works for Apple Inc.", "He likes it."],
        ["He left the U.S. Army.", "She lives in the U.S.", "The end."],
        ["Well... maybe so.", "Then...", "Nothing.", "Dots …… 5 of them."],
        ['"Really?" he asked.', '"Yes!"', "She ran.", "(See p. 3.)", "Done."],
        ["No. 5 is alive, see Fig. 2.", "He said no.", "Then he left on Jan. 3."],
        ["e.g. this, i.e. that, vs. those, etc. and more."],
        ["It was shown.[12]", "Others disagree.[3][4]", "So it is."],
        ["He arrived at 3 p.m.", "The door was shut."],
        ["1. Do this.", "12. Do that."],
        ["It was plan B.", "The rest is history."],
        ["What?!", "No!!!", "It is 你好.", "好 is good."],
    ],
)
def test_english_sentences(expected):
    assert sentences(" ".join(expected)) == expected


def test_wrapped_prose_goes_on_over_line_breaks():
    text = (
        "The committee met on Monday in the old town hall of\n"
        "Vienna to talk about the plan, which had been drawn up by the\r\n"
        "council. It was then put to the vote. Nobody\n"
        "spoke against it."
    )
    assert [len(s.splitlines()) for s in sentences(text)] == [3, 1, 2]


def test_wrapped_chinese_prose_goes_on_over_line_breaks():
    text = (
        "知识图谱是一种用图来表示知识的方法，它由实体和实体之间的关系组成，\n"
        "可以回答许多问题，也能够用于推荐和搜索等等各种各样的应用场景之中\n"
        "而且很快。"
    )
    assert sentences(text) == [text]


@pytest.mark.parametrize(
    "lines",
    [
        ["A Short Heading", "The text begins here and goes on."],
        ["# A heading in Markdown that is as long as a line of prose would be", "Text"],
        [
            "Needed for the cake that we bake on every Sunday in May are:",
            "- flour",
            "- eggs",
            "* salt",
        ],
        ["1) first", "2) second", "(c) third", "④ fourth", "| a table | row"],
        ["关于做好工作的通知", "各单位要做好工作。"],
        ["一、总则", "二、附则", "（一）范围", "第三条 本法适用", "第四章 附则"],
        ["　　这一段没有句号", "　　这一段也没有"],
        ["x" * 200, "A line as long as no wrapped one"],
    ],
)
def test_headings_items_and_paragraphs_end_with_their_line(lines):
    assert sentences("\n".join(lines)) == [line.strip() for line in lines]


def test_an_indented_first_line_begins_a_paragraph():
    line = "the first paragraph is wrapped at a width that many people use"
    assert sentences(f"{line}\n    The next") == [line, "The next"]
    assert sentences(f"    {line}\n    The same") == [f"{line}\n    The same"]


def test_a_blank_line_ends_even_an_abbreviation():
    assert sentences("seen by Dr.\n\nBrown, e.g.\r\n \r\nhere") == [
        "seen by Dr.",
        "Brown, e.g.",
        "here",
    ]


@pytest.mark.parametrize("text", ["", " \n\t\u3000"])
def test_a_blank_text_has_no_sentence(text):
    assert sentences(text) == []


def test_sentences_stream():
    stream = split_sentences("一。" * 10_000_000)
    assert [next(stream), next(stream)] == [(0, 2), (2, 4)]


@pytest.mark.parametrize(
    "unit",
    [
        *[
            "a",
            ".",
            ". ",
            "。",
            "…",
            '."',
            '。"',
            '"',
            "A\n",
            "a\n",
            " ",
            "\n",
            "a. ",
            "A.",
            "1.",
            "\r",
        ],
        *[
            ") ",
            ".)",
            "[1]",
            ".[1]",
            " \n",
            "\u3000",
            "#\n",
            "- ",
            "，",
            "(",
            "e.g.",
            '. "A',
            "U.S. ",
        ],
    ],
)
def test_time_is_linear_in_hostile_text(unit):
    def seconds(size):
        text = unit * (size // len(unit))
        start = time.perf_counter()
        for _ in split_sentences(text):
            pass
        return time.perf_counter() - start

    # a quadratic rule would take minutes
    assert seconds(200_000) < 2
