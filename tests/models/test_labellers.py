"""The config of a directory says which kind of model names, scores or tags."""

import pytest

from doubles import tiny_head
from lexloom.errors import ArtifactError
from lexloom.models.head_files import HeadFiles, save_head
from lexloom.models.labellers import load_labeller
from lexloom.models.vector_tagger_files import VectorTaggerFiles, save_vector_tagger
from vector_doubles import tiny_tagger


def test_each_kind_is_opened_as_what_it_is(tmp_path):
    save_head(tiny_head("tagger"), tmp_path / "head")
    save_vector_tagger(tiny_tagger(), tmp_path / "vectors")
    assert isinstance(load_labeller(tmp_path / "head"), HeadFiles)
    assert isinstance(load_labeller(tmp_path / "vectors"), VectorTaggerFiles)
    with pytest.raises(ArtifactError, match="there is no model directory"):
        load_labeller(tmp_path / "nothing")
