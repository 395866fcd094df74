import contextlib
import resource

import pytest
import torch
from torch import nn

from doubles import ToyTask
from lexloom.errors import ArtifactError
from lexloom.train.config import TrainConfig
from lexloom.train.optim import MasterAdamW
from lexloom.train.parallel import Parallel
from lexloom.train.state import (
    MODEL,
    Progress,
    contiguous,
    load_progress,
    load_state,
    save_state,
)
from lexloom.train.task import Share

PROGRESS = Progress(step=8, best_score=0.5, best_step=2, fingerprint="f", history=[{"score": 0.5}])


def optimizer(num_steps=0):
    task = ToyTask()
    made = MasterAdamW(task.model, TrainConfig(), encoder_prefix="bert.")
    for step in range(num_steps):
        made.zero_grad()
        made.backward(task.losses(task.batches(0, step, Share())[0])["toy"])
        made.step(1.0)
    return made


def test_a_state_is_read_back_as_it_was(tmp_path):
    trained, fresh = optimizer(3), optimizer()
    save_state(tmp_path / "state", trained, PROGRESS)
    assert load_progress(tmp_path / "state") == PROGRESS
    assert load_state(tmp_path / "state", fresh) == PROGRESS
    for name, tensor in trained.full_state().items():
        assert torch.equal(fresh.full_state()[name], tensor), name
    assert fresh.moments().keys() == trained.moments().keys()
    assert all(torch.equal(fresh.moments()[k], v) for k, v in trained.moments().items())


def test_a_state_that_could_not_be_written_leaves_the_old_one(tmp_path, monkeypatch):
    save_state(tmp_path / "state", optimizer(1), PROGRESS)

    def fail(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr("lexloom.train.state.write_json", fail)
    with pytest.raises(OSError, match="No space"):
        save_state(tmp_path / "state", optimizer(2), Progress(step=99))
    assert load_state(tmp_path / "state", optimizer()).step == 8
    assert [path.name for path in tmp_path.iterdir()] == ["state"]


@contextlib.contextmanager
def largest_file(num_bytes):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (num_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("is_sharded", [False, True])
def test_a_full_disk_is_said_and_leaves_the_old_state(tmp_path, is_sharded):
    parallel = Parallel(is_sharded=is_sharded)
    save_state(tmp_path / "state", optimizer(1), PROGRESS, parallel)
    later = optimizer(2)
    with largest_file(100), pytest.raises(ArtifactError, match=r"cannot write .*state: ") as caught:
        save_state(tmp_path / "state", later, Progress(step=99), parallel)
    assert caught.value.hint == "check the folder's permissions and the free space"
    assert load_state(tmp_path / "state", optimizer()).step == 8


def test_a_damaged_state_is_refused(tmp_path):
    save_state(tmp_path / "state", optimizer(1), PROGRESS)
    weights = tmp_path / "state" / MODEL
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(ArtifactError, match="is not the file that was saved"):
        load_state(tmp_path / "state", optimizer())


def test_a_state_of_another_model_is_refused(tmp_path):
    save_state(tmp_path / "state", optimizer(1), PROGRESS)
    other = MasterAdamW(nn.Linear(2, 2), TrainConfig(), encoder_prefix="bert.")
    with pytest.raises(ArtifactError, match="does not fit this model") as caught:
        load_state(tmp_path / "state", other)
    assert caught.value.hint == "train into another folder"


def test_tensors_that_share_memory_are_parted():
    matrix = torch.randn(3, 4)
    parted = contiguous({"a": matrix.T, "b": matrix})
    assert all(tensor.is_contiguous() for tensor in parted.values())
    assert len({tensor.data_ptr() for tensor in (matrix, *parted.values())}) == 3
    assert torch.equal(parted["a"], matrix.T)
