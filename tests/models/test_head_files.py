"""Saved heads open in transformers with equal logits, and theirs open here."""

import json

import pytest
import torch

from doubles import tiny_config, wordpiece
from lexloom.errors import ArtifactError, ConfigError
from lexloom.models.checkpoint import load_bert
from lexloom.models.head_files import HeadFiles, load_head, save_head
from lexloom.models.heads import HeadConfig, make_head_model

TASKS = {"classifier": ("no", "是", "may be"), "regressor": ("score",), "tagger": ("O", "B-x")}
TEXTS = ["Ann lives in Paris.", "李明在北京工作"]
PAIRS = [("Ann left", "Bob met Carl in Rome"), ("北京", "Ann")]


def tiny_head(task, **changes):
    torch.manual_seed(1)
    config = HeadConfig(encoder=tiny_config(), task=task, labels=TASKS[task], **changes)
    model = make_head_model(config).eval()
    torch.nn.init.normal_(model.classifier.bias)
    return HeadFiles(model, wordpiece(), 40)


def in_transformers(path, task):
    transformers = pytest.importorskip("transformers")
    kind = "TokenClassification" if task == "tagger" else "SequenceClassification"
    model = getattr(transformers, f"AutoModelFor{kind}").from_pretrained(path)
    return model.eval(), transformers.AutoTokenizer.from_pretrained(path)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("inputs", [TEXTS, PAIRS], ids=["texts", "pairs"])
def test_transformers_opens_a_saved_model_with_equal_logits(task, inputs, tmp_path):
    files = tiny_head(task)
    save_head(files, tmp_path / "m")
    model, tokenizer = in_transformers(tmp_path / "m", task)
    args = list(zip(*inputs, strict=True)) if isinstance(inputs[0], tuple) else [inputs]
    batch = tokenizer(*map(list, args), padding=True, return_tensors="pt")
    for row, item in enumerate(inputs):
        ours = files.tokenizer.encode(*(item if isinstance(item, tuple) else [item]))
        size = len(ours.ids)
        assert batch["input_ids"][row, :size].tolist() == ours.ids
        assert batch["token_type_ids"][row, :size].tolist() == ours.type_ids
    with torch.no_grad():
        theirs = model(**batch).logits
        again = load_head(tmp_path / "m").model(
            batch["input_ids"], batch["attention_mask"], batch["token_type_ids"]
        )
    real = batch["attention_mask"].bool() if task == "tagger" else slice(None)
    assert torch.allclose(again[real], theirs[real], atol=1e-5)
    names = [model.config.id2label[number] for number in range(len(TASKS[task]))]
    assert names == list(TASKS[task])
    assert model.config.label2id == {name: number for number, name in enumerate(names)}


@pytest.mark.parametrize("task", TASKS)
def test_a_model_that_transformers_saved_opens_here(task, tmp_path):
    save_head(tiny_head(task), tmp_path / "m")
    model, tokenizer = in_transformers(tmp_path / "m", task)
    model.save_pretrained(tmp_path / "theirs")
    tokenizer.save_pretrained(tmp_path / "theirs")
    files = load_head(tmp_path / "theirs")
    assert (files.config.task, files.config.labels) == (task, TASKS[task])
    ids = torch.tensor([[2, 7, 9, 3]])
    with torch.no_grad():
        assert torch.allclose(files.model(ids), model(ids).logits, atol=1e-5)


@pytest.mark.parametrize("pooling", ["cls", "mean"])
def test_a_saved_model_comes_back_as_it_was(pooling, tmp_path):
    files = tiny_head("classifier", pooling=pooling, classifier_dropout=0.2)
    save_head(files, tmp_path / "m", notices={"README.md": "# Card\n"})
    back = load_head(tmp_path / "m")
    assert back.config == files.config
    assert back.max_tokens == 40
    assert back.tokenizer.truncation is None
    for name, tensor in files.model.state_dict().items():
        assert torch.equal(back.model.state_dict()[name], tensor)
    assert (tmp_path / "m" / "README.md").read_text() == "# Card\n"
    # its encoder can begin another training
    assert load_bert(tmp_path / "m").config == files.config.encoder


def test_a_siamese_model_comes_back_and_transformers_refuses_its_head(tmp_path):
    files = tiny_head("regressor", pair_form="siamese", pooling="mean")
    save_head(files, tmp_path / "m")
    assert load_head(tmp_path / "m").config == files.config
    assert load_bert(tmp_path / "m").config == files.config.encoder
    pytest.importorskip("transformers")
    with pytest.raises(RuntimeError, match=r"size mismatch|mismatched"):
        in_transformers(tmp_path / "m", "regressor")


def test_labels_without_names_are_numbered_as_transformers_does(tmp_path):
    save_head(tiny_head("classifier"), tmp_path / "m")
    change(tmp_path / "m", id2label=None)
    assert load_head(tmp_path / "m").config.labels == ("LABEL_0", "LABEL_1", "LABEL_2")


def change(path, **values):
    (path / "manifest.json").unlink()
    config = json.loads((path / "config.json").read_text()) | values
    (path / "config.json").write_text(json.dumps(config))


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        ({"architectures": ["BertModel"]}, ArtifactError, "names BertModel"),
        ({"architectures": None}, ArtifactError, "names nothing"),
        ({"problem_type": "multi_label_classification"}, ConfigError, "several labels a text"),
        (
            {"id2label": {"0": "a", "7": "b", "2": "c"}},
            ArtifactError,
            "does not name the model's 3",
        ),
        ({"id2label": ["a", "b", "c"]}, ArtifactError, "does not name the model's 3"),
        ({"id2label": 5}, ArtifactError, "does not name the model's 3"),
        ({"classifier_pooling": "max"}, ConfigError, "must be 'cls' or 'mean', got 'max'"),
        ({"hidden_size": 32}, ArtifactError, "has shape"),
        ({"hidden_size": 2**22}, ArtifactError, "has shape"),
        ({"num_hidden_layers": 10**9}, ConfigError, "at most 1,024"),
    ],
)
def test_a_config_that_does_not_fit_is_refused(values, error, message, tmp_path):
    save_head(tiny_head("classifier"), tmp_path / "m")
    change(tmp_path / "m", **values)
    with pytest.raises(error, match=message):
        load_head(tmp_path / "m")


def test_an_encoder_alone_has_no_head(tiny_bert, tmp_path):
    with pytest.raises(ArtifactError, match="no classifier, regressor or tagger"):
        load_head(tiny_bert)
    save_head(tiny_head("classifier"), tmp_path / "m")
    weights = tmp_path / "m" / "model.safetensors"
    (tmp_path / "m" / "manifest.json").unlink()
    weights.write_bytes((tiny_bert / "model.safetensors").read_bytes())
    with pytest.raises(ArtifactError, match=r"lacks 'classifier\.weight'"):
        load_head(tmp_path / "m")
