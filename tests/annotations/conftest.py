"""Data files written from a sample, and read back with their report."""

import pytest

from lexloom.annotations.formats.table import import_dataset
from lexloom.annotations.options import ImportOptions
from lexloom.annotations.report import ImportReport


@pytest.fixture
def write(tmp_path):
    """Writes a file of a text or of bytes and gives its path."""

    def write_file(content, name="sample.txt"):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write_file


@pytest.fixture
def read(write):
    """Gives the documents and the report of a file of a format with this content."""

    def read_content(content, format, **options):
        report = ImportReport()
        documents = import_dataset(
            write(content), format, report=report, options=ImportOptions(**options)
        )
        return list(documents), report

    return read_content
