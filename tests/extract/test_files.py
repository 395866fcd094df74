import json
import shutil
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file, save_file

import lexloom
from doubles import SCHEMA, tiny_files, tiny_model
from lexloom.artifacts import MANIFEST, seal, verify_directory
from lexloom.errors import ArtifactError, UnsafeArtifactError
from lexloom.extract import files as module
from lexloom.extract.confidence import Calibration, ScoreMap
from lexloom.extract.decode import DecodeConfig
from lexloom.extract.files import load_extractor_files, save_extractor
from lexloom.models.checkpoint import dequantized, quantized

DECODE = DecodeConfig(entity_threshold=0.5, role_threshold=-1.0, nested=False)


def assert_same(got, want):
    assert got.keys() == want.keys()
    for name, tensor in want.items():
        assert torch.equal(got[name], tensor), name


@pytest.mark.parametrize("window_sentences", [None, 2])
def test_a_saved_extractor_is_read_back_as_it_was(tmp_path, window_sentences):
    files = tiny_files(decode=DECODE, window_sentences=window_sentences)
    save_extractor(files, tmp_path / "m")
    again = load_extractor_files(tmp_path / "m")
    assert (again.name, again.decode, again.schema) == ("tiny", DECODE, SCHEMA)
    assert again.window_sentences == window_sentences
    assert again.model.config == files.model.config
    assert not again.model.training
    assert again.tokenizer.tokenizer.to_str() == files.tokenizer.tokenizer.to_str()
    assert_same(again.model.state_dict(), files.model.state_dict())


def test_the_hash_is_the_directory_s_and_says_which_model_it_is(tmp_path):
    save_extractor(tiny_files(), tmp_path / "a")
    save_extractor(tiny_files(), tmp_path / "b")
    save_extractor(tiny_files(model=tiny_model(seed=9)), tmp_path / "c")
    a, b, c = (load_extractor_files(tmp_path / name).sha256 for name in "abc")
    assert a == b == verify_directory(tmp_path / "a")
    assert c != a


def test_int8_reads_back_what_was_rounded_from_several_shards(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MAX_SHARD_BYTES", 3000)
    files = tiny_files()
    save_extractor(files, tmp_path / "m", int8=True)
    shards = sorted((tmp_path / "m").glob("*.safetensors"))
    assert len(shards) > 1
    stored = {name: t for shard in shards for name, t in load_file(shard).items()}
    assert {t.dtype for t in stored.values() if t.dim() > 1} == {torch.int8}
    want = {n: t.float() for n, t in dequantized(quantized(files.model.state_dict())).items()}
    assert_same(load_extractor_files(tmp_path / "m").model.state_dict(), want)


def test_the_format_that_is_asked_for_is_given(tiny_extractor_path):
    found = load_extractor_files(tiny_extractor_path, dtype=torch.bfloat16)
    assert {p.dtype for p in found.model.parameters()} == {torch.bfloat16}


def test_the_directory_names_its_version_and_holds_its_card(tiny_extractor_path):
    values = json.loads((tiny_extractor_path / "config.json").read_text())
    assert values["lexloom_version"] == lexloom.__version__
    assert (tiny_extractor_path / "README.md").read_text() == "# Tiny\n"


def test_what_stood_there_stays_when_saving_fails(tmp_path, monkeypatch):
    save_extractor(tiny_files(), tmp_path / "m")
    before = load_extractor_files(tmp_path / "m").sha256

    def fail(*_, **__):
        raise OSError("No space left on device")

    monkeypatch.setattr(module, "write_text", fail)
    with pytest.raises(OSError, match="No space"):
        save_extractor(tiny_files(model=tiny_model(seed=9)), tmp_path / "m")
    assert load_extractor_files(tmp_path / "m").sha256 == before


# --- what is refused


def reseal(path):
    (path / MANIFEST).unlink()
    seal(path)


def reconfigure(path, change):
    values = json.loads((path / "config.json").read_text())
    change(values)
    (path / "config.json").write_text(json.dumps(values))
    reseal(path)


def cut(path):
    weights = path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-50])


def cut_and_reseal(path):
    cut(path)
    reseal(path)


def alter(path):
    (path / "schema.toml").write_text('name = "other"\n')


def leave_only_a_pickle(path):
    (path / "model.safetensors").rename(path / "pytorch_model.bin")
    (path / MANIFEST).unlink()


def drop_a_tensor(path):
    tensors = load_file(path / "model.safetensors")
    del tensors["spans.start.weight"]
    save_file(tensors, path / "model.safetensors")
    reseal(path)


def spoil_tokenizer(path):
    (path / "tokenizer.json").write_text("{}")
    reseal(path)


DAMAGES = {
    "truncated": (cut, ArtifactError, "is not the file that was saved"),
    "truncated, sealed anew": (cut_and_reseal, ArtifactError, "is no whole safetensors file"),
    "altered": (alter, ArtifactError, r"schema\.toml is not the file that was saved"),
    "pickle": (leave_only_a_pickle, UnsafeArtifactError, "is a pickle"),
    "no manifest": (
        lambda p: (p / MANIFEST).unlink(), ArtifactError, "was not written to its end",
    ),
    "no tokenizer": (
        lambda p: (p / "tokenizer.json").unlink(), ArtifactError, "lacks tokenizer.json",
    ),
    "no config": (lambda p: (p / "config.json").unlink(), ArtifactError, "has no config.json"),
    "spoiled tokenizer": (spoil_tokenizer, ArtifactError, "is no tokenizer"),
    "a tensor missing": (drop_a_tensor, ArtifactError, "lacks 'spans.start.weight'"),
    "no extractor": (
        lambda p: reconfigure(p, lambda v: v.update(model_type="bert")),
        ArtifactError,
        "is no extractor: its config says model_type 'bert'",
    ),
    "unknown key": (
        lambda p: reconfigure(p, lambda v: v.update(span_rnk=3)),
        ArtifactError,
        r"unknown key 'span_rnk' \(did you mean 'span_rank'\?\)",
    ),
    "other rank": (
        lambda p: reconfigure(p, lambda v: v.update(span_rank=7)),
        ArtifactError,
        r"has shape \(6,.*the config asks for \(7,",
    ),
    "other shapes": (
        lambda p: reconfigure(p, lambda v: v["shapes"].pop()),
        ArtifactError,
        "other word shapes",
    ),
    "unknown threshold": (
        lambda p: reconfigure(p, lambda v: v["decode"].update(entity=0.5)),
        ArtifactError,
        "unknown key 'entity'",
    ),
    "more than memory holds": (
        lambda p: reconfigure(p, lambda v: v.update(span_rank=2**24, pair_size=2**24)),
        ArtifactError,
        "the config asks for",
    ),
    "impossible rank": (
        lambda p: reconfigure(p, lambda v: v.update(span_rank=10**18)),
        ArtifactError,
        "span_rank must be 1 to 16,777,216",
    ),
    "impossible encoder": (
        lambda p: reconfigure(p, lambda v: v["encoder"].update(num_attention_heads=3)),
        ArtifactError,
        "cannot be shared among 3 heads",
    ),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_directory_that_is_not_whole_is_refused_in_one_sentence_with_a_hint(
    tmp_path, tiny_extractor_path, damage
):
    path = tmp_path / "m"
    shutil.copytree(tiny_extractor_path, path)
    spoil, error, message = DAMAGES[damage]
    spoil(path)
    with pytest.raises(error, match=message) as caught:
        load_extractor_files(path)
    assert "\n" not in str(caught.value)
    assert caught.value.hint


def test_a_missing_directory_is_refused(tmp_path):
    with pytest.raises(ArtifactError, match=r"there is no model directory .*nothing"):
        load_extractor_files(tmp_path / "nothing")


# --- from scores to confidences

FITTED = Calibration(
    entity=ScoreMap(slope=0.5, bias=-1.0),
    relation=ScoreMap(scores=(-1.0, 2.5), probabilities=(0.25, 1.0)),
)


def test_a_calibration_is_saved_and_read_back(tmp_path):
    save_extractor(replace(tiny_files(), calibration=FITTED), tmp_path / "m")
    assert load_extractor_files(tmp_path / "m").calibration == FITTED


def changed_config(path, change):
    values = json.loads((path / "config.json").read_text())
    change(values)
    (path / "config.json").write_text(json.dumps(values))
    seal(path)


def test_a_model_from_before_there_was_calibration_keeps_its_own_probabilities(tmp_path):
    save_extractor(replace(tiny_files(), calibration=FITTED), tmp_path / "m")
    changed_config(tmp_path / "m", lambda values: values.pop("calibration"))
    assert load_extractor_files(tmp_path / "m").calibration == Calibration()


@pytest.mark.parametrize(
    ("fitted", "sentence"),
    [
        ({"entity": {"slope": -1.0}}, r"slope must be in \(0, 100\], got -1.0"),
        ({"entity": {"slop": 1.0}}, r"unknown key 'slop' \(did you mean 'slope'\?\)"),
        ({"entities": {}}, r"unknown key 'entities' \(did you mean 'entity'\?\)"),
        ({"entity": {"slope": "1"}}, r"calibration.entity.slope must be float, got '1'"),
        ({"entity": 3}, r"calibration.entity must be a table, got 3"),
        ({"entity": {"scores": [1.0], "probabilities": [2.0]}}, r"must be in \[0, 1\]"),
    ],
)
def test_a_calibration_that_cannot_be_is_refused(tmp_path, fitted, sentence):
    save_extractor(tiny_files(), tmp_path / "m")
    changed_config(tmp_path / "m", lambda values: values.update(calibration=fitted))
    with pytest.raises(ArtifactError, match=sentence):
        load_extractor_files(tmp_path / "m")
