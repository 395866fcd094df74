import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lexloom.vectors.ngram.lookup import KeyTable

keys = st.lists(st.integers(0, 2**62), unique=True, max_size=200)


@given(keys, keys)
def test_every_key_is_found_where_it_stands_and_no_other(inside, others):
    inside = sorted(inside)
    table = KeyTable(np.array(inside, np.int64))
    asked = [*others, *inside, *inside[::-1]]
    wanted = [inside.index(key) if key in inside else -1 for key in asked]
    assert table.find(np.array(asked, np.int64)).tolist() == wanted


def test_keys_in_even_steps_find_their_slots():
    for step in (1, 17131, 2**20, 2**32):
        inside = np.arange(50_000, dtype=np.int64) * step
        table = KeyTable(inside)
        assert (table.find(inside) == np.arange(len(inside))).all()
        assert (table.find(inside + 1)[-1:] == -1).all()


def test_no_keys_and_no_questions():
    nothing = np.zeros(0, np.int64)
    assert KeyTable(nothing).find(np.array([3], np.int64)).tolist() == [-1]
    assert KeyTable(np.array([3], np.int64)).find(nothing).tolist() == []
