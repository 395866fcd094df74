import json
import shutil
import sqlite3

import pytest
import typer
from typer.testing import CliRunner

import formats
from doubles import SCHEMA, eager, tiny_files
from lexloom.cli import app
from lexloom.errors import ArtifactError, SchemaError, UnsafeArtifactError, UsageError
from lexloom.extract.files import save_extractor
from lexloom.records import Extraction

ENGLISH = "Ann lives in Paris. Bob met Carl."
CHINESE = "李明在北京工作。\r\n他去了上海。"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "tiny"
    save_extractor(tiny_files(decode=eager(0.15), window_sentences=1), path)
    return path


@pytest.fixture
def extract(model, tmp_path, monkeypatch):
    """Runs ``lexloom extract`` in an empty folder; a LexloomError comes out as it is."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments, code=0, with_model=model, **options):
        command = ["extract", *map(str, arguments), "--model", str(with_model)]
        result = CliRunner().invoke(app, command, catch_exceptions=False, **options)
        assert result.exit_code == code, result.output
        return result

    return run


@pytest.fixture
def documents(tmp_path):
    (tmp_path / "en.txt").write_text(ENGLISH, encoding="utf-8")
    (tmp_path / "zh.txt").write_bytes(CHINESE.encode())
    return {"en.txt": ENGLISH, "zh.txt": CHINESE}


def lines(result):
    return [Extraction.from_dict(json.loads(line)) for line in result.stdout.splitlines()]


def assert_verbatim(text, extraction):
    assert extraction.entities
    spans = [*extraction.entities, *(event.trigger for event in extraction.events)]
    spans += [argument for event in extraction.events for argument in event.arguments]
    for span in spans:
        assert text[span.start : span.end] == span.text


# --- what comes out


def test_json_is_one_object_a_document_and_nothing_else_on_stdout(extract, documents):
    result = extract(*documents, "--json")
    found = lines(result)
    assert [item.document.id for item in found] == list(documents)
    for item, text in zip(found, documents.values(), strict=True):
        assert_verbatim(text, item)
        assert item.coverage.characters_read == len(text)
    assert "北京" in result.stdout or "李" in result.stdout
    assert result.stderr == ""


def test_facts_are_printed_for_a_reader(extract, documents):
    printed = extract(*documents).stdout
    assert "en.txt" in printed
    assert f"{len(ENGLISH)} of {len(ENGLISH)} characters read" in printed
    for entity in lines(extract(*documents, "--json"))[0].entities:
        assert f"[{entity.start}, {entity.end})" in printed
        assert entity.text in printed


def test_a_graph_gets_what_was_found(extract, documents, tmp_path):
    extract(*documents, "--graph", tmp_path / "kg.sqlite")
    with sqlite3.connect(tmp_path / "kg.sqlite") as graph:
        (count,) = graph.execute("SELECT count(*) FROM documents").fetchone()
    graph.close()
    assert count == 2


def test_a_page_gets_every_text(extract, documents, tmp_path):
    extract(*documents, "--html", "out.html")
    page = (tmp_path / "out.html").read_text(encoding="utf-8")
    assert "李明" in page
    assert "Ann lives" in page


def test_json_graph_and_page_can_be_had_at_once(extract, documents, tmp_path):
    result = extract(*documents, "--json", "--graph", "kg.sqlite", "--html", "out.html")
    assert len(lines(result)) == 2
    assert (tmp_path / "kg.sqlite").exists()
    assert (tmp_path / "out.html").exists()


def test_another_schema_can_be_asked_for(extract, documents, tmp_path):
    (tmp_path / "own.toml").write_text('[entities.org]\nen = "organisation"\n')
    (found,) = lines(extract("en.txt", "--schema", "own.toml", "--json"))
    assert {entity.type for entity in found.entities} <= {"org"}
    assert (found.relations, found.events) == ((), ())
    assert found.provenance.schema_hash != SCHEMA.sha256


def test_the_standard_input_is_read(extract):
    (found,) = lines(extract("-", "--json", input=ENGLISH))
    assert found.document.id == "-"
    assert_verbatim(ENGLISH, found)


def test_folders_and_json_lines_are_read(extract, tmp_path):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text(ENGLISH)
    rows = [{"id": "one", "text": ENGLISH}, {"text": CHINESE}]
    (tmp_path / "b.jsonl").write_text("\n".join(map(json.dumps, rows)))
    found = lines(extract("notes", "b.jsonl", "--json"))
    assert [item.document.id for item in found] == ["notes/a.txt", "one", "b.jsonl:2"]


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "utf-16-le", "utf-8-sig"])
def test_other_encodings_give_the_offsets_of_the_decoded_text(extract, tmp_path, encoding):
    text = CHINESE * 4
    (tmp_path / "zh.txt").write_bytes(text.encode(encoding))
    (found,) = lines(extract("zh.txt", "--json"))
    assert found.coverage.characters == len(text)
    assert_verbatim(text, found)


# --- documents of every kind

PAGES = [["Ann lives in Paris. Bob met Carl."], ["Carl left Rome. Ann met Bob."]]


@pytest.fixture
def files(tmp_path):
    (tmp_path / "report.pdf").write_bytes(formats.make_pdf(PAGES))
    (tmp_path / "page.html").write_text(f"<html><body><p>{ENGLISH}</p></body></html>")
    chapter = {"a.xhtml": f"<html><p>{CHINESE}</p></html>"}
    (tmp_path / "book.epub").write_bytes(formats.make_epub(chapter))
    members = {"in/report.pdf": formats.make_pdf(PAGES), "notes.txt": ENGLISH}
    (tmp_path / "archive.zip").write_bytes(formats.make_zip(members))
    return ["report.pdf", "page.html", "book.epub", "archive.zip"]


def test_documents_of_every_kind_are_read_and_their_texts_written(extract, files, tmp_path):
    found = lines(extract(*files, "--json", "--text-out", "texts.jsonl"))
    rows = [json.loads(line) for line in (tmp_path / "texts.jsonl").read_bytes().splitlines()]
    assert [row["id"] for row in rows] == [
        "report.pdf",
        "page.html",
        "book.epub",
        "archive.zip/in/report.pdf",
        "archive.zip/notes.txt",
    ]
    for row, item in zip(rows, found, strict=True):
        assert (row["id"], row["sha256"]) == (item.document.id, item.document.sha256)
        assert_verbatim(row["text"], item)
    again = lines(extract("texts.jsonl", "--json"))
    assert [item.document for item in again] == [item.document for item in found]
    assert [item.entities for item in again] == [item.entities for item in found]


def test_facts_of_a_pdf_know_their_page_in_json_print_and_graph(extract, files):
    (found,) = lines(extract("report.pdf", "--json"))
    assert found.document.pages == (0, 34)
    assert {entity.page for entity in found.entities} == {1, 2}
    printed = extract("report.pdf", "--graph", "kg.sqlite").stdout
    assert "page 1, [" in printed
    assert "page 2, [" in printed
    name = next(entity.text for entity in found.entities if entity.page == 2)
    shown = CliRunner().invoke(app, ["graph", "show", name, "--graph", "kg.sqlite", "--json"])
    assert 2 in [mention["span"]["page"] for mention in json.loads(shown.stdout)["mentions"]]
    shown = CliRunner().invoke(app, ["graph", "show", name, "--graph", "kg.sqlite"])
    assert "(page" in shown.stdout


def test_what_json_says_of_pages_can_be_imported_into_a_graph(extract, files, tmp_path):
    (tmp_path / "facts.jsonl").write_text(extract("report.pdf", "--json").stdout)
    command = ["graph", "import", "facts.jsonl", "--graph", "kg.sqlite", "--json"]
    done = CliRunner().invoke(app, command, catch_exceptions=False)
    assert json.loads(done.stdout)["added"] == 1


def test_a_lost_page_makes_the_run_partly_done(extract, tmp_path):
    (tmp_path / "a.pdf").write_bytes(formats.make_pdf([*PAGES, *PAGES], broken=[2]))
    result = extract("a.pdf", "--json", code=3)
    assert {entity.page for entity in lines(result)[0].entities} == {1, 3, 4}
    assert "a.pdf: 1 of 4 pages were left out: page 2 (damaged)" in result.stderr


def test_the_column_of_a_table_can_be_named(extract, tmp_path):
    (tmp_path / "a.csv").write_text(f"text,note\nno,{ENGLISH}\n")
    (found,) = lines(extract("a.csv", "--text-field", "note", "--json"))
    assert found.document.id == "a.csv:2"
    assert found.coverage.characters == len(ENGLISH)


# --- what goes wrong


BAD = {
    "empty.txt": (b"", "holds no text"),
    "blank.txt": (b" \r\n", "holds no text"),
    "binary.txt": (bytes(range(256)) * 20, "binary"),
    "picture.txt": (b"\x89PNG\r\n\x1a\n0000", "an image"),
    "broken.txt": ("北京".encode()[:-1], "UTF-8"),
}


@pytest.mark.parametrize("name", [*BAD, "missing.txt"])
def test_a_bad_document_is_named_in_one_line_and_the_others_are_read(
    extract, documents, tmp_path, name
):
    data, reason = BAD.get(name, (None, "there is no file missing.txt"))
    if data is not None:
        (tmp_path / name).write_bytes(data)
    result = extract("en.txt", name, "zh.txt", "--json", code=3)
    assert [item.document.id for item in lines(result)] == ["en.txt", "zh.txt"]
    (complaint,) = result.stderr.splitlines()
    assert complaint.startswith("lexloom: ")
    assert complaint.count(name) == 1
    assert reason in complaint


def test_when_no_document_can_be_read_the_command_fails(extract, tmp_path):
    result = extract("missing.txt", "other.txt", "--json", code=1)
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 2


def test_what_a_call_writes_into_a_folder_that_it_reads_is_not_read(extract, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text(ENGLISH, encoding="utf-8")
    outputs = ["--graph", "in/kg.sqlite", "--html", "in/x.html", "--text-out", "in/x.jsonl"]
    for time in range(2):
        result = extract("in", *outputs, "--json")
        assert [item.document.id for item in lines(result)] == ["in/a.txt"]
        assert result.stderr.count("lexloom: ") == time
    assert (
        "lexloom: in/kg.sqlite, in/x.html, in/x.jsonl are not read, for they are written by"
        " this call"
    ) in result.stderr
    # another call reads the page that it does not write
    assert len(lines(extract("in", "--html", "in/y.html", "--json", code=3))) == 2


def test_a_document_named_twice_is_read_once(extract, documents):
    result = extract("en.txt", "en.txt", "--json", code=3)
    assert len(lines(result)) == 1
    assert "was read before" in result.stderr


def refused(extract, *arguments, error, match, code, **options):
    """Check the error and that the command line would end with its code."""
    with pytest.raises(error, match=match) as caught:
        extract(*arguments, **options)
    assert caught.value.exit_code == code
    assert "\n" not in str(caught.value)
    assert caught.value.hint
    return caught.value


SCHEMAS = {
    "unknown key": ("[entities.person]\ncolour = 'red'\n", "unknown key 'colour'"),
    "unknown table": ("[entitys.person]\n", r"unknown key 'entitys' \(did you mean 'entities'"),
    "unknown end": (
        '[entities.person]\n[relations.r]\nhead = ["persn"]\n',
        "the relation 'r' names the unknown entity type 'persn'",
    ),
}


@pytest.mark.parametrize("case", SCHEMAS)
def test_a_schema_that_is_wrong_is_refused_before_anything_is_read(
    extract, documents, tmp_path, case
):
    text, message = SCHEMAS[case]
    (tmp_path / "s.toml").write_text(text)
    refused(extract, "en.txt", "--schema", "s.toml", "--graph", "kg.sqlite",
            error=SchemaError, match=message, code=2)  # fmt: skip
    assert not (tmp_path / "kg.sqlite").exists()


def test_types_with_the_same_words_are_refused_before_anything_is_written(
    extract, documents, tmp_path
):
    (tmp_path / "s.toml").write_text('[entities.drug]\n[entities.medicine]\nen = "drug"\n')
    refused(extract, "en.txt", "--schema", "s.toml", "--graph", "kg.sqlite", error=SchemaError,
            match="the entity types 'drug' and 'medicine' are asked for in the same words",
            code=2)  # fmt: skip
    assert not (tmp_path / "kg.sqlite").exists()


def test_a_schema_that_is_no_toml_is_refused(extract, documents, tmp_path):
    (tmp_path / "s.toml").write_text("[entities")
    with pytest.raises(SchemaError, match=r"the schema s\.toml is not valid TOML"):
        extract("en.txt", "--schema", "s.toml")


def test_a_missing_schema_is_refused(extract, documents):
    refused(extract, "en.txt", "--schema", "no.toml", error=SchemaError,
            match=r"cannot read the schema no\.toml", code=2)  # fmt: skip


def truncate(path):
    weights = path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])


def alter(path):
    config = path / "config.json"
    config.write_text(config.read_text().replace('"nested": true', '"nested": false'))


def pickled(path):
    (path / "model.safetensors").rename(path / "model.pt")
    (path / "manifest.json").unlink()


@pytest.mark.parametrize(
    ("spoil", "error", "message"),
    [
        (truncate, ArtifactError, r"model\.safetensors is not the file that was saved"),
        (alter, ArtifactError, r"config\.json is not the file that was saved"),
        (pickled, UnsafeArtifactError, r"model\.pt is a pickle"),
        (shutil.rmtree, ArtifactError, "there is no model directory"),
    ],
)
def test_a_model_that_is_not_whole_is_refused(
    extract, documents, model, tmp_path, spoil, error, message
):
    spoilt = tmp_path / "spoilt"
    shutil.copytree(model, spoilt)
    spoil(spoilt)
    refused(extract, "en.txt", error=error, match=message, code=1, with_model=spoilt)


@pytest.mark.parametrize("flag", ["--graph", "--html"])
def test_an_output_that_is_a_folder_is_refused_at_once(extract, documents, tmp_path, flag):
    (tmp_path / "out").mkdir()
    refused(extract, "en.txt", flag, "out", error=UsageError, match="out is a folder", code=2,
            with_model="nothing")  # fmt: skip


def test_one_file_for_two_outputs_is_refused_at_once(extract, documents):
    refused(extract, "en.txt", "--html", "out", "--text-out", "./out", error=UsageError,
            match="out is given twice", code=2, with_model="nothing")  # fmt: skip


@pytest.mark.parametrize("flag", ["--graph", "--html"])
def test_an_output_that_cannot_be_written_is_an_error(extract, documents, flag):
    # a file stands where a folder would have to be
    refused(extract, "en.txt", flag, "en.txt/out", error=UsageError, match="en.txt", code=2)


def test_no_file_at_all_is_a_wrong_usage(model):
    result = CliRunner().invoke(app, ["extract", "--model", str(model)])
    assert result.exit_code == 2
    assert "files" in result.stderr


# --- as a process


@pytest.mark.slow
def test_the_command_itself_gives_facts_and_exit_codes(lexloom, documents, model, tmp_path):
    done = lexloom("extract", "en.txt", "zh.txt", "--model", model, "--json")
    assert [json.loads(line)["document"]["id"] for line in done.stdout.splitlines()] == [
        "en.txt", "zh.txt",
    ]  # fmt: skip
    assert done.stderr == ""
    done = lexloom("extract", "en.txt", "--model", tmp_path / "nothing", code=1)
    assert done.stdout == ""
    (complaint,) = done.stderr.splitlines()
    assert complaint == (
        f"lexloom: there is no model directory {tmp_path / 'nothing'} (check the path)"
    )


def test_its_help_ends_with_an_example():
    printed = CliRunner().invoke(app, ["extract", "--help"]).stdout
    assert "lexloom extract report.pdf" in " ".join(printed.split())
    assert isinstance(app, typer.Typer)


# --- how sure a fact must be


def test_facts_that_are_not_sure_enough_are_left_out(extract, documents):
    (every,) = lines(extract("en.txt", "--json"))
    confidences = sorted(entity.confidence for entity in every.entities)
    least = confidences[len(confidences) // 2]
    assert confidences[0] < least
    (some,) = lines(extract("en.txt", "--json", "--min-confidence", least))
    kept = [e for e in every.entities if e.confidence >= least]
    assert list(some.entities) == kept
    assert all(relation.confidence >= least for relation in some.relations)
    assert extract("en.txt", "--json", "--min-confidence", "1.5", code=2).exit_code == 2


# --- types that the model was not trained on


def test_zero_shot_types_are_named_and_their_facts_marked(extract, documents, tmp_path):
    # an untrained model guesses at random: of so many types it finds some
    words = ("kite", "jar", "vow", "zebra", "quiz", "oxen", "mud", "fig", "hut", "bolt")
    unknown = [f"entities.{word}" for word in words]
    tables = ["entities.person", *unknown]
    (tmp_path / "own.toml").write_text("".join(f"[{table}]\n" for table in tables))
    result = extract("en.txt", "--schema", "own.toml", "--json")
    assert result.stderr == (
        f"lexloom: zero-shot, for the model was not trained on them: {', '.join(unknown)}\n"
    )
    values = json.loads(result.stdout)
    assert values["provenance"]["zero_shot"] == unknown
    types = {entity["type"] for entity in values["entities"]}
    assert len(types - {"person"}) > 0 < len(types & {"person"})
    for entity in values["entities"]:
        assert entity.get("zero_shot", False) == (entity["type"] != "person")
    printed = extract("en.txt", "--schema", "own.toml").stdout
    shown = [row for row in printed.splitlines() if row.rstrip().endswith("zero-shot")]
    assert len(shown) == sum(entity["type"] != "person" for entity in values["entities"])


def test_a_schema_in_chinese_only_asks_for_what_the_model_knows(extract, documents, tmp_path):
    (tmp_path / "zh.toml").write_text('[entities."地方"]\nzh = "地点"\n', encoding="utf-8")
    result = extract("en.txt", "--schema", "zh.toml", "--json")
    assert result.stderr == ""
    own = [(e.start, e.end) for e in lines(extract("en.txt", "--json"))[0].entities
           if e.type == "place"]  # fmt: skip
    assert [(e.start, e.end) for e in lines(result)[0].entities] == own


def test_a_schema_of_which_the_model_knows_nothing_comes_with_a_hint(extract, documents, tmp_path):
    names = "".join(f"[entities.gadget{number}]\n" for number in range(20))
    (tmp_path / "own.toml").write_text(names)
    first, second = extract("en.txt", "--schema", "own.toml").stderr.splitlines()
    assert first.endswith("entities.gadget11 and 8 more")
    assert "trained on no type of this schema" in second
    assert "lexloom train extractor --init default" in second


def test_a_schema_without_a_type_is_refused(extract, documents, tmp_path):
    (tmp_path / "own.toml").write_text('name = "x"\n')
    with pytest.raises(SchemaError, match=r"own\.toml has no type of entity or event"):
        extract("en.txt", "--schema", "own.toml")


@pytest.mark.parametrize("flag", ["--html", "--text-out", "--graph"])
def test_a_document_is_never_overwritten_by_what_is_written(extract, documents, tmp_path, flag):
    with pytest.raises(UsageError, match=r"en\.txt is read, and would be overwritten"):
        extract("zh.txt", "en.txt", flag, tmp_path / "en.txt")
    assert (tmp_path / "en.txt").read_text() == ENGLISH


def test_json_is_utf8_whatever_the_terminal(extract, model, documents):
    command = ["extract", "zh.txt", "--json", "--model", str(model)]
    result = CliRunner(charset="gbk").invoke(app, command, catch_exceptions=False)
    assert "李明" in result.stdout_bytes.decode("utf-8")
