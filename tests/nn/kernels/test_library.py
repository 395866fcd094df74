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


@pytest.fixture
def folder(tmp_path):
    """A folder with sources, and with a library that was compiled from none of them."""
    import _hashlib

    shutil.copytree(library.FOLDER / library.SOURCES, tmp_path / library.SOURCES)
    shutil.copy(_hashlib.__file__, tmp_path / (library.NAME + EXTENSION_SUFFIXES[0]))
    return tmp_path


def test_kernels_from_before_they_knew_their_sources_are_stale(folder, caplog):
    assert library.are_stale(folder)
    with caplog.at_level(logging.WARNING):
        assert library.load(folder) is None
    (said,) = caplog.messages
    assert said == f"the compiled kernels cannot be used: {library.STALE} ({library.REBUILD})"
    assert "setup.py build_ext" in said


def compiled_here():
    """Give the library of this checkout; a stale one is an error, for it hides what is tested."""
    paths = [library.FOLDER / (library.NAME + suffix) for suffix in EXTENSION_SUFFIXES]
    found = [path for path in paths if path.is_file()]
    if not found:
        pytest.skip("the kernels are not compiled here")
    assert not library.are_stale(library.FOLDER), library.REBUILD
    return found[0]


def test_kernels_of_other_sources_are_stale_and_those_of_these_are_not(folder, caplog):
    shutil.copy(compiled_here(), folder / (library.NAME + EXTENSION_SUFFIXES[0]))
    assert not library.are_stale(folder)
    assert library.load(folder) is not None
    with (folder / library.SOURCES / "cpu.h").open("a") as stream:
        stream.write("\n")
    assert library.are_stale(folder)
    with caplog.at_level(logging.WARNING):
        assert library.load(folder) is None
    assert library.STALE in caplog.text


def test_an_installed_package_has_no_sources_to_compare(folder):
    shutil.copy(compiled_here(), folder / (library.NAME + EXTENSION_SUFFIXES[0]))
    shutil.rmtree(folder / library.SOURCES)
    assert not library.are_stale(folder)
    assert library.load(folder) is not None


@pytest.mark.parametrize("content", [None, b"", b"no library"])
def test_what_is_no_library_is_not_stale(tmp_path, content):
    if content is not None:
        (tmp_path / (library.NAME + EXTENSION_SUFFIXES[0])).write_bytes(content)
    assert not library.are_stale(tmp_path)


@pytest.mark.parametrize("stale", [False, True])
@pytest.mark.parametrize(
    ("numba", "said"),
    [
        (False, "torch and NumPy do their work, more slowly"),
        (True, "numba learns word vectors, and torch and NumPy do the rest, more slowly"),
    ],
)
def test_a_machine_without_kernels_says_who_does_their_work(monkeypatch, numba, said, stale):
    monkeypatch.setattr(library, "load", lambda folder: None)
    monkeypatch.setattr(library, "are_stale", lambda folder: stale)
    monkeypatch.setattr(library, "has_numba", lambda: numba)
    assert library.describe() == f"{'of older sources' if stale else 'none'}, so {said}"


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
    compiled_here()
    found = library.kernels()
    assert found.instruction_set in range(len(library.INSTRUCTION_SETS))
