import json

import pytest
import torch
from typer.testing import CliRunner

from doubles import tiny_config, wordpiece
from lexloom.artifacts import sealed_directory, write_json
from lexloom.cli import app
from lexloom.errors import ArtifactError, UsageError
from lexloom.models.bert_pretraining import BertForPreTraining
from lexloom.models.checkpoint import bert_config_values, write_tensors


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("bert") / "m"
    torch.manual_seed(0)
    bert = BertForPreTraining(tiny_config(), with_pairs=False)
    with sealed_directory(path) as directory:
        write_json(directory / "config.json", bert_config_values(bert.config))
        write_tensors(directory, {k: v.contiguous() for k, v in bert.state_dict().items()})
        wordpiece().save(str(directory / "tokenizer.json"))
    return path


def fill(model, *arguments):
    result = CliRunner().invoke(
        app, ["fill-mask", "--model", str(model), *arguments], catch_exceptions=False
    )
    assert result.exit_code == 0, result.output
    return result.stdout


def test_each_mask_gets_its_words_in_order(model):
    lines = fill(model, "ann [MASK] in [MASK]", "--top-k", "2").splitlines()
    assert [lines[0], lines[3]] == ["[4, 10)", "[14, 20)"]
    assert len(lines) == 6
    first, second = (float(line.split()[0]) for line in lines[1:3])
    assert first >= second


def test_json_gives_a_line_a_text(model):
    out = fill(model, "ann [MASK]", "北京 [MASK] \ud800", "--json", "--uncertainty", "3")
    first, second = map(json.loads, out.splitlines())
    assert first["text"] == "ann [MASK]"
    (mask,) = second["masks"]
    assert (mask["start"], mask["end"], len(mask["candidates"])) == (3, 9, 5)
    assert all(candidate["std"] > 0 for candidate in mask["candidates"])
    assert "±" in fill(model, "[MASK]", "--uncertainty", "2")


def test_what_cannot_be_filled_is_refused(model, tiny_bert):
    with pytest.raises(UsageError, match=r"holds no \[MASK\]"):
        fill(model, "ann")
    with pytest.raises(ArtifactError, match="has no word head"):
        fill(tiny_bert, "[MASK]")
