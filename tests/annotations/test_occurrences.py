from hypothesis import given
from hypothesis import strategies as st

from lexloom.annotations.occurrences import MAX_OCCURRENCES, nearest, nearest_pair, occurrences

SHORT = st.text("ab李 ", max_size=12)


@given(SHORT, st.text("ab李", min_size=1, max_size=3))
def test_every_occurrence_holds_the_string_and_none_is_missed(text, string):
    starts = occurrences(text, string)
    assert starts == sorted(set(starts))
    assert all(text[start:].startswith(string) for start in starts)
    assert bool(starts) == (string in text)


def test_whole_words_go_before_places_inside_of_words():
    assert occurrences("Peters met Peter", "Peter") == [11]
    assert occurrences("Peters", "Peter") == [0]
    assert occurrences("2014年有2014人，12014", "2014") == [0, 6]
    assert occurrences("大李明明", "李明") == [1]
    assert occurrences("A-B (B)", "B") == [2, 5]


def test_no_string_stands_nowhere_and_a_frequent_one_is_cut_off():
    assert occurrences("text", "") == []
    assert len(occurrences("李" * 1000, "李")) == MAX_OCCURRENCES


@given(SHORT, st.text("ab李", min_size=1, max_size=2), st.integers(0, 12), st.integers(0, 4))
def test_the_nearest_place_is_that_of_a_search_over_all(text, string, place, within):
    starts = [n for n in range(len(text)) if text.startswith(string, n)]
    near = [start for start in starts if abs(start - place) <= within]
    expected = min(near, key=lambda start: (abs(start - place), start), default=None)
    assert nearest(text, string, place, within) == expected


def test_the_nearest_pair_does_not_overlap_if_it_need_not():
    assert nearest_pair([0, 20], [9, 30], (4, 4)) == (0, 9)
    assert nearest_pair([0, 20], [0, 30], (4, 4)) == (20, 30)
    assert nearest_pair([3], [3], (2, 5)) == (3, 3)
    assert nearest_pair([10], [2, 18], (2, 2)) == (10, 2)
