import bz2
import gzip
import io
from pathlib import Path
from types import SimpleNamespace

import pytest
import zstandard

from lexloom.corpus.read import read_documents
from lexloom.records import Failure

PACK = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "zst": zstandard.ZstdCompressor(write_checksum=True).compress,
}
every_packing = pytest.mark.parametrize("ending", PACK)
TEXT = "Ann lives in Paris. 李明在北京工作。\n" * 300


@every_packing
def test_a_packed_text_keeps_its_name(read, only, ending):
    document = only(read(PACK[ending](TEXT.encode()), f"notes.txt.{ending}"))
    assert (document.id, document.text) == (f"notes.txt.{ending}", TEXT)


@every_packing
def test_the_ending_below_the_packing_tells_the_format(read, ending):
    data = PACK[ending](b'{"text": "one"}\n{"text": "two"}\n')
    assert [item.text for item in read(data, f"a.jsonl.{ending}")] == ["one", "two"]


@every_packing
def test_packings_one_behind_the_other_are_one_text(read, only, ending):
    pack = PACK[ending]
    assert only(read(pack(b"one ") + pack(b"") + pack(b"two"), "a")).text == "one two"


@every_packing
@pytest.mark.parametrize("kept", [0.3, 0.7, 0.97])
def test_a_packing_that_is_cut_off_is_named(read, only, ending, kept):
    packed = PACK[ending](TEXT.encode())
    failure = only(read(packed[: int(len(packed) * kept)], "a"))
    assert failure.reason == "a ends before its packing does"
    assert failure.hint == "it seems to be cut off; copy it again"


@every_packing
def test_a_damaged_packing_is_named(read, only, ending):
    packed = bytearray(PACK[ending](TEXT.encode()))
    packed[len(packed) // 2] ^= 0xFF
    packed[len(packed) // 2 + 1] ^= 0xFF
    failure = only(read(bytes(packed), "a"))
    assert isinstance(failure, Failure)
    assert "a cannot be unpacked: " in failure.reason or "cut off" in failure.hint


@every_packing
def test_an_empty_packing_holds_no_text(read, only, ending):
    assert only(read(PACK[ending](b""), "a.txt")).reason == "a.txt holds no text"


@every_packing
def test_a_bomb_is_given_up_early(read_file, only, ending, little_is_free):
    bomb = PACK[ending](bytes(8 << 20))
    failure = only(read_file(bomb, "bomb"))
    assert failure.reason.startswith("bomb unpacks to more than ")
    assert "archive bomb" in failure.hint


@every_packing
def test_a_bomb_in_a_pipe_is_given_up_too(monkeypatch, only, ending, little_is_free):
    bomb = PACK[ending](bytes(8 << 20))
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(bomb)))
    assert only(read_documents([Path("-")])).reason.startswith("- unpacks to more than ")


def test_a_text_that_packs_well_is_no_bomb(read, only):
    text = "ha" * 5_000_000
    assert only(read(gzip.compress(text.encode()), "a.gz")).text == text


def test_a_window_that_takes_too_much_memory_is_refused(read, only):
    frame = zstandard.ZstdCompressor(
        compression_params=zstandard.ZstdCompressionParameters(window_log=30, enable_ldm=True)
    ).compressobj()
    packed = frame.compress(b"text" * 1000) + frame.flush()
    assert only(read(packed, "a")).reason.startswith("a cannot be unpacked: ")


def test_a_tar_by_its_short_ending_is_an_archive(read, only, made):
    document = only(read(gzip.compress(made.tar({"a.txt": b"text"})), "b.tgz"))
    assert document.id == "b.tgz/a.txt"
