import warnings

import pytest
from PIL import Image

from lexloom.errors import ArtifactError
from lexloom.extract.bootstrap import Interval
from lexloom.extract.reliability import Bin, Reliability
from lexloom.serve.reliability import draw_reliability


def measured(kind):
    bins = (Bin(0.2, 0.1, 5), Bin(0.9, 1.0, 5))
    return Reliability(kind, 10, 0.55, 0.55, 0.1, Interval(0.05, 0.2), 0.08, bins)


def size(path, reliability, title="Confidences of $_ 模型 \n\x07"):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        draw_reliability(path, reliability, title=title)
    with Image.open(path) as picture:
        assert picture.format == "PNG"
        return picture.size


def test_each_kind_has_a_panel(tmp_path):
    one, height = size(tmp_path / "a.png", {"entity": measured("entity")})
    two, same = size(tmp_path / "b.png", {k: measured(k) for k in ("entity", "relation")})
    assert (two, same) == (2 * one, height)


def test_nothing_at_all_is_drawn_too(tmp_path):
    size(tmp_path / "a.png", {}, title="\ud800")


def test_a_picture_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ArtifactError, match="cannot write"):
        draw_reliability(tmp_path / "file" / "a.png", {}, title="t")
