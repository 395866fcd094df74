import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lexloom.corpus.sentences import split_sentences
from lexloom.extract.pieces import Limits, cut_pieces

texts = st.text(st.sampled_from("ab 一二，。.,;\n\u0301😀")) | st.text()


def count_words(text):
    return len(text.split())


def cut(text, max_units, max_part_units, count_units=len):
    return list(cut_pieces(text, count_units, Limits(max_units, max_part_units)))


def strings(text, *limits):
    return [text[piece.start : piece.end] for piece in cut(text, *limits)]


@settings(deadline=None)
@given(texts, st.integers(1, 12), st.integers(1, 12), st.sampled_from([len, count_words]))
def test_pieces_cover_the_text_within_the_limit(text, max_units, max_part_units, count_units):
    last = 0
    pieces = cut(text, max(max_units, max_part_units), max_part_units, count_units)
    for number, piece in enumerate(pieces):
        gap = text[last : piece.start]
        assert not gap.strip()
        assert number == 0 or piece.num_gap_units == (count_units(gap) if gap else 0)
        assert count_units(text[piece.start : piece.end]) <= piece.num_units
        assert piece.num_units <= max(max_units, max_part_units)
        last = piece.end
    assert not text[last:].strip()


@settings(deadline=None)
@given(texts)
def test_pieces_are_the_sentences_where_those_fit(text):
    pieces = cut(text, len(text) + 1, 1)
    assert [(piece.start, piece.end) for piece in pieces] == list(split_sentences(text))
    assert [piece.sentence for piece in pieces] == list(range(len(pieces)))


def test_a_long_sentence_is_cut_at_its_clause_marks():
    text = "他今天去了北京，然后去了上海，最后回到了家里。"
    assert strings(text, 10, 10) == ["他今天去了北京，", "然后去了上海，", "最后回到了家里。"]
    text = "He went home, ate 1,000 figs; and slept well."
    assert strings(text, 20, 20) == ["He went home,", "ate 1,000 figs;", "and slept well."]


def test_a_clause_that_is_too_long_is_cut_at_white_space():
    assert strings("one two three four five.", 10, 10) == ["one two", "three four", "five."]


def test_a_word_that_is_too_long_is_cut_anywhere():
    assert strings("一二三四五六七", 3, 3) == ["一二三", "四五六", "七"]


def test_the_parts_of_a_sentence_share_its_number():
    assert [piece.sentence for piece in cut("One. Two words here. Three.", 10, 10)] == [0, 1, 1, 2]


@pytest.mark.parametrize("cluster", ["e\u0301\u0302", "👩\u200d👧", "👍\U0001f3fd", "\ud83d\ude00"])
def test_a_cut_leaves_a_character_with_its_marks_whole(cluster):
    text = cluster * 20
    for piece in cut(text, 7, 7):
        assert text[piece.start : piece.end] == cluster * (
            (piece.end - piece.start) // len(cluster)
        )


def test_marks_without_end_are_cut_all_the_same():
    text = "e" + "\u0301" * 1_000
    assert unicodedata.combining(text[1])
    assert all(piece.num_units <= 50 for piece in cut(text, 50, 50))


def test_a_word_of_uneven_density_is_cut_within_the_limit():
    def count_units(text):  # as bytes do: an emoji weighs more
        return sum(4 if char == "😀" else 1 for char in text)

    text = "a" * 50 + "😀" * 50
    pieces = cut(text, 10, 10, count_units)
    assert all(count_units(text[p.start : p.end]) <= 10 for p in pieces)
    assert pieces[-1].end == len(text)


def test_a_character_that_is_over_the_limit_stands_alone():
    assert strings("😀😀", 1, 1, lambda text: 4 * len(text)) == ["😀", "😀"]


def test_a_sentence_far_too_long_is_not_counted_whole():
    longest = 0

    def count_units(text):
        nonlocal longest
        longest = max(longest, len(text))
        return len(text)

    text = "word " * 20_000
    assert cut(text, 100, 25, count_units)[-1].end == len(text) - 1
    assert longest < 1_000
