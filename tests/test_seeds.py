import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from lexloom.seeds import derive, generator

seeds = st.integers(0, 2**63 - 1)
names = st.lists(st.text() | st.integers(), max_size=3)


@given(seeds, names)
def test_a_seed_fits_in_63_bits_and_is_the_same_each_time(seed, uses):
    first = derive(seed, *uses)
    assert 0 <= first < 2**63
    assert derive(seed, *uses) == first


@given(seeds, names, names)
def test_other_uses_get_other_seeds(seed, uses, others):
    assert (derive(seed, *uses) == derive(seed, *others)) == (uses == others)


@given(seeds, names)
def test_generators_of_one_use_draw_the_same(seed, uses):
    first, second = generator(seed, *uses), generator(seed, *uses)
    assert [first.random() for _ in range(3)] == [second.random() for _ in range(3)]


def test_another_process_derives_the_same_seed():
    code = "from lexloom.seeds import derive; print(derive(7, 'shuffle', 3))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) == derive(7, "shuffle", 3)
