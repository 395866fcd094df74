import numpy as np
import pytest
import torch

from lexloom.errors import ConfigError
from lexloom.models import nnlm
from lexloom.models.nnlm import Nnlm, NnlmConfig
from lexloom.nn.context_batch import ContextBatch, Negatives

SHAPES = [
    {},
    {"direct_connections": True},
    {"tie_word_embeddings": True, "hidden_size": 4},
    {"tie_word_embeddings": True, "hidden_size": 4, "direct_connections": True, "bos_token_id": 1},
]
shapes = pytest.mark.parametrize("changes", SHAPES, ids=str)


def make(seed=0, **changes):
    torch.manual_seed(seed)
    values = {"vocab_size": 11, "context_size": 3, "embedding_size": 4, "hidden_size": 5}
    model = Nnlm(NnlmConfig(**values | changes)).double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(std=0.7)
    return model.eval()


def batch(negatives=None, size=7, seed=1):
    rng = np.random.default_rng(seed)
    context_BN = torch.from_numpy(rng.integers(0, 11, (size, 3)))
    return ContextBatch(context_BN, torch.from_numpy(rng.integers(2, 11, size)), negatives)


def reference(model, context_BN):
    """The paper's formula, word by word, in NumPy."""
    values = {name: value.numpy() for name, value in model.state_dict().items()}
    vectors = values["body.word_embeddings.weight"]
    rows = []
    for context in context_BN.tolist():
        x = np.concatenate([vectors[word] for word in context])
        tanh = np.tanh(values["body.hidden.bias"] + values["body.hidden.weight"] @ x)
        y = values["scores.bias"] + values.get("scores.weight", vectors) @ tanh
        if "scores.direct" in values:
            y = y + values["scores.direct"] @ x
        if model.config.bos_token_id is not None:
            y[model.config.bos_token_id] = -np.inf
        rows.append(y - np.log(np.exp(y - y.max()).sum()) - y.max())
    return np.array(rows)


@shapes
def test_probabilities_are_those_of_the_papers_formula(changes, monkeypatch):
    model, given = make(**changes), batch()
    wanted = reference(model, given.context_BN)
    found = model.log_distribution(given.context_BN).numpy()
    np.testing.assert_allclose(found, wanted, rtol=1e-10)
    own = wanted[np.arange(7), given.labels_B]
    for at_once in (1, 25, 1 << 19):  # in chunks or whole
        monkeypatch.setattr(nnlm, "SCORES_AT_ONCE", at_once)
        logs = model.log_probs(given.context_BN, given.labels_B)
        np.testing.assert_allclose(logs.numpy(), own, rtol=1e-10)
    assert model(given)["words"].item() == pytest.approx(-own.sum(), rel=1e-10)


@shapes
@pytest.mark.parametrize("is_sampled", [False, True])
def test_gradients_are_finite_differences(changes, is_sampled):
    model = make(**changes)
    ids = torch.tensor([2, 3, 7, 9])
    drawn = Negatives(ids, torch.tensor([0.9, 0.5, 0.3, 1.0]).double().log())
    given = batch(drawn if is_sampled else None)
    model(given)["words"].backward()
    step = 1e-5
    for parameter in model.parameters():
        flat, gradient = parameter.data.view(-1), parameter.grad.view(-1)
        for place in range(0, len(flat), 3):
            kept = flat[place].item()
            losses = []
            for value in (kept + step, kept - step):
                flat[place] = value
                losses.append(model(given)["words"].item())
            flat[place] = kept
            slope = (losses[0] - losses[1]) / (2 * step)
            assert gradient[place].item() == pytest.approx(slope, rel=1e-5, abs=1e-7)


@shapes
def test_a_draw_of_all_words_is_the_whole_softmax(changes):
    model = make(**changes)
    bos = changes.get("bos_token_id")
    ids = torch.tensor([word for word in range(11) if word != bos])
    every = Negatives(ids, torch.zeros(len(ids)).double())
    losses, gradients = [], []
    for negatives in (None, every):
        model.zero_grad()
        loss = model(batch(negatives))["words"]
        loss.backward()
        losses.append(loss.item())
        gradients.append([parameter.grad.clone() for parameter in model.parameters()])
    assert losses[0] == pytest.approx(losses[1], rel=1e-10)
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-12)


def test_draws_point_on_the_mean_where_the_whole_softmax_does():
    model = make()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(0.3)
    model(batch())["words"].backward()
    whole = torch.cat([parameter.grad.flatten() for parameter in model.parameters()])
    model.zero_grad()
    generator = torch.Generator().manual_seed(0)
    for _ in range(300):
        ids = torch.randperm(11, generator=generator)[:6].sort().values
        drawn = Negatives(ids, torch.full((6,), 6 / 11).double().log())
        model(batch(drawn))["words"].backward()
    mean = torch.cat([parameter.grad.flatten() for parameter in model.parameters()]) / 300
    assert torch.cosine_similarity(whole, mean, dim=0) > 0.995


def test_dropout_is_for_training_only():
    model = make(dropout=0.5, embedding_dropout=0.5)
    given = batch()
    assert model(given)["words"].item() == model(given)["words"].item()
    model.train()
    assert model(given)["words"].item() != model(given)["words"].item()


def test_losses_of_bfloat16_are_float32_and_near():
    model, given = make(), batch()
    whole = model(given)["words"].item()
    model.to(torch.bfloat16)
    drawn = Negatives(torch.arange(11), torch.zeros(11))
    for negatives in (None, drawn):
        loss = model(batch(negatives))["words"]
        assert loss.dtype == torch.float32
        assert loss.item() == pytest.approx(whole, rel=0.05)


def test_no_targets_have_no_probabilities():
    empty = batch(size=0)
    assert make().log_probs(empty.context_BN, empty.labels_B).shape == (0,)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"context_size": 0}, "context_size must be at least 1, got 0"),
        ({"embedding_size": -1}, "embedding_size must be at least 1, got -1"),
        ({"vocab_size": 10**9}, "vocab_size must be 2 to 16,777,216, got 1000000000"),
        ({"context_size": 10**9}, "context_size must be at most 16,384, got 1000000000"),
        ({"hidden_size": 0}, "hidden_size must be at least 1, got 0"),
        ({"dropout": 1.0}, r"dropout must be in \[0, 1\), got 1.0"),
        ({"embedding_dropout": -0.1}, r"embedding_dropout must be in \[0, 1\), got -0.1"),
        ({"initializer_range": 0.0}, "initializer_range must be a number above 0, got 0.0"),
        ({"vocab_size": 1}, "vocab_size must be 2 to 16,777,216, got 1"),
        ({"bos_token_id": 11}, r"bos_token_id must be in \[0, 11\), got 11"),
        ({"tie_word_embeddings": True}, "hidden_size and embedding_size to be the same.*=4"),
    ],
)
def test_settings_out_of_range_are_refused(values, message):
    with pytest.raises(ConfigError, match=message):
        make(**values)
