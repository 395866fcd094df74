import json

import pytest
from typer.testing import CliRunner

from doubles import tiny_head
from lexloom.cli import app
from lexloom.errors import AnnotationError, ArtifactError, UsageError
from lexloom.train.predict import label_texts

TEXTS = ["ann left", "bob met carl", "北京", "x"]


@pytest.fixture
def evaluate(head_models, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    gold = [found.label for found in label_texts(tiny_head(), TEXTS)]
    lines = "".join(f"{t}\t{g}\t{n}\n" for n, (t, g) in enumerate(zip(TEXTS, gold, strict=True)))
    (tmp_path / "d.tsv").write_text("text\tlabel\tscore\n" + lines)
    (tmp_path / "t.conll").write_text("ann N\nleft V\n")

    def run(kind, *arguments, model=None, data="d.tsv"):
        command = ["evaluate", kind, "--model", str(head_models / (model or kind)), "--data", data]
        result = CliRunner().invoke(app, [*command, *arguments], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result

    return run


def test_a_classifier_that_says_what_is_gold_scores_everything(evaluate):
    found = json.loads(evaluate("classifier", "--json").stdout)
    assert (found["task"], found["num_items"], found["labels"]) == ("classifier", 4, list("abc"))
    assert found["measures"]["accuracy"] == {"value": 1.0, "interval": [1.0, 1.0]}


def test_a_table_shows_measures_with_intervals(evaluate):
    printed = evaluate("regressor").stdout
    for word in ("spearman", "95 % interval", "–"):
        assert word in printed


def test_a_tagger_is_scored_on_columns(evaluate):
    found = json.loads(evaluate("tagger", "--json", data="t.conll").stdout)
    assert list(found["measures"]) == ["accuracy"]


def test_what_does_not_fit_is_refused(evaluate, tmp_path):
    with pytest.raises(UsageError, match=r"is a regressor, not a classifier \(lexloom evaluate r"):
        evaluate("classifier", model="regressor")
    with pytest.raises(AnnotationError, match="line 2: the label '0' is none of those"):
        evaluate("classifier", "--label", "score")
    with pytest.raises(AnnotationError, match=r"line 2: the score .* is no finite number"):
        evaluate("regressor", "--label", "label")
    with pytest.raises(AnnotationError, match="there is no column 'gold'"):
        evaluate("classifier", "--label", "gold")
    with pytest.raises(ArtifactError, match=r"has no config\.json"):
        evaluate("classifier", model=".")
