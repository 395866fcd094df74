import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.vectors.ngram import NgramConfig, vocabulary
from lexloom.vectors.ngram.vocabulary import Vocabulary, read_corpus, wrap

CORPUS = [["b", "a", "c"], ["b", "a"], ["d"], ["é", "b"]]


def test_words_come_by_falling_count_then_by_their_bytes():
    words, _ = read_corpus(CORPUS, NgramConfig())
    assert words.words == ["<unk>", "<s>", "</s>", "b", "a", "c", "d", "é"]


def test_sentences_are_wrapped_in_their_borders():
    _, sentences = read_corpus(CORPUS, NgramConfig())
    assert sentences.ids.tolist() == [1, 3, 4, 5, 2, 1, 3, 4, 2, 1, 6, 2, 1, 7, 3, 2]
    assert sentences.starts.tolist() == [0, 5, 9, 12]
    assert sentences.lengths.tolist() == [5, 4, 3, 4]


def test_rare_words_and_those_above_the_limit_are_unknown():
    words, sentences = read_corpus(CORPUS, NgramConfig(min_count=2))
    assert words.words[3:] == ["b", "a"]
    assert sentences.ids.tolist() == [1, 3, 4, 0, 2, 1, 3, 4, 2, 1, 0, 2, 1, 0, 3, 2]
    words, _ = read_corpus(CORPUS, NgramConfig(max_words=1))
    assert words.words[3:] == ["b"]


def test_special_words_in_a_text_are_unknown_words():
    words, sentences = read_corpus([["<s>", "a", "</s>"], ["<unk>", "b"]], NgramConfig())
    assert words.words[3:] == ["a", "b"]
    assert sentences.ids.tolist() == [1, 0, 3, 0, 2, 1, 0, 4, 2]
    assert words.encode(["<s>", "a", "</s>", "<unk>", "zz"]).tolist() == [0, 3, 0, 0, 0]
    assert "a" in words
    assert "<s>" not in words
    assert "zz" not in words


@given(st.lists(st.lists(st.sampled_from(["a", "b", "c", "长"]), max_size=4), min_size=1))
def test_reading_in_pieces_changes_nothing(corpus):
    corpus = [*corpus, ["a", "b"]]
    whole = read_corpus(corpus, NgramConfig())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vocabulary, "WORDS_AT_ONCE", 3)
        pieces = read_corpus(corpus, NgramConfig())
    assert whole[0].words == pieces[0].words
    assert whole[1].ids.tolist() == pieces[1].ids.tolist()
    again = whole[0].encode_sentences([sentence for sentence in corpus if sentence])
    assert again.ids.tolist() == whole[1].ids.tolist()


def test_sentences_may_be_empty_and_without_an_end():
    ids, lengths = np.array([5, 6], np.int32), np.array([0, 2, 0])
    assert wrap(ids, lengths).ids.tolist() == [1, 2, 1, 5, 6, 2, 1, 2]
    assert wrap(ids, lengths, ends=False).ids.tolist() == [1, 1, 5, 6, 1]
    assert wrap(ids[:0], lengths[:0]).ids.tolist() == []


def test_the_nearest_spelling_is_named():
    words = Vocabulary(["<unk>", "<s>", "</s>", "house", "mouse", "Haus"])
    assert words.nearest("houes") == "did you mean 'house'?"
    assert words.nearest("HOUSE") == "did you mean 'house'?"
    assert words.nearest("ouse") == "did you mean 'house'?"
    assert words.nearest("xyz") == "no known word is spelled like it"
