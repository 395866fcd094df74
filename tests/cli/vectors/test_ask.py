import json
import sys

import numpy as np
import pytest

from lexloom.vectors.keyed import WordVectors


def test_nearest_words_with_their_cosines(lexloom, vectors):
    done = lexloom("vectors", "nearest", vectors, "france", "--top", 2)
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert len(lines) == 2
    assert all(-1 <= float(score) <= 1 for _, score in lines)


@pytest.mark.parametrize(
    "asked",
    [
        ("nearest", "V", "france"),
        ("analogy", "V", "paris", "france", "rome"),
        ("convert", "V", "out.txt"),
        ("evaluate", "V", "pairs.txt"),
        ("plot", "V", "--html", "map.html"),
    ],
)
def test_a_terminal_shows_that_vectors_are_read(lexloom, vectors, tmp_path, monkeypatch, asked):
    (tmp_path / "pairs.txt").write_text("france italy 1\nspain paris 0\n")
    asked = [vectors.name if word == "V" else word for word in asked]
    assert "reading" not in lexloom("vectors", *asked).stderr
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert f"reading {vectors.name}" in lexloom("vectors", *asked).stderr


def test_an_index_is_made_and_then_read(lexloom, vectors, tmp_path):
    pytest.importorskip("usearch.index")
    exact = lexloom("vectors", "nearest", vectors, "france", "中国", "--top", 3)
    asked = "vectors", "nearest", vectors, "france", "中国", "--top", 3, "--index", "index"
    assert lexloom(*asked).stdout == exact.stdout
    graph = tmp_path / "index" / "graph.usearch"
    made = graph.stat().st_mtime_ns
    assert lexloom(*asked).stdout == exact.stdout
    assert graph.stat().st_mtime_ns == made


def test_an_index_that_cannot_be_is_said(lexloom, vectors, tmp_path, monkeypatch):
    (tmp_path / "full").mkdir()
    asked = "vectors", "nearest", vectors, "france", "--index"
    assert "full is there and no index" in lexloom(*asked, "full", code=2).stderr
    monkeypatch.setitem(sys.modules, "usearch.index", None)
    done = lexloom(*asked, "index", code=1)
    assert done.stderr == "lexloom: usearch is not installed (pip install 'lexloom[index]')\n"
    assert not (tmp_path / "index").exists()


def test_words_cannot_steer_the_terminal(lexloom, tmp_path):
    words = ["a\u202eb", "c\x1b[31m", "d"]
    WordVectors(words, np.eye(3, dtype=np.float32)).save(tmp_path / "v.safetensors")
    shown = lexloom("vectors", "nearest", "v.safetensors", "a\u202eb", "d").stdout
    assert "a�b\t" in shown
    assert not {"\x1b", "\u202e"} & set(shown)


def test_several_words_are_named_before_their_neighbours(lexloom, vectors):
    done = lexloom("vectors", "nearest", vectors, "france", "中国", "--top", 1)
    assert [line.split("\t")[0] for line in done.stdout.splitlines()] == ["france", "中国"]
    values = json.loads(lexloom("vectors", "nearest", vectors, "中国", "--json").stdout)
    assert values[0]["word"] == "中国"
    assert len(values[0]["nearest"]) == 7


def test_analogies(lexloom, vectors):
    for flags in ([], ["--mul"]):
        done = lexloom("vectors", "analogy", vectors, "france", "paris", "中国", "--top", 1, *flags)
        assert done.stdout.startswith("北京\t")
    asked = "vectors", "analogy", vectors, "france", "paris", "italy", "--json"
    assert json.loads(lexloom(*asked).stdout)[0]["word"] == "rome"


def test_an_unknown_word_is_said_with_its_nearest_spelling(lexloom, vectors):
    done = lexloom("vectors", "nearest", vectors, "Pariss", code=2)
    assert done.stderr == ("lexloom: there is no vector for 'Pariss' (did you mean 'paris'?)\n")


def test_missing_vectors_are_said(lexloom):
    done = lexloom("vectors", "nearest", "nowhere", "a", code=1)
    assert done.stderr.startswith("lexloom: cannot read nowhere: No such file")
