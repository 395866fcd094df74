import json


def test_pairs_and_analogies_with_their_coverage(lexloom, vectors, tmp_path):
    (tmp_path / "pairs.txt").write_text("france paris 9\nspain rome 1\nitaly nowhere 5\n")
    (tmp_path / "capitals.txt").write_text(
        ": capitals\nfrance paris 中国 北京\nFrance Paris Italy Rome\nfrance paris a b\n",
        encoding="utf-8",
    )
    asked = "vectors", "evaluate", vectors, "pairs.txt", "capitals.txt"
    pairs, capitals = json.loads(lexloom(*asked, "--json").stdout)
    assert (pairs["kind"], pairs["num_pairs"], pairs["num_known"]) == ("similarity", 3, 2)
    assert abs(pairs["spearman"]) == 1
    assert capitals["total"] == {
        "section": "total", "num_questions": 3, "num_known": 2, "num_correct": 2, "accuracy": 1.0,
    }  # fmt: skip
    assert capitals["num_words"] == 8
    shown = lexloom(*asked, "--mul", "--max-words", 7).stdout
    assert "Spearman" in shown
    assert "% 3cosmul" in shown


def test_a_set_that_is_none_is_said(lexloom, vectors, tmp_path):
    (tmp_path / "set.txt").write_text("one two\n")
    done = lexloom("vectors", "evaluate", vectors, "set.txt", code=1)
    assert "line 1 is not two words and a number" in done.stderr
