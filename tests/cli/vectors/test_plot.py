import json


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


def test_without_a_target_nothing_is_drawn(lexloom, vectors):
    assert "give --html, --png or both" in lexloom("vectors", "plot", vectors, code=2).stderr
