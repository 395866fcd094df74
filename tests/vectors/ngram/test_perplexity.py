import json

import pytest

from lexloom.errors import InputError
from lexloom.vectors.ngram import NgramConfig, perplexity, train
from lexloom.vectors.ngram.perplexity import score_texts

CORPUS = [line.split() for line in ("the dog ran", "the cat ran home", "a dog and a cat")]
TEXTS = ["the dog ran\nthe zebra ran home\n", "\n", "a cat"]
SENTENCES = [["the", "dog", "ran"], ["the", "zebra", "ran", "home"], ["a", "cat"]]


@pytest.fixture
def model():
    return train(CORPUS, NgramConfig(order=3, unit="token"))[0]


@pytest.mark.parametrize("at_once", [1, 2, 100])
def test_the_report_sums_the_sentences(model, at_once, monkeypatch):
    monkeypatch.setattr(perplexity, "SENTENCES_AT_ONCE", at_once)
    scores, words = [], []
    report = score_texts(model, TEXTS, on_sentence=scores.append, on_words=words.append)
    assert [score.log10_prob for score in scores] == pytest.approx(
        model.score_sentences(SENTENCES).tolist()
    )
    assert [score.text for score in scores] == [" ".join(words) for words in SENTENCES]
    assert [score.num_unknown for score in scores] == [0, 1, 0]
    assert [score.num_tokens for score in scores] == [4, 5, 3]
    assert (report.num_sentences, report.num_tokens, report.num_unknown) == (3, 12, 1)
    assert report.log10_prob == pytest.approx(sum(score.log10_prob for score in scores))
    assert report.perplexity == pytest.approx(model.perplexity(SENTENCES))
    assert report.perplexity_known == pytest.approx(10 ** (-report.log10_prob_known / 11))
    assert sum(report.num_found.values()) == 12
    assert sum(words) == 9


def test_the_unknown_word_is_left_out_of_one_perplexity_only(model):
    report = score_texts(model, ["zebra"])
    ids = [1, 0, 2]
    assert 10**-report.log10_prob_known == pytest.approx(
        1 / model.distribution(ids[:2])[2], rel=1e-4
    )
    assert report.log10_prob < report.log10_prob_known


def test_impossible_text_is_null_in_json():
    model, _ = train(CORPUS, NgramConfig(order=2, unit="token", smoothing="maximum-likelihood"))
    scores = []
    report = score_texts(model, ["zebra"], on_sentence=scores.append)
    assert json.loads(json.dumps(report.to_dict(), allow_nan=False))["perplexity"] is None
    assert scores[0].log10_prob is None


@pytest.mark.parametrize("texts", [[], [""], [" \n\n"]])
def test_texts_without_a_sentence_are_refused(model, texts):
    with pytest.raises(InputError, match="hold no sentence to score"):
        score_texts(model, texts)
