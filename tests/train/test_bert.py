import pytest
import torch

from doubles import tiny_config, wordpiece
from lexloom.errors import ArtifactError, ConfigError, ShapeError, UsageError
from lexloom.models.bert import BertModel
from lexloom.models.checkpoint import save_bert
from lexloom.tokens.tokenizer import Tokenizer
from lexloom.train.bert import BertRunConfig, prepare, save
from lexloom.train.bert_files import Start, Texts
from lexloom.train.parallel import Parallel
from lexloom.train.pretrain import PretrainConfig
from lexloom.vectors.corpus import CorpusConfig, encode_texts
from lexloom.vectors.keyed import WordVectors
from lexloom.vectors.word2vec import Word2VecConfig
from lexloom.vectors.word2vec_run import train as train_vectors
from lexloom.vectors.words import WordsConfig

TEXT = "Ann lives in Paris. Bob met Carl in Oslo. 李明在北京工作。\n" * 40


@pytest.fixture
def start(tmp_path):
    """A tiny encoder with its tokenizer, and some text."""
    save_bert(BertModel(tiny_config(), with_pooler=False), tmp_path / "bert")
    Tokenizer(wordpiece()).save(tmp_path / "bert")
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    return tmp_path


def test_another_model_or_other_text_has_another_fingerprint(start):
    def fingerprint(out, text="a.txt", **changes):
        texts = Texts(train=[start / text])
        config = BertRunConfig(**changes)
        return prepare(texts, Start(init=start / "bert"), start / out, config)[2]

    first = fingerprint("x")
    assert fingerprint("x") == first
    assert fingerprint("x", pairs="next") != first
    (start / "b.txt").write_text(TEXT * 2, encoding="utf-8")
    assert fingerprint("y", "b.txt") != first


@pytest.mark.parametrize("rank", [0, 1])
def test_every_process_scores_the_model_and_the_first_one_writes_it(start, monkeypatch, rank):
    texts = Texts(train=[start / "a.txt"])
    task, words, _ = prepare(texts, Start(init=start / "bert"), start / "x", BertRunConfig())
    monkeypatch.setattr("lexloom.train.bert.join", lambda _: Parallel(rank))
    scores = save(task, words, start / "model")
    assert scores == task.evaluate()
    assert (start / "model").exists() == (rank == 0)


def test_text_of_one_document_is_split_into_train_and_dev(start):
    task, _, _ = prepare(
        Texts(train=[start / "a.txt"]), Start(init=start / "bert"), start / "x", BertRunConfig()
    )
    assert len(list(task.dev_batches())) == 1
    assert task.num_batches() >= 1


def test_a_tokenizer_with_more_ids_than_the_model_is_refused(start):
    Tokenizer(wordpiece(["more", "words"] + [f"w{n}" for n in range(99)])).save(start / "other")
    with pytest.raises(ArtifactError, match="the tokenizer has ids up to"):
        prepare(
            Texts(train=[start / "a.txt"]),
            Start(init=start / "bert", tokenizer=start / "other"),
            start / "x",
            BertRunConfig(),
        )


def write_vectors(path, vectors):
    width = len(next(iter(vectors.values())))
    rows = [f"{word} {' '.join(map(str, values))}" for word, values in vectors.items()]
    path.write_text("\n".join([f"{len(vectors)} {width}", *rows]) + "\n", encoding="utf-8")
    return path


def with_vectors(start, path, said=None):
    (start / "only").mkdir(exist_ok=True)
    Tokenizer(wordpiece()).save(start / "only")
    config = BertRunConfig(size="tiny")
    given = Start(tokenizer=start / "only", vectors=path)
    say = (said if said is not None else []).append
    return prepare(Texts(train=[start / "a.txt"]), given, start / "run", config, say=say)


def test_a_new_model_s_embeddings_start_from_word_vectors(start):
    path = write_vectors(start / "v.txt", {"ann": [1, 0], "在": [0, 1], "nowhere": [5, 5]})
    said = []
    task, tokenizer, fingerprint = with_vectors(start, path, said)
    assert any(sentence.startswith("2 of") for sentence in said)
    words_VD = task.model.bert.get_parameter("embeddings.word_embeddings.weight")
    ann, zai = (words_VD[tokenizer.library.token_to_id(word), :2] for word in ("ann", "在"))
    torch.testing.assert_close(ann, -zai)  # centred, they are opposite
    assert ann[0] > 0 > ann[1]
    write_vectors(path, {"ann": [1, 2], "在": [0, 1]})
    assert with_vectors(start, path)[2] != fingerprint


@pytest.mark.parametrize("split", ["characters", "subwords"])
def test_embeddings_start_from_a_training_of_vectors_in_both_languages(start, tmp_path, split):
    """What ``lexloom vectors train`` leaves is given as it is, by its folder."""
    (tmp_path / "tokenizer").mkdir()
    Tokenizer(wordpiece()).save(tmp_path / "tokenizer")
    own = str(tmp_path / "tokenizer") if split == "subwords" else None
    corpus = encode_texts(
        ["ann 在 paris\n在 ann paris\n"] * 20,
        tmp_path / "run" / "corpus",
        CorpusConfig(words=WordsConfig(split=split, tokenizer=own)),
    )
    [*train_vectors(corpus, Word2VecConfig(dim=6, epochs=1, sample=None), tmp_path / "run")]
    said = []
    task, tokenizer, fingerprint = with_vectors(start, tmp_path / "run", said)
    vectors = WordVectors.load(tmp_path / "run")
    shared = [word for word in vectors.index_to_key if word in tokenizer.pieces]
    assert {"ann", "在"} <= set(shared)
    assert any(sentence.startswith(f"{len(shared)} of") for sentence in said)
    words_VD = task.model.bert.get_parameter("embeddings.word_embeddings.weight").detach()
    rows = words_VD[[tokenizer.library.token_to_id(word) for word in shared], :6]
    wanted = vectors.vectors[[vectors.place(word) for word in shared]]
    wanted = torch.from_numpy(wanted - wanted.mean(0))
    torch.testing.assert_close(rows / rows.norm(), wanted / wanted.norm(), atol=1e-5, rtol=1e-4)
    assert with_vectors(start, tmp_path / "run" / "model")[2] == fingerprint


def test_word_vectors_that_fit_nothing_are_refused(start):
    path = write_vectors(start / "v.txt", {"nowhere": [1, 0]})
    with pytest.raises(ArtifactError, match="is a piece of the tokenizer"):
        with_vectors(start, path)
    write_vectors(path, {"ann": [1.0] * 200})
    with pytest.raises(ShapeError, match="vectors of 200 channels do not fit a model of 128"):
        with_vectors(start, path)
    with pytest.raises(UsageError, match="there is no file"):
        with_vectors(start, start / "none")
    with pytest.raises(UsageError, match="word vectors are for a new model"):
        prepare(Texts(train=[start / "a.txt"]), Start(init=start / "bert", vectors=path),
                start / "x", BertRunConfig())  # fmt: skip


@pytest.mark.parametrize(
    ("setting", "start_from"),
    [("size", "init"), ("dropout", "init"), ("vocab_size", "init"), ("lowercase", "tokenizer")],
)
def test_a_setting_that_would_have_no_effect_is_refused(start, setting, start_from):
    values = {"size": "base", "dropout": 0.3, "vocab_size": 300, "lowercase": False}
    given = Start(**{start_from: start / "bert"})
    with pytest.raises(ConfigError, match=f"{setting} is decided by the .* that is given"):
        prepare(Texts(train=[start / "a.txt"]), given, start / "x",
                BertRunConfig(**{setting: values[setting]}))  # fmt: skip
    assert not (start / "x").exists()


@pytest.mark.parametrize(
    ("name", "value"), [("dropout", 1.0), ("dropout", -0.1), ("vocab_size", 0)]
)
def test_settings_out_of_range_are_refused(name, value):
    with pytest.raises(ConfigError, match=f"{name} must be"):
        BertRunConfig(**{name: value})


def test_texts_longer_than_a_model_s_positions_are_refused(start):
    limit = tiny_config().max_position_embeddings
    config = BertRunConfig(pretrain=PretrainConfig(max_length=limit + 1))
    with pytest.raises(ConfigError, match=f"max_length {limit + 1} is more than the model"):
        prepare(Texts(train=[start / "a.txt"]), Start(init=start / "bert"), start / "x", config)
