import pytest
import torch

from lexloom.nn import precision
from lexloom.nn.precision import choose_dtype, has_fast_bf16


@pytest.mark.parametrize(("name", "dtype"), [("bf16", torch.bfloat16), ("fp32", torch.float32)])
def test_what_is_asked_for_is_given_on_any_machine(name, dtype):
    assert choose_dtype(name) == dtype


@pytest.mark.parametrize(("is_fast", "dtype"), [(True, torch.bfloat16), (False, torch.float32)])
def test_auto_takes_bfloat16_where_it_is_fast(monkeypatch, is_fast, dtype):
    monkeypatch.setattr(precision, "has_fast_bf16", lambda: is_fast)
    assert choose_dtype() == choose_dtype("auto") == dtype


@pytest.mark.parametrize("amx", [True, False])
@pytest.mark.parametrize("avx", [True, False])
def test_either_instruction_set_makes_bfloat16_fast(monkeypatch, amx, avx):
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: avx)
    assert has_fast_bf16() is (amx or avx)
