import json

import numpy as np
import pytest
from safetensors.numpy import save_file

from lexloom.artifacts import sealed_directory, verify_directory
from lexloom.errors import ArtifactError
from lexloom.models.describe import describe


def fill(path):
    (path / "config.json").write_text(json.dumps({"model_type": "bert", "hidden_size": 4}))
    save_file({"a": np.zeros((2, 3), np.float32)}, path / "model-00001.safetensors")
    save_file({"b": np.zeros(5, np.int8)}, path / "model-00002.safetensors")


@pytest.fixture
def model(tmp_path):
    with sealed_directory(tmp_path / "model") as path:
        fill(path)
    return tmp_path / "model"


def test_parameters_are_counted_over_all_shards(model):
    description = describe(model)
    assert description.model_type == "bert"
    assert description.num_parameters == 2 * 3 + 5
    assert description.dtypes == {"F32": 1, "I8": 1}
    assert description.config["hidden_size"] == 4
    assert description.sha256 == verify_directory(model)
    assert description.size_bytes == sum(file.stat().st_size for file in model.iterdir())


def test_a_directory_without_a_manifest_has_no_hash(tmp_path):
    fill(tmp_path)
    assert describe(tmp_path).sha256 is None


def test_an_altered_directory_is_refused(model):
    (model / "config.json").write_text("{}")
    with pytest.raises(ArtifactError, match=r"config.json is not the file that was saved"):
        describe(model)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("config.json", None, "lacks a readable config.json"),
        ("config.json", b"{", "config.json is damaged"),
        ("config.json", b"\xff", "config.json is damaged"),
        ("config.json", b"[" * 100_000, "config.json is damaged"),
        ("config.json", b"1" * 5_000, "config.json is damaged"),
        ("config.json", b"[]", "must hold a JSON object"),
        ("model-00001.safetensors", b"", "safetensors is damaged"),
        ("model-00001.safetensors", b"\xff" * 64, "safetensors is damaged"),
    ],
)
def test_a_damaged_file_is_named(tmp_path, name, content, sentence):
    fill(tmp_path)
    if content is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ArtifactError, match=sentence):
        describe(tmp_path)


def test_a_directory_without_weights_or_none_at_all_is_refused(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ArtifactError, match=r"holds no \.safetensors file"):
        describe(tmp_path)
    with pytest.raises(ArtifactError, match="there is no directory"):
        describe(tmp_path / "nowhere")
