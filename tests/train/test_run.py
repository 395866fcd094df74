import json
import subprocess
import sys
from itertools import takewhile
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from doubles import ToyTask
from lexloom.errors import TrainingError
from lexloom.train.config import TrainConfig
from lexloom.train.loop import StepReport
from lexloom.train.run import EpochReport, train
from lexloom.train.state import MODEL

CONFIG = TrainConfig(
    num_epochs=4, learning_rate=0.05, head_learning_rate=0.05, precision="fp32", seed=3
)


def run(out, task=None, config=CONFIG, fingerprint="f"):
    return train(task or ToyTask(), config, out, fingerprint=fingerprint)


def final_state(out):
    """The bytes of parameters and moments, and what was noted about the run."""
    state = out / "state"
    tensors = [(state / name).read_bytes() for name in (MODEL, "optimizer.safetensors")]
    return (
        tensors,
        json.loads((state / "progress.json").read_text()),
        (out / "best" / MODEL).read_bytes(),
    )


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    out = tmp_path_factory.mktemp("unbroken")
    list(run(out))
    return final_state(out)


def test_a_run_reports_its_steps_and_epochs_in_order(tmp_path):
    reports = list(run(tmp_path))
    kinds = [type(report) for report in reports]
    assert kinds == ([StepReport] * 4 + [EpochReport]) * 4
    assert [r.step for r in reports if isinstance(r, StepReport)] == list(range(1, 17))
    epochs = [r for r in reports if isinstance(r, EpochReport)]
    assert [report.epoch for report in epochs] == [1, 2, 3, 4]
    steps = [r.losses["toy"] for r in reports[:4]]
    assert epochs[0].losses["toy"] == pytest.approx(sum(steps) / 4)


@pytest.mark.parametrize("num_reports", [1, 4, 5, 6, 9, 11, 14])
def test_a_run_that_was_cut_off_ends_as_one_that_was_not(tmp_path, unbroken, num_reports):
    cut = run(tmp_path)
    for _ in range(num_reports):
        next(cut)
    cut.close()
    list(run(tmp_path))
    assert final_state(tmp_path) == unbroken


KILLED = """
import os, signal, sys
from pathlib import Path
from lexloom.train import run as module
sys.path.insert(0, {tests!r})
from test_run import run

if {in_save}:
    write = module.save_state
    def save_state(path, optimizer, progress):
        if progress.step == 8:
            import lexloom.train.state as state
            state.write_json = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
        write(path, optimizer, progress)
    module.save_state = save_state
for number, _ in enumerate(run(Path(sys.argv[1]))):
    if number == 8 and not {in_save}:
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.slow
@pytest.mark.parametrize("in_save", [False, True])
def test_a_run_that_was_killed_ends_as_one_that_was_not(tmp_path, unbroken, in_save):
    here = Path(__file__).parent
    code = KILLED.format(tests=str(here), in_save=in_save)
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(here.parent)!r})\n{code}",
         str(tmp_path)], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == -9, done.stderr
    assert json.loads((tmp_path / "state" / "progress.json").read_text())["step"] == 4
    list(run(tmp_path))
    assert final_state(tmp_path) == unbroken


def test_another_seed_ends_elsewhere(tmp_path, unbroken):
    list(run(tmp_path, config=TrainConfig(**{**as_dict(CONFIG), "seed": 4})))
    assert final_state(tmp_path)[0] != unbroken[0]


def as_dict(config):
    return {name: getattr(config, name) for name in config.__dataclass_fields__}


def test_the_best_epoch_s_parameters_are_left_in_the_model(tmp_path):
    task = ToyTask(scores=[0.1, 0.9, 0.5, 0.9])
    reports = list(run(tmp_path, task))
    assert [r.is_best for r in reports if isinstance(r, EpochReport)] == [True, True, False, False]
    stopped = ToyTask(scores=[0.1, 0.9, 0.5, 0.9])
    list(takewhile(lambda r: not (isinstance(r, EpochReport) and r.epoch == 2),
                   run(tmp_path / "other", stopped)))  # fmt: skip
    for name, tensor in task.model.state_dict().items():
        assert torch.equal(tensor, stopped.model.state_dict()[name]), name
        assert torch.equal(tensor, load_file(tmp_path / "best" / MODEL)[name]), name


@pytest.mark.parametrize(
    ("patience", "scores", "num_epochs"),
    [
        (1, [0.5, 0.4, 0.9, 0.9], 2),
        (2, [0.5, 0.4, 0.6, 0.6, 0.6], 4),
        (2, [0.5, 0.4, 0.3, 0.9], 3),
        (None, [0.5, 0.4, 0.3, 0.2], 4),
    ],
)
def test_a_run_stops_when_the_score_has_not_risen_for_long(tmp_path, patience, scores, num_epochs):
    config = TrainConfig(**{**as_dict(CONFIG), "patience": patience})
    reports = list(run(tmp_path, ToyTask(scores=scores), config))
    assert [r.epoch for r in reports if isinstance(r, EpochReport)][-1] == num_epochs


def test_a_finished_run_gives_its_best_model_without_a_step(tmp_path):
    trained = ToyTask()
    list(run(tmp_path, trained))
    again = ToyTask()
    assert list(run(tmp_path, again)) == []
    for name, tensor in trained.model.state_dict().items():
        assert torch.equal(tensor, again.model.state_dict()[name])


def test_a_folder_with_another_run_is_refused_and_left_alone(tmp_path):
    list(run(tmp_path))
    before = final_state(tmp_path)
    with pytest.raises(TrainingError, match="holds a run with other data or settings") as caught:
        next(run(tmp_path, fingerprint="other"))
    assert caught.value.hint == "give another --out, or remove that folder"
    assert final_state(tmp_path) == before


def test_metrics_are_written_line_by_line(tmp_path):
    list(run(tmp_path, ToyTask(num_batches=30)))
    rows = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows if "step" in row] == [20, 40, 60, 80, 100, 120]
    assert [row["scores"]["score"] >= 0 for row in rows if "scores" in row] == [True] * 4


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_the_model_takes_the_precision_that_is_asked_for(tmp_path, precision):
    task = ToyTask()
    list(run(tmp_path, task, TrainConfig(num_epochs=1, precision=precision)))
    expected = {"fp32": torch.float32, "bf16": torch.bfloat16}[precision]
    assert {parameter.dtype for parameter in task.model.parameters()} == {expected}
    saved = load_file(tmp_path / "state" / MODEL)
    assert {tensor.dtype for tensor in saved.values()} == {torch.float32}


def test_a_folder_that_cannot_be_made_is_refused_before_the_first_step(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(
        TrainingError, match=r"cannot make the folder .*file: File exists"
    ) as caught:
        next(run(tmp_path / "file"))
    assert caught.value.hint == "give another --out"
