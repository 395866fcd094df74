import io
import json
import subprocess
import sys

import pytest

from lexloom.corpus.formats.pdf_child import page_lines, plain


def test_it_tells_the_pages_from_the_first_asked_for(made):
    data = made.pdf([["One."], ["Two."], ["Three."]], broken=[2])
    assert list(page_lines(io.BytesIO(data), 2)) == [
        {"pages": 3},
        {"page": 2, "error": "damaged"},
        {"page": 3, "text": "Three."},
    ]


def test_it_refuses_what_it_cannot_open():
    assert list(page_lines(io.BytesIO(b"%PDF-1.4\n"), 1)) == [{"refused": "damaged"}]


ENCRYPTED = (
    b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"
    b"2 0 obj\n<< /Type /Pages /Kids [] /Count 0 >>\nendobj\n"
    b"3 0 obj\n<< /Filter /Standard /V 1 /R 2 /P -4 /O <"
    + b"41" * 32
    + b"> /U <"
    + b"42" * 32
    + b"> >>\nendobj\ntrailer << /Size 4 /Root 1 0 R /Encrypt 3 0 R"
    b" /ID [<31><31>] >>\n%%EOF\n"
)


def test_it_tells_encrypted_from_damaged():
    assert list(page_lines(io.BytesIO(ENCRYPTED), 1)) == [{"refused": "encrypted"}]


def test_an_encrypted_pdf_is_named_with_what_to_do(read, only):
    failure = only(read(ENCRYPTED, "a.pdf"))
    assert failure.reason == "a.pdf is an encrypted PDF"
    assert failure.hint == "save it without its password"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("a\r\nb\rc", "a\nb\nc"),
        ("con\ufffetinued", "continued"),
        ("a\0b\x02\tc\x1f", "ab\tc"),
        ("知识\ud800😀", "知识?😀"),
    ],
)
def test_the_text_of_a_page_is_plain(raw, text):
    assert plain(raw) == text


def test_as_a_process_it_prints_lines_of_json(made, tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(made.pdf([["One."]]))
    with path.open("rb") as stream:
        command = [sys.executable, "-m", "lexloom.corpus.formats.pdf_child", "1", "2048", "10"]
        done = subprocess.run(command, stdin=stream, capture_output=True, check=True)
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        {"pages": 1},
        {"page": 1, "text": "One."},
    ]


def limited(code, memory_mib):
    start = "from lexloom.corpus.formats.pdf_child import limit_resources\n"
    start += f"limit_resources({memory_mib} << 20, 60)\n"
    command = [sys.executable, "-c", start + code]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_it_takes_no_more_memory_than_it_may():
    assert "MemoryError" in limited("bytearray(1 << 30)", 300).stderr
    assert limited("bytearray(1 << 20)", 300).returncode == 0


def test_it_can_write_no_file(tmp_path):
    ignore = "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    done = limited(ignore + f"open({str(tmp_path / 'x')!r}, 'wb', 0).write(b'x')", 2048)
    assert "File too large" in done.stderr
