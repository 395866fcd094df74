import json
import sys

import pytest


def test_words_are_drawn_as_page_and_picture(lexloom, vectors, tmp_path):
    done = lexloom(
        "vectors", "plot", vectors, "--html", "m.html", "--png", "m.png", "--count", 5, "--json"
    )
    assert json.loads(done.stdout) == {"paths": ["m.html", "m.png"], "num_words": 5}
    assert '"france","中国","italy","spain","paris"]' in (tmp_path / "m.html").read_text("utf-8")
    assert (tmp_path / "m.png").read_bytes().startswith(b"\x89PNG")


def test_chosen_words_are_drawn(lexloom, vectors, tmp_path):
    assert (
        lexloom("vectors", "plot", vectors, "rome", "paris", "--html", "m.html").stdout
        == "m.html\n"
    )
    assert '"words":["rome","paris"]' in (tmp_path / "m.html").read_text("utf-8")
    done = lexloom("vectors", "plot", vectors, "rom", "--html", "m.html", code=2)
    assert "did you mean 'rome'" in done.stderr


def test_a_word_that_is_given_twice_is_drawn_once(lexloom, vectors, tmp_path):
    lexloom("vectors", "plot", vectors, "rome", "rome", "paris", "--html", "m.html")
    assert '"words":["rome","paris"]' in (tmp_path / "m.html").read_text("utf-8")


def test_words_are_laid_out_by_tsne(lexloom, vectors, tmp_path):
    pytest.importorskip("sklearn.manifold")
    pages = []
    for layout in ("pca", "tsne", "tsne"):
        lexloom("vectors", "plot", vectors, "--html", "m.html", "--layout", layout, "--seed", 1)
        pages.append((tmp_path / "m.html").read_text("utf-8"))
    assert pages[0] != pages[1] == pages[2]


def test_a_layout_that_is_not_there_is_said(lexloom, vectors, monkeypatch):
    asked = "vectors", "plot", vectors, "--html", "m.html", "--layout"
    done = lexloom(*asked, "tsn", code=2)
    assert "there is no layout 'tsn' (there are pca, tsne, umap)" in done.stderr
    monkeypatch.setitem(sys.modules, "umap", None)
    done = lexloom(*asked, "umap", code=1)
    assert "umap-learn is not installed (pip install 'lexloom[umap]')" in done.stderr


def test_without_a_target_nothing_is_drawn(lexloom, vectors):
    assert "give --html, --png or both" in lexloom("vectors", "plot", vectors, code=2).stderr
