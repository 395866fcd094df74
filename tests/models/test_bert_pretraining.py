import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from transformers import BertForMaskedLM, get_linear_schedule_with_warmup
from transformers import BertForPreTraining as TheirBert

from doubles import tiny_config
from lexloom.artifacts import sealed_directory
from lexloom.errors import ArtifactError
from lexloom.models.bert_pretraining import BertForPreTraining, Counts
from lexloom.models.checkpoint import load_bert, load_pretraining, save_bert, save_pretraining
from lexloom.nn.masked_batch import MaskedBatch
from lexloom.train.config import TrainConfig
from lexloom.train.loop import Position, steps
from lexloom.train.optim import MasterAdamW
from lexloom.train.parallel import Parallel

V = 60
NO_DROPOUT = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}


def model_of(seed=0, with_pairs=True, **changes):
    torch.manual_seed(seed)
    values = {"vocab_size": V, "initializer_range": 0.1, **NO_DROPOUT, **changes}
    return BertForPreTraining(tiny_config(**values), with_pairs=with_pairs)


def batch_of(seed, lengths=(9, 5, 12), with_pairs=True):
    rng = np.random.default_rng(seed)
    shape = (len(lengths), max(lengths))
    ids = rng.integers(5, V, shape)
    mask = np.arange(shape[1]) < np.array(lengths)[:, None]
    ids[~mask] = 0
    chosen = mask & (rng.random(shape) < 0.3)
    chosen[:, 0] = True
    positions = np.flatnonzero(chosen)
    return MaskedBatch(
        input_ids_BT=torch.from_numpy(ids),
        attention_mask_BT=torch.from_numpy(mask.astype(np.int64)),
        token_type_ids_BT=torch.from_numpy(rng.integers(0, 2, shape)) if with_pairs else None,
        positions_P=torch.from_numpy(positions),
        labels_P=torch.from_numpy(rng.integers(0, V, len(positions))),
        pair_labels_B=torch.from_numpy(rng.integers(0, 2, len(lengths))) if with_pairs else None,
    )


def theirs_of(model, tmp_path):
    with sealed_directory(tmp_path / "saved") as directory:
        save_pretraining(model, directory)
    kind = TheirBert if model.with_pairs else BertForMaskedLM
    their, info = kind.from_pretrained(tmp_path / "saved", output_loading_info=True)
    # they keep a pooler that masked words alone do not need
    assert not [name for name in info["missing_keys"] if "pooler" not in name]
    assert not info["unexpected_keys"]
    return their


def their_labels(batch):
    labels = torch.full_like(batch.input_ids_BT, -100).flatten()
    labels[batch.positions_P] = batch.labels_P
    return labels.view_as(batch.input_ids_BT)


@pytest.mark.parametrize("with_pairs", [True, False])
def test_losses_equal_those_of_transformers(tmp_path, with_pairs):
    model = model_of(with_pairs=with_pairs).eval()
    their = theirs_of(model, tmp_path).eval()
    batch = batch_of(1, with_pairs=with_pairs)
    losses = model(batch)
    values = {"next_sentence_label": batch.pair_labels_B} if with_pairs else {}
    out = their(
        batch.input_ids_BT, batch.attention_mask_BT, token_type_ids=batch.token_type_ids_BT,
        labels=their_labels(batch), **values,
    )  # fmt: skip
    total = sum(losses[name].detach() / count for name, count in batch.num_targets.items())
    assert float(total) == pytest.approx(float(out.loss.detach()), abs=1e-5)


class Repeated:
    """A task of the same few batches."""

    encoder_prefix = ""

    def __init__(self, model):
        self.model = model

    def num_batches(self):
        return 8

    def batches(self, epoch, index, share):
        return [batch_of(index)]

    def losses(self, batch):
        return self.model(batch)


def test_a_training_goes_as_that_of_transformers(tmp_path):
    model = model_of()
    their = theirs_of(model, tmp_path).train()
    config = TrainConfig(learning_rate=1e-3, embedding_learning_rate=1e-3, weight_decay=0.0)
    optimizer = MasterAdamW(model, config, encoder_prefix="")
    adamw = torch.optim.AdamW(their.parameters(), lr=1e-3, weight_decay=0.0)
    schedule = get_linear_schedule_with_warmup(adamw, 4, 40)
    position = Position(step=0, steps_per_epoch=8, num_steps=40)
    for report in steps(Repeated(model), optimizer, config, position, Parallel()):
        batch = batch_of((report.step - 1) % 8)
        adamw.param_groups[0]["lr"] = report.learning_rate  # theirs begins its rise at 0
        out = their(
            batch.input_ids_BT, batch.attention_mask_BT, token_type_ids=batch.token_type_ids_BT,
            labels=their_labels(batch), next_sentence_label=batch.pair_labels_B,
        )  # fmt: skip
        adamw.zero_grad()
        out.loss.backward()
        nn.utils.clip_grad_norm_(their.parameters(), 1.0)
        adamw.step()
        schedule.step()
        assert sum(report.losses.values()) == pytest.approx(float(out.loss.detach()), abs=1e-4)


@pytest.mark.parametrize("lengths", [(7, 7), (7, 20)])
def test_a_text_learns_nothing_of_its_neighbour_in_the_batch(lengths):
    model = model_of(with_pairs=False).train()
    gradients = []
    for seed in (1, 2):  # another first text of the same length
        batch = batch_of(3, lengths, with_pairs=False)
        other = batch_of(seed, lengths, with_pairs=False)
        batch.input_ids_BT[0] = other.input_ids_BT[0]
        seen = {}

        def keep(_module, _inputs, output, seen=seen):
            output.retain_grad()
            seen["x"] = output

        hook = model.bert.embeddings.register_forward_hook(keep)
        h_BTD, _ = model.encode(batch)
        hook.remove()
        is_second = batch.positions_P >= max(lengths)
        logits = model.word_logits(h_BTD, batch.positions_P[is_second])
        F.cross_entropy(logits, batch.labels_P[is_second], reduction="sum").backward()
        assert seen["x"].ndim == 2  # without padding; filler stands behind both texts
        gradients.append(seen["x"].grad.split([*lengths, len(seen["x"]) - sum(lengths)]))
    assert torch.equal(gradients[0][1], gradients[1][1])
    assert gradients[0][1].abs().sum() > 0
    assert not gradients[0][0].any()
    assert not gradients[0][2].any()


def test_guesses_are_counted():
    model = model_of().eval()
    batches = [batch_of(seed) for seed in range(3)]
    counts = sum((model.count(batch) for batch in batches), Counts())
    scores = counts.scores()
    masked = sum(float(model(batch)["masked"].detach()) for batch in batches)
    assert scores["masked_loss"] == pytest.approx(masked / counts.num_masked)
    assert scores["score"] == pytest.approx(-scores["masked_loss"] - scores["pairs_loss"])
    h_BTD, pooled_BD = model.encode(batches[0])
    right = model.pair_logits(pooled_BD).argmax(-1) == batches[0].pair_labels_B
    assert model.count(batches[0]).num_pairs_right == int(right.sum())
    logits = model.word_logits(h_BTD, batches[0].positions_P)
    right = logits.argmax(-1) == batches[0].labels_P
    assert model.count(batches[0]).num_masked_right == int(right.sum())


@pytest.mark.parametrize("with_pairs", [True, False])
def test_what_was_saved_is_read_back(tmp_path, with_pairs):
    model = model_of(with_pairs=with_pairs)
    with sealed_directory(tmp_path / "saved") as directory:
        save_pretraining(model, directory)
    again = load_pretraining(tmp_path / "saved", with_pairs=with_pairs)
    assert again.state_dict().keys() == model.state_dict().keys()
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, again.state_dict()[name]), name
    encoder = load_bert(tmp_path / "saved")
    assert torch.equal(
        encoder.embeddings.word_embeddings.weight, model.bert.embeddings.word_embeddings.weight
    )


def test_an_encoder_alone_gets_new_heads(tmp_path):
    model = model_of(with_pairs=False)
    save_bert(model.bert, tmp_path / "encoder")
    again = load_pretraining(tmp_path / "encoder", with_pairs=True)
    for name, tensor in model.bert.state_dict().items():
        assert torch.equal(tensor, again.bert.state_dict()[name]), name


def test_checkpoints_of_transformers_with_all_heads_are_read(tmp_path):
    their = theirs_of(model_of(), tmp_path).eval()
    their.save_pretrained(tmp_path / "theirs")
    model = load_pretraining(tmp_path / "theirs", with_pairs=True).eval()
    batch = batch_of(2)
    out = their(batch.input_ids_BT, batch.attention_mask_BT, batch.token_type_ids_BT)
    logits = out.prediction_logits.flatten(0, 1)[batch.positions_P]
    h_BTD, pooled_BD = model.encode(batch)
    torch.testing.assert_close(model.word_logits(h_BTD, batch.positions_P), logits,
                               atol=1e-5, rtol=1e-5)  # fmt: skip
    torch.testing.assert_close(
        model.pair_logits(pooled_BD), out.seq_relationship_logits, atol=1e-5, rtol=1e-5
    )


def test_a_tensor_of_no_known_head_is_refused(tmp_path):
    model = model_of()
    model.bert.extra = nn.Linear(2, 2)
    with sealed_directory(tmp_path / "saved") as directory:
        save_pretraining(model, directory)
    with pytest.raises(ArtifactError, match=r"unknown tensor 'bert\.extra"):
        load_pretraining(tmp_path / "saved", with_pairs=True)
