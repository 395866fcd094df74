import pytest

from lexloom.errors import ConfigError, InputError
from lexloom.vectors.ngram import NgramConfig, ask, train
from lexloom.vectors.ngram.ask import BLANK, GenerateConfig, fill_blank, generate, next_words

SENTENCES = [
    line.split()
    for line in (
        "the dog ran home",
        "the cat ran home",
        "the dog barks",
        "the dog barks again",
        "a bird sings",
        "王芳 在 北京 工作",
    )
]


@pytest.fixture(params=[1, 2, 3, 5])
def model(request):
    return train(SENTENCES, NgramConfig(order=request.param))[0]


def test_next_words_are_the_likeliest_of_the_distribution(model):
    answers = next_words(model, ["the", "dog"], 4)
    ids = [1, *model.vocabulary.encode(["the", "dog"])]
    distribution = model.distribution(ids)
    best = sorted(distribution, reverse=True)[:4]
    assert [answer.probability for answer in answers] == pytest.approx(best)
    if model.order > 1:
        assert answers[0].word == "barks"
        assert next_words(model, [], 1)[0].word == "the"
        assert next_words(model, ["bird", "sings"], 1)[0].word == "</s>"


@pytest.mark.parametrize(
    "words", ["the ___ barks", "___", "the dog ___", "___ dog zzz home", "在 ___ 工作"]
)
def test_a_filling_is_as_likely_as_its_sentence_among_all(model, words, monkeypatch):
    monkeypatch.setattr(ask, "SEQUENCES_AT_ONCE", 4)
    words = words.split()
    candidates = [word for word in model.vocabulary.words if word not in ("<s>", "</s>")]
    sentences = [[word if w == BLANK else w for w in words] for word in candidates]
    scores = 10 ** model.score_sentences(sentences)
    wanted = dict(zip(candidates, scores / scores.sum(), strict=True))
    answers = fill_blank(model, words, 100)
    assert {
        answer.word: pytest.approx(answer.probability, rel=1e-4) for answer in answers
    } == wanted
    found = [answer.probability for answer in answers]
    assert found == sorted(found, reverse=True)
    assert answers[0].probability == pytest.approx(max(wanted.values()), rel=1e-4)


@pytest.mark.parametrize("words", [["the", "dog"], [BLANK, "and", BLANK], []])
def test_there_must_be_one_blank(model, words):
    with pytest.raises(InputError, match=f"one word must be the blank, got|the blank {BLANK}, got"):
        fill_blank(model, words)


def test_an_impossible_blank_is_said():
    model, _ = train(SENTENCES, NgramConfig(order=2, smoothing="maximum-likelihood"))
    with pytest.raises(InputError, match="gives no word any probability there"):
        fill_blank(model, ["home", BLANK, "the"])


def test_the_same_seed_writes_the_same_text_and_numbers_differ(model):
    def texts(seed):
        config = GenerateConfig(seed=seed)
        return [tuple(generate(model, [], config, number)) for number in range(8)]

    assert texts(1) == texts(1)
    assert texts(1) != texts(2)
    assert len(set(texts(1))) > 1


def test_generation_keeps_its_limits(model):
    for number in range(20):
        words = list(generate(model, ["the"], GenerateConfig(max_words=5), number))
        assert len(words) <= 5
        assert not {"<s>", "</s>", "<unk>"} & set(words)


def test_the_likeliest_word_is_drawn_when_only_one_can_be():
    model, _ = train(SENTENCES, NgramConfig(order=3, smoothing="witten-bell"))
    for config in (GenerateConfig(top_k=1), GenerateConfig(temperature=1e-3)):
        assert list(generate(model, ["the"], config)) == ["dog", "barks"]


def test_drawn_words_have_the_frequencies_of_the_distribution():
    model, _ = train(SENTENCES, NgramConfig(order=2))
    config = GenerateConfig(max_words=1)
    drawn = ["".join(generate(model, ["the"], config, number)) for number in range(2000)]
    wanted = model.distribution([1, *model.vocabulary.encode(["the"])])
    known = 1 - wanted[0]
    for word in ("dog", "cat"):
        share = wanted[model.vocabulary.words.index(word)] / known
        assert drawn.count(word) / 2000 == pytest.approx(share, abs=0.05)


def test_text_ends_where_only_the_unknown_word_could_follow():
    config = NgramConfig(order=2, smoothing="maximum-likelihood")
    model, _ = train([["a", "<s>"], ["b", "a"]], config)
    assert list(generate(model, ["b", "a"], GenerateConfig(), 0)) == []
    model, _ = train([["a", "b", "<s>"]], config)
    assert list(generate(model, [], GenerateConfig(), 0)) == ["a", "b"]


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"max_words": 0}, "max_words must be at least 1"),
        ({"temperature": 0.0}, "temperature must be a number above 0"),
        ({"temperature": float("inf")}, "temperature must be a number above 0"),
        ({"top_k": 0}, "top_k must be at least 1"),
    ],
)
def test_a_setting_out_of_range_is_said(settings, problem):
    with pytest.raises(ConfigError, match=problem):
        GenerateConfig(**settings)
