import sys
from types import SimpleNamespace

import numpy as np
import pytest

from lexloom import cli
from lexloom.vectors.keyed import WordVectors


@pytest.fixture
def lexloom(tmp_path, monkeypatch, capfd):
    """Runs the command line in this process, which is much faster, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments, code=0):
        monkeypatch.setattr(sys, "argv", ["lexloom", *map(str, arguments)])
        capfd.readouterr()
        try:
            cli.run()
            got = 0
        except SystemExit as leaving:
            got = leaving.code
        out, err = capfd.readouterr()
        assert got == code, out + err
        return SimpleNamespace(stdout=out, stderr=err)

    return run


@pytest.fixture
def vectors(tmp_path):
    """A file of vectors; capitals are their countries with another last number."""
    rng = np.random.default_rng(0)
    countries = rng.normal(size=(4, 6)).astype(np.float32)
    countries[:, -1] = 0
    capitals = countries + np.float32([0, 0, 0, 0, 0, 3])
    words = ["france", "中国", "italy", "spain", "paris", "北京", "rome", "madrid"]
    path = tmp_path / "vectors.safetensors"
    WordVectors(words, np.concatenate([countries, capitals])).save(path)
    return path
