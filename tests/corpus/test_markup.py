import sys

import pytest

from lexloom.corpus.markup import MARKUPS, strip_markup

HOSTILE = [
    "{{", "[[", "<!--", "{|", "[", "](", "[](", "![](", "<a ", "<ref ", "<ref>", "<math>", "**",
    "*", "_", "`", "> ", "| ", "[[a|", "[//a", "[[[[a]]", "{{a}}", "\\", "# ", "[^", "='", "----",
    "[x](a(", "== ", "&amp", "|}", "}}", "]]", "[[File:", "\n|-\n", "_a", "*a", "[a](b", "<nowiki>",
]  # fmt: skip


def test_the_name_decides_and_no_name_changes_nothing():
    assert strip_markup("# a [[b]]", "markdown") == "a [[b]]"
    assert strip_markup("# a [[b]]", "wikitext") == "a b"
    assert strip_markup("# a [[b]]", "") == "# a [[b]]"
    assert strip_markup("# a [[b]]", "rst") == "# a [[b]]"


def num_calls(markup, text):
    """How many Python and C calls it takes: a measure of work that no clock disturbs."""
    count = 0

    def step(*_):
        nonlocal count
        count += 1

    sys.setprofile(step)
    try:
        strip_markup(text, markup)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("markup", MARKUPS)
@pytest.mark.parametrize("piece", ["{{", "[[", "<!--", "<ref>", "|", "[[a|b]]", "\n- "])
def test_twice_the_text_takes_at_most_twice_the_calls(markup, piece):
    once, twice = (num_calls(markup, piece * times) for times in (2_000, 4_000))
    assert twice <= 2.2 * once + 100


@pytest.mark.slow
@pytest.mark.parametrize("markup", MARKUPS)
@pytest.mark.parametrize("piece", HOSTILE)
def test_a_hundred_kilobytes_of_one_mark_end(markup, piece):
    # quadratic work on these would take minutes: the marks are tens of thousands
    strip_markup(piece * (100_000 // len(piece)), markup)
    strip_markup(piece * (50_000 // len(piece)) + "x" * 50_000, markup)
