"""How a training of labels ends; a label in the card is data and never markup."""

import json
from types import SimpleNamespace

import pytest

from lexloom.cli.train.finish import Job, card, finish
from lexloom.train.config import TrainConfig
from lexloom.train.parallel import Parallel
from vector_doubles import tiny_tagger


def job_of(task, num_train, num_dev, saved=None):
    def save(files, path, *, notices):
        saved.append((files, path, sorted(notices)))

    return Job(task, iter(()), lambda: "the trained model", save, num_train, num_dev)


@pytest.mark.parametrize("rank", [0, 1])
def test_the_first_process_alone_saves_and_tells(tmp_path, monkeypatch, capsys, rank):
    monkeypatch.setattr("lexloom.train.parallel.join", lambda _: Parallel(rank))
    task = SimpleNamespace(
        files=tiny_tagger(), num_cut=0, evaluate=lambda: {"f1": 0.5},
        config=SimpleNamespace(train=TrainConfig()),
    )  # fmt: skip
    saved = []
    finish(job_of(task, 8, 2, saved), tmp_path, as_json=True)
    expected = [("the trained model", tmp_path / "model", ["README.md"])]
    assert saved == (expected if rank == 0 else [])
    said = capsys.readouterr().out
    assert said == "" if rank else json.loads(said)["dev"] == {"f1": 0.5}


def test_a_card_says_what_was_learnt_and_how_well():
    job = job_of(SimpleNamespace(files=tiny_tagger()), 1234, 56)
    text = card(job, {"f1": 0.51234})
    assert "Trained on 1,234 texts. It gives: `B-LOC`, `B-PER`" in text
    assert "Measured on 56 dev texts" in text
    assert "| f1 | 0.5123 |" in text


def test_labels_become_no_markup_and_many_are_cut_short():
    labels = ("a`b\n# c", *(str(number) for number in range(60)))
    config = SimpleNamespace(task="classifier", labels=labels)
    task = SimpleNamespace(files=SimpleNamespace(config=config, max_tokens=9))
    text = card(job_of(task, 1, 1), {})
    assert "`a'b # c`, `0`" in text
    assert "`48` ..." in text
    assert "`49`" not in text
