"""What the documents say is true: examples parse, names exist, commands are the command line's."""

import ast
import importlib
import json
import re
import shlex
from pathlib import Path

import pytest
import typer.main

from lexloom.annotations.document import AnnotatedDocument
from lexloom.annotations.formats.table import EXPORTERS, FOLDER_EXPORTERS, IMPORTERS
from lexloom.annotations.schema import Schema
from lexloom.cli import app
from lexloom.records import Extraction, text_sha256

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(page, *languages):
    text = page.read_text(encoding="utf-8")
    return [body for language, body in FENCE.findall(text) if language in languages]


def commands():
    for page in PAGES:
        for body in blocks(page, "", "bash", "console", "sh", "shell"):
            for line in body.replace("\\\n", " ").splitlines():
                words = line.removeprefix("$ ").strip()
                if re.match(r"lexloom( |$)", words):
                    yield pytest.param(words, id=f"{page.name}: {words}")


def check(words):
    """Check that the words behind ``lexloom`` name a command and flags that it has."""
    command = typer.main.get_command(app)
    while words and hasattr(command, "commands"):
        name = words.pop(0).rstrip(",")
        if name.startswith("-"):
            continue
        if name == "X":  # filled in when it is run
            return
        assert name in command.commands, f"there is no command {name!r}"
        command = command.commands[name]
    flags = [word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)]
    assert set(flags) <= flags_of(command), f"unknown flags {set(flags) - flags_of(command)}"


def flags_of(command):
    """The flags of a command and of those below it."""
    known = {flag for option in command.params for flag in option.opts + option.secondary_opts}
    for below in getattr(command, "commands", {}).values():
        known |= flags_of(below)
    return known | {"--help", "-h"}


@pytest.mark.parametrize("line", list(commands()))
def test_every_command_and_flag_in_the_documents_exists(line):
    check(shlex.split(line, comments=True)[1:])


def strings():
    """Every string of the package's code, with an X for what an f-string fills in."""
    for path in sorted((ROOT / "src").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        inner = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)
                 for part in ast.walk(node) if part is not node}  # fmt: skip
        for node in ast.walk(tree):
            if id(node) in inner:
                continue
            where = f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.JoinedStr):
                yield where, "".join(getattr(part, "value", "X") if isinstance(part, ast.Constant)
                                     else "X" for part in node.values)  # fmt: skip
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield where, node.value


QUOTED = re.compile(r"`+lexloom ([^`]+)`+|(?:Example:|with:?|what) lexloom ([^`\n]+)")
ELSEWHERE = {"--no-deps", "--force-reinstall", "--inplace"}
"""Flags of other programs that the code speaks of."""


def quoted():
    for where, text in strings():
        for match in QUOTED.finditer(text):
            yield pytest.param(match[1] or match[2], id=where)
    yield from examples(typer.main.get_command(app), "lexloom")


def examples(command, name):
    """The example that each command shows in its help."""
    for match in QUOTED.finditer(command.epilog or ""):
        yield pytest.param(match[2], id=f"{name} --help")
    for below in getattr(command, "commands", {}).values():
        yield from examples(below, f"{name} {below.name}")


@pytest.mark.parametrize("line", list(quoted()))
def test_every_command_that_the_code_speaks_of_exists(line):
    check(shlex.split(line.rstrip(" .,;)")))


def test_every_flag_that_the_code_speaks_of_exists():
    known = flags_of(typer.main.get_command(app)) | ELSEWHERE
    unknown = {
        (where, flag)
        for where, text in strings()
        if " " in text  # a sentence, not an argument
        for flag in re.findall(r"(?<![\w-])--[a-z][a-z-]*[a-z]", text)
        if flag not in known
    }
    assert not unknown


def test_the_search_for_commands_finds_those_of_the_hints():
    lines = {param.values[0] for param in quoted()}
    assert "tokenizer train TEXTS --out tok --set special=bert" in lines
    assert "corpus build wrote" in lines
    with pytest.raises(AssertionError, match="unknown flags"):
        check(["tokenizer", "train", "--special-tokens", "bert"])


def test_the_schema_example_loads(tmp_path):
    for example in blocks(ROOT / "docs" / "formats.md", "toml"):
        (tmp_path / "schema.toml").write_text(example, encoding="utf-8")
        schema = Schema.load(tmp_path / "schema.toml")
        assert schema.relations[0].head == ("person",)
        (tmp_path / "again.toml").write_text(schema.dumps(), encoding="utf-8")
        assert Schema.load(tmp_path / "again.toml") == schema


def test_the_json_examples_have_the_shape_that_the_code_writes():
    page = ROOT / "docs" / "formats.md"
    extraction, annotated = map(json.loads, blocks(page, "json"))
    assert Extraction.from_dict(extraction).to_dict() == extraction
    written = AnnotatedDocument.from_dict(annotated).to_dict()
    assert json.loads(json.dumps(written)) == annotated


def test_the_offsets_of_the_json_example_are_those_of_its_text():
    page = ROOT / "docs" / "formats.md"
    (text,) = re.findall(r"For the text\n`(.+?)`", page.read_text(encoding="utf-8"))
    extraction = Extraction.from_dict(json.loads(blocks(page, "json")[0]))
    (event,) = extraction.events
    assert extraction.document.sha256 == text_sha256(text)
    assert extraction.coverage.characters == len(text)
    for span in (*extraction.entities, event.trigger, *event.arguments):
        assert text[span.start : span.end] == span.text


def test_every_import_format_is_in_the_documents():
    text = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
    missing = [name for name in IMPORTERS if f"`{name}`" not in text]
    assert not missing, "add a row to docs/data.md"


def test_every_export_format_is_in_the_documents():
    text = (ROOT / "docs" / "data.md").read_text(encoding="utf-8").partition("are written")[2]
    missing = [name for name in [*EXPORTERS, *FOLDER_EXPORTERS] if f"`{name}`" not in text]
    assert not missing, "add a row to docs/data.md"


def imported_names():
    for page in PAGES:
        for body in blocks(page, "python"):
            for node in ast.walk(ast.parse(body)):
                if isinstance(node, ast.ImportFrom) and node.module.startswith("lexloom"):
                    yield from ((node.module, alias.name) for alias in node.names)


@pytest.mark.parametrize(("module", "name"), sorted(set(imported_names())))
def test_every_name_that_an_example_imports_exists(module, name):
    assert hasattr(importlib.import_module(module), name)


@pytest.mark.parametrize("path", sorted(ROOT.glob("examples/documents/*")), ids=lambda p: p.name)
def test_the_sample_documents_are_short_utf_8_texts(path):
    text = path.read_bytes().decode("utf-8")
    assert 150 < len(text) < 2000
    assert ("的" in text) == (".zh." in path.name)


def test_there_are_samples_in_both_languages():
    languages = [path.suffixes[0] for path in ROOT.glob("examples/documents/*.txt")]
    assert sorted(languages) == [".en", ".en", ".zh", ".zh"]
