import json
import sys

import pytest
from PIL import Image

from lexloom.errors import MissingDependencyError
from lexloom.train.metrics import Metrics, draw, read_metrics
from lexloom.train.parallel import Parallel
from lexloom.train.reports import Evaluation, StepReport

FIRST_COLOUR = (31, 119, 180)
"""Of matplotlib's lines."""


def report(step, loss=1.0):
    return StepReport(step, step / 10, {"masked": loss, "pairs": loss / 2}, 1e-3, 0.5, 100, 0.25)


def written(out, steps, parallel=None, start=0):
    metrics = Metrics(out, start, with_tensorboard=False, parallel=parallel or Parallel())
    for step in steps:
        metrics.add_step(report(step, loss=float(step)))
    metrics.add_evaluation(Evaluation(steps[-1], 1.0, {"score": 0.5}, is_best=True))
    return metrics


def test_rows_are_means_with_tokens_a_second(tmp_path):
    written(tmp_path, range(1, 41))
    first, second, score = read_metrics(tmp_path / "metrics.jsonl")
    assert first["losses"] == {"masked": 10.5, "pairs": 5.25}
    assert second["losses"]["masked"] == 30.5
    assert first["tokens_per_s"] == pytest.approx(400)
    assert (first["step"], second["step"], score["step"]) == (20, 40, 40)
    assert score["scores"] == {"score": 0.5}


def test_another_process_than_the_first_writes_nothing(tmp_path):
    written(tmp_path, range(1, 41), Parallel(1, 2)).draw()
    assert list(tmp_path.iterdir()) == []


def test_rows_behind_the_step_that_is_gone_on_from_are_dropped(tmp_path):
    written(tmp_path, range(1, 101))
    Metrics(tmp_path, 60, with_tensorboard=False, parallel=Parallel())
    assert [row["step"] for row in read_metrics(tmp_path / "metrics.jsonl")] == [20, 40, 60]


def test_a_line_that_was_cut_off_is_no_row(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_text(json.dumps({"step": 1}) + '\n{"step": 2, "lo')
    assert read_metrics(path) == [{"step": 1}]
    assert read_metrics(tmp_path / "none") == []


def test_the_picture_shows_something_in_each_of_its_parts(tmp_path):
    written(tmp_path, range(1, 101)).draw()
    with Image.open(tmp_path / "metrics.png") as picture:
        height = picture.height
        colours = [
            len(picture.crop((0, at, 800, at + height // 3)).convert("RGB").getcolors(1 << 16))
            for at in range(0, height - height // 3 + 1, height // 3)
        ]
    assert all(count > 20 for count in colours)


def test_the_steps_of_a_short_run_are_written_and_drawn(tmp_path):
    written(tmp_path, [1, 2, 3]).draw()
    steps, score = read_metrics(tmp_path / "metrics.jsonl")
    assert (steps["step"], steps["losses"]) == (3, {"masked": 2.0, "pairs": 1.0})
    assert score["scores"] == {"score": 0.5}
    with Image.open(tmp_path / "metrics.png") as picture:
        pixels = picture.convert("RGB")
    for part in range(3):  # losses, scores, rates: each begins with the colour of a first line
        height = pixels.height // 3
        plot = pixels.crop((100, part * height, 600, (part + 1) * height))
        assert FIRST_COLOUR in {colour for _, colour in plot.getcolors(1 << 16)}


def test_a_picture_of_nothing_can_be_drawn(tmp_path):
    draw(tmp_path)
    assert (tmp_path / "metrics.png").stat().st_size > 1000


def test_tensorboard_that_is_not_installed_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(MissingDependencyError, match="TensorBoard is not installed") as caught:
        Metrics(tmp_path, 0, with_tensorboard=True, parallel=Parallel())
    assert caught.value.hint == "pip install 'lexloom[tensorboard]'"


def test_tensorboard_gets_the_same_rows(tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    metrics = Metrics(tmp_path, 0, with_tensorboard=True, parallel=Parallel())
    for step in range(1, 21):
        metrics.add_step(report(step, loss=2.0))
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    (loss,) = events.Scalars("losses/masked")
    assert (loss.step, loss.value) == (20, 2.0)
