import pytest
import torch

from lexloom.nn.text_batch import TextBatch


def text_batch(num_units):
    B = len(num_units)
    ids = torch.arange(B * 3).view(B, 3)
    return TextBatch(
        input_ids_BT=ids,
        attention_mask_BT=ids + 100,
        unit_ids_BT=ids + 200,
        shape_ids_BT=ids + 300,
        num_units_B=torch.tensor(num_units),
    )


@pytest.mark.parametrize(("num_units", "most"), [([2, 5, 1], 5), ([0, 0], 1), ([1], 1)])
def test_the_widest_text_decides_and_there_is_room_for_one_unit_at_least(num_units, most):
    assert text_batch(num_units).max_units == most


def test_rows_are_taken_from_every_tensor():
    taken = text_batch([2, 5, 1]).rows(torch.tensor([2, 0]))
    assert taken.num_units_B.tolist() == [1, 2]
    assert taken.input_ids_BT.tolist() == [[6, 7, 8], [0, 1, 2]]
    for shift, tensor in enumerate(
        [taken.input_ids_BT, taken.attention_mask_BT, taken.unit_ids_BT, taken.shape_ids_BT]
    ):
        assert torch.equal(tensor - 100 * shift, taken.input_ids_BT)
