import json

import pytest
from typer.testing import CliRunner

from lexloom.annotations.document import read_jsonl
from lexloom.annotations.schema import Schema
from lexloom.cli.data import app
from lexloom.errors import ConfigError, UsageError

COLUMNS = "高 B-NAME\n勇 E-NAME\n， O\n任 O\n经 B-TITLE\n理 E-TITLE\n\n男 O\n"
SPERT = [
    {
        "tokens": ["Ann", "Lee", "left"],
        "entities": [{"type": "p", "start": 0, "end": 2}, {"type": "p", "start": 2, "end": 9}],
        "relations": [],
    }
]


def run(*arguments, code=0):
    result = CliRunner().invoke(app, [*map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result


@pytest.fixture
def native(tmp_path):
    """A native file of two documents, made from columns."""
    (tmp_path / "in.txt").write_text(COLUMNS, encoding="utf-8")
    path = tmp_path / "native.jsonl"
    run("import", tmp_path / "in.txt", "--format", "columns", "--out", path)
    return path


@pytest.fixture
def faulty(tmp_path):
    """A SpERT file with one span that runs out of its text."""
    path = tmp_path / "faulty.json"
    path.write_text(json.dumps(SPERT))
    return path


def test_import_writes_the_native_form_and_keeps_standard_output_clean(tmp_path, native):
    documents = list(read_jsonl(native))
    assert [entity.text for entity in documents[0].entities] == ["高勇", "经理"]
    result = run("import", tmp_path / "in.txt", "--format", "columns", "--out", native)
    assert result.stdout == ""
    assert "entities: NAME" in result.stderr


def test_import_without_a_file_prints_the_data_itself_in_utf8(tmp_path, native):
    result = run("import", tmp_path / "in.txt", "--format", "columns")
    assert result.stdout_bytes == native.read_bytes()
    assert "documents" in result.stderr


def test_import_reports_as_json(tmp_path, native):
    result = run("import", tmp_path / "in.txt", "--format", "columns", "--out", native, "--json")
    report = json.loads(result.stdout)
    assert report["documents"] == 2
    assert report["entities"] == {"NAME": 1, "TITLE": 1}


def test_import_writes_the_schema_of_what_occurs(tmp_path, native):
    schema = tmp_path / "s.toml"
    run("import", native, "--format", "jsonl", "--out", tmp_path / "o", "--schema-out", schema)
    assert [entity.name for entity in Schema.load(schema).entities] == ["NAME", "TITLE"]


def test_import_takes_the_choices_of_a_format(tmp_path, native):
    arguments = ("import", tmp_path / "in.txt", "--format", "columns", "--out", native)
    run(*arguments, "--set", "joiner= ", "--set", "id_prefix=cv-")
    assert next(read_jsonl(native)).text == "高 勇 ， 任 经 理"
    assert next(read_jsonl(native)).id == "cv-0"
    with pytest.raises(ConfigError, match="unknown key 'joner'") as caught:
        run(*arguments, "--set", "joner= ")
    assert "joiner" in caught.value.hint


def test_import_says_what_could_not_be_aligned_and_that_it_is_partly_done(tmp_path, faulty):
    out = tmp_path / "out.jsonl"
    result = run("import", faulty, "--format", "spert", "--out", out, code=3)
    assert "not aligned: 1 x the span runs out of the text" in result.stderr
    assert [entity.text for entity in next(read_jsonl(out)).entities] == ["Ann Lee"]


def test_a_report_where_the_data_would_go_is_refused(faulty, native):
    for arguments in (
        ("import", faulty, "--format", "spert"),
        ("export", native, "--format", "spert"),
    ):
        with pytest.raises(UsageError, match="where the data would go") as caught:
            run(*arguments, "--json")
        assert "--out" in caught.value.hint


def test_a_failing_import_leaves_what_stood_there(tmp_path, native):
    (tmp_path / "in.txt").write_text(COLUMNS + "broken\n", encoding="utf-8")
    before = native.read_bytes()
    with pytest.raises(Exception, match="columns where there must be"):
        run("import", tmp_path / "in.txt", "--format", "columns", "--out", native)
    assert native.read_bytes() == before


def test_export_writes_a_foreign_format_to_a_file_or_standard_output(tmp_path, native):
    rows = "高\tB-NAME\n勇\tI-NAME\n，\tO\n任\tO\n经\tB-TITLE\n理\tI-TITLE\n\n男\tO\n\n"
    assert run("export", native, "--format", "columns").stdout_bytes.decode() == rows
    out = tmp_path / "out.conll"
    result = run("export", native, "--format", "columns", "--out", out, "--json")
    assert out.read_text(encoding="utf-8") == rows
    assert json.loads(result.stdout) == {
        "documents": 2,
        "entities": 2,
        "relations": 0,
        "events": 0,
        "changed": [],
        "left_out": [],
    }


def test_export_says_what_the_format_cannot_hold(tmp_path):
    entity = {"id": "T0", "type": "ORG", "text": "北京大学", "start": 0, "end": 4}
    inner = {"id": "T1", "type": "LOC", "text": "北京", "start": 0, "end": 2}
    path = tmp_path / "nested.jsonl"
    path.write_text(json.dumps({"id": "a", "text": "北京大学", "entities": [entity, inner]}))
    result = run("export", path, "--format", "columns", code=3)
    assert "left out: 1 x the entity lies inside of another" in result.stderr
    assert "LOC" not in result.stdout


def test_export_into_no_folder_is_one_sentence(native):
    with pytest.raises(UsageError, match=r"cannot write .* is no folder"):
        run("export", native, "--format", "spert", "--out", native / "below" / "a.json")


def test_stats_count_types_and_measure_texts(tmp_path, native):
    statistics = json.loads(run("stats", native, "--json").stdout)
    assert statistics["documents"] == 2
    assert statistics["entities"] == {"NAME": 1, "TITLE": 1}
    assert statistics["characters"]["max"] == 6
    table = run("stats", tmp_path / "in.txt", "--format", "columns").stdout
    assert "entities: TITLE" in table
    assert "characters: mean" in table


def test_stats_show_a_type_that_looks_like_markup(tmp_path):
    (tmp_path / "in.txt").write_text("Ann B-[bold]\n")
    assert "entities: [bold]" in run("stats", tmp_path / "in.txt", "--format", "columns").stdout


def test_stats_of_a_faulty_file_are_partly_done(faulty):
    result = run("stats", faulty, "--format", "spert", "--json", code=3)
    assert json.loads(result.stdout)["entities"] == {"p": 1}
    assert "not aligned: 1 x" in result.stderr


def test_split_parts_a_file_repeatably(tmp_path):
    path = tmp_path / "all.jsonl"
    rows = [json.dumps({"id": f"d{n}", "text": f"第{n}句"}) for n in range(10)]
    path.write_text("\n".join(rows), encoding="utf-8")
    arguments = ("split", path, "--share", "train=0.8", "--share", "dev=0.2", "--out-dir")
    assert json.loads(run(*arguments, tmp_path / "a", "--json").stdout) == {"train": 8, "dev": 2}
    assert "train" in run(*arguments, tmp_path / "b").stdout
    run(*arguments, tmp_path / "c", "--seed", "5")
    parts = [(tmp_path / name / "dev.jsonl").read_bytes() for name in "abc"]
    assert parts[0] == parts[1] != parts[2]


@pytest.mark.parametrize(
    ("share", "message"),
    [
        ("train=much", "takes a name and a number"),
        ("train", "takes a name and a number"),
        ("=1", "cannot be a file's name"),
        ("../x=1", "cannot be a file's name"),
        ("train=0.5", "sum to 1"),
    ],
)
def test_a_share_that_is_none_is_refused(tmp_path, native, share, message):
    with pytest.raises(UsageError, match=message):
        run("split", native, "--share", share, "--out-dir", tmp_path / "parts")
    assert not (tmp_path / "parts").exists()


def test_a_part_is_named_once(tmp_path, native):
    shares = ("--share", "a=0.5", "--share", "a=0.5")
    with pytest.raises(UsageError, match="the part 'a' twice"):
        run("split", native, *shares, "--out-dir", tmp_path / "parts")


@pytest.mark.parametrize("command", ["import", "export", "stats", "split"])
def test_every_help_ends_with_an_example(command):
    lines = run(command, "--help").stdout.strip().splitlines()
    assert f"Example: lexloom data {command}" in "".join(lines[-2:])


def test_stats_draw_a_picture(tmp_path, native):
    picture = tmp_path / "a.png"
    result = run("stats", native, "--plot", picture, "--json")
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert json.loads(result.stdout)["sentences"]["count"] == 2


def test_export_to_brat_writes_a_folder_and_not_to_standard_output(tmp_path, native):
    with pytest.raises(UsageError, match="'brat' is a folder of files"):
        run("export", native, "--format", "brat")
    result = run("export", native, "--format", "brat", "--out", tmp_path / "out")
    suffixes = sorted(path.suffix for path in (tmp_path / "out").iterdir())
    assert suffixes == [".ann", ".ann", ".txt", ".txt"]
    assert "documents" in result.stderr
    again = run("import", tmp_path / "out", "--format", "brat").stdout
    assert [json.loads(line)["text"] for line in again.splitlines()] == ["高勇，任经理", "男"]


def test_export_to_instructions_asks_for_the_types_of_a_schema(tmp_path, native):
    documents = [json.loads(line) for line in native.read_text(encoding="utf-8").splitlines()]
    for document in documents:
        document["scope"]["entity_types"] = None
    native.write_text("\n".join(map(json.dumps, documents)))
    schema = tmp_path / "s.toml"
    schema.write_text('[entities.NAME]\nzh = "姓名"\n[entities.ORG]\n')
    arguments = ("export", native, "--format", "iepile", "--schema", schema)
    result = run(*arguments, "--set", "source=cv", "--set", "max_types=1", code=3)
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [json.loads(row["output"]) for row in rows] == [
        {"NAME": ["高勇"]},
        {"ORG": []},
        {"NAME": []},
        {"ORG": []},
    ]
    assert {row["source"] for row in rows} == {"cv"}
    assert "left out: 1 x the type of the entity is not one of those to ask for" in result.stderr


def test_import_keeps_the_types_of_a_schema_and_says_which_it_does_not_know(tmp_path, native):
    schema = tmp_path / "s.toml"
    schema.write_text('[entities.TITLE]\nzh = "职位"\n', encoding="utf-8")
    arguments = ("import", native, "--format", "jsonl", "--schema", schema)
    result = run(*arguments, "--out", tmp_path / "out.jsonl", code=3)
    assert "unknown to the schema: 1 x no entity type 'NAME'" in result.stderr
    assert [e.type for d in read_jsonl(tmp_path / "out.jsonl") for e in d.entities] == ["TITLE"]


def test_import_takes_a_part_of_a_joined_file(tmp_path, native):
    result = run("import", native, "--format", "jsonl", "--set", "start=1", "--set", "stop=2")
    assert [json.loads(line)["text"] for line in result.stdout.splitlines()] == ["男"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["import", "a.jsonl", "--format", "jsonl", "--out", "./a.jsonl"],
        ["import", "a.jsonl", "--format", "jsonl", "--schema-out", "a.jsonl"],
        ["export", "a.jsonl", "--format", "columns", "--out", "a.jsonl"],
        ["split", "a.jsonl", "--share", "b=0.5", "--share", "a=0.5", "--out-dir", "."],
        ["sample", "a.jsonl", "--out", "a.jsonl"],
    ],
)
def test_no_command_overwrites_what_it_reads(tmp_path, native, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    before = native.rename("a.jsonl").read_bytes()
    with pytest.raises(UsageError, match=r"a\.jsonl is read, and would be overwritten"):
        run(*arguments)
    assert (tmp_path / "a.jsonl").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jsonl", "in.txt"]
