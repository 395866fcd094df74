import bz2
import os
import tracemalloc
from pathlib import Path

import pytest

from lexloom.corpus.formats import table, wikipedia
from lexloom.corpus.formats.source import Budget, Context, ReadOptions, Source
from lexloom.corpus.read import read_documents
from lexloom.records import Document

SAMPLE = "enwiki_sample"


def test_articles_are_documents_and_redirects_and_talk_are_none(read, made):
    dump = made.dump(
        [
            ("Ann", 0, "'''Ann''' lives in [[Paris]] &amp; works.", False),
            ("AccessibleComputing", 0, "#REDIRECT [[x]]", True),
            ("Talk:Ann", 1, "No.", False),
            ("李明", 0, "李明在[[北京]]工作。", False),
        ]
    )
    assert read(dump, "wiki.xml") == [
        Document(
            "wiki.xml:Ann",
            "'''Ann''' lives in [[Paris]] & works.",
            "wiki.xml:Ann",
            markup="wikitext",
        ),
        Document("wiki.xml:李明", "李明在[[北京]]工作。", "wiki.xml:李明", markup="wikitext"),
    ]


def test_a_packed_dump_is_told_by_its_content(read, only, made):
    packed = bz2.compress(made.dump([("A", 0, "text", False)]))
    assert only(read(packed, "dump.bz2")).id == "dump.bz2:A"


def test_of_several_revisions_the_last_counts(read, only, made):
    dump = made.dump([("A", 0, "old", False)])
    again = b"<revision><text>new</text></revision></page>"
    assert only(read(dump.replace(b"</page>", again), "d")).text == "new"


def test_an_article_without_text_is_named(read, made):
    empty, kept = read(made.dump([("A", 0, "", False), ("B", 0, "text", False)]), "d")
    assert empty.reason == "d:A holds no text"
    assert kept.text == "text"


def test_a_dump_without_articles_is_named(read, only, made):
    assert only(read(made.dump([("Talk:A", 1, "x", False)]), "d")).reason == "d holds no text"


def test_a_dump_that_is_cut_off_keeps_what_it_held(read, made):
    dump = made.dump([(f"P{n}", 0, "text", False) for n in range(3)])
    *kept, failure = read(dump[:-100], "d")
    assert [item.id for item in kept] == ["d:P0", "d:P1"]
    assert failure.reason.startswith("d is not well-formed XML: ")


def test_entities_that_unpack_without_end_are_refused(read, only, made):
    dump = made.laughs.encode() + made.dump([("A", 0, "&i;", False)])
    assert "declares entities" in only(read(dump, "d")).reason


def test_a_page_without_end_is_refused(read, made):
    dump = made.dump([("A", 0, "text", False), ("B", 0, "x" * 500_000, False)])
    first, failure = read(dump, "d", max_bytes=100_000)
    assert first.text == "text"
    assert failure.reason == "a page of d is longer than the limit of 100,000 bytes"


def test_the_limit_is_that_of_a_page_and_not_of_the_dump(read, made):
    pages = [(f"P{number}", 0, "x" * 20_000, False) for number in range(20)]
    assert len(read(made.dump(pages), "d", max_bytes=50_000)) == 20


def test_memory_stays_flat_however_long_the_dump(made):
    options = ReadOptions()

    class Endless:
        """A dump of eight thousand pages of two kilobytes."""

        def __init__(self):
            self.head, _, rest = made.dump([("A", 0, "x" * 2_000, False)]).partition(b"<page>")
            self.page = b"<page>" + rest.partition(b"</page>")[0] + b"</page>"
            self.pages = 8000
            self.ready = self.head

        def read(self, size):
            while len(self.ready) < size and self.pages:
                self.pages -= 1
                self.ready += self.page
            data, self.ready = self.ready[:size], self.ready[size:]
            return data or b""

    stream = Source("d", Endless())
    tracemalloc.start()
    context = Context(options, Budget("d", options), table.read_source)
    count = sum(isinstance(item, Document) for item in table.read_source(stream, context))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 8000
    assert peak < 2_000_000


@pytest.mark.data
def test_the_articles_of_a_real_dump_are_counted(caplog):
    if "LEXLOOM_DATA" not in os.environ:
        pytest.skip("LEXLOOM_DATA is not set")
    (path,) = (Path(os.environ["LEXLOOM_DATA"]) / SAMPLE).glob("*.bz2")
    with caplog.at_level("INFO", logger=wikipedia.__name__):
        items = list(read_documents([path]))
    assert all(isinstance(item, Document) for item in items)
    assert "206 pages" in caplog.text
    assert len(items) == 106
    assert {item.markup for item in items} == {"wikitext"}
