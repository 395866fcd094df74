import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from itertools import islice, takewhile
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from doubles import ToyTask
from lexloom.errors import ArtifactError, TrainingError, TrainingStopped
from lexloom.train.config import TrainConfig
from lexloom.train.reports import Evaluation, StepReport
from lexloom.train.run import train
from lexloom.train.state import MODEL, load_progress

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
    assert kinds == ([StepReport] * 4 + [Evaluation]) * 4
    assert [r.step for r in reports if isinstance(r, StepReport)] == list(range(1, 17))
    epochs = [r for r in reports if isinstance(r, Evaluation)]
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
    def save_state(path, optimizer, progress, parallel):
        if progress.step == 8:
            import lexloom.train.state as state
            state.write_json = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
        write(path, optimizer, progress, parallel)
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
    assert [r.is_best for r in reports if isinstance(r, Evaluation)] == [True, True, False, False]
    stopped = ToyTask(scores=[0.1, 0.9, 0.5, 0.9])
    list(takewhile(lambda r: not (isinstance(r, Evaluation) and r.epoch == 2),
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
    assert [r.epoch for r in reports if isinstance(r, Evaluation)][-1] == num_epochs


def test_a_score_that_is_no_number_is_never_the_best_for_long(tmp_path):
    nan = float("nan")
    reports = list(run(tmp_path, ToyTask(scores=[nan, 0.1, nan, 0.2])))
    found = [report.is_best for report in reports if isinstance(report, Evaluation)]
    assert found == [True, True, False, True]


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


@pytest.mark.parametrize("num_reports", [6, 99])
def test_best_parameters_that_were_altered_are_not_given(tmp_path, num_reports):
    list(islice(run(tmp_path), num_reports))
    weights = tmp_path / "best" / MODEL
    content = weights.read_bytes()
    weights.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(ArtifactError, match="is not the file that was saved"):
        list(run(tmp_path))


def test_best_parameters_that_are_missing_are_not_replaced_by_the_last_ones(tmp_path):
    list(run(tmp_path))
    shutil.rmtree(tmp_path / "best")
    with pytest.raises(ArtifactError, match="has a state, but lacks best/") as caught:
        list(run(tmp_path))
    assert caught.value.hint == "copy the whole folder of the run, or train into another one"


def metrics(out):
    return [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]


def test_two_runs_at_once_in_a_folder_are_refused(tmp_path, unbroken):
    first = run(tmp_path)
    next(first)
    with pytest.raises(ArtifactError, match="another process is writing"):
        list(run(tmp_path))
    list(first)
    assert final_state(tmp_path) == unbroken


@pytest.mark.parametrize("is_wanted", [True, False])
def test_the_model_recomputes_its_blocks_if_asked_to(tmp_path, is_wanted):
    task = ToyTask()
    task.model.gradient_checkpointing = not is_wanted
    list(run(tmp_path, task, replace(CONFIG, gradient_checkpointing=is_wanted)))
    assert task.model.gradient_checkpointing is is_wanted


def test_metrics_are_written_line_by_line(tmp_path):
    list(run(tmp_path, ToyTask(num_batches=30)))
    rows = metrics(tmp_path)
    assert [row["step"] for row in rows if "learning_rate" in row] == [
        20, 30, 40, 60, 80, 90, 100, 120,
    ]  # fmt: skip
    assert [row["step"] for row in rows if "scores" in row] == [30, 60, 90, 120]
    assert all(row["tokens_per_s"] > 0 for row in rows if "tokens_per_s" in row)
    with Image.open(tmp_path / "metrics.png") as picture:
        assert picture.size == (800, 900)


def test_a_row_of_metrics_is_the_mean_of_its_steps(tmp_path):
    reports = list(islice(run(tmp_path, ToyTask(num_batches=30)), 20))
    (row,) = metrics(tmp_path)
    assert row["losses"]["toy"] == pytest.approx(sum(r.losses["toy"] for r in reports) / 20)
    assert row["grad_norm"] == pytest.approx(sum(r.grad_norm for r in reports) / 20)


def test_a_resumed_run_writes_no_row_twice(tmp_path):
    config = TrainConfig(**{**as_dict(CONFIG), "save_every_steps": 10})
    cut = run(tmp_path, ToyTask(num_batches=100), config)
    list(islice(cut, 49))
    cut.close()
    with (tmp_path / "metrics.jsonl").open("a") as stream:
        stream.write('{"step": 48, "lea')  # a line that was cut off
    list(run(tmp_path, ToyTask(num_batches=100), config))
    seen = [row["step"] for row in metrics(tmp_path) if "learning_rate" in row]
    assert seen == sorted(set(seen))
    assert {20, 40} <= set(seen)


def test_states_are_saved_and_scores_taken_as_often_as_asked(tmp_path):
    config = TrainConfig(
        **{**as_dict(CONFIG), "save_every_steps": 3, "evaluate_every_steps": 7, "max_steps": 20}
    )
    steps_saved, evaluated = [], []
    for report in run(tmp_path, ToyTask(), config):
        if isinstance(report, Evaluation):
            evaluated.append((report.step, report.epoch))
        steps_saved.append(load_progress(tmp_path / "state").step if report.step >= 3 else 0)
    assert evaluated == [(7, 1.75), (14, 3.5), (16, 4.0)]
    assert set(steps_saved) == {0, 3, 6, 7, 9, 12, 14, 15, 16}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_run_that_is_asked_to_end_saves_itself_first(tmp_path, unbroken, number):
    before = signal.getsignal(number)
    reports = run(tmp_path)
    for _ in range(7):
        next(reports)
    os.kill(os.getpid(), number)
    with pytest.raises(TrainingStopped, match="stopped at step 7 of 16, which is saved") as caught:
        next(reports)
    assert caught.value.exit_code == 143
    assert load_progress(tmp_path / "state").step == 7
    assert signal.getsignal(number) is before
    list(run(tmp_path))
    assert final_state(tmp_path) == unbroken


def test_a_replacement_cut_off_between_its_renames_is_mended(tmp_path, unbroken):
    list(islice(run(tmp_path), 5))
    (tmp_path / "state").rename(tmp_path / ".state.old")
    (tmp_path / "best").rename(tmp_path / ".best.old")
    reports = list(run(tmp_path))
    assert reports[0].step == 5
    assert final_state(tmp_path) == unbroken


@pytest.mark.parametrize("name", ["state", "best"])
def test_what_a_killed_run_left_half_written_is_removed_by_the_next(tmp_path, name):
    list(run(tmp_path))
    before = sorted(path.name for path in tmp_path.iterdir())
    half = tmp_path / f".{name}.abc.unfinished"
    half.mkdir()
    (half / MODEL).write_bytes(b"half")
    list(run(tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_the_running_mean_is_what_is_scored_and_kept(tmp_path):
    config = TrainConfig(**{**as_dict(CONFIG), "ema_decay": 0.9, "num_epochs": 1})
    task = ToyTask()
    list(run(tmp_path, task, config))
    best, last = load_file(tmp_path / "best" / MODEL), load_file(tmp_path / "state" / MODEL)
    moments = load_file(tmp_path / "state" / "optimizer.safetensors")
    for name, tensor in task.model.state_dict().items():
        assert torch.equal(tensor, best[name])
        assert torch.equal(tensor, moments[f"{name}:average"])
        assert not torch.equal(tensor, last[name])


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
