"""From annotated texts to a model, its scores, and the facts of new texts in a graph and a page."""

import json

import pytest
from typer.testing import CliRunner

from doubles import toy_documents
from lexloom.annotations.document import write_jsonl
from lexloom.cli import app
from lexloom.records import Extraction

pytestmark = pytest.mark.slow

SETTINGS = {
    "num_epochs": 40, "batch_size": 8, "learning_rate": 0.005, "embedding_learning_rate": 0.01,
    "head_learning_rate": 0.01, "span_rank": 16, "pair_size": 16, "head_dropout_prob": 0.0,
    "precision": "fp32", "weight_decay": 0.0,
}  # fmt: skip


def lexloom(*arguments):
    result = CliRunner().invoke(app, [*map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory, tiny_bert):
    """A folder in which a model was trained on most of the toy texts, by the command line."""
    folder = tmp_path_factory.mktemp("path")
    documents = toy_documents()
    # every word is seen in training, not every pair of them
    held_out = documents[4:8] + documents[16:18]
    write_jsonl([d for d in documents if d not in held_out], folder / "train.jsonl")
    write_jsonl(held_out, folder / "test.jsonl")
    settings = [word for item in SETTINGS.items() for word in ("--set", "{}={}".format(*item))]
    lexloom(
        "train", "extractor", "--data", folder / "train.jsonl", "--dev", folder / "train.jsonl",
        "--init", tiny_bert, "--out", folder / "run", *settings,
    )  # fmt: skip
    return folder


def test_the_model_finds_in_new_texts_what_it_learned(folder):
    scores = json.loads(
        lexloom("evaluate", "extractor", "--model", folder / "run", "--data",
                folder / "test.jsonl", "--json")
    )  # fmt: skip
    f1 = {name: score["micro"]["f1"] for name, score in scores.items()}
    assert f1["ner_strict"] > 0.9
    assert f1["relations_strict"] > 0.7
    assert f1["events_trigger"] > 0.9
    assert f1["events_argument"] > 0.7


def test_its_facts_come_out_verbatim_and_go_into_a_graph_and_a_page(folder):
    text = "Dora lives in Rome.\r\nBob left for Oslo."
    (folder / "new.txt").write_bytes(text.encode())
    graph, page = folder / "kg.sqlite", folder / "out.html"
    printed = lexloom(
        "extract", folder / "new.txt", "--model", folder / "run" / "model", "--json",
        "--graph", graph, "--html", page,
    )  # fmt: skip
    found = Extraction.from_dict(json.loads(printed))
    assert {(e.text, e.type) for e in found.entities} >= {
        ("Dora", "person"), ("Rome", "place"), ("Bob", "person"), ("Oslo", "place"),
    }  # fmt: skip
    for span in (*found.entities, *(event.trigger for event in found.events)):
        assert text[span.start : span.end] == span.text
    by_id = {entity.id: entity.text for entity in found.entities}
    assert ("lives_in", "Dora", "Rome") in {
        (r.type, by_id[r.head], by_id[r.tail]) for r in found.relations
    }
    assert "left" in {event.trigger.text for event in found.events}
    assert found.coverage.windows == 2  # sentence by sentence, as it was trained
    shown = json.loads(lexloom("graph", "show", "Dora", "--graph", graph, "--json"))
    assert "lives_in" in {fact["predicate"] for fact in shown["facts"]}
    assert "Dora" in page.read_text(encoding="utf-8")


def test_reading_a_document_again_changes_nothing_in_the_graph(folder):
    (folder / "again.txt").write_text("Ann lives in Oslo.")
    graph = folder / "again.sqlite"
    command = ["extract", folder / "again.txt", "--model", folder / "run", "--graph", graph]
    lexloom(*command)
    before = lexloom("graph", "export", "--graph", graph)
    lexloom(*command)
    assert lexloom("graph", "export", "--graph", graph) == before
    stats = json.loads(lexloom("graph", "stats", "--graph", graph, "--json"))
    assert stats["documents"] == 1
