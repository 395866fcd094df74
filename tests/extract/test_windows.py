import itertools
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lexloom.corpus.sentences import split_sentences
from lexloom.errors import ConfigError
from lexloom.extract.merge import FoundMention, WindowFacts, merge_windows
from lexloom.extract.windows import Window, make_windows

texts = st.text(st.sampled_from("abA 一二，。.,;!\n")) | st.lists(
    st.sampled_from(["一二三。", "A b c. ", "去了，回来；", "word ", "\n\n", "x" * 30, "Hi! "])
).map("".join)
sizes = st.integers(1, 40)
overlaps = st.integers(0, 3)
most_sentences = st.none() | st.integers(1, 3)


def count_words(text):
    return len(text.split())


def windows(text, max_units, overlap=0, max_sentences=None, count_units=len):
    return list(
        make_windows(
            text,
            max_units=max_units,
            overlap_sentences=overlap,
            count_units=count_units,
            max_sentences=max_sentences,
        )
    )


def parts(text, *arguments):
    """The strings of each window: left context, core, right context."""
    return [
        (text[w.start : w.core_start], text[max(w.start, w.core_start) : w.core_end].strip(),
         text[w.core_end : w.end])
        for w in windows(text, *arguments)
    ]  # fmt: skip


@settings(deadline=None)
@given(texts, sizes, overlaps, most_sentences)
def test_cores_tile_the_text(text, max_units, overlap, max_sentences):
    last = 0
    for window in windows(text, max_units, overlap, max_sentences):
        assert window.core_start == last < window.core_end
        last = window.core_end
    assert last == (len(text) if text.strip() else 0)


@settings(deadline=None)
@given(texts, sizes, overlaps, most_sentences, st.sampled_from([len, count_words]))
def test_no_window_is_over_the_limit(text, max_units, overlap, max_sentences, count_units):
    for window in windows(text, max_units, overlap, max_sentences, count_units):
        assert window.start < window.end
        assert count_units(text[window.start : window.end]) <= max_units


@settings(deadline=None)
@given(texts, sizes, overlaps, most_sentences)
def test_a_core_lies_in_its_window_but_for_white_space(text, max_units, overlap, max_sentences):
    for window in windows(text, max_units, overlap, max_sentences):
        assert not text[window.core_start : window.start].strip()
        assert not text[window.end : window.core_end].strip()


@settings(deadline=None)
@given(texts, overlaps)
def test_a_text_that_fits_is_one_window(text, overlap):
    found = windows(text, len(text) + 1, overlap)
    assert [(w.core_start, w.core_end) for w in found] == [(0, len(text))][: len(found)]
    assert bool(found) == bool(text.strip())


@settings(deadline=None)
@given(texts)
def test_one_sentence_for_each_window_can_be_asked_for(text):
    found = windows(text, len(text) + 1, 0, 1)
    assert [(window.start, window.end) for window in found] == list(split_sentences(text))


@settings(deadline=None)
@given(texts, st.integers(0, 3))
def test_context_is_whole_sentences_on_both_sides(text, overlap):
    borders = list(split_sentences(text))
    for number, window in enumerate(windows(text, 10 * len(text) + 10, overlap, 1)):
        assert window.start == borders[max(0, number - overlap)][0]
        assert window.end == borders[min(len(borders) - 1, number + overlap)][1]


TEXT = "One a. Two b. Three c. Four d. Five e."


def test_sentences_are_packed_up_to_the_limit():
    assert parts(TEXT, 22) == [("", "One a. Two b. Three c.", ""), ("", "Four d. Five e.", "")]


def test_packed_windows_overlap_by_sentences():
    assert parts(TEXT, 26, 1) == [
        ("", "One a. Two b.", "Three c."),
        ("Two b. ", "Three c.", "Four d."),
        ("Three c. ", "Four d. Five e.", ""),
    ]


def test_the_parts_of_a_cut_sentence_overlap_even_without_context():
    text = "他今天去了北京，然后去了上海，最后回到了家里，他很高兴。"
    found = windows(text, 20)
    assert len(found) > 1
    for left, right in itertools.pairwise(found):
        assert right.start < right.core_start == left.core_end < left.end


def test_a_blank_text_has_no_window():
    assert windows(" \n", 10) == []


def test_a_window_owns_its_core():
    window = Window(0, 9, 3, 6)
    assert [at for at in range(9) if window.owns(at)] == [3, 4, 5]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_units": 0}, "max_units must be at least 1, got 0"),
        ({"overlap": -1}, "overlap_sentences must be at least 0, got -1"),
        ({"max_sentences": 0}, "max_sentences must be at least 1, got 0"),
    ],
)
def test_a_number_out_of_range_is_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        windows("a", **({"max_units": 5} | options))


def find_names(text, window):
    """A finder that sees one window only: names such as N12."""
    stretch = text[window.start : window.end]
    return WindowFacts(
        window,
        mentions=tuple(
            FoundMention("name", window.start + m.start(), window.start + m.end())
            for m in re.finditer(r"\bN\d+\b", stretch)
        ),
    )


def names(text, *arguments):
    found = (find_names(text, window) for window in windows(text, *arguments))
    return [(e.start, e.text) for e in merge_windows(text, found).entities]


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(["we saw N1 there. ", "N22! ", "他见了 N333。", "so, ", "\n\n", "and "])
    ),
    st.integers(20, 60),
    overlaps,
    most_sentences,
)
def test_what_is_found_does_not_depend_on_the_windows(pieces, max_units, overlap, max_sentences):
    text = "".join(pieces)
    whole = [(m.start(), m[0]) for m in re.finditer(r"\bN\d+\b", text)]
    assert names(text, max_units, overlap, max_sentences) == whole


@pytest.mark.parametrize("filler", ["They talked about other things. ", "他们谈了别的事情。"])
def test_a_fact_at_the_end_of_a_long_text_is_found_as_at_its_start(filler):
    fact = "We met N77 in May. "
    text = fact + filler * (50_000 // len(filler)) + fact
    (first, last) = names(text, 128, 1)
    assert first == (7, "N77")
    assert last == (text.rindex("N77"), "N77")


@pytest.mark.parametrize("text", ["a" * 300_000, "一。" * 100_000, "a, " * 100_000, ". " * 100_000])
def test_time_is_linear_in_hostile_text(text):
    start = time.perf_counter()
    assert len(windows(text, 64, 2)) > 1_000
    assert time.perf_counter() - start < 5


def test_windows_stream():
    stream = make_windows(
        "一二三。" * 5_000_000, max_units=64, overlap_sentences=1, count_units=len
    )
    assert next(stream).core_start == 0
