import json
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lexloom.errors import ArtifactError
from lexloom.records import Document
from lexloom.tokens.build import build
from lexloom.tokens.indexed import TokenFile, dtype_code, read_record, write_index

# three sequences in two documents, laid out by hand from Megatron's description
IDS = struct.pack("<6H", 5, 6, 7, 8, 9, 65_000)
INDEX = (
    b"MMIDIDX\x00\x00"
    + struct.pack("<Q", 1)
    + struct.pack("<B", 8)
    + struct.pack("<QQ", 3, 3)
    + struct.pack("<3i", 2, 1, 3)
    + struct.pack("<3q", 0, 4, 6)
    + struct.pack("<3q", 0, 2, 3)
)


def oracle(prefix):
    """Read as Megatron does: ids of each sequence, borders of documents. Written anew."""
    index = prefix.with_suffix(".idx").read_bytes()
    assert index[:9] == b"MMIDIDX\x00\x00"
    assert struct.unpack_from("<Q", index, 9) == (1,)
    dtype = {1: "u1", 4: "<i4", 8: "<u2"}[index[17]]
    count, num_borders = struct.unpack_from("<QQ", index, 18)
    sizes = struct.unpack_from(f"<{count}i", index, 34)
    pointers = struct.unpack_from(f"<{count}q", index, 34 + 4 * count)
    documents = struct.unpack_from(f"<{num_borders}q", index, 34 + 12 * count)
    data = prefix.with_suffix(".bin").read_bytes()
    rows = [
        np.frombuffer(data, dtype, size, pointer).tolist()
        for size, pointer in zip(sizes, pointers, strict=True)
    ]
    return rows, list(documents)


@pytest.fixture
def prefix(tmp_path):
    (tmp_path / "t.bin").write_bytes(IDS)
    (tmp_path / "t.idx").write_bytes(INDEX)
    return tmp_path / "t"


@pytest.fixture
def built(saved, tmp_path, texts):
    documents = [Document(str(number), text) for number, text in enumerate(texts)]
    build(documents, saved, tmp_path / "t")
    return tmp_path / "t"


def test_a_file_laid_out_by_hand_is_read(prefix):
    file = TokenFile.open(prefix)
    assert [row.tolist() for row in file] == [[5, 6], [7], [8, 9, 65_000]]
    assert [file.document(n).tolist() for n in range(2)] == [[5, 6, 7], [8, 9, 65_000]]
    assert (file.num_documents, file.num_sequences, file.num_tokens) == (2, 3, 6)
    assert file.document_starts.tolist() == [0, 3, 6]
    assert file[-1].tolist() == file[2].tolist()
    assert file.record is None


def test_an_index_is_written_as_by_hand(tmp_path):
    with (tmp_path / "t.idx").open("wb") as stream:
        write_index(stream, 8, np.array([2, 1, 3], np.int32), np.array([0, 2, 3], np.int64))
    assert (tmp_path / "t.idx").read_bytes() == INDEX


def test_an_independent_reader_finds_the_same(built):
    file = TokenFile.open(built, verify=True)
    rows, documents = oracle(built)
    assert [row.tolist() for row in file] == rows
    assert file.documents.tolist() == documents


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.lists(st.integers(0, 5), max_size=4), min_size=1, max_size=4),
    st.sampled_from([4, 8]),
)
def test_any_sequences_come_back(tmp_path_factory, documents, code):
    path = tmp_path_factory.mktemp("any") / "t"
    lengths = np.array([size for sizes in documents for size in sizes], np.int32)
    borders = np.cumsum([0, *map(len, documents)])
    ids = np.arange(lengths.sum(), dtype={4: "<i4", 8: "<u2"}[code])
    path.with_suffix(".bin").write_bytes(ids.tobytes())
    with path.with_suffix(".idx").open("wb") as stream:
        write_index(stream, code, lengths, borders)
    rows, _ = oracle(path)
    assert [row.tolist() for row in TokenFile.open(path)] == rows


def test_ids_are_mapped_and_cannot_be_written(prefix):
    file = TokenFile.open(prefix)
    assert isinstance(file.tokens, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        file[0][0] = 1


def test_no_tokens_at_all_can_be_opened(tmp_path):
    (tmp_path / "t.bin").write_bytes(b"")
    with (tmp_path / "t.idx").open("wb") as stream:
        write_index(stream, 8, np.zeros(0, np.int32), np.zeros(1, np.int64))
    assert len(TokenFile.open(tmp_path / "t").tokens) == 0


def test_small_vocabularies_take_two_bytes_an_id():
    assert [dtype_code(size) for size in (10, 65_499, 65_500, 10**6)] == [8, 8, 4, 4]


@pytest.mark.parametrize("number", [3, -4])
def test_a_sequence_that_is_not_there_is_an_index_error(prefix, number):
    with pytest.raises(IndexError, match="there is no sequence"):
        TokenFile.open(prefix)[number]


def test_a_document_that_is_not_there_is_an_index_error(prefix):
    for number in (-1, 2):
        with pytest.raises(IndexError, match="there is no document"):
            TokenFile.open(prefix).document(number)


def patched(at, data):
    return INDEX[:at] + data + INDEX[at + len(data) :]


@pytest.mark.parametrize(
    ("index", "what"),
    [
        (b"", "is no index"),
        (b"\x00" * 100, "is no index"),
        (INDEX[:20], "is no index"),
        (INDEX[:-1], "its header speaks of"),
        (INDEX + b"x", "its header speaks of"),
        (patched(9, struct.pack("<Q", 2)), "of version 2"),
        (patched(17, b"\x07"), "number format 7"),
        (patched(18, struct.pack("<Q", 2**62)), "its header speaks of"),
        (patched(34, struct.pack("<i", -2)), "shorter than nothing"),
        (patched(34 + 12, struct.pack("<q", 2)), "one behind the other"),
        (patched(34 + 36, struct.pack("<q", 1)), "do not hold all"),
        (patched(34 + 52, struct.pack("<q", 2)), "do not hold all"),
        (patched(34 + 44, struct.pack("<q", 9)), "overlap"),
    ],
)
def test_a_damaged_index_is_refused(prefix, index, what):
    prefix.with_suffix(".idx").write_bytes(index)
    with pytest.raises(ArtifactError, match=what):
        TokenFile.open(prefix)


@pytest.mark.parametrize("data", [IDS[:-1], IDS[:-2], IDS + b"\x00\x00", b""])
def test_ids_that_are_truncated_or_too_many_are_refused(prefix, data):
    prefix.with_suffix(".bin").write_bytes(data)
    with pytest.raises(ArtifactError, match="but its index speaks of 12"):
        TokenFile.open(prefix)


@pytest.mark.parametrize("ending", [".bin", ".idx"])
def test_a_missing_file_is_refused(prefix, ending):
    prefix.with_suffix(ending).unlink()
    with pytest.raises(ArtifactError, match="there is no file"):
        TokenFile.open(prefix)


def test_an_altered_id_is_found_when_asked(built):
    data = bytearray(built.with_suffix(".bin").read_bytes())
    data[0] ^= 1
    built.with_suffix(".bin").write_bytes(data)
    TokenFile.open(built)
    with pytest.raises(ArtifactError, match="SHA-256 differs"):
        TokenFile.open(built, verify=True)


def test_an_index_of_other_borders_is_refused_at_once(built):
    file = TokenFile.open(built)
    borders = file.documents.copy()
    borders[1] -= 1
    with built.with_suffix(".idx").open("wb") as stream:
        write_index(stream, 8, file.lengths, borders)
    with pytest.raises(ArtifactError, match="SHA-256 differs"):
        TokenFile.open(built)


def test_a_record_of_other_counts_is_refused(built):
    values = read_record(built).to_dict() | {"num_tokens": 1}
    built.with_suffix(".json").write_text(json.dumps(values))
    with pytest.raises(ArtifactError, match="does not count what"):
        TokenFile.open(built)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"a": 1}', "\x00", "[" * 10_000])
def test_a_damaged_record_is_refused(built, text):
    built.with_suffix(".json").write_text(text)
    with pytest.raises(ArtifactError, match="is damaged"):
        TokenFile.open(built)


def test_a_tokenizer_that_does_not_fit_is_refused(built, tokenizers):
    TokenFile.open(built, tokenizer=tokenizers["bpe"])
    with pytest.raises(ArtifactError, match="the tokenizer does not fit"):
        TokenFile.open(built, tokenizer=tokenizers["unigram"])


def test_files_that_do_not_say_their_tokenizer_are_refused_with_one(prefix, tokenizers):
    with pytest.raises(ArtifactError, match="nothing says which tokenizer"):
        TokenFile.open(prefix, tokenizer=tokenizers["bpe"])
