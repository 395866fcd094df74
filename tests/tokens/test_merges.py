import itertools
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from lexloom.tokens.merges import MergeLimits, learn_merges


def apply(parts, pair):
    out, at = [], 0
    while at < len(parts):
        if at + 1 < len(parts) and (parts[at], parts[at + 1]) == pair:
            out.append(parts[at] + parts[at + 1])
            at += 2
        else:
            out.append(parts[at])
            at += 1
    return out


def limits(num_pieces=10, min_count=1):
    return MergeLimits(num_pieces=num_pieces, min_count=min_count, max_piece_length=16)


words = st.dictionaries(st.text("abc", min_size=1, max_size=5), st.integers(1, 5), max_size=6)


@settings(deadline=None, max_examples=60)
@given(words)
def test_each_merge_is_one_of_the_most_frequent_pairs(counts):
    words = {word: [(char,) for char in word] for word in counts}
    for pair in learn_merges(counts, list, "abc", limits()):
        pairs = Counter()
        for word, parts in words.items():
            # "aaa" holds one pair of neighbours that can be merged, but the library counts two
            for neighbours in itertools.pairwise(parts):
                pairs[neighbours] += counts[word]
        assert pairs[pair] > 0
        if not any(left == right for left, right in pairs):
            assert pairs[pair] == max(pairs.values())
        words = {word: apply(parts, pair) for word, parts in words.items()}


@settings(deadline=None, max_examples=30)
@given(words, st.randoms())
def test_the_order_of_the_words_changes_nothing(counts, random):
    items = list(counts.items())
    random.shuffle(items)
    assert learn_merges(dict(items), list, "abc", limits()) == learn_merges(
        counts, list, "abc", limits()
    )


def test_a_word_with_another_symbol_teaches_nothing():
    assert learn_merges({"axb": 9}, list, "ab", limits()) == []
    assert learn_merges({"ab": 9}, list, "ab", limits(num_pieces=0)) == []


def test_rare_pairs_are_left_out():
    assert learn_merges({"ab": 3, "cd": 2}, list, "abcd", limits(min_count=3)) == [(("a",), ("b",))]


def test_symbols_may_be_longer_than_a_character_and_counts_large():
    spell = {"x": ["a", "##b"]}.__getitem__
    assert learn_merges({"x": 10_000}, spell, ["a", "##b"], limits()) == [(("a",), ("##b",))]
