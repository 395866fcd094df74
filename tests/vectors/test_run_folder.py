from dataclasses import dataclass, field

import numpy as np
import pytest
import safetensors.numpy

from lexloom.artifacts import sealed_directory, write_json
from lexloom.config import to_mapping
from lexloom.errors import ArtifactError, UsageError
from lexloom.vectors.run_folder import (
    CHECKPOINT,
    CONFIG,
    CORPUS,
    MODEL,
    clear,
    is_written,
    save_tensors,
)


@dataclass(frozen=True, kw_only=True)
class Inner:
    dim: int = 3
    threads: int = 1


@dataclass(frozen=True, kw_only=True)
class Record:
    inner: Inner = field(default_factory=Inner)
    corpus_hash: str = "abc"
    losses: tuple[float, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Other:
    weighting: str = "count"
    corpus_hash: str = "abc"


@pytest.fixture
def folder(tmp_path):
    with sealed_directory(tmp_path / MODEL) as model:
        write_json(model / CONFIG, to_mapping(Record()))
    return tmp_path


def test_a_folder_without_a_model_is_not_written(tmp_path):
    assert not is_written(tmp_path / "none", Record())
    (tmp_path / MODEL).mkdir()
    assert not is_written(tmp_path, Record())


def test_threads_and_losses_may_differ(folder):
    assert is_written(folder, Record())
    assert is_written(folder, Record(inner=Inner(threads=9), losses=(1.5,)))


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (Record(inner=Inner(dim=4)), r"holds vectors with dim 3, not 4 \(give the same settings"),
        # the setting says more than the corpus that it led to
        (Record(inner=Inner(dim=4), corpus_hash="d"), "with dim 3, not 4"),
        (Record(corpus_hash="d"), "from another corpus or another start"),
        (Other(), r"holds vectors of another method \(give another --out"),
    ],
)
def test_what_differs_is_said(folder, record, reason):
    with pytest.raises(UsageError, match=reason):
        is_written(folder, record)


def test_an_older_model_without_a_newer_setting_is_the_default_s(folder):
    with sealed_directory(folder / MODEL) as model:
        write_json(model / CONFIG, {"inner": {"dim": 3}, "corpus_hash": "abc"})
    assert is_written(folder, Record())


def test_a_damaged_model_is_said(folder):
    (folder / MODEL / CONFIG).write_text("{}")
    with pytest.raises(ArtifactError, match="is not the file that was saved"):
        is_written(folder, Record())


def test_what_a_killed_process_left_is_undone(folder):
    (folder / MODEL).rename(folder / f".{MODEL}.old")
    for name in (CORPUS, CHECKPOINT):
        (folder / f".{name}.half").mkdir()
    (folder / CORPUS).mkdir()
    clear(folder)
    assert sorted(path.name for path in folder.iterdir()) == [CORPUS, MODEL]


def test_tensors_are_written_whole_from_a_view(tmp_path):
    rows = np.arange(12, dtype=np.float32).reshape(3, 4)
    save_tensors(tmp_path / "t", {"rows": rows[:, :2]})
    assert (safetensors.numpy.load_file(tmp_path / "t")["rows"] == rows[:, :2]).all()
