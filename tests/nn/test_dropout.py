import pytest
import torch

from lexloom.nn.dropout import Dropout


def dropped(p, seed, x):
    torch.manual_seed(seed)
    return Dropout(p)(x)


@pytest.mark.parametrize("p", [0.01, 0.1, 0.2, 0.5, 0.9])
def test_the_mean_stays_and_the_share_of_zeros_is_the_probability(p):
    out = dropped(p, 1, torch.ones(400, 500))
    # the probability is rounded to a 256th
    assert float((out == 0).float().mean()) == pytest.approx(p, abs=0.004)
    assert float(out.mean()) == pytest.approx(1.0, abs=0.02)


def test_every_kept_element_is_scaled_alike():
    out = dropped(0.5, 1, torch.ones(1000))
    assert out.unique().tolist() == [0.0, 2.0]


def test_torch_s_seed_decides_the_mask():
    x = torch.randn(40, 50)
    assert torch.equal(dropped(0.3, 5, x), dropped(0.3, 5, x))
    assert not torch.equal(dropped(0.3, 5, x), dropped(0.3, 6, x))


def test_two_calls_draw_two_masks():
    torch.manual_seed(0)
    dropout = Dropout(0.5)
    assert not torch.equal(dropout(torch.ones(100)), dropout(torch.ones(100)))


def test_outside_of_training_nothing_changes():
    x = torch.randn(3, 4)
    assert Dropout(0.9).eval()(x) is x
    assert Dropout(0.0)(x) is x


@pytest.mark.parametrize("shape", [(), (1,), (0, 3), (2, 3, 4, 5)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_shape_and_dtype_stay(shape, dtype):
    out = Dropout(0.5)(torch.ones(shape, dtype=dtype))
    assert (out.shape, out.dtype) == (torch.Size(shape), dtype)


def test_the_gradient_is_dropped_where_the_value_is():
    x = torch.randn(50, requires_grad=True)
    out = dropped(0.5, 3, x)
    out.sum().backward()
    assert torch.equal(x.grad == 0, out == 0)


def test_a_tensor_that_is_not_contiguous_is_dropped_too():
    x = torch.ones(20, 30).T
    assert dropped(0.5, 1, x).shape == (30, 20)


def test_a_probability_near_one_still_keeps_something():
    assert 0 < float((dropped(0.999, 1, torch.ones(100_000)) > 0).float().mean()) < 0.01


def test_its_probability_is_shown():
    assert repr(Dropout(0.25)) == "Dropout(p=0.25)"


@pytest.mark.slow
def test_a_compiler_sees_one_graph_that_any_mask_comes_from():
    seen = []

    def count(graph, _inputs):
        seen.append(graph)
        return graph.forward

    compiled = torch.compile(Dropout(0.5).train(), backend=count, fullgraph=True)
    outs = [compiled(torch.ones(1000)) for _ in range(3)]
    assert len(seen) == 1
    assert not torch.equal(outs[0], outs[1])
    assert outs[0].unique().tolist() == [0.0, 2.0]
