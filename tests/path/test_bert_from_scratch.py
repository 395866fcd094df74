import runpy
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "bert_from_scratch" / "train.py"


@pytest.mark.slow
def test_the_tutorial_s_experiment_trains_saves_loads_and_tests(tmp_path, capsys, monkeypatch):
    out = tmp_path / "run"
    arguments = ["train.py", "--out", str(out), "--epochs", "2", "--vocab-size", "300"]
    monkeypatch.setattr(sys, "argv", arguments)
    runpy.run_path(str(EXAMPLE), run_name="__main__")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["epoch 1", "epoch 2", "test"]
    assert "masked words 0." in lines[-1]
    assert "pairs 0." in lines[-1]
    assert (out / "model" / "model.safetensors").is_file()


def test_a_file_without_the_corpus_s_columns_is_named(tmp_path):
    path = tmp_path / "pairs.tsv"
    path.write_text("Quality\t#1 String\n1\ta\n", encoding="utf-8")
    read_pairs = runpy.run_path(str(EXAMPLE))["read_pairs"]
    with pytest.raises(SystemExit, match=r"pairs\.tsv has no column '#2 String'"):
        read_pairs(path)
