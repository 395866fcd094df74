import json

import pytest

from lexloom.artifacts import seal
from lexloom.corpus.shards import (
    CorpusDocument,
    ShardConfig,
    read_shards,
    shard_name,
    without_records,
    write_shard,
)
from lexloom.errors import ArtifactError, ConfigError, InputError

DOCUMENTS = [
    CorpusDocument("a", "知识\n图谱", "zh", "zh"),
    CorpusDocument("b", "x\u2028y", "s", "en"),
]


def lines(documents=DOCUMENTS):
    keys = ("id", "text", "source", "kind")
    rows = [{key: getattr(document, key) for key in keys} for document in documents]
    return [json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows]


@pytest.mark.parametrize("compress", [True, False])
def test_what_is_written_is_read_back(tmp_path, compress):
    config = ShardConfig(compress=compress)
    path = tmp_path / shard_name("corpus", 3, config)
    write_shard(path, lines(), config)
    assert list(read_shards(path)) == DOCUMENTS
    assert path.name == ("corpus-00003.jsonl.zst" if compress else "corpus-00003.jsonl")


def test_a_folder_gives_its_shards_in_order_and_no_rejects(tmp_path):
    config = ShardConfig()
    for number, line in enumerate(lines()):
        write_shard(tmp_path / shard_name("corpus", number, config), [line], config)
    write_shard(tmp_path / shard_name("rejects", 0, config), lines(), config)
    seal(tmp_path)
    assert list(read_shards(tmp_path)) == DOCUMENTS


def test_equal_lines_give_equal_files(tmp_path):
    for name in "ab":
        write_shard(tmp_path / name, lines(), ShardConfig())
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_corpus_that_is_not_whole_is_refused(tmp_path):
    path = tmp_path / "corpus-00000.jsonl"
    write_shard(path, lines(), ShardConfig(compress=False))
    with pytest.raises(ArtifactError, match="not written to its end"):
        list(read_shards(tmp_path))
    seal(tmp_path)
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(ArtifactError, match="differs"):
        list(read_shards(tmp_path))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", b"no JSON\n", "is no line of a corpus"),
        ("a.jsonl", b'{"id": "a", "text": "b", "source": "c"}\n', "is no line of a corpus"),
        ("a.jsonl", b'{"id": 1, "text": "b", "source": "c", "kind": "d"}\n', "is no string"),
        ("a.jsonl", b"[]\n", "is no line of a corpus"),
        ("a.jsonl", b"[" * 100_000 + b"\n", "is no line of a corpus"),
        ("a.jsonl", b"\xff\n", "is no line of a corpus"),
        ("a.jsonl", lines()[0][:-1], "it is cut off"),
        ("a.jsonl.zst", b"no frame at all", "is no Zstandard file"),
    ],
)
def test_what_is_no_corpus_is_said(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        list(read_shards(path))


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(InputError, match="cannot read"):
        list(read_shards(tmp_path / "none.jsonl"))


@pytest.mark.parametrize("values", [{"shard_bytes": 0}, {"level": 20}])
def test_settings_out_of_range_are_refused(values):
    with pytest.raises(ConfigError, match=next(iter(values))):
        ShardConfig(**values)


@pytest.mark.parametrize("manifest", ['{"files": {}}', "no JSON", "[]", "[" * 100_000])
def test_a_folder_that_is_no_corpus_keeps_files_with_such_names(tmp_path, manifest):
    names = ["manifest.json", "report.json", "flow.svg", "rejects-00000.jsonl"]
    (tmp_path / "manifest.json").write_text(manifest)
    assert without_records(tmp_path, names) == names
