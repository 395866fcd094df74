"""Masked words against transformers, for its layouts and ours."""

import json

import pytest
import torch

from doubles import tiny_config, wordpiece
from lexloom.artifacts import sealed_directory, write_json
from lexloom.errors import ArtifactError, ShapeError, UsageError
from lexloom.models.bert_pretraining import BertForPreTraining
from lexloom.models.checkpoint import bert_config_values, write_tensors
from lexloom.models.fill_mask import MaskFiller

TEXT = "Ann [MASK] in [MASK]. 北京"


def save_ours(path, *, with_pairs=False, drop=()):
    """A pre-training model as `bert_pretraining` names its parameters."""
    torch.manual_seed(3)
    model = BertForPreTraining(tiny_config(), with_pairs=with_pairs)
    torch.nn.init.normal_(model.cls.predictions.bias)
    tensors = {k: v.contiguous() for k, v in model.state_dict().items() if k not in drop}
    with sealed_directory(path) as directory:
        write_json(directory / "config.json", bert_config_values(model.config))
        write_tensors(directory, tensors)
        wordpiece().save(str(directory / "tokenizer.json"))
    return path


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    return save_ours(tmp_path_factory.mktemp("bert") / "m")


@pytest.mark.parametrize("kind", ["BertForMaskedLM", "BertForPreTraining"])
def test_probabilities_equal_those_of_transformers(kind, tmp_path):
    transformers = pytest.importorskip("transformers")
    values = bert_config_values(tiny_config())
    torch.manual_seed(0)
    model = getattr(transformers, kind)(transformers.BertConfig(**values)).eval()
    torch.nn.init.normal_(model.cls.predictions.bias)
    model.save_pretrained(tmp_path)
    wordpiece().save(str(tmp_path / "tokenizer.json"))
    filler = MaskFiller.load(tmp_path)
    found = filler.fill(TEXT, top_k=3)
    ids = torch.tensor([filler.tokenizer.encode(TEXT).ids])
    with torch.no_grad():
        out = model(ids)
    logits = out.logits if kind == "BertForMaskedLM" else out.prediction_logits
    probabilities = logits[0, ids[0] == filler.tokenizer.token_to_id("[MASK]")].softmax(-1)
    assert len(found) == len(probabilities) == 2
    for mask, wanted in zip(found, probabilities, strict=True):
        best = wanted.topk(3)
        assert [c.probability for c in mask.candidates] == pytest.approx(
            best.values.tolist(), abs=1e-5
        )
        assert [filler.tokenizer.token_to_id(c.word) for c in mask.candidates] == (
            best.indices.tolist()
        )
        assert TEXT[mask.start : mask.end] == "[MASK]"


def test_a_decoder_of_its_own_is_used(ours, tmp_path):
    from safetensors.torch import load_file, save_file

    for name in ("config.json", "tokenizer.json"):
        (tmp_path / name).write_bytes((ours / name).read_bytes())
    tensors = load_file(ours / "model.safetensors")
    tensors["cls.predictions.decoder.weight"] = torch.zeros(tiny_config().vocab_size, 16)
    tensors["cls.predictions.decoder.bias"] = tensors.pop("cls.predictions.bias")
    save_file(tensors, tmp_path / "model.safetensors")
    (mask,) = MaskFiller.load(tmp_path).fill("[MASK]", top_k=1)
    shares = tensors["cls.predictions.decoder.bias"].softmax(-1)
    assert mask.candidates[0].probability == pytest.approx(float(shares.max()))
    tensors["cls.predictions.decoder.weight"] = torch.zeros(5, 16)
    save_file(tensors, tmp_path / "model.safetensors")
    with pytest.raises(ArtifactError, match="does not fit its encoder"):
        MaskFiller.load(tmp_path)


@pytest.mark.parametrize("with_pairs", [True, False])
def test_our_own_form_is_read(with_pairs, tmp_path):
    filler = MaskFiller.load(save_ours(tmp_path / "m", with_pairs=with_pairs))
    first, second = filler.fill("ann [MASK] 😀 [MASK]", top_k=10**6)
    assert sum(c.probability for c in first.candidates) == pytest.approx(1.0, abs=1e-4)
    assert (second.start, second.end) == (13, 19)
    assert len(first.candidates) == filler.tokenizer.get_vocab_size()


def test_doubt_is_repeatable_and_not_nothing(ours):
    filler = MaskFiller.load(ours)
    state = torch.random.get_rng_state()
    (mask,) = filler.fill("ann [MASK]", num_passes=4)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert (mask,) == tuple(filler.fill("ann [MASK]", num_passes=4))
    assert all(c.std > 0 for c in mask.candidates)
    (sure,) = filler.fill("ann [MASK]")
    assert all(c.std is None for c in sure.candidates)


def test_what_cannot_be_filled_is_refused(ours, tiny_bert, tmp_path):
    filler = MaskFiller.load(ours)
    with pytest.raises(UsageError, match=r"the text holds no \[MASK\]"):
        filler.fill("ann left mask")
    with pytest.raises(ShapeError, match="603 tokens are more than the model's 512"):
        filler.fill("ann " * 600 + "[MASK]")
    with pytest.raises(ArtifactError, match="has no word head, so it cannot fill masks"):
        MaskFiller.load(tiny_bert)
    with pytest.raises(ArtifactError, match="does not fit its encoder"):
        MaskFiller.load(save_ours(tmp_path / "m", drop=("cls.predictions.bias",)))
    other = save_ours(tmp_path / "n")
    tokenizer = json.loads((other / "tokenizer.json").read_text())
    tokenizer["model"]["vocab"].pop("[MASK]")
    (other / "manifest.json").unlink()
    (other / "tokenizer.json").write_text(json.dumps(tokenizer))
    with pytest.raises(ArtifactError, match=r"has no \[MASK\]"):
        MaskFiller.load(other)
