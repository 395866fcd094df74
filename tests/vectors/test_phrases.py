import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lexloom.errors import ConfigError
from lexloom.nn.kernels.word2vec_job import SENTENCE_END
from lexloom.vectors import phrases
from lexloom.vectors.corpus import CorpusConfig, encode_sentences, encode_texts
from lexloom.vectors.phrases import CountedWords, PhrasesConfig, join_phrases, phrase_of
from lexloom.vectors.vocabulary import VocabularyConfig

SENTENCES = st.lists(st.lists(st.sampled_from("abcd"), max_size=12), min_size=1, max_size=30)
LOW = PhrasesConfig(phrase_passes=1, phrase_threshold=0.5, min_phrase_count=2)


def corpus_config(**settings):
    return CorpusConfig(vocabulary=VocabularyConfig(min_count=1), phrases=PhrasesConfig(**settings))


def score_by_hand(config, pair, words, num_words, key):
    a, b = (words[word] for word in key)
    if pair < config.min_phrase_count:
        return -np.inf
    if config.phrase_score == "mikolov":
        return (pair - config.min_phrase_count) / a / b * num_words
    share = pair / num_words
    with np.errstate(divide="ignore", invalid="ignore"):
        score = np.log(share / (a / num_words) / (b / num_words)) / -np.log(share)
    return 1.0 if np.isnan(score) else score


def join_by_hand(sentences, config):
    """The same, word by word, as word2phrase.c goes along a sentence."""
    for _ in range(config.phrase_passes):
        words = Counter(word for sentence in sentences for word in sentence)
        pairs = Counter(pair for s in sentences for pair in itertools.pairwise(s))
        num_words = sum(words.values())
        joined = []
        for sentence in sentences:
            new, at = [], 0
            while at < len(sentence):
                key = tuple(sentence[at : at + 2])
                if len(key) == 2 and (
                    score_by_hand(config, pairs[key], words, num_words, key) > config.threshold
                ):
                    new.append("_".join(key))
                    at += 2
                else:
                    new.append(sentence[at])
                    at += 1
            joined.append(new)
        sentences = joined
    return sentences


def joined(sentences, config, folder):
    """Sentences through `join_phrases`, in two files."""
    words = sorted({word for sentence in sentences for word in sentence})
    numbers = {word: number for number, word in enumerate(words)}
    paths, half = [], len(sentences) // 2
    for name, part in (("a", sentences[:half]), ("b", sentences[half:])):
        ids = [n for s in part for n in [*(numbers[w] for w in s), SENTENCE_END]]
        paths.append(folder / f"{name}.bin")
        paths[-1].write_bytes(np.array(ids, np.uint32).tobytes())
    counts = Counter(word for sentence in sentences for word in sentence)
    counted = CountedWords(
        [word.encode() for word in words], np.array([counts[w] for w in words], np.int64)
    )
    after = join_phrases(paths, counted, config)
    found = []
    for path in paths:
        ids = np.fromfile(path, np.uint32)
        for sentence in np.split(ids, np.flatnonzero(ids == SENTENCE_END) + 1)[:-1]:
            found.append([after.words[number].decode() for number in sentence[:-1]])
    return found, after


@pytest.mark.parametrize("score", ["mikolov", "npmi"])
@pytest.mark.parametrize("piece_ids", [1 << 20, 13])
@settings(max_examples=30)
@given(sentences=SENTENCES, passes=st.integers(1, 3))
def test_phrases_are_those_of_a_walk_along_each_sentence(
    tmp_path_factory, score, piece_ids, sentences, passes
):
    config = PhrasesConfig(
        phrase_passes=passes, phrase_score=score, phrase_threshold=0.1, min_phrase_count=2
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(phrases, "PIECE_IDS", piece_ids)
        patch.setattr(phrases, "MERGED_PAIRS", 3)
        found, after = joined(sentences, config, tmp_path_factory.mktemp("phrases"))
    assert found == join_by_hand(sentences, config)
    counts = Counter(word for sentence in found for word in sentence)
    by_word = zip(after.words, after.counts.tolist(), strict=True)
    assert {word.decode(): count for word, count in by_word if count} == dict(counts)


def test_a_text_learns_its_phrases_of_two_and_of_four_words(tmp_path):
    rng = np.random.default_rng(0)
    filler = [f"w{n}" for n in range(200)]
    lines = [" ".join([*rng.choice(filler, 6), "New York Stock Exchange"]) for _ in range(100)]
    config = corpus_config(phrase_passes=1, phrase_threshold=5.0)
    corpus = encode_texts(["\n".join(lines)], tmp_path / "one", config)
    assert {"new_york", "stock_exchange"} < set(corpus.vocabulary.words)
    assert "york" not in corpus.vocabulary.words
    assert corpus.record.num_words == 1000
    config = corpus_config(phrase_passes=2, phrase_threshold=5.0)
    corpus = encode_texts(["\n".join(lines)], tmp_path / "two", config)
    assert corpus.vocabulary.words[0] == "new_york_stock_exchange"
    assert corpus.vocabulary.counts[0] == 100


def test_chinese_characters_are_joined_without_a_delimiter(tmp_path):
    rng = np.random.default_rng(1)
    fill = "的一是在不了有和人这中大为上个"
    lines = ["".join([*rng.choice([*fill], 5), "葡萄", *rng.choice([*fill], 5)]) for _ in range(90)]
    config = corpus_config(phrase_passes=1, phrase_threshold=3.0)
    corpus = encode_texts(["\n".join(lines)], tmp_path / "c", config)
    assert "葡萄" in corpus.vocabulary.words
    assert not {"葡", "萄", "葡_萄"} & set(corpus.vocabulary.words)
    # the word that the text has itself and the phrase are one
    cut = [["葡", "萄", str(n)] for n in range(30)] + [["葡萄", str(n)] for n in range(7)]
    config = corpus_config(phrase_passes=1, phrase_threshold=1.0)
    corpus = encode_sentences(cut, tmp_path / "d", config)
    assert (corpus.vocabulary.words[0], corpus.vocabulary.counts[0]) == ("葡萄", 37)


@pytest.mark.parametrize(
    ("words", "whole"),
    [
        (["new", "york"], "new_york"),
        (["中", "国"], "中国"),
        (["卡拉", "ok"], "卡拉_ok"),
        (["𠮷", "野家"], "𠮷野家"),
        (["x", "中"], "x_中"),
    ],
)
def test_how_a_phrase_is_written(words, whole):
    assert phrase_of([word.encode() for word in words], "_") == whole.encode()


def test_a_phrase_does_not_reach_over_the_end_of_a_sentence(tmp_path):
    sentences = [["a", "b"], ["c"]] * 50
    found, _ = joined(sentences, LOW, tmp_path)
    assert ["c"] in found
    assert {word for sentence in found for word in sentence} == {"a_b", "c"}


def test_no_passes_change_nothing(tmp_path):
    sentences = [["a", "b"]] * 50
    plain = encode_sentences(sentences, tmp_path / "a", corpus_config())
    assert plain.vocabulary.words == ["a", "b"]
    rare = encode_sentences(
        sentences, tmp_path / "b", corpus_config(phrase_passes=3, min_phrase_count=51)
    )
    assert [*rare.sentences()] == [*plain.sentences()]


def test_words_that_differ_in_lone_surrogates_are_one(tmp_path):
    sentences = [["\ud800", "x", "\udfff"]] * 3
    corpus = encode_sentences(sentences, tmp_path / "c", corpus_config())
    assert dict(zip(corpus.vocabulary.words, corpus.vocabulary.counts.tolist(), strict=True)) == {
        "?": 6,
        "x": 3,
    }


def test_the_usual_thresholds_belong_to_the_scores():
    assert PhrasesConfig().threshold == 100
    assert PhrasesConfig(phrase_score="npmi").threshold == 0.5
    assert PhrasesConfig(phrase_threshold=0.0).threshold == 0


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"phrase_passes": 0}, r"phrase_passes must be in \[1, 10\], got 0"),
        ({"min_phrase_count": 0}, "min_phrase_count must be at least 1, got 0"),
        ({"delimiter": " "}, "delimiter must hold no white space"),
    ],
)
def test_wrong_settings_are_said(settings, reason):
    with pytest.raises(ConfigError, match=reason):
        PhrasesConfig(**settings)


@pytest.mark.parametrize("score", ["mikolov", "npmi"])
def test_phrases_are_gensim_s(tmp_path, score):
    gensim = pytest.importorskip("gensim.models.phrases")
    rng = np.random.default_rng(3)
    text = [[f"w{n}" for n in rng.zipf(1.5, 12) % 30] for _ in range(300)]
    config = PhrasesConfig(phrase_passes=1, phrase_score=score, phrase_threshold=0.2)
    found, _ = joined(text, config, tmp_path)
    scorer, threshold = ("npmi", 0.2) if score == "npmi" else ("default", 0.2)
    model = gensim.Phrases(text, min_count=5, threshold=threshold, scoring=scorer)
    if score == "mikolov":
        # gensim multiplies by the number of different words and pairs, the paper's code by all
        model.threshold = threshold * len(model.vocab) / sum(map(len, text))
    assert found == [model[sentence] for sentence in text]
