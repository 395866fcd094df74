import numpy as np
import pytest
import torch

from lexloom.errors import ArtifactError, ConfigError, InputError
from lexloom.train.nnlm_files import load
from lexloom.train.nnlm_run import finish, prepare
from lexloom.train.run import train
from lexloom.vectors.keyed import WordVectors
from neural_doubles import TEXT, run_config

LONG = "".join(f"Sentence number {number} stands here. " for number in range(400))


def tokens(contexts):
    return contexts.ids[contexts.targets].tolist()


def test_blocks_of_sentences_are_held_out():
    prepared = prepare([LONG], run_config())
    num_learnt = len(prepared.task._contexts) // 7
    assert prepared.num_held_out % 10 == 0
    assert 10 <= prepared.num_held_out <= 50
    assert num_learnt + prepared.num_held_out == 400
    assert prepared.task.has_own_dev
    # what is held out is not among the words that the model knows: 3 special, 5 shared, numbers
    assert len(prepared.vocabulary) == 3 + 5 + num_learnt
    again = prepare([LONG], run_config())
    assert tokens(again.task._dev) == tokens(prepared.task._dev)


def test_a_short_text_is_scored_itself():
    prepared = prepare([TEXT], run_config())
    assert prepared.num_held_out == 0
    assert not prepared.task.has_own_dev
    assert tokens(prepared.task._dev) == tokens(prepared.task._contexts)


def test_dev_texts_are_read_with_the_words_of_the_others():
    prepared = prepare([LONG], run_config(), dev=["Sentence number unheard."])
    assert prepared.num_held_out == 0
    assert prepared.task.has_own_dev
    assert tokens(prepared.task._dev)[2] == 0
    with pytest.raises(InputError, match="the dev texts hold no sentence"):
        prepare([LONG], run_config(), dev=["  \n "])


def test_the_fingerprint_is_of_text_settings_and_vectors(tmp_path):
    def print_of(text=TEXT, vectors=None, **changes):
        return prepare([text], run_config(**changes), vectors=vectors).fingerprint

    WordVectors(["dog", "cat"], np.eye(2, dtype=np.float32)).save(tmp_path / "v")
    found = [
        print_of(), print_of(TEXT + "The cat."), print_of(fit={"num_negatives": 3}),
        print_of(vectors=tmp_path / "v"), print_of(train={"seed": 2}), print_of(lowercase=True),
    ]  # fmt: skip
    assert len(set(found)) == len(found)
    assert print_of() == found[0]


def test_vectors_are_started_from(tmp_path):
    words = ["dog", "cat", "house", "unheard"]
    given = np.array([[4, 0, 1], [5, 0, 1], [-5, 2, 0], [0, 0, 0]], np.float32)
    WordVectors(words, given).save(tmp_path / "v")
    prepared = prepare([TEXT], run_config(), vectors=tmp_path / "v")
    assert prepared.num_started == 3
    rows = prepared.task.model.body.word_embeddings.weight.detach()
    dog, cat, house = (rows[id, :3] for id in prepared.vocabulary.encode(words[:3]))
    assert torch.norm(dog - cat) < torch.norm(dog - house) / 3
    used = torch.stack([dog, cat, house])
    assert used.mean(0) == pytest.approx(torch.zeros(3), abs=1e-6)
    assert used.std(correction=0).item() == pytest.approx(0.05, rel=1e-3)
    plain = prepare([TEXT], run_config()).task.model.body.word_embeddings.weight.detach()
    assert torch.equal(rows[:, 3:], plain[:, 3:])


def test_vectors_that_do_not_fit_are_refused(tmp_path):
    WordVectors(["unheard", "of"], np.eye(2, dtype=np.float32)).save(tmp_path / "v")
    with pytest.raises(ArtifactError, match="no word of the texts has a vector"):
        prepare([TEXT], run_config(), vectors=tmp_path / "v")
    WordVectors(["dog", "cat"], np.ones((2, 9), np.float32)).save(tmp_path / "w")
    with pytest.raises(ConfigError, match=r"have 9 numbers, those of the model 6.*=9"):
        prepare([TEXT], run_config(), vectors=tmp_path / "w")


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_the_best_model_of_a_run_is_saved_with_its_score(tmp_path, precision):
    config = run_config(train={"precision": precision, "ema_decay": 0.5}, unit="character")
    prepared = prepare([TEXT], config)
    list(train(prepared.task, config.fit.train, tmp_path, fingerprint=prepared.fingerprint))
    scores = finish(prepared, tmp_path)
    model = load(tmp_path / "model")
    assert model.config == config.reading
    encoded = model.vocabulary.encode_sentences([list("The▁dog")])
    assert model.score_tokens(encoded).log_probs.shape == (9,)
    assert {tensor.dtype for tensor in model.module.state_dict().values()} == {torch.float32}
    card = (tmp_path / "model/README.md").read_text(encoding="utf-8")
    assert f"{scores['perplexity']:.4f}" in card
    assert "on the text that was learnt" in card


@pytest.mark.parametrize(
    ("texts", "message"),
    [([], "holds no word"), ([""], "holds no word"), (["a a"], "one word only")],
)
def test_too_few_words_are_refused(texts, message):
    with pytest.raises(InputError, match=message):
        prepare(texts, run_config())


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"unit": "syllable"}, "unit must be one of 'word', 'token', 'character', got 'syllable'"),
        ({"min_count": 0}, "min_count must be at least 1, got 0"),
        ({"max_words": 0}, "max_words must be at least 1, got 0"),
    ],
)
def test_settings_out_of_range_are_refused(values, message):
    with pytest.raises(ConfigError, match=message):
        run_config(**values)
