"""The shape of the package, held by tests: size, mirror, docstrings, names."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "lexloom"
TESTS = Path(__file__).parent
FILES = sorted(SOURCE.rglob("*.py"))
MAX_MODULE_LINES = 400
MAX_FUNCTION_LINES = 60
NAMES_THAT_SAY_NOTHING = {"utils", "util", "common", "helpers", "misc", "base"}

every_file = pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))


def functions(tree):
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    return [node for node in ast.walk(tree) if isinstance(node, kinds)]


@every_file
def test_module_is_short_and_documented(path):
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert text.count("\n") <= MAX_MODULE_LINES, "split this module: one job each"
    docstring = ast.get_docstring(tree) or ""
    assert len(docstring.split()) >= 3, "say in the first line what this module does"
    for node in functions(tree):
        lines = node.end_lineno - node.lineno + 1
        assert lines <= MAX_FUNCTION_LINES, f"{node.name} has {lines} lines"


@every_file
def test_module_has_a_test_file_at_the_mirrored_path(path):
    # a package's __init__ needs one (test_init.py) only when it defines something itself
    name = path.stem.strip("_")
    if name in {"init", "main"} and not functions(ast.parse(path.read_text(encoding="utf-8"))):
        return
    mirror = TESTS / path.relative_to(SOURCE).parent / f"test_{name}.py"
    assert mirror.exists(), f"add {mirror.relative_to(TESTS.parent)}"


@every_file
def test_module_is_named_for_its_job(path):
    assert not NAMES_THAT_SAY_NOTHING & set(path.relative_to(SOURCE).with_suffix("").parts)


def test_every_test_file_can_be_run_by_the_runner():
    strays = sorted(TESTS.rglob("*_test.py"))
    assert not strays, "name test files test_*.py"
