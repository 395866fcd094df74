"""Asking for help, importing the package and leaving torch alone: one fresh process each."""

import subprocess
import sys

import pytest

HEAVY = ("torch", "transformers", "scipy", "sklearn")

# each statement is run, then the heavy modules that it loaded are printed
REPORT = "\nimport sys\nprint(*(name for name in HEAVY if name in sys.modules))"

HELP = """
import contextlib, io
import typer.main
from lexloom.cli import app

def walk(command, path):
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.suppress(SystemExit):
        command.main([*path[1:], "--help"], prog_name=path[0])
    assert "Usage" in out.getvalue(), path
    here = typer.main.get_command(app)
    for name in path[1:]:
        here = here.commands[name]
    for name in getattr(here, "commands", {}):
        walk(command, [*path, name])

walk(typer.main.get_command(app), ["lexloom"])
"""


def loaded_by(code):
    done = subprocess.run(
        [sys.executable, "-c", f"HEAVY = {HEAVY!r}\n{code}{REPORT}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.parametrize(
    "module",
    [
        "lexloom",
        "lexloom.annotations",
        "lexloom.cli",
        "lexloom.corpus",
        "lexloom.graph",
        "lexloom.models.registry",
        "lexloom.vectors.keyed",
        "lexloom.vectors.word2vec_run",
    ],
)
def test_importing_loads_no_torch(module):
    assert loaded_by(f"import {module}") == []


def test_the_help_of_every_command_loads_no_torch():
    assert loaded_by(HELP) == []


def test_the_probe_sees_a_heavy_module_when_there_is_one():
    assert loaded_by("import types; sys = __import__('sys')\nsys.modules['torch'] = types") == [
        "torch"
    ]
