import logging
import shutil
from importlib.machinery import EXTENSION_SUFFIXES

import pytest

from lexloom.nn.kernels import library


@pytest.fixture(autouse=True)
def fresh():
    library.kernels.cache_clear()
    yield
    library.kernels.cache_clear()


def test_no_kernels_are_none(tmp_path):
    assert library.load(tmp_path) is None


@pytest.mark.parametrize("content", [b"", b"no library", b"\x7fELF"])
def test_damaged_kernels_are_none_and_said(tmp_path, content, caplog):
    (tmp_path / (library.NAME + EXTENSION_SUFFIXES[0])).write_bytes(content)
    with caplog.at_level(logging.WARNING):
        assert library.load(tmp_path) is None
    assert "the compiled kernels cannot be used" in caplog.text


def test_a_library_of_another_version_is_none_and_said(tmp_path, caplog):
    import _hashlib

    copy = tmp_path / (library.NAME + EXTENSION_SUFFIXES[0])
    shutil.copy(_hashlib.__file__, copy)
    with caplog.at_level(logging.WARNING):
        assert library.load(tmp_path) is None
    assert "the compiled kernels cannot be used" in caplog.text


@pytest.mark.parametrize(
    ("numba", "said"),
    [
        (False, "none, so torch and NumPy do their work, more slowly"),
        (True, "none, so numba learns word vectors, and torch and NumPy do the rest, more slowly"),
    ],
)
def test_a_machine_without_kernels_says_who_does_their_work(monkeypatch, numba, said):
    monkeypatch.setattr(library, "load", lambda folder: None)
    monkeypatch.setattr(library, "has_numba", lambda: numba)
    assert library.describe() == said


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ModuleNotFoundError("No module named 'numba'"), ""),
        (ImportError("Numba needs NumPy 2.0 or less"), "numba cannot be used: Numba needs NumPy"),
    ],
)
def test_numba_that_cannot_be_loaded_is_not_used(monkeypatch, caplog, error, said):
    def fail(name):
        raise error

    library.has_numba.cache_clear()
    monkeypatch.setattr(library.importlib, "import_module", fail)
    with caplog.at_level(logging.WARNING):
        assert not library.has_numba()
    assert said in caplog.text
    assert bool(said) == bool(caplog.text)
    library.has_numba.cache_clear()


def test_kernels_say_what_they_use(monkeypatch):
    monkeypatch.setattr(library, "load", lambda folder: library.Kernels(None, 2))
    assert library.describe() == "compiled, with AVX-512"


def test_what_was_compiled_here_knows_the_machine():
    found = library.kernels()
    if found is None:
        pytest.skip("the kernels are not compiled here")
    assert found.instruction_set in range(len(library.INSTRUCTION_SETS))
