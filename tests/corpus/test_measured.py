from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.corpus.measured import Measured


@given(st.lists(st.sampled_from(["a", "bb", "", " "])))
def test_line_shares_are_those_of_counting(lines):
    shares = Measured.of("\n".join(lines)).repeated_line_shares()
    kept = [line for line in lines if line.strip()]
    repeats = [line for number, line in enumerate(kept) if line in kept[:number]]
    if not repeats:
        assert shares == (0.0, 0.0)
        return
    expected = (len(repeats) / len(kept), sum(map(len, repeats)) / sum(map(len, kept)))
    assert shares == pytest.approx(expected)


@given(st.lists(st.sampled_from("abc"), max_size=30), st.integers(1, 3), st.integers(1, 4))
def test_gram_shares_are_those_of_counting(words, top_size, repeat_size):
    def grams(size):
        return [tuple(words[n : n + size]) for n in range(len(words) - size + 1)]

    top, repeated = Measured.of(" ".join(words)).gram_shares(top_size, repeat_size)
    most = max(Counter(grams(top_size)).values(), default=0)
    assert top == (min(1.0, most * top_size / len(words)) if most > 1 else 0.0)
    runs = grams(repeat_size)
    assert repeated == pytest.approx(1 - len(set(runs)) / len(runs) if runs else 0.0)
