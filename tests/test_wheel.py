"""The wheel works alone: built from a copy of the source, installed and run elsewhere."""

import json
import os
import shutil
import site
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXTS = {
    "en.txt": "Maria Keller left Northwind Systems in Zurich and joined the University of Basel.\n",
    "zh.txt": "李明毕业于北京大学，现任华星科技有限公司董事长。\r\n",
}

pytestmark = [pytest.mark.wheel, pytest.mark.slow]


def run(*command, cwd, **options):
    done = subprocess.run(
        [*map(str, command)], cwd=cwd, capture_output=True, text=True, check=False, **options
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel built from a copy, so that no build folder of the checkout leaks into it."""
    folder = tmp_path_factory.mktemp("build")
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(ROOT / "src", folder / "source" / "src", ignore=ignored)
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder / "source" / name)
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--wheel-dir", folder]
    run(sys.executable, "-m", "pip", "wheel", *options, "./source", cwd=folder)
    (built,) = folder.glob("lexloom-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """A folder with an environment that holds the wheel; it borrows the dependencies of ours."""
    folder = tmp_path_factory.mktemp("elsewhere")
    venv.create(folder / "env", with_pip=False)
    python = folder / "env" / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet"]
    run(*pip, "--no-deps", "--no-index", wheel, cwd=folder)
    code = "import site; print(site.getsitepackages()[0])"
    packages = Path(run(python, "-c", code, cwd=folder).strip())
    # added as plain paths: the .pth file of an editable install in them is not followed
    (packages / "dependencies.pth").write_text("\n".join(site.getsitepackages()) + "\n")
    return folder


def lexloom(folder, *arguments):
    environment = {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "LEXLOOM_DATA"}}
    # no file of the user's cache may help
    environment |= {"HOME": str(folder), "LEXLOOM_HOME": str(folder / "cache")}
    command = folder / "env" / "bin" / "lexloom"
    return run(command, *arguments, cwd=folder, env=environment, encoding="utf-8")


def test_the_installed_package_is_the_wheel_and_not_the_checkout(installed):
    code = "import lexloom; print(lexloom.__file__)"
    python = installed / "env" / "bin" / "python"
    assert run(python, "-c", code, cwd=installed).startswith(str(installed))


def test_the_wheel_carries_its_licence_and_types(installed):
    (metadata,) = installed.glob("env/lib/*/site-packages/lexloom-*.dist-info")
    assert (metadata / "licenses" / "LICENSE").is_file()
    assert (metadata.parent / "lexloom" / "py.typed").is_file()


@pytest.mark.parametrize("name", TEXTS)
def test_the_wheel_alone_reads_facts_with_exact_offsets(installed, name):
    (installed / name).write_bytes(TEXTS[name].encode())
    lines = lexloom(installed, "extract", name, "--json").splitlines()
    (extraction,) = map(json.loads, lines)
    assert extraction["entities"], "the default model found nothing"
    for entity in extraction["entities"]:
        assert TEXTS[name][entity["start"] : entity["end"]] == entity["text"]
    assert extraction["coverage"]["characters"] == len(TEXTS[name])


def test_the_wheel_alone_writes_a_graph_and_a_page(installed):
    (installed / "both.txt").write_text("".join(TEXTS.values()), encoding="utf-8")
    lexloom(installed, "extract", "both.txt", "--graph", "kg.sqlite", "--html", "out.html")
    assert (installed / "kg.sqlite").read_bytes().startswith(b"SQLite format 3")
    assert "华星科技" in (installed / "out.html").read_text(encoding="utf-8")


def test_the_doctor_is_content_with_the_wheel(installed):
    assert json.loads(lexloom(installed, "doctor", "--json"))["ok"]
