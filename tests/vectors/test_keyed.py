import numpy as np
import pytest

from lexloom.errors import ArtifactError, UsageError
from lexloom.vectors import keyed
from lexloom.vectors.keyed import WordVectors


@pytest.fixture
def vectors():
    rng = np.random.default_rng(0)
    words = ["king", "queen", "man", "woman", "城市", "two words", "zero"]
    rows = rng.normal(size=(7, 5)).astype(np.float32)
    rows[1] = rows[0] - rows[2] + rows[3] + 0.01
    rows[6] = 0
    return WordVectors(words, rows)


def cosine(a, b):
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def test_similarity_is_the_cosine(vectors):
    wanted = cosine(vectors["king"], vectors["城市"])
    assert vectors.similarity("king", "城市") == pytest.approx(wanted, abs=1e-6)
    assert vectors.similarity("king", "king") == pytest.approx(1)
    assert vectors.similarity("zero", "king") == 0


def test_an_analogy_by_sums(vectors):
    (word, score), *rest = vectors.most_similar(["king", "woman"], ["man"])
    assert word == "queen"
    unit = [vectors.unit([name])[0] for name in ("king", "woman", "man")]
    assert score == pytest.approx(cosine(unit[0] + unit[1] - unit[2], vectors["queen"]), abs=1e-5)
    assert {name for name, _ in rest} == {"城市", "two words", "zero"}


def test_an_analogy_by_products(vectors):
    found = dict(vectors.most_similar_cosmul(["king", "woman"], ["man"], topn=100))
    a, b, c = ((1 + vectors.similarity("queen", w)) / 2 for w in ("king", "woman", "man"))
    assert found["queen"] == pytest.approx(a * b / (c + 1e-6), rel=1e-5)
    assert len(found) == 4


def test_neighbours_of_many_are_those_of_each(vectors, monkeypatch):
    words = ["king", "man", "zero", "king"]
    each = [vectors.most_similar(word, topn=3) for word in words]
    for room in (1, 1 << 24):
        monkeypatch.setattr(keyed, "SCORES_AT_ONCE", room)
        for found, wanted in zip(vectors.nearest(words, 3), each, strict=True):
            assert [w for w, _ in found] == [w for w, _ in wanted]
            assert [s for _, s in found] == pytest.approx([s for _, s in wanted], abs=1e-6)


def test_neighbours_come_in_order_and_equals_by_place():
    rows = np.float32([[1, 0], [1, 1], [1, 0], [2, 0], [0, 1]])
    vectors = WordVectors("abcde", rows)
    assert [word for word, _ in vectors.most_similar("a")] == ["c", "d", "b", "e"]
    assert [word for word, _ in vectors.most_similar("a", topn=2)] == ["c", "d"]


def test_neighbours_of_a_vector_may_be_any_word(vectors):
    assert vectors.similar_by_vector(vectors["man"], topn=1)[0][0] == "man"


def test_the_odd_one_out():
    rows = np.float32([[1, 0.1], [1, 0], [0.9, 0.1], [0, 1]])
    assert WordVectors("abcd", rows).doesnt_match(list("abcd")) == "d"


def test_sets_are_compared_by_their_means(vectors):
    first, second = ["king", "man"], ["woman"]
    wanted = cosine((vectors["king"] + vectors["man"]) / 2, vectors["woman"])
    assert vectors.n_similarity(first, second) == pytest.approx(wanted, abs=1e-6)


def test_words_are_found_by_name_and_place(vectors):
    assert "two words" in vectors
    assert "nowhere" not in vectors
    assert vectors.place("man") == 2
    assert (len(vectors), vectors.vector_size) == (7, 5)


def test_an_unknown_word_names_the_nearest_spellings(vectors):
    with pytest.raises(UsageError, match=r"no vector for 'womn'.*did you mean 'woman'") as error:
        vectors["womn"]
    assert error.value.exit_code == 2
    with pytest.raises(UsageError, match="no vector for '🎉'"):
        vectors.most_similar("🎉")


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda v: v.most_similar([]), "at least one word"),
        (lambda v: v.most_similar_cosmul([]), "at least one word"),
        (lambda v: v.most_similar("man", topn=0), "topn must be at least 1, got 0"),
        (lambda v: v.n_similarity([], ["man"]), "both sets"),
        (lambda v: v.doesnt_match([]), "words to choose from"),
    ],
)
def test_questions_that_mean_nothing_are_said(vectors, call, reason):
    with pytest.raises(UsageError, match=reason):
        call(vectors)


def test_a_vocabulary_of_one_word_has_no_neighbours():
    assert WordVectors("a", np.ones((1, 2), np.float32)).most_similar("a") == []


@pytest.mark.parametrize(
    ("words", "shape", "reason"),
    [("aba", (3, 2), "the word 'a' has two vectors"), ("ab", (3, 2), "2 words need as many"),
     ("ab", (2,), "2 words need as many")],
)  # fmt: skip
def test_words_that_do_not_fit_their_vectors_are_said(words, shape, reason):
    with pytest.raises(ArtifactError, match=reason):
        WordVectors(words, np.zeros(shape, np.float32))


@pytest.mark.filterwarnings("ignore:Call to deprecated:DeprecationWarning")
def test_answers_are_those_of_gensim(vectors):
    models = pytest.importorskip("gensim.models")
    other = models.KeyedVectors(5)
    other.add_vectors(vectors.index_to_key[:6], vectors.vectors[:6])
    ours = WordVectors(vectors.index_to_key[:6], vectors.vectors[:6])
    close = pytest.approx
    for ask in (
        lambda v: v.most_similar("king"),
        lambda v: v.most_similar(["king", "woman"], ["man"], topn=2),
        lambda v: v.most_similar_cosmul(["king", "woman"], ["man"]),
        lambda v: v.similar_by_vector(np.ones(5, np.float32)),
    ):
        got, wanted = ask(ours), ask(other)
        assert [word for word, _ in got] == [word for word, _ in wanted]
        assert [score for _, score in got] == close([score for _, score in wanted], abs=1e-5)
    sets = ["king", "man"], ["woman", "城市"]
    assert ours.n_similarity(*sets) == close(other.n_similarity(*sets), abs=1e-5)
    assert ours.doesnt_match(ours.index_to_key) == other.doesnt_match(ours.index_to_key)
    assert ours.similarity("king", "man") == close(other.similarity("king", "man"), abs=1e-5)


def test_a_string_is_one_word_and_not_its_characters(vectors):
    near = vectors.most_similar(["king"], ["man"])
    assert vectors.most_similar("king", "man") == near
    assert vectors.most_similar(negative="man") == vectors.most_similar(negative=["man"])
    assert vectors.most_similar_cosmul("king", "man") == vectors.most_similar_cosmul(
        ["king"], ["man"]
    )
    assert vectors.nearest("king") == vectors.nearest(["king"])
    assert vectors.n_similarity("king", "man") == pytest.approx(vectors.similarity("king", "man"))
    assert vectors.doesnt_match("king") == "king"


@pytest.mark.parametrize("scale", [1e-30, 1e-12, 1e30])
def test_the_length_of_the_vectors_does_not_change_what_is_near(vectors, scale):
    scaled = WordVectors(vectors.index_to_key, vectors.vectors * np.float32(scale))
    for word in ("king", "zero"):
        for found, wanted in zip(
            scaled.most_similar(word), vectors.most_similar(word), strict=True
        ):
            assert found == (wanted[0], pytest.approx(wanted[1], abs=1e-5))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_no_number_is_said_when_it_is_asked(value):
    vectors = WordVectors(["a", "b"], np.array([[value, 1], [1, 2]], np.float32))
    with pytest.raises(ArtifactError, match="the vector of 'a' holds what is no number"):
        vectors.most_similar("b")
