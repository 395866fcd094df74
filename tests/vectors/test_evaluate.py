import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.errors import UsageError
from lexloom.vectors import evaluate
from lexloom.vectors.evaluate import analogies, correlate_ranks, similarity
from lexloom.vectors.evaluation_sets import Pair, Question, read_set
from lexloom.vectors.keyed import WordVectors

values = st.lists(st.integers(-4, 4), min_size=3, max_size=30)


@given(values, st.data())
def test_ranks_correlate_as_scipy_says(first, data):
    stats = pytest.importorskip("scipy.stats")
    second = data.draw(st.lists(st.integers(-4, 4), min_size=len(first), max_size=len(first)))
    got = correlate_ranks(np.array(first), np.array(second))
    if len(set(first)) == 1 or len(set(second)) == 1:
        assert got is None
    else:
        assert got == pytest.approx(stats.spearmanr(first, second).statistic)


@pytest.fixture
def vectors():
    """Countries with their capitals: the second half is the first with another last number."""
    rng = np.random.default_rng(0)
    countries = rng.normal(size=(6, 8)).astype(np.float32)
    countries[:, -1] = 0
    capitals = countries.copy()
    capitals[:, -1] = 3
    words = [f"land{n}" for n in range(6)] + [f"stadt{n}" for n in range(6)]
    return WordVectors(words, np.concatenate([countries, capitals]))


def test_unknown_pairs_are_left_out_and_counted(vectors):
    pairs = [Pair("land0", "land0", 9), Pair("LAND0", "land1", 1), Pair("land0", "nowhere", 5)]
    score = similarity(vectors, pairs, "ws")
    assert (score.name, score.num_pairs, score.num_known) == ("ws", 3, 2)
    assert score.spearman == pytest.approx(1)


def test_without_known_pairs_there_is_no_score(vectors):
    assert similarity(vectors, [Pair("x", "y", 1)]).spearman is None


@pytest.mark.parametrize("method", ["3cosadd", "3cosmul"])
@pytest.mark.parametrize("at_once", [1, 1000])
def test_analogies_are_scored_by_section(vectors, method, at_once, monkeypatch):
    monkeypatch.setattr(evaluate, "QUESTIONS_AT_ONCE", at_once)
    questions = {
        "right": [Question("land0", "stadt0", f"land{n}", f"stadt{n}") for n in range(1, 6)],
        "wrong": [Question("land0", "stadt0", "land1", "land2"), Question("a", "b", "c", "d")],
    }
    score = analogies(vectors, questions, method=method)
    right, wrong = score.sections
    assert (right.num_known, right.num_correct, right.accuracy) == (5, 5, 1)
    assert (wrong.num_questions, wrong.num_known, wrong.num_correct) == (2, 1, 0)
    assert (score.total.num_questions, score.total.num_correct) == (7, 5)
    assert score.num_words == 12


def test_answers_can_be_searched_among_the_first_words(vectors):
    within = Question("land0", "land1", "land2", "land3")
    asked = {"s": [within, Question("land0", "stadt0", "land1", "stadt1")]}
    score = analogies(vectors, asked, max_words=6)
    assert (score.num_words, score.total.num_known) == (6, 1)
    assert analogies(vectors, {"s": [Question(*"abcd")]}).total.accuracy is None
    with pytest.raises(UsageError, match="max_words must be at least 1"):
        analogies(vectors, asked, max_words=0)


def test_scores_are_those_of_gensim(tmp_path):
    models = pytest.importorskip("gensim.models")
    rng = np.random.default_rng(1)
    words = [f"w{n}" for n in range(200)]
    ours = WordVectors(words, rng.normal(size=(200, 4)).astype(np.float32))
    other = models.KeyedVectors(4)
    other.add_vectors(words, ours.vectors)
    path = tmp_path / "questions.txt"
    lines = [" ".join(rng.choice(words, 4, replace=False)) for _ in range(300)]
    # answers that are right, as the vectors have it
    lines += [
        f"{a} {b} {c} {ours.most_similar([b, c], [a], topn=1)[0][0]}"
        for a, b, c in (rng.choice(words, 3, replace=False) for _ in range(50))
    ]
    path.write_text("\n".join([": one", *lines]) + "\n")
    accuracy, _ = other.evaluate_word_analogies(str(path), case_insensitive=False)
    got = analogies(ours, read_set(path))
    assert got.total.accuracy == pytest.approx(accuracy)
    assert got.total.num_correct >= 50
    pairs = tmp_path / "pairs.txt"
    lines = [f"{words[n]}\t{words[n + 9]}\t{n % 7}\n" for n in range(190)]
    pairs.write_text("".join(lines))
    _, wanted, _ = other.evaluate_word_pairs(str(pairs), case_insensitive=False)
    assert similarity(ours, read_set(pairs)).spearman == pytest.approx(wanted.statistic)
