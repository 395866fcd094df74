import os
import subprocess
import sys

import pytest

from doubles import tiny_head
from lexloom.models.head_files import save_head


@pytest.fixture
def lexloom(tmp_path):
    """Runs the command line in a process of its own, in an empty folder."""

    def run(*arguments, code=0, **options):
        done = subprocess.run(
            [sys.executable, "-m", "lexloom", *map(str, arguments)],
            capture_output=True, cwd=tmp_path, check=False, encoding="utf-8",
            env=os.environ | {"LEXLOOM_HOME": str(tmp_path / "home")}, **options,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done

    return run


@pytest.fixture(scope="session")
def head_models(tmp_path_factory):
    """A folder with an untrained classifier, regressor and tagger."""
    folder = tmp_path_factory.mktemp("models")
    save_head(tiny_head(), folder / "classifier")
    save_head(tiny_head("regressor", ("score",)), folder / "regressor")
    save_head(tiny_head("tagger", ("N", "V")), folder / "tagger")
    return folder
