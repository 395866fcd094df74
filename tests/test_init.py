import pytest

import lexloom
from lexloom.errors import ArtifactError


def test_the_package_s_front_door_reads_a_directory(tiny_extractor_path):
    extractor = lexloom.load_extractor(tiny_extractor_path)
    text = "Ann lives in Paris. 李明在北京工作。"
    found = extractor.extract(text)
    assert found.coverage.characters_read == len(text)
    assert found.provenance.model == "tiny"
    for entity in found.entities:
        assert text[entity.start : entity.end] == entity.text


def test_a_path_may_be_a_string(tiny_extractor_path):
    assert lexloom.load_extractor(str(tiny_extractor_path)).name == "tiny"


def test_a_directory_that_is_none_is_refused(tmp_path):
    with pytest.raises(ArtifactError, match="there is no model directory"):
        lexloom.load_extractor(tmp_path / "nothing")
