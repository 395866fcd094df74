import sys
import time

import pytest

from lexloom.corpus.formats import pdf
from lexloom.corpus.formats.pdf import Pages, read_pages
from lexloom.corpus.formats.source import ReadOptions
from lexloom.errors import InputError
from lexloom.records import Document, Failure, page_of

HANGS_ON_PAGE_2 = """
import json, sys, time
first = int(sys.argv[1])
print(json.dumps({"pages": 4}), flush=True)
for page in range(first, 5):
    if page == 2:
        time.sleep(60)
    print(json.dumps({"page": page, "text": f"page {page}"}), flush=True)
"""


def child(code):
    return (sys.executable, "-c", code)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(b"%PDF-")
    with path.open("rb") as stream:
        yield stream


def test_pages_are_read_in_order_with_their_offsets(made, read_file, only):
    pages = [["Ann lives in Paris.", "She works."], [], ["Bob met Carl."]]
    document = only(read_file(made.pdf(pages), "report.pdf"))
    assert document.text == "Ann lives in Paris.\nShe works.\nBob met Carl."
    assert document.pages == (0, 31, 31)
    assert page_of(document.pages, document.text.index("works")) == 1
    assert page_of(document.pages, document.text.index("Bob")) == 3


def test_a_word_broken_at_the_end_of_a_line_is_joined(made, read_file, only):
    assert only(read_file(made.pdf([["They con-", "tinued."]]))).text == "They continued."


def test_a_pdf_in_a_pipe_is_read_and_so_is_one_named_txt(made, read, only):
    assert only(read(made.pdf([["Hello there."]]), "a.txt")).text == "Hello there."


def test_a_broken_page_is_named_and_the_others_are_kept(made, read_file):
    data = made.pdf([["One."], ["Two."], ["Three."]], broken=[2])
    document, failure = read_file(data, "a.pdf")
    assert document.text == "One.\nThree."
    assert document.pages == (0, 5, 5)
    assert failure == Failure(
        "a.pdf",
        "a.pdf: 1 of 3 pages were left out: page 2 (damaged)",
        "the other pages were read",
    )


def test_a_pdf_of_broken_pages_only_is_one_failure(made, read_file, only):
    failure = only(read_file(made.pdf([["x"]] * 3, broken=[1, 2, 3]), "a.pdf"))
    assert failure.reason == "a.pdf: 3 of 3 pages were left out: pages 1-3 (damaged)"


@pytest.mark.parametrize("keep", [5, 60, 300])
def test_a_pdf_that_is_cut_off_is_named(made, read_file, only, keep):
    failure = only(read_file(made.pdf([["x"]])[:keep], "a.pdf"))
    assert failure.reason == "a.pdf is a damaged PDF"
    assert failure.hint == "it may be cut off; copy it again"


def test_a_pdf_of_pictures_says_what_to_do(made, read_file, only):
    failure = only(read_file(made.pdf([[], []]), "scan.pdf"))
    assert failure.reason == "scan.pdf holds no text"
    assert "OCR" in failure.hint


def test_a_pdf_that_is_too_long_in_a_pipe_is_named(made, read, only):
    failure = only(read(made.pdf([["x"]]), "a.pdf", max_bytes=100))
    assert failure.reason == "a.pdf is longer than the limit of 100 bytes"


def test_a_reader_that_never_ends_is_killed_and_the_other_pages_are_read(file):
    started = time.monotonic()
    options = ReadOptions(page_timeout_s=0.4)
    pages = read_pages(file, "a.pdf", options, child(HANGS_ON_PAGE_2))
    assert time.monotonic() - started < 10
    assert pages.texts == {1: "page 1", 3: "page 3", 4: "page 4"}
    assert pages.lost == {2: "it takes more than 0.4 s"}


def test_a_pdf_that_takes_too_long_as_a_whole_loses_its_last_pages(file):
    options = ReadOptions(page_timeout_s=30, document_timeout_s=0.5)
    pages = read_pages(file, "a.pdf", options, child(HANGS_ON_PAGE_2))
    assert list(pages.texts) == [1]
    assert pages.lost[3] == pages.lost[4] == "the whole took too long"


def test_a_reader_that_never_answers_is_an_error(file):
    code = "import time; time.sleep(60)"
    with pytest.raises(InputError, match=r"a\.pdf cannot be read: it takes more than 0\.2 s"):
        read_pages(file, "a.pdf", ReadOptions(page_timeout_s=0.2), child(code))


def test_a_page_that_brings_the_reader_down_costs_that_page_only(file):
    code = HANGS_ON_PAGE_2.replace("time.sleep(60)", "import os; os.abort()")
    pages = read_pages(file, "a.pdf", ReadOptions(), child(code))
    assert sorted(pages.texts) == [1, 3, 4]
    assert pages.lost == {2: "it brought the reader down (exit code -6)"}


def test_a_pdf_of_pages_that_bring_the_reader_down_is_given_up(file):
    code = "import sys; print('{\"pages\": 99}', flush=True); sys.exit(3)"
    pages = read_pages(file, "a.pdf", ReadOptions(), child(code))
    assert len(pages.lost) == 99
    assert pages.lost[99] == "too many pages before it brought the reader down"


def test_text_without_end_is_refused(file):
    code = """
import json
print(json.dumps({"pages": 9}))
for page in range(1, 10):
    print(json.dumps({"page": page, "text": "x" * 100}), flush=True)
"""
    with pytest.raises(InputError, match="longer than the limit of 500 bytes"):
        read_pages(file, "a.pdf", ReadOptions(max_bytes=500), child(code))


def test_the_next_page_is_the_one_after_the_last():
    assert Pages(number=3, texts={1: ""}, lost={2: "x"}).next == 3


def test_each_pdf_is_a_document_of_its_own(made, read_file, tmp_path):
    items = read_file(made.zip({"a.pdf": made.pdf([["One."]]), "b.pdf": made.pdf([["Two."]])}), "z")
    assert items == [
        Document("z/a.pdf", "One.", "z/a.pdf", pages=(0,)),
        Document("z/b.pdf", "Two.", "z/b.pdf", pages=(0,)),
    ]


def test_a_page_of_very_much_text_comes_whole(file):
    code = """
import json
print(json.dumps({"pages": 2}))
for page in (1, 2):
    print(json.dumps({"page": page, "text": "字" * 300_000}))
"""
    pages = read_pages(file, "a.pdf", ReadOptions(), child(code))
    assert pages.texts == {1: "字" * 300_000, 2: "字" * 300_000}


def test_a_line_without_end_is_no_page(file, monkeypatch):
    monkeypatch.setattr(pdf, "MAX_LINE_BYTES", 100_000)
    code = (
        'import sys\nprint(\'{"pages": 1}\', flush=True)\nwhile True: sys.stdout.write("x" * 999)'
    )
    pages = read_pages(file, "a.pdf", ReadOptions(), child(code))
    assert pages.lost == {1: "it holds too much text"}


def test_runs_of_lost_pages_are_named_once_and_not_without_end(made, read, monkeypatch):
    lost = dict.fromkeys(range(1, 100, 2), "damaged") | {2: "damaged"}
    found = Pages(number=100, texts={100: "x"}, lost=lost)
    monkeypatch.setattr(pdf, "read_pages", lambda *_: found)
    _, failure = read(made.pdf([["x"]]), "a.pdf")
    assert "51 of 100 pages were left out: pages 1-3 (damaged), page 5 (damaged)" in failure.reason
    assert failure.reason.endswith("page 41 (damaged), and more")
