from pathlib import Path

import numpy as np
import pytest

from lexloom.errors import ConfigError, InputError
from lexloom.vectors.ngram import NgramConfig, train
from lexloom.vectors.ngram.arpa import write_arpa

GOLDEN = Path(__file__).parent / "golden"
TINY = [line.split() for line in (GOLDEN / "tiny.txt").read_text(encoding="utf-8").splitlines()]


def lines_of(path):
    """The numbers of each n-gram of an ARPA file, told by its words."""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        fields = line.split("\t")
        if len(fields) > 1:
            found[fields[1]] = [float(number) for number in (fields[0], *fields[2:])]
    return found


@pytest.mark.parametrize(
    ("name", "sentences", "order", "fallbacks"),
    [("tiny.arpa", TINY, 3, []), ("six.arpa", TINY[:6], 4, [2, 3, 4])],
)
def test_kneser_ney_is_what_lmplz_writes(tmp_path, name, sentences, order, fallbacks):
    # golden/*.arpa: lmplz of kenlm 0.3.0, -o ORDER --discount_fallback, on these sentences
    model, report = train(sentences, NgramConfig(order=order))
    write_arpa(model, tmp_path / "ours.arpa")
    ours, theirs = lines_of(tmp_path / "ours.arpa"), lines_of(GOLDEN / name)
    assert report.fallback_orders == fallbacks
    assert ours.keys() == theirs.keys()
    for gram, numbers in theirs.items():
        assert ours[gram] == pytest.approx(numbers, abs=2e-6), gram


def test_the_report_counts():
    _, report = train([["a", "b", "a"], [], ["c"]], NgramConfig(order=2, min_count=2))
    assert (report.num_sentences, report.num_words, report.num_unknown) == (2, 4, 2)
    # 3 special words and a; <s> a, a <unk>, <unk> a, a </s>, <s> <unk>, <unk> </s>
    assert report.num_ngrams == [4, 6]


def test_the_same_sentences_in_another_order_give_the_same_model():
    one, _ = train(TINY, NgramConfig(order=3))
    other, _ = train(TINY[::-1], NgramConfig(order=3))
    assert one.vocabulary.words == other.vocabulary.words
    for a, b in zip(one.levels, other.levels, strict=True):
        np.testing.assert_array_equal(a.log_probs, b.log_probs)


def test_the_order_must_fit_a_sentence():
    train([["a", "b"]], NgramConfig(order=4))
    with pytest.raises(ConfigError, match="order must be at most 4, got 5: the longest sentence"):
        train([["a", "b"], ["a"]], NgramConfig(order=5))


@pytest.mark.parametrize(
    ("sentences", "settings", "problem"),
    [
        ([], {}, "holds no word"),
        ([[], []], {}, "holds no word"),
        ([["a", "a"], ["a"]], {}, "holds one word only, 3 times"),
        ([["a", "b", "b"]], {"min_count": 3}, "no word is seen 3 times.*seen 2 times"),
        ([["<s>", "</s>"]], {}, "no word is seen"),
    ],
)
def test_a_corpus_without_words_to_choose_between_is_refused(sentences, settings, problem):
    with pytest.raises(InputError, match=problem):
        train(sentences, NgramConfig(**settings))


def test_what_was_read_from_a_file_is_no_smoothing_to_train():
    with pytest.raises(ConfigError, match="smoothing must be one of 'kneser-ney'"):
        train(TINY, NgramConfig(smoothing="given"))


def test_progress_counts_every_word():
    seen, steps = [], []
    train(TINY, NgramConfig(order=2), on_words=seen.append, on_step=steps.append)
    assert sum(seen) == sum(map(len, TINY))
    assert steps == ["counting n-grams", "smoothing"]
