import json
import subprocess
import sys

import pytest
import typer.main
from typer.testing import CliRunner

from lexloom.cli import COMMANDS, app

REPORT = """
import contextlib, io, json, sys
import typer.main
from lexloom.cli import app
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    typer.main.get_command(app).main(ARGS, prog_name="lexloom")
print(json.dumps(sorted(name for name in sys.modules if name.startswith("lexloom.cli."))))
print("numpy" in sys.modules)
"""


def imported_by(*arguments):
    code = f"ARGS = {list(arguments)!r}\n{REPORT}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    names, has_numpy = done.stdout.splitlines()
    return json.loads(names), has_numpy == "True"


def test_the_list_of_commands_imports_none_of_them():
    assert imported_by("--help") == (["lexloom.cli.lazy", "lexloom.cli.say"], False)


def test_a_command_imports_no_group_beside_its_own():
    names, _ = imported_by("fill-mask", "--help")
    assert names == ["lexloom.cli.fill_mask", "lexloom.cli.lazy", "lexloom.cli.say"]


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_what_the_command_s_own_help_says(name):
    group = typer.main.get_command(app)
    command = group.commands[name]
    assert command.name == name
    first, *_ = command.help.split("\n\n")
    assert " ".join(first.split()) == COMMANDS[name].help
    assert group.get_command(None, name).help == COMMANDS[name].help


@pytest.mark.parametrize("name", ["extract", "predict", "fill-mask"])
def test_the_help_of_a_function_ends_with_its_example(name):
    assert "Example: lexloom " in CliRunner().invoke(app, [name, "--help"]).output


def test_an_unknown_command_names_the_nearest():
    done = CliRunner().invoke(app, ["vectrs"])
    assert done.exit_code == 2
    assert "Did you mean 'vectors'?" in " ".join(done.output.split())


@pytest.mark.parametrize(
    ("words", "found"),
    [(("lexloom", "vec"), ["vectors"]), (("lexloom", "vectors", "eval"), ["evaluate"])],
)
def test_completion_knows_names_of_both_levels(words, found):
    environment = {
        "_LEXLOOM_COMPLETE": "complete_bash",
        "COMP_WORDS": " ".join(words),
        "COMP_CWORD": str(len(words) - 1),
    }
    done = CliRunner().invoke(app, [], env=environment, prog_name="lexloom")
    assert done.output.split() == found
