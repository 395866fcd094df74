import json

import numpy as np
import pytest

from doubles import wordpiece
from lexloom.artifacts import one_writer
from lexloom.tokens.tokenizer import Tokenizer
from lexloom.vectors.keyed import WordVectors


@pytest.fixture
def corpus(tmp_path):
    """A folder of texts in which words of two groups never meet."""
    rng = np.random.default_rng(0)
    lines = [
        " ".join(rng.choice([f"{'猫狗'[turn % 2]} {'cd'[turn % 2]}{n}" for n in range(6)], 8))
        for turn in range(200)
    ]
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").write_text("\n".join(lines[:100]), encoding="utf-8")
    (tmp_path / "texts" / "b.txt").write_text("\n".join(lines[100:]), encoding="utf-8")
    return tmp_path / "texts"


FAST = ["--dim", "10", "--window", "2", "--epochs", "3"]


@pytest.mark.parametrize("method", ["skipgram", "cbow"])
@pytest.mark.parametrize("objective", ["negative", "hierarchical"])
def test_text_becomes_vectors(lexloom, tmp_path, corpus, method, objective):
    done = lexloom(
        "vectors", "train", corpus, "--out", "run", *FAST, "--method", method,
        "--objective", objective, "--negative", 3, "--min-count", 2, "--sample", 0.01,
        "--threads", 1, "--seed", 4, "--json",
    )  # fmt: skip
    values = json.loads(done.stdout)
    assert values["path"] == "run/model"
    assert values["num_words"] == 200 * 16
    assert len(values["losses"]) == 3
    assert "14 different ones are kept" in done.stderr
    assert "epoch 3: loss" in done.stderr
    vectors = WordVectors.load(tmp_path / "run")
    assert vectors.vector_size == 10
    assert set(vectors.index_to_key) == {"猫", "狗"} | {f"{g}{n}" for g in "cd" for n in range(6)}
    settings = json.loads((tmp_path / "run" / "model" / "config.json").read_text())
    assert settings["word2vec"]["negative"] == 3
    assert settings["corpus"]["vocabulary"]["min_count"] == 2


def test_vectors_by_counting(lexloom, tmp_path, corpus):
    asked = (
        "vectors", "train", corpus, "--out", "run", "--method", "cooccurrence", "--dim", 5,
        "--window", 2, "--set", "weights=flat", "--seed", 1,
    )  # fmt: skip
    values = json.loads(lexloom(*asked, "--json").stdout)
    assert (values["num_words"], values["losses"]) == (3200, None)
    vectors = WordVectors.load(tmp_path / "run")
    assert vectors.vector_size == 5
    assert vectors.similarity("c0", "c1") > vectors.similarity("c0", "d1")
    assert lexloom(*asked, "--threads", 2).stdout == "run/model\n"
    done = lexloom(*asked[:-1], 2, code=2)
    assert "run holds vectors with seed 1, not 2 (give the same settings" in done.stderr


@pytest.mark.parametrize(
    ("method", "steps"),
    [("cooccurrence", ["characters read", "reducing"]), ("onehot", ["writing rows"])],
)
def test_a_terminal_shows_what_is_done(lexloom, corpus, monkeypatch, method, steps):
    monkeypatch.setenv("FORCE_COLOR", "1")
    flags = ["--dim", 5] if method == "cooccurrence" else []
    done = lexloom("vectors", "train", corpus, "--out", "run", "--method", method, *flags)
    assert all(step in done.stderr for step in steps)


def test_sentences_as_sparse_rows(lexloom, tmp_path, corpus):
    from lexloom.vectors.one_hot_run import read_rows

    lexloom("vectors", "train", corpus, "--out", "run", "--method", "onehot", "--set",
            "weighting=binary")  # fmt: skip
    assert read_rows(tmp_path / "run").matrix.shape == (200, 14)
    done = lexloom("vectors", "nearest", "run", "c0", code=1)
    assert "holds sparse rows, which are no word vectors" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--negative", 5], "--negative is not for --method cooccurrence (leave it out)"),
        (["--set", "negative=5"], "unknown key 'negative'"),
        (["--init", "x"], "for skipgram and cbow"),
    ],
)
def test_what_counting_has_not_is_said(lexloom, corpus, arguments, reason):
    done = lexloom("vectors", "train", corpus, "--out", "run", "--method", "cooccurrence",
                   *arguments, code=2)  # fmt: skip
    assert reason in done.stderr


def test_the_same_seed_gives_the_same_vectors_and_a_second_call_trains_nothing(
    lexloom, tmp_path, corpus
):
    for out in ("one", "two"):
        lexloom("vectors", "train", corpus, "--out", out, *FAST)
    one, two = (WordVectors.load(tmp_path / out).vectors for out in ("one", "two"))
    assert (one == two).all()
    again = lexloom("vectors", "train", corpus, "--out", "one", *FAST)
    assert again.stdout == "one/model\n"
    assert "epoch" not in again.stderr


def test_settings_come_from_a_file_and_flags_win(lexloom, tmp_path, corpus):
    (tmp_path / "s.toml").write_text("dim = 7\nepochs = 2\n[word2vec]\nwindow = 3\n")
    lexloom("vectors", "train", corpus, "--out", "run", "--config", "s.toml", "--epochs", 1,
            "--set", "learning_rate=0.05", "--set", "sample=null")  # fmt: skip
    record = json.loads((tmp_path / "run" / "model" / "config.json").read_text())["word2vec"]
    wanted = {"dim": 7, "epochs": 1, "window": 3, "learning_rate": 0.05, "sample": None}
    assert wanted.items() <= record.items()


def test_the_method_may_come_from_a_file(lexloom, tmp_path, corpus):
    (tmp_path / "s.toml").write_text('method = "cooccurrence"\ndim = 4\n')
    lexloom("vectors", "train", corpus, "--out", "run", "--config", "s.toml")
    record = json.loads((tmp_path / "run" / "model" / "config.json").read_text())
    assert record["cooccurrence"]["dim"] == 4
    done = lexloom("vectors", "train", corpus, "--out", "run", "--dim", 4, code=2)
    assert "run holds vectors of another method (give another --out)" in done.stderr


def test_phrases_are_words(lexloom, tmp_path):
    rng = np.random.default_rng(0)
    lines = [" ".join([*rng.choice([f"w{n}" for n in range(90)], 6), "new york"])
             for _ in range(100)]  # fmt: skip
    (tmp_path / "a.txt").write_text("\n".join(lines))
    lexloom("vectors", "train", "a.txt", "--out", "run", *FAST, "--phrases", "--set",
            "phrase_threshold=3", "--set", "delimiter=+")  # fmt: skip
    vectors = WordVectors.load(tmp_path / "run")
    assert "new+york" in vectors
    assert "york" not in vectors


def test_tokens_of_a_tokenizer_are_words(lexloom, tmp_path, corpus):
    Tokenizer(wordpiece(["c0", "c", "##1", "猫"])).save(tmp_path / "tokenizer")
    asked = ("vectors", "train", corpus, "--out", "run", *FAST, "--tokenizer", "tokenizer")
    lexloom(*asked)
    assert {"c0", "##1", "猫"} <= set(WordVectors.load(tmp_path / "run").index_to_key)
    assert lexloom(*asked).stdout == "run/model\n"
    Tokenizer(wordpiece(["c0", "c"])).save(tmp_path / "tokenizer")
    assert "or the files changed since" in lexloom(*asked, code=2).stderr


def test_a_folder_that_is_read_takes_no_vectors(lexloom, corpus):
    done = lexloom("vectors", "train", corpus, "--out", corpus / "run", *FAST, code=2)
    assert "whose files are all read (give an --out elsewhere)" in done.stderr


def test_two_trainings_do_not_write_into_one_folder(lexloom, tmp_path, corpus):
    with one_writer(tmp_path / "run"):
        done = lexloom("vectors", "train", corpus, "--out", "run", *FAST, code=1)
    assert "another process is writing in run" in done.stderr


def test_a_file_is_no_folder_for_vectors(lexloom, tmp_path, corpus):
    (tmp_path / "run").write_text("")
    done = lexloom("vectors", "train", corpus, "--out", "run", *FAST, code=1)
    assert "cannot make the folder run: File exists" in done.stderr


def test_training_goes_on_with_new_words(lexloom, tmp_path, corpus):
    lexloom("vectors", "train", corpus, "--out", "first", *FAST)
    (tmp_path / "more.txt").write_text("new words " * 10)
    lexloom("vectors", "train", "more.txt", "--init", "first", "--out", "second", *FAST)
    words = set(WordVectors.load(tmp_path / "second").index_to_key)
    assert words > {"new", "words", "猫"}


def test_a_corpus_that_changed_is_said(lexloom, tmp_path, corpus):
    lexloom("vectors", "train", corpus, "--out", "run", *FAST)
    with (corpus / "a.txt").open("a") as stream:
        stream.write("\none more line")
    done = lexloom("vectors", "train", corpus, "--out", "run", *FAST, code=2)
    assert "or the files changed since (give another --out" in done.stderr


def test_what_cannot_be_read_is_said_and_the_rest_is_learnt(lexloom, corpus):
    (corpus / "c.txt").write_bytes(b"a\0b\0\0\0c" * 20)
    done = lexloom("vectors", "train", corpus, "--out", "run", *FAST, "--json", code=3)
    assert json.loads(done.stdout)["num_failures"] == 1
    assert "holds NUL bytes" in done.stderr


@pytest.mark.parametrize(
    ("content", "code", "reason"),
    [
        (b"", 1, "a.txt holds no text"),
        (b"!!! ...", 1, "the corpus has no words"),
        (b"word " * 20, 1, "the corpus has one word alone, too few"),
        (b"all are rare here", 1, "of 4 words 0 came 5 times or more"),
        (b"a\0b\0\0\0c" * 20, 1, "no file could be read"),
        (b"caf\xe9 caf\xe9 ol\xe9 caf\xe9 " * 20, 1, "no file could be read"),
    ],
)
def test_a_corpus_that_teaches_nothing_is_said(lexloom, tmp_path, content, code, reason):
    (tmp_path / "a.txt").write_bytes(content)
    done = lexloom("vectors", "train", "a.txt", "--out", "run", code=code)
    assert reason in done.stderr


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (
            ["--method", "glove"],
            "no method 'glove' (there are skipgram, cbow, cooccurrence, onehot)",
        ),
        (["--dim", "0"], "dim must be at least 1, got 0"),
        (["--sample", "-1"], "sample must be above 0"),
        (["--set", "dimm=3"], "unknown key 'dimm' (did you mean 'dim'?)"),
        (["--split", "subwords"], "split subwords needs a tokenizer (give --tokenizer DIR)"),
        (["--split", "spaces", "--tokenizer", "x"], "split spaces takes no tokenizer"),
        (["--tokenizer", "x"], "there is no tokenizer x"),
        (["--set", "phrase_passes=0"], "phrase_passes must be in [1, 10], got 0"),
        (["--init", "nowhere"], "there is no directory nowhere"),
    ],
)
def test_wrong_settings_are_said(lexloom, corpus, arguments, reason):
    code = 1 if {"nowhere", "x"} & {*arguments[1:2]} else 2
    done = lexloom("vectors", "train", corpus, "--out", "run", *arguments, code=code)
    assert reason in done.stderr


def test_a_missing_file_is_said(lexloom):
    done = lexloom("vectors", "train", "nowhere.txt", "--out", "run", code=1)
    assert "nowhere.txt" in done.stderr
