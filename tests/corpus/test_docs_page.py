"""The page docs/corpus.md does what it says."""

import ast
import json
import re
from pathlib import Path

import pytest

from corpus_texts import prose
from lexloom.config import load
from lexloom.corpus import code_filters, filters
from lexloom.corpus.language import KINDS
from lexloom.corpus.pipeline import BuildConfig

PAGE = (Path(__file__).parents[2] / "docs" / "corpus.md").read_text(encoding="utf-8")


def block(language):
    return re.search(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)[1]


@pytest.fixture
def documents(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("laws").mkdir()
    for number in range(3):
        Path(f"laws/{number}.txt").write_text(prose("zh", number), encoding="utf-8")
    row = {"id": "a novel", "text": prose("en", 0)}
    Path("novels.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")


def test_the_python_example_runs(documents, capsys):
    code = block("python")
    ast.parse(code)
    exec(compile(code, "docs/corpus.md", "exec"), {})
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == "4 4 {}"
    assert shown[-1].startswith("a novel novels en ")


def test_the_settings_example_loads(tmp_path):
    (tmp_path / "settings.toml").write_text(block("toml"), encoding="utf-8")
    config = load(BuildConfig, tmp_path / "settings.toml")
    assert (config.prose.min_units, config.minhash.threshold) == (50, 0.8)
    assert config.shards.shard_bytes == 16 << 20


def test_every_reason_is_on_the_page():
    named = set(re.findall(r"`([a-z_]+)`", PAGE))
    tables = {*filters.PROSE_FILTERS, *code_filters.CODE_FILTERS}
    kinds = {f"kind_{kind}" for kind in KINDS}
    others = {"failed", "too_long", "boilerplate", "harmful", "contaminated", "not_sampled"}
    assert tables | kinds | others | {"exact_duplicate", "near_duplicate"} <= named


def test_the_numbers_on_the_page_are_those_of_the_defaults():
    config = BuildConfig()
    words = " ".join(PAGE.split())
    decontaminate, minhash = config.decontaminate, config.minhash
    assert (
        f"run of {decontaminate.gram_words} words or {decontaminate.gram_characters} Chinese"
        in words
    )
    assert f"{minhash.gram_units}-grams, {minhash.num_bands} bands of {minhash.band_rows}" in words
