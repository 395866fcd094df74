import os
import subprocess
import sys

import pytest

from lexloom.nn import memory


def test_a_user_s_bound_is_left_alone(monkeypatch):
    monkeypatch.setenv(memory.PRIMITIVES, "7")
    memory.bound_cached_products()
    assert os.environ[memory.PRIMITIVES] == "7"
    monkeypatch.delenv(memory.PRIMITIVES)
    memory.bound_cached_products()
    assert os.environ[memory.PRIMITIVES] == str(memory.MAX_PRIMITIVES)
    monkeypatch.delenv(memory.PRIMITIVES)


def test_a_system_without_the_call_does_nothing(monkeypatch):
    monkeypatch.setattr(memory, "_malloc_trim", lambda: None)
    memory.release_unused()


HOLES = """
import numpy as np
from lexloom.nn.memory import release_unused

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4

kept = []
for _ in range(4000):  # small enough for the heap; every other one is freed
    kept.append(np.ones(8000, np.float64))
del kept[:-1]  # the last one keeps the heap's end
before = resident()
release_unused()
print(before - resident())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, and asks glibc")
def test_holes_in_the_heap_are_given_back():
    in_the_heap = {
        "MALLOC_MMAP_THRESHOLD_": "100000000",
        "MALLOC_TRIM_THRESHOLD_": "10000000000",
    }
    done = subprocess.run(
        [sys.executable, "-c", HOLES],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | in_the_heap,
    )
    assert int(done.stdout) > 100_000
