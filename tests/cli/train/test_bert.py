import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForMaskedLM, AutoTokenizer
from typer.testing import CliRunner

from lexloom.cli import app
from lexloom.errors import ArtifactError, ConfigError, TrainingError, UsageError
from lexloom.models.checkpoint import load_bert

GO_ON = ["--set", "num_epochs=2", "--set", "batch_size=4", "--set", "max_length=24", "--set",
         "precision=fp32"]  # fmt: skip
FAST = ["--set", "size=tiny", "--set", "vocab_size=300", *GO_ON]


@pytest.fixture
def train(tmp_path, monkeypatch):
    """Runs ``lexloom train bert`` in a folder with some texts."""
    monkeypatch.chdir(tmp_path)
    Path("books").mkdir()
    for number in range(4):
        sentences = [
            f"The number {n} follows {n - 1}. 数字{n}在{n - 1}之后。" for n in range(1, 12)
        ]
        Path(f"books/{number}.txt").write_text("\n".join(sentences[number:]), encoding="utf-8")

    def run(*arguments, code=0):
        result = CliRunner().invoke(app, ["train", "bert", *arguments], catch_exceptions=False)
        assert result.exit_code == code, result.output
        return result

    return run


def test_text_becomes_an_encoder_that_transformers_opens(train):
    result = train("--text", "books", "--out", "run", *FAST, "--json")
    values = json.loads(result.stdout)
    assert values["path"] == "run/model"
    assert values["dev"].keys() == {"score", "masked_loss", "masked_accuracy"}
    assert "training a tokenizer" in result.stderr
    assert "epoch 2: dev score" in result.stderr
    model = AutoModelForMaskedLM.from_pretrained("run/model").eval()
    words = AutoTokenizer.from_pretrained("run/model")
    inputs = words("The number 3 follows 数字", return_tensors="pt")
    encoder = load_bert(Path("run/model")).eval()
    with torch.no_grad():
        ours = encoder(inputs["input_ids"]).last_hidden_state
        theirs = model.bert(inputs["input_ids"]).last_hidden_state
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("texts", [["--text", "books"], ["--text", "a.txt", "--dev", "books"]])
def test_a_run_does_not_come_among_the_texts_that_it_reads(train, texts):
    Path("a.txt").write_text("The number 3 follows 2.")
    with pytest.raises(UsageError, match=r"books/run lies in books, whose files are all read"):
        train(*texts, "--out", "books/run", *FAST)
    assert not Path("books/run").exists()


def test_a_second_call_trains_nothing_again(train):
    first = train("--text", "books", "--out", "run", *FAST, "--json")
    again = train("--text", "books", "--out", "run", *FAST, "--json")
    assert "training a tokenizer" not in again.stderr
    assert "dev score" not in again.stderr
    assert json.loads(again.stdout) == json.loads(first.stdout)


@pytest.mark.parametrize("pairs", ["next", "order"])
def test_pairs_are_a_second_objective(train, pairs):
    result = train("--text", "books", "--out", "run", *FAST, "--set", f"pairs={pairs}")
    assert "pairs_accuracy" in result.stdout
    config = json.loads(Path("run/model/config.json").read_text())
    assert config["architectures"] == ["BertForPreTraining"]


@pytest.mark.slow
def test_two_processes_that_share_out_a_model_write_it_whole(train):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "lexloom", "train", "bert", "--text", "books", "--out", "run",
               *FAST, "--set", "parallel=shard", "--json"]  # fmt: skip
    running = []
    for rank in "01":
        place = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": "2",
                 "RANK": rank, "LOCAL_RANK": rank}  # fmt: skip
        running.append(
            subprocess.Popen(
                command, env=os.environ | place, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
        )
    try:
        said = [process.communicate(timeout=300) for process in running]
    finally:
        for process in running:  # one that waits for a failed one
            process.kill()
            process.communicate()
    assert [process.returncode for process in running] == [0, 0], said
    assert json.loads(said[0][0])["path"] == "run/model"
    assert said[1][0] == b""
    assert b"dev score" in said[0][1]
    assert b"dev score" not in said[1][1]
    saved = load_file("run/model/model.safetensors")
    for name, tensor in load_file("run/best/model.safetensors").items():
        assert torch.equal(saved[name], tensor), name


def test_a_model_is_gone_on_with_by_its_own_tokenizer(train):
    train("--text", "books", "--out", "first", *FAST)
    result = train("--text", "books", "--init", "first/model", "--out", "second", *GO_ON)
    assert "training a tokenizer" not in result.stderr
    assert not Path("second/tokenizer").exists()


def test_token_files_are_taken_instead_of_text(train):
    train("--text", "books", "--dev", "books/0.txt", "--out", "first", *FAST)
    train("--tokens", "first/tokens/train", "--tokenizer", "first/tokenizer", "--out", "second",
          *GO_ON, "--set", "size=tiny")  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((), UsageError, "give either --text or --tokens"),
        (("--text", "books", "--tokens", "t"), UsageError, "give either --text or --tokens"),
        (("--tokens", "t"), ConfigError, "token files need the tokenizer that made them"),
        (("--tokens", "t", "--tokenizer", "none"), ArtifactError, "there is no tokenizer none"),
        (("--text", "books", "--set", "size=huge"), ConfigError, "size must be one of 'tiny'"),
        (("--text", "books", "--set", "share=2"), ConfigError, r"share must be in \(0, 1\)"),
        (("--text", "books", "--set", "sizes=2"), ConfigError, "did you mean 'size'"),
    ],
)
def test_what_cannot_be_meant_is_refused(train, arguments, error, message):
    with pytest.raises(error, match=message):
        train(*arguments, "--out", "run")


def test_names_that_look_like_markup_are_printed_as_they_are(train):
    Path("books/[").mkdir()
    Path("books/[/b].txt").touch()
    result = train("--text", "books", "--out", "run", *FAST)
    assert "books/[/b].txt holds no text (it is empty, or only white space)\n" in result.stderr


def test_embeddings_start_from_word_vectors(train):
    Path("v.txt").write_text("2 3\n数 1 2 3\nnumber 0 1 0\n", encoding="utf-8")
    result = train("--text", "books", "--vectors", "v.txt", "--out", "run", *FAST)
    assert "embeddings start from v.txt" in result.stderr


def test_a_text_too_short_is_refused(train):
    Path("short.txt").write_text("One. Two. Three.")
    with pytest.raises(TrainingError, match="too little text to train on"):
        train("--text", "short.txt", "--out", "run", *FAST)


def test_tokens_of_another_tokenizer_are_refused(train):
    train("--text", "books", "--out", "first", *FAST)
    train("--text", "books/0.txt", "--out", "other", *FAST)
    with pytest.raises(ArtifactError, match="tokenizer"):
        train("--tokens", "first/tokens/train", "--tokenizer", "other/tokenizer", "--out", "run")
