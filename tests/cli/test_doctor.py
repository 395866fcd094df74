import json
from types import SimpleNamespace

import pytest
import typer
from typer.testing import CliRunner

import lexloom
from lexloom.artifacts import sealed_directory
from lexloom.cli import doctor
from lexloom.errors import ArtifactError
from lexloom.nn.kernels import library
from lexloom.records import Entity

app = typer.Typer()
app.command("doctor")(doctor.doctor)


def loads(entities):
    extraction = SimpleNamespace(entities=entities)
    return lambda name: SimpleNamespace(extract=lambda text: extraction)


@pytest.fixture
def sound(tmp_path, monkeypatch):
    """A machine on which everything works; gives the shipped model's directory."""
    with sealed_directory(tmp_path / "default") as path:
        (path / "config.json").write_text("{}")
    entity = Entity(id="e1", type="person", text="Maria", start=0, end=5)
    monkeypatch.setenv("LEXLOOM_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(doctor, "shipped_models", lambda: {"default": tmp_path / "default"})
    monkeypatch.setattr(lexloom, "load_extractor", loads([entity]), raising=False)
    return tmp_path / "default"


def report():
    result = CliRunner().invoke(app, ["--json"], catch_exceptions=False)
    values = json.loads(result.stdout)
    assert result.exit_code == (0 if values["ok"] else 1)
    return values["ok"], {check["name"]: check for check in values["checks"]}


def test_a_sound_machine_passes_and_every_part_is_named(sound):
    ok, checks = report()
    assert ok
    expected = {"Python", "operating system", "cores", "memory", "disk", "cache", "SQLite"}
    expected |= {"shipped model", "torch", "bfloat16 on the CPU", "kernels", "GPU", "extraction"}
    assert expected <= set(checks)
    assert "1 entities" in checks["extraction"]["value"]
    assert list(sound.parent.glob("home/**")) == [], "looking must leave nothing behind"


def test_an_altered_shipped_model_fails(sound):
    (sound / "config.json").write_text("[]")
    ok, checks = report()
    assert not ok
    assert "is not the file that was saved" in checks["shipped model"]["value"]


def test_no_shipped_model_fails(sound, monkeypatch):
    monkeypatch.setattr(doctor, "shipped_models", dict)
    assert not report()[0]


def test_a_model_that_cannot_be_loaded_fails_with_its_sentence(sound, monkeypatch):
    def refuse(name):
        raise ArtifactError("the model is torn")

    monkeypatch.setattr(lexloom, "load_extractor", refuse)
    ok, checks = report()
    assert not ok
    assert checks["extraction"]["value"] == "the model is torn"


def test_a_mention_that_is_not_verbatim_fails(sound, monkeypatch):
    entity = Entity(id="e1", type="person", text="Mario", start=0, end=5)
    monkeypatch.setattr(lexloom, "load_extractor", loads([entity]))
    assert not report()[0]


def test_a_missing_optional_package_is_named_with_its_command_but_does_not_fail(sound, monkeypatch):
    option = {"no_such_module": ("dreaming", "pip install dreams")}
    monkeypatch.setattr(doctor, "OPTIONAL_PACKAGES", option)
    ok, checks = report()
    assert ok
    assert not checks["no_such_module"]["ok"]
    assert checks["no_such_module"]["hint"] == "pip install dreams"


def test_kernels_that_are_not_compiled_are_said_but_do_not_fail(sound, monkeypatch):
    monkeypatch.setattr(library, "kernels", lambda: None)
    monkeypatch.setattr(library, "are_stale", lambda folder: False)
    monkeypatch.setattr(library, "has_numba", lambda: False)
    ok, checks = report()
    assert ok
    assert not checks["kernels"]["ok"]
    assert checks["kernels"]["value"] == "none, so torch and NumPy do their work, more slowly"
    assert "pip install 'lexloom[numba]'" in checks["kernels"]["hint"]


def test_kernels_of_older_sources_are_said_with_the_command_that_helps(sound, monkeypatch):
    monkeypatch.setattr(library, "kernels", lambda: None)
    monkeypatch.setattr(library, "are_stale", lambda folder: True)
    ok, checks = report()
    assert ok
    assert not checks["kernels"]["ok"]
    assert checks["kernels"]["value"].startswith("of older sources, so ")
    assert checks["kernels"]["hint"] == library.REBUILD


def test_a_missing_needed_package_fails(sound, monkeypatch):
    monkeypatch.setattr(doctor, "NEEDED_PACKAGES", ("no_such_module",))
    assert not report()[0]


def test_a_cache_that_cannot_be_written_is_said_but_does_not_fail(sound, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LEXLOOM_HOME", str(tmp_path / "file"))
    ok, checks = report()
    assert ok
    assert not checks["cache"]["ok"]


def test_the_table_shows_brackets_of_a_path_as_they_are(sound, tmp_path, monkeypatch):
    monkeypatch.setenv("LEXLOOM_HOME", str(tmp_path / "[red]"))
    shown = CliRunner().invoke(app, [], catch_exceptions=False, env={"COLUMNS": "400"}).stdout
    assert "[red]" in shown
