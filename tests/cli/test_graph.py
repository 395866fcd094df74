import json
import os

import pytest
from typer.testing import CliRunner

from lexloom.cli.graph import app
from lexloom.errors import ArtifactError, GraphError, InputError
from lexloom.graph import GraphStore

TEXT = "Ada knows Bob."


def line(document="d1", subject="Ada", sha256="0" * 64, **changes):
    """One line as `lexloom extract --json` writes it."""
    values = {
        "document": {"id": document, "sha256": sha256},
        "entities": [
            {
                "id": "e0",
                "type": "P",
                "text": subject,
                "start": 0,
                "end": len(subject),
                "confidence": 0.9,
            },
            {"id": "e1", "type": "P", "text": "Bob", "start": 10, "end": 13, "confidence": 0.8},
        ],
        "relations": [{"type": "knows", "head": "e0", "tail": "e1", "confidence": 0.7}],
        "events": [
            {
                "type": "Meeting",
                "trigger": {"text": "met", "start": 4, "end": 7},
                "arguments": [
                    {
                        "role": "who",
                        "text": subject,
                        "start": 0,
                        "end": len(subject),
                        "entity": "e0",
                    }
                ],
                "confidence": 0.6,
            }
        ],
        "records": [],
        "coverage": {"characters": 14, "characters_read": 14, "windows": 1, "skipped": []},
        "provenance": {
            "model": "default",
            "model_hash": "h",
            "schema_hash": "s",
            "version": "0.1.0",
            "time": "2025-01-01T00:00:00Z",
        },
    }
    return json.dumps(values | changes, ensure_ascii=False)


@pytest.fixture
def lexloom(tmp_path):
    """Runs ``lexloom graph`` on one graph and gives the result; errors come out as they are."""

    def run(*arguments, exit_code=0, **options):
        command = [*arguments, "--graph", str(tmp_path / "kg.sqlite")]
        result = CliRunner().invoke(app, command, catch_exceptions=False, **options)
        assert result.exit_code == exit_code, result.output
        return result

    return run


@pytest.fixture
def filled(lexloom, tmp_path):
    lines = [line("d1"), line("d2", subject="ADA"), line("d3", subject="居里")]
    (tmp_path / "facts.jsonl").write_text("\n".join(lines), encoding="utf-8")
    lexloom("import", str(tmp_path / "facts.jsonl"))
    return lexloom


def asked(lexloom, *arguments):
    return json.loads(lexloom(*arguments, "--json").stdout)


def test_import_adds_and_says_how_much(lexloom, tmp_path):
    file = tmp_path / "facts.jsonl"
    file.write_text(line("d1") + "\n\n" + line("d2") + "\n", encoding="utf-8")
    expected = {"added": 2, "unchanged": 0, "replaced": 0, "failed": 0, "new_facts": 1}
    assert asked(lexloom, "import", str(file)) == expected
    again = {"added": 0, "unchanged": 2, "replaced": 0, "failed": 0, "new_facts": 0}
    assert asked(lexloom, "import", str(file)) == again
    file.write_text(line("d1", sha256="1" * 64), encoding="utf-8")
    assert asked(lexloom, "import", str(file))["replaced"] == 1


def test_import_reads_stdin(lexloom):
    result = lexloom("import", "-", "--json", input=line("d1"))
    assert json.loads(result.stdout)["added"] == 1


def test_import_reads_a_pipe(lexloom, tmp_path):
    read, write = os.pipe()
    os.write(write, line("d1").encode())
    os.close(write)
    assert asked(lexloom, "import", f"/dev/fd/{read}")["added"] == 1
    os.close(read)


@pytest.mark.parametrize(
    ("content", "complaint"), [("", "no extraction to add"), ("{", "not JSON")]
)
def test_no_graph_is_made_for_nothing(lexloom, tmp_path, content, complaint):
    (tmp_path / "facts.jsonl").write_text(content)
    result = lexloom("import", str(tmp_path / "facts.jsonl"), exit_code=1)
    assert complaint in result.stderr
    assert not (tmp_path / "kg.sqlite").exists()


def test_a_folder_is_not_imported(lexloom, tmp_path):
    with pytest.raises(InputError, match="is a folder"):
        lexloom("import", str(tmp_path))


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("{", "not JSON"),
        ("[1]", "must be a JSON object"),
        ("[" * 100_000, "not JSON"),
        ("[" + "1" * 5_000 + "]", "not JSON"),
        (line().replace("0.9", "9" * 400), "is too large a number"),
        ('{"document": {}}', "is missing"),
        (line(entities=[{"id": "e0"}]), "the key 'type' is missing"),
        (line(documents=1), "unknown key 'documents'"),
        (line(document=1), "extraction.document.id must be str, got 1"),
        (line(entities=[]), "unknown entity 'e0'"),
        (line().replace("0.9", "9.9"), "must be in [0, 1], got 9.9"),
        (line().replace('"start": 10', '"start": 99'), "is no span"),
        (line().replace('"start": 10', '"start": 9'), "[9, 13) is not as long as 'Bob'"),
        (line().replace('"P"', '""', 1), "a type or role is empty"),
        (line().replace('"who"', '""'), "a type or role is empty"),
    ],
    ids=range(15),
)
def test_a_bad_line_is_named_and_the_others_are_added(lexloom, tmp_path, bad, reason):
    file = tmp_path / "facts.jsonl"
    file.write_text(f"{line('d1')}\n{bad}\n{line('d2')}\n", encoding="utf-8")
    result = lexloom("import", str(file), "--json", exit_code=3)
    assert json.loads(result.stdout)["added"] == 2
    assert json.loads(result.stdout)["failed"] == 1
    (complaint,) = result.stderr.splitlines()
    assert complaint.startswith(f"lexloom: {file}, line 2: ")
    assert reason in complaint


def test_a_line_that_is_not_utf8_is_named(lexloom, tmp_path):
    (tmp_path / "facts.jsonl").write_bytes(b'{"document": "\xff"}\n')
    result = lexloom("import", str(tmp_path / "facts.jsonl"), exit_code=1)
    assert "line 1: not JSON" in result.stderr


def test_a_missing_file_is_refused_before_a_graph_is_made(lexloom, tmp_path):
    with pytest.raises(InputError, match=r"there is no file .*nothing\.jsonl"):
        lexloom("import", str(tmp_path / "nothing.jsonl"))
    assert not (tmp_path / "kg.sqlite").exists()


def test_show_gives_facts_with_their_places(filled):
    detail = asked(filled, "show", "ada")
    assert detail["entity"]["num_documents"] == 2
    (fact,) = detail["facts"]
    assert (fact["predicate"], fact["num_documents"], fact["confidence"]) == ("knows", 2, 0.91)
    assert fact["evidence"][0]["subject"] == {"text": "Ada", "start": 0, "end": 3, "page": None}
    assert detail["events"][0]["arguments"][0]["role"] == "who"


def test_show_prints_tables(filled):
    printed = filled("show", "居里").stdout
    for part in ("居里", "knows", "Bob", "Meeting", "who", "d3"):
        assert part in printed


def test_neighbours_are_listed(filled):
    found = asked(filled, "neighbours", "Bob")
    assert [entity["name"] for entity in found["neighbours"]] == ["ADA", "居里"]
    assert "居里" in filled("neighbours", "Bob").stdout


def test_a_limit_that_hides_neighbours_is_told_on_stderr(filled):
    result = filled("neighbours", "Bob", "--limit", "1")
    assert "raise --limit" in result.stderr
    assert "raise --limit" not in result.stdout


def test_search_finds_parts_of_names(filled):
    assert [entity["name"] for entity in asked(filled, "search", "居")] == ["居里"]
    assert "居里" in filled("search", "居").stdout


def test_a_search_without_result_prints_nothing_on_stdout(filled):
    result = filled("search", "nobody")
    assert result.stdout == ""
    assert "nothing found" in result.stderr


def test_stats_and_documents_count(filled):
    stats = asked(filled, "stats")
    assert (stats["documents"], stats["entities"], stats["facts"]) == (3, 3, 2)
    assert [document["id"] for document in asked(filled, "documents")] == ["d1", "d2", "d3"]
    printed = filled("stats").stdout
    assert "predicates" in printed
    assert "knows" in printed


def test_a_merge_is_listed_and_taken_back(filled):
    (merge,) = asked(filled, "merges")
    assert (merge["name"], merge["into"]) == ("ADA", "Ada")
    assert asked(filled, "unmerge", str(merge["id"]))["name"] == "ADA"
    assert asked(filled, "merges") == []
    assert len(asked(filled, "merges", "--undone")) == 1
    assert asked(filled, "stats")["entities"] == 4


def test_two_entities_are_merged_by_hand(filled):
    assert asked(filled, "merge", "Ada", "居里")["kind"] == "hand"
    assert asked(filled, "show", "居里")["entity"]["num_documents"] == 3


def test_forget_takes_a_document_out(filled):
    assert asked(filled, "forget", "d3")["entities"] == 1
    assert asked(filled, "search", "居里") == []


def test_export_goes_to_a_file_or_to_stdout(filled, tmp_path):
    out = tmp_path / "kg.jsonl"
    assert filled("export", "--out", str(out)).stdout == ""
    assert out.read_text("utf-8") == filled("export").stdout
    assert "<graphml" in filled("export", "--format", "graphml").stdout


def test_an_export_that_cannot_be_written_is_an_error(filled, tmp_path):
    with pytest.raises(ArtifactError, match="cannot write"):
        filled("export", "--out", str(tmp_path / "kg.sqlite" / "out"))


@pytest.mark.parametrize(
    "command",
    [
        ["show", "x"],
        ["neighbours", "x"],
        ["search", "x"],
        ["stats"],
        ["documents"],
        ["merges"],
        ["merge", "x", "y"],
        ["unmerge", "1"],
        ["forget", "x"],
        ["export"],
    ],
    ids=lambda command: command[0],
)
def test_every_command_but_import_wants_a_graph_that_is_there(lexloom, tmp_path, command):
    with pytest.raises(GraphError, match="there is no graph at"):
        lexloom(*command)
    assert not (tmp_path / "kg.sqlite").exists()


def test_names_cannot_steer_the_terminal(lexloom):
    name = "\x1b[31m[red]x\r\u202e" + "y" * 500
    bad = json.loads(line("d1", subject=name))
    lexloom("import", "-", input=json.dumps(bad))
    printed = lexloom("show", "bob").stdout + lexloom("search", "x").stdout
    assert not {"\x1b", "\r", "\u202e"} & set(printed)
    assert "[red]x" in lexloom("search", "x").stdout


def test_a_lone_surrogate_can_be_printed(lexloom, tmp_path):
    lexloom("import", "-", input=line("d1").replace("Ada", "\\ud800xy"))
    assert asked(lexloom, "search", "x")[0]["name"] == "\ud800xy"
    assert "\ufffdx" in lexloom("search", "x").stdout
    lexloom("export", "--out", str(tmp_path / "out.jsonl"))
    with GraphStore.open(tmp_path / "kg.sqlite") as store:
        assert (tmp_path / "out.jsonl").read_text("utf-8").splitlines() == list(store.lines())


@pytest.mark.parametrize(
    "command", [command.name or command.callback.__name__ for command in app.registered_commands]
)
def test_each_help_ends_with_an_example(command):
    printed = CliRunner().invoke(app, [command, "--help"]).stdout
    last = printed.strip().splitlines()[-1].strip()
    assert f"lexloom graph {command}" in " ".join(printed.split())
    assert last.endswith(("kg.sqlite", "--json", "--undone")), last


def test_a_limit_below_one_is_a_wrong_usage(filled):
    assert "--limit" in filled("search", "x", "--limit", "0", exit_code=2).stderr


UNKNOWN = ["entities.P", "relations.knows", "events.Meeting", "events.Meeting.roles.who"]


def marked_line():
    """One line as `lexloom extract --json` writes it for types that the model does not know."""
    values = json.loads(line())
    values["provenance"]["zero_shot"] = UNKNOWN
    facts = [*values["entities"], *values["relations"], *values["events"]]
    for fact in (*facts, *values["events"][0]["arguments"]):
        fact["zero_shot"] = True
    return json.dumps(values)


def test_zero_shot_facts_are_imported_and_marked(lexloom):
    report = json.loads(lexloom("import", "-", "--json", input=marked_line()).stdout)
    assert (report["added"], report["failed"]) == (1, 0)
    detail = asked(lexloom, "show", "Ada")
    assert detail["entity"]["zero_shot"] is detail["facts"][0]["zero_shot"] is True
    assert detail["events"][0]["zero_shot"] is detail["events"][0]["arguments"][0]["zero_shot"]
    printed = lexloom("show", "Ada").stdout
    assert printed.count("zero-shot") == 4  # entity, mention, fact, event
    assert lexloom("search", "Ada").stdout.count("zero-shot") == 1


def test_nothing_says_zero_shot_where_the_model_knows_every_type(filled):
    assert "zero-shot" not in filled("show", "ada").stdout
    assert "zero-shot" not in filled("search", "ada").stdout
