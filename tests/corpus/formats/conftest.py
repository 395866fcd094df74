"""Ways to read bytes as a document with a name."""

import io
from types import SimpleNamespace

import pytest

from formats import LAUGHS, make_docx, make_dump, make_epub, make_pdf, make_tar, make_zip
from lexloom.corpus.formats import source
from lexloom.corpus.formats.source import Budget, Context, ReadOptions, Source
from lexloom.corpus.formats.table import read_source
from lexloom.corpus.read import read_documents


@pytest.fixture
def made():
    return SimpleNamespace(
        pdf=make_pdf,
        zip=make_zip,
        tar=make_tar,
        docx=make_docx,
        epub=make_epub,
        dump=make_dump,
        laughs=LAUGHS,
    )


@pytest.fixture
def little_is_free(monkeypatch):
    """Lets bombs be small: what a file may unpack to whatever its size."""
    monkeypatch.setattr(source, "FREE_BYTES", 1 << 22)


@pytest.fixture
def read():
    """Reads bytes under a name, as if they came through a pipe."""

    def run(data, name="a", **options):
        chosen = ReadOptions(**options)
        budget = Budget(name, chosen, len(data))
        stream = Source(name, io.BytesIO(data), on_read=budget.read)
        return list(read_source(stream, Context(chosen, budget, read_source)))

    return run


@pytest.fixture
def read_file(tmp_path, monkeypatch):
    """Writes a file and reads it as the command line does."""
    monkeypatch.chdir(tmp_path)

    def run(data, name="a", **options):
        path = tmp_path / name
        path.write_bytes(data)
        return list(read_documents([path.relative_to(tmp_path)], ReadOptions(**options)))

    return run


@pytest.fixture
def only():
    """Gives the one item of a list."""

    def run(items):
        (item,) = items
        return item

    return run
