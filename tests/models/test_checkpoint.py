import json

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from transformers import BertModel as ReferenceModel

from doubles import tiny_config
from lexloom.artifacts import MANIFEST
from lexloom.errors import ArtifactError, ConfigError, LexloomError, UnsafeArtifactError
from lexloom.models.bert import BertModel
from lexloom.models.checkpoint import (
    SCALE_SUFFIX,
    bert_config,
    bert_config_values,
    dequantized,
    load_bert,
    load_pretraining,
    outline,
    quantized,
    read_tensors,
    save_bert,
    write_tensors,
)


def tiny_bert_model(**options):
    torch.manual_seed(5)
    return BertModel(tiny_config(), **options)


def assert_same(got, want):
    assert got.keys() == want.keys()
    for name, tensor in want.items():
        assert torch.equal(got[name], tensor), name


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "bert"
    save_bert(tiny_bert_model(), path)
    return path


@pytest.mark.parametrize("with_pooler", [True, False])
def test_a_saved_encoder_is_read_back_as_it_was(tmp_path, with_pooler):
    model = tiny_bert_model(with_pooler=with_pooler)
    save_bert(model, tmp_path / "m")
    again = load_bert(tmp_path / "m")
    assert again.config == model.config
    assert_same(again.state_dict(), model.state_dict())


def test_the_format_that_is_asked_for_is_given(saved):
    assert {p.dtype for p in load_bert(saved, dtype=torch.bfloat16).parameters()} == {
        torch.bfloat16
    }


def test_the_encoder_of_a_larger_model_is_taken_and_its_heads_are_left(tmp_path, saved):
    tensors = {f"bert.{name}": tensor for name, tensor in read_tensors(saved).items()}
    save_file(tensors | {"cls.bias": torch.zeros(3)}, saved / "model.safetensors")
    (saved / MANIFEST).unlink()
    assert_same(load_bert(saved).state_dict(), tiny_bert_model().state_dict())


@pytest.mark.parametrize("norm_position", ["post", "pre"])
def test_a_config_survives_its_file(norm_position):
    config = tiny_config(norm_position=norm_position)
    values = json.loads(json.dumps(bert_config_values(config)))
    assert bert_config(values) == config
    assert ("norm_position" in values) == (norm_position == "pre")


# --- int8


@settings(deadline=None)
@given(st.lists(st.floats(0.01, 300.0), min_size=1, max_size=5), st.integers(1, 9))
def test_a_matrix_in_int8_is_off_by_half_a_step_of_its_row_at_most(largest, width):
    matrix = torch.randn(len(largest), width)
    matrix = matrix / matrix.abs().amax(1, keepdim=True) * torch.tensor(largest)[:, None]
    stored = quantized({"w": matrix})
    assert stored["w"].dtype == torch.int8
    error = (dequantized(stored)["w"] - matrix).abs()
    step_R1 = stored["w" + SCALE_SUFFIX].float()[:, None]
    assert (error <= 0.5001 * step_R1).all()
    torch.testing.assert_close(step_R1[:, 0], torch.tensor(largest) / 127, rtol=1e-3, atol=1e-7)


def test_a_row_of_zeros_stays_zero():
    assert_same(dequantized(quantized({"w": torch.zeros(2, 3)})), {"w": torch.zeros(2, 3)})


def test_a_tensor_of_three_axes_keeps_its_shape():
    tensor = torch.randn(4, 3, 2)
    torch.testing.assert_close(
        dequantized(quantized({"w": tensor}))["w"], tensor, atol=0.02, rtol=0
    )


def test_vectors_are_stored_as_float16_and_numbers_as_they_are():
    vector, count = torch.randn(7), torch.tensor([3])
    stored = quantized({"v": vector, "n": count})
    assert torch.equal(stored["v"], vector.half())
    assert torch.equal(stored["n"], count)


def test_an_int8_matrix_without_its_scale_is_refused():
    with pytest.raises(ArtifactError, match=r"'w' has no 'w\.int8_scale'"):
        dequantized({"w": torch.zeros(2, 2, dtype=torch.int8)})


# --- shards


@pytest.mark.parametrize("max_shard_bytes", [1, 300, 2000, 10**9, 0])
def test_shards_hold_every_tensor_once_and_none_is_over_the_limit(tmp_path, max_shard_bytes):
    tensors = tiny_bert_model().state_dict()
    write_tensors(tmp_path, tensors, max_shard_bytes=max_shard_bytes)
    assert_same(read_tensors(tmp_path), tensors)
    shards = [load_file(path) for path in sorted(tmp_path.glob("*.safetensors"))]
    assert sorted(name for shard in shards for name in shard) == sorted(tensors)
    if 0 < max_shard_bytes < 10**9:
        assert len(shards) > 1
        for shard in shards:
            size_bytes = sum(t.numel() * t.element_size() for t in shard.values())
            assert size_bytes <= max_shard_bytes or len(shard) == 1


def test_shards_open_in_the_reference_library(tmp_path, saved):
    tensors = read_tensors(saved)
    (saved / "model.safetensors").unlink()
    write_tensors(saved, tensors, max_shard_bytes=2000)
    reopened = ReferenceModel.from_pretrained(saved).state_dict()
    for name, tensor in tensors.items():
        assert torch.equal(reopened[name], tensor), name


# --- what is refused


def truncate(path):
    (path / MANIFEST).unlink()
    weights = path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])


def alter(path):
    weights = path / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)


def leave_only_a_pickle(path):
    (path / MANIFEST).unlink()
    (path / "model.safetensors").rename(path / "pytorch_model.bin")


def rewrite(path, change):
    (path / MANIFEST).unlink()
    tensors = load_file(path / "model.safetensors")
    change(tensors)
    save_file(tensors, path / "model.safetensors")


def reconfigure(path, **changes):
    (path / MANIFEST).unlink()
    values = json.loads((path / "config.json").read_text())
    (path / "config.json").write_text(json.dumps(values | changes))


def write_config(path, data):
    (path / MANIFEST).unlink()
    (path / "config.json").write_bytes(data)


def delete(path, *names):
    for name in names:
        (path / name).unlink()


BIAS = "encoder.layer.0.output.dense.bias"
DAMAGES = {
    "truncated": (truncate, ArtifactError, "is no whole safetensors file"),
    "altered": (alter, ArtifactError, "is not the file that was saved"),
    "pickle": (leave_only_a_pickle, UnsafeArtifactError, "pytorch_model.bin is a pickle"),
    "no weights": (
        lambda p: delete(p, MANIFEST, "model.safetensors"),
        ArtifactError,
        "has no model.safetensors",
    ),
    "listed file gone": (
        lambda p: delete(p, "model.safetensors"),
        ArtifactError,
        "lacks model.safetensors",
    ),
    "no config": (lambda p: delete(p, MANIFEST, "config.json"), ArtifactError, "has no config"),
    "config damaged": (lambda p: write_config(p, b'{"a'), ArtifactError, "is damaged"),
    "config too deep": (lambda p: write_config(p, b"[" * 100_000), ArtifactError, "is damaged"),
    "config of digits": (lambda p: write_config(p, b"1" * 5_000), ArtifactError, "is damaged"),
    "config not UTF-8": (lambda p: write_config(p, b"\xff\xfe"), ArtifactError, "is damaged"),
    "config no table": (lambda p: write_config(p, b"[]"), ArtifactError, "must hold a table"),
    "tensor missing": (
        lambda p: rewrite(p, lambda t: t.pop(BIAS)),
        ArtifactError,
        f"lacks '{BIAS}'",
    ),
    "tensor too many": (
        lambda p: rewrite(p, lambda t: t.update(extra=torch.zeros(1))),
        ArtifactError,
        "has the unknown tensor 'extra'",
    ),
    "wrong shape": (
        lambda p: reconfigure(p, intermediate_size=25),
        ArtifactError,
        r"has shape \(24,\), the config asks for \(25,\)",
    ),
    "more than memory holds": (
        lambda p: reconfigure(p, hidden_size=2**22, intermediate_size=2**24),
        ArtifactError,
        r"the config asks for \(4194304,\)|the config asks for \(.*, 4194304\)",
    ),
    "layers that are not there": (
        lambda p: reconfigure(p, num_hidden_layers=200),
        ArtifactError,
        "lacks 'encoder.layer.10",
    ),
    "other model": (
        lambda p: reconfigure(p, model_type="gpt2"),
        ConfigError,
        "this is a 'gpt2' model, not BERT",
    ),
    "none of the library's": (
        lambda p: write_config(p, b'{"format": "lexloom n-gram model 1"}'),
        ConfigError,
        "this model is a 'lexloom n-gram model 1', not BERT",
    ),
    "other positions": (
        lambda p: reconfigure(p, position_embedding_type="relative_key"),
        ConfigError,
        "position_embedding_type 'relative_key'",
    ),
    "unknown key": (
        lambda p: reconfigure(p, hiden_size=3),
        ConfigError,
        r"unknown key 'hiden_size' \(did you mean 'hidden_size'\?\)",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_directory_that_is_not_whole_is_refused_in_one_sentence_with_a_hint(saved, damage):
    spoil, error, message = DAMAGES[damage]
    spoil(saved)
    with pytest.raises(error, match=message) as caught:
        load_bert(saved)
    assert isinstance(caught.value, LexloomError)
    assert "\n" not in str(caught.value)
    assert caught.value.hint


def test_what_is_asked_for_is_compared_before_memory_is_taken(tmp_path, saved):
    reconfigure(saved, hidden_size=2**22, intermediate_size=2**24)
    for with_pairs in (True, False):
        with pytest.raises(ArtifactError, match="its config does not fit it"):
            load_pretraining(saved, with_pairs=with_pairs)


def test_layers_without_end_are_refused(saved):
    reconfigure(saved, num_hidden_layers=10**9)
    with pytest.raises(ConfigError, match="num_hidden_layers must be at most 1,024"):
        load_bert(saved)


@pytest.mark.parametrize("positions", ["learned", "sinusoidal"])
def test_an_outline_has_the_names_and_shapes_and_no_memory(positions):
    config = tiny_config(positions=positions)
    want = BertModel(config).state_dict()
    got = outline(lambda: BertModel(config))
    assert {n: t.shape for n, t in got.items()} == {n: t.shape for n, t in want.items()}
    assert {tensor.device.type for tensor in got.values()} == {"meta"}


def test_reading_a_model_draws_the_same_numbers_as_making_it(saved):
    torch.manual_seed(1)
    load_bert(saved)
    drawn = torch.rand(3)
    torch.manual_seed(1)
    BertModel(tiny_config())
    assert torch.equal(torch.rand(3), drawn)


def test_a_missing_directory_is_refused(tmp_path):
    with pytest.raises(ArtifactError, match=r"there is no model directory .*nothing"):
        load_bert(tmp_path / "nothing")
