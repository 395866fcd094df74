import pytest
import torch
import torch.nn.functional as F

from doubles import ToyModel
from lexloom.nn.kernels.library import kernels
from lexloom.train import optim
from lexloom.train.config import TrainConfig
from lexloom.train.optim import MasterAdamW

pytestmark = pytest.mark.usefixtures("way")
RATES = {"learning_rate": 0.02, "head_learning_rate": 0.05, "embedding_learning_rate": 0.01}


@pytest.fixture(params=["compiled", "torch"])
def way(request, monkeypatch):
    """Each test runs with the kernel and without."""
    if request.param == "torch":
        monkeypatch.setattr(optim, "kernels", lambda: None)
    elif kernels() is None:
        pytest.skip("the kernels are not compiled")


def config(**changes):
    return TrainConfig(**{**RATES, "weight_decay": 0.1, "max_grad_norm": 0.5} | changes)


def toy(dtype=torch.float32, **changes):
    model = ToyModel().to(dtype).eval()
    return model, MasterAdamW(model, config(**changes), encoder_prefix="bert.")


def loss_of(model, step):
    ids_B = torch.randint(12, (5,), generator=torch.Generator().manual_seed(step))
    return F.cross_entropy(model(ids_B), ids_B % 3)


def backward(optimizer, loss):
    optimizer.zero_grad()
    optimizer.backward(loss)
    return optimizer.clip()


def train(model, optimizer, steps):
    for step in steps:
        backward(optimizer, loss_of(model, step))
        optimizer.step(1.0 / (step + 1))


def test_in_float32_it_steps_as_torch_does():
    model, optimizer = toy()
    reference = ToyModel().eval()
    rates = {"bert.word_embeddings": 0.01, "bert.dense": 0.02, "head": 0.05}
    adamw = torch.optim.AdamW(
        [
            {
                "params": [p],
                "lr": next(rate for prefix, rate in rates.items() if name.startswith(prefix)),
                "weight_decay": 0.1 if p.dim() > 1 else 0.0,
            }
            for name, p in reference.named_parameters()
        ]
    )
    highest = [group["lr"] for group in adamw.param_groups]
    for step in range(6):
        adamw.zero_grad()
        loss_of(reference, step).backward()
        torch.nn.utils.clip_grad_norm_(reference.parameters(), 0.5)
        for group, rate in zip(adamw.param_groups, highest, strict=True):
            group["lr"] = rate / (step + 1)
        adamw.step()
    train(model, optimizer, range(6))
    for name, parameter in reference.named_parameters():
        got = model.state_dict()[name]
        torch.testing.assert_close(got, parameter.detach(), atol=1e-6, rtol=1e-5)
        assert not torch.equal(got, ToyModel().state_dict()[name])


def test_steps_too_small_for_bfloat16_add_up():
    model, optimizer = toy(torch.bfloat16, learning_rate=1e-5)
    name = "bert.dense.weight"
    before = model.state_dict()[name].clone()
    exact = optimizer.masters[name].clone()
    for _ in range(200):
        backward(optimizer, loss_of(model, 0))
        optimizer.step(1.0)
    assert model.state_dict()[name].dtype == torch.bfloat16
    assert not torch.equal(model.state_dict()[name], before)
    moved = optimizer.masters[name] - exact
    assert 0 < float(moved.abs().max()) < 0.003
    assert torch.equal(model.state_dict()[name], optimizer.masters[name].bfloat16())


def test_the_gradient_s_length_is_given_as_it_was_and_cut_to_the_limit():
    model, optimizer = toy(max_grad_norm=1e-3)
    length = backward(optimizer, loss_of(model, 0))
    gradients = torch.autograd.grad(loss_of(model, 0), list(model.parameters()))
    whole = torch.cat([gradient.flatten() for gradient in gradients]).norm()
    assert length == pytest.approx(float(whole), rel=1e-4)
    optimizer.step(1.0)
    # after one step the first moment is a tenth of what the gradient was cut to
    moments = [v for name, v in optimizer.moments().items() if name.endswith(":exp_avg")]
    assert float(torch.cat([m.flatten() for m in moments]).norm()) == pytest.approx(1e-4, rel=1e-2)


def test_word_embeddings_with_the_rate_zero_stay():
    model, optimizer = toy(embedding_learning_rate=0.0)
    before = model.bert["word_embeddings"].weight.detach().clone()
    train(model, optimizer, range(3))
    assert torch.equal(model.bert["word_embeddings"].weight, before)
    assert not model.bert["word_embeddings"].weight.requires_grad


def test_a_parameter_without_a_gradient_is_left_alone():
    model, optimizer = toy()
    before = model.head.bias.detach().clone()
    backward(optimizer, model.bert["dense"].weight.square().sum())
    optimizer.step(1.0)
    assert torch.equal(model.head.bias, before)


def gathered(optimizer):
    """Give all gradients, in float32."""
    optimizer.gather()
    return {name: master.grad.clone() for name, master in optimizer.masters.items()}


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_gradients_add_up_until_they_are_forgotten(dtype):
    model, optimizer = toy(dtype, max_grad_norm=1e9)
    backward(optimizer, loss_of(model, 0))
    first = gathered(optimizer)
    length = optimizer.clip()
    optimizer.backward(loss_of(model, 0))
    assert optimizer.clip() == pytest.approx(2 * length, rel=1e-4)
    for name, gradient in gathered(optimizer).items():
        torch.testing.assert_close(gradient, 2 * first[name])
    backward(optimizer, loss_of(model, 0))
    for name, gradient in gathered(optimizer).items():
        assert torch.equal(gradient, first[name])


def test_gradients_of_a_narrow_model_are_added_in_float32():
    model, optimizer = toy(torch.bfloat16, max_grad_norm=1e9)
    bias = model.head.bias
    for weight in (1.0, 1.0 / 512):  # 1 + 1/512 has more digits than bfloat16
        optimizer.backward((bias * weight).sum())
    assert optimizer.clip() == pytest.approx((1 + 1 / 512) * bias.numel() ** 0.5, rel=1e-6)
    optimizer.gather()
    assert torch.equal(
        optimizer.masters["head.bias"].grad, torch.full((bias.numel(),), 1 + 1 / 512)
    )


def test_both_ways_go_alike(monkeypatch):
    model, optimizer = toy(torch.bfloat16)
    monkeypatch.setattr(optim, "kernels", lambda: None)
    plain, other = toy(torch.bfloat16)
    for step in range(8):
        lengths = [backward(o, loss_of(m, step)) for m, o in ((model, optimizer), (plain, other))]
        assert lengths[0] == pytest.approx(lengths[1], rel=2e-2)
        for one in (optimizer, other):
            one.step(1.0)
    for name, master in optimizer.masters.items():
        torch.testing.assert_close(master, other.masters[name], atol=2e-3, rtol=1e-2)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_running_mean_is_lent_to_the_model_and_taken_back(dtype):
    model, optimizer = toy(dtype, ema_decay=0.9)
    seen = []
    for step in range(3):
        train(model, optimizer, [step])
        seen.append({name: master.detach().clone() for name, master in optimizer.masters.items()})
    # the weights that the run began with have no share
    shares = torch.tensor([0.81, 0.9, 1.0]) / 2.71
    expected = {
        name: sum(share * weights[name] for share, weights in zip(shares, seen, strict=True))
        for name in optimizer.masters
    }
    last = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with optimizer.averaged():
        for name, tensor in model.state_dict().items():
            torch.testing.assert_close(tensor, expected[name].to(dtype))
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, last[name])


def test_a_running_mean_that_is_set_again_goes_on_bit_for_bit():
    model, optimizer = toy(ema_decay=0.9)
    train(model, optimizer, range(3))
    state = {k: v.clone() for k, v in optimizer.full_state().items()}
    moments = {k: v.clone() for k, v in optimizer.moments().items()}
    train(model, optimizer, range(3, 6))
    again, other = toy(ema_decay=0.9)
    other.load_full_state(state)
    other.load_moments(moments)
    train(again, other, range(3, 6))
    for name, tensor in optimizer.averages.items():
        assert torch.equal(tensor, other.averages[name])


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_state_that_is_set_again_goes_on_bit_for_bit(dtype):
    model, optimizer = toy(dtype)
    train(model, optimizer, range(3))
    state = {k: v.clone() for k, v in optimizer.full_state().items()}
    moments = {k: v.clone() for k, v in optimizer.moments().items()}
    train(model, optimizer, range(3, 6))
    again, other = toy(dtype)
    other.load_full_state(state)
    other.load_moments(moments)
    train(again, other, range(3, 6))
    for name, tensor in optimizer.full_state().items():
        assert torch.equal(other.full_state()[name], tensor), name
        assert torch.equal(again.state_dict()[name], model.state_dict()[name]), name
