"""Two processes on this machine against one, by gloo."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from lexloom.train.parallel import Parallel, blocks

TESTS = Path(__file__).parents[1]
PROGRAM = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from train_doubles import PretrainingTask
from lexloom.train.config import TrainConfig
from lexloom.train.run import train

kind, num_steps, out = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
config = TrainConfig(batch_size=8, num_epochs=5, max_steps=20, precision="fp32", parallel=kind,
                     learning_rate=1e-2, embedding_learning_rate=1e-2, evaluate_every_steps=10,
                     save_every_steps=1, ema_decay=0.9, adam_epsilon=1e-3)
reports = train(PretrainingTask(), config, out, fingerprint="f")
for report in reports:
    if report.step == num_steps:
        break
"""


def launch(kind, num_processes, out, num_steps=99):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    running = []
    for rank in range(num_processes):
        values = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "RANK": str(rank),
                  "WORLD_SIZE": str(num_processes), "LOCAL_RANK": str(rank)}  # fmt: skip
        code = PROGRAM.format(tests=str(TESTS))
        running.append(
            subprocess.Popen(
                [sys.executable, "-c", code, kind, str(num_steps), str(out)],
                env=os.environ | (values if num_processes > 1 else {}), stderr=subprocess.PIPE,
            )
        )  # fmt: skip
    try:
        for process in running:
            _, errors = process.communicate(timeout=120)
            assert process.returncode == 0, errors.decode()
    finally:
        for process in running:  # one that waits for a failed one
            process.kill()
            process.communicate()
    return load_file(out / "best" / "model.safetensors")


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    return launch("replicate", 1, tmp_path_factory.mktemp("alone"))


# a key's bias changes nothing, so its gradient is rounding alone, which Adam would blow up: hence
# the large epsilon above
def assert_close(found, expected):
    assert found.keys() == expected.keys()
    for name, tensor in expected.items():
        assert (found[name] - tensor).abs().max() <= 1e-5, name


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["replicate", "shard"])
def test_two_processes_train_as_one_does(tmp_path, alone, kind):
    assert_close(launch(kind, 2, tmp_path), alone)


@pytest.mark.slow
@pytest.mark.parametrize(("first", "then"), [(2, 1), (1, 2)])
def test_a_state_saved_by_some_processes_is_continued_by_others(tmp_path, alone, first, then):
    launch("shard", first, tmp_path, num_steps=13)
    saved = [path.name for path in (tmp_path / "state").glob("model.safetensors*")]
    assert len(saved) == first
    assert_close(launch("shard", then, tmp_path), alone)


def test_a_process_alone_adds_up_nothing():
    parallel = Parallel()
    assert parallel.summed({"a": 1.0}) == {"a": 1.0}
    assert parallel.any(True)
    assert not parallel.any(False)
    masters = {"w": torch.zeros(2)}
    parallel.sum_gradients(masters)
    assert masters["w"].grad is None


def test_the_first_part_of_the_first_process_draws_as_a_run_without_others():
    assert Parallel().names(0) == ()
    names = {Parallel(rank, 2).names(part) for rank in range(2) for part in range(2)}
    assert len(names) == 4


def test_blocks_are_those_that_repeat():
    from doubles import tiny_model

    assert len(blocks(tiny_model())) == 2
