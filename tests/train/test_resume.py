"""A BERT's training with dropout, killed while alive, against one that was not."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.torch import load_file

TESTS = Path(__file__).parents[1]
PROGRAM = """
import os, signal, sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from train_doubles import PretrainingTask
from lexloom.train.config import TrainConfig
from lexloom.train.reports import StepReport
from lexloom.train.run import train

if {without_random_state}:
    # as if the generator's state were lost with the process: each one begins with the same
    import torch
    from lexloom.train import loop
    torch.manual_seed(0)
    loop.torch.manual_seed = lambda seed: None
out, last = Path(sys.argv[1]), int(sys.argv[2])
config = TrainConfig(batch_size=8, num_epochs=5, max_steps=20, precision="fp32",
                     evaluate_every_steps=20, save_every_steps=7)
for report in train(PretrainingTask(dropout=0.1), config, out, fingerprint="f"):
    if isinstance(report, StepReport):
        with (out / "losses").open("a") as stream:
            stream.write(f"{{report.step}} {{report.losses['masked'].hex()}}\\n")
    if report.step == last:
        os.kill(os.getpid(), signal.SIGKILL)
"""


def run(out, *, last=99, without_random_state=False):
    code = PROGRAM.format(tests=str(TESTS), without_random_state=without_random_state)
    out.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-c", code, str(out), str(last)], capture_output=True, text=True,
        check=False, env=os.environ | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == (-signal.SIGKILL if last < 99 else 0), done.stderr


def losses(out):
    """Each step's loss to the bit; of a step that was done twice, the last."""
    return dict(line.split() for line in (out / "losses").read_text().splitlines())


def results(out):
    weights = load_file(out / "state" / "model.safetensors")
    return losses(out), {name: tensor.numpy().tobytes() for name, tensor in weights.items()}


@pytest.fixture(scope="module")
def straight(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "straight"
    run(out)
    assert len(losses(out)) == 20
    return results(out)


@pytest.mark.slow
@pytest.mark.parametrize("last", [7, 10])
def test_steps_straight_equal_steps_with_a_kill_between_to_the_bit(tmp_path, straight, last):
    run(tmp_path / "run", last=last)
    assert len(losses(tmp_path / "run")) == last
    run(tmp_path / "run")
    assert results(tmp_path / "run") == straight


@pytest.mark.slow
def test_without_the_random_state_the_comparison_fails(tmp_path):
    run(tmp_path / "straight", without_random_state=True)
    run(tmp_path / "cut", last=7, without_random_state=True)
    run(tmp_path / "cut", without_random_state=True)
    one, other = results(tmp_path / "straight"), results(tmp_path / "cut")
    assert one[0]["7"] == other[0]["7"]
    assert one[0]["20"] != other[0]["20"]
    assert one[1] != other[1]
