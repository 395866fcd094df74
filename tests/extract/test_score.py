import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from seqeval.metrics import classification_report
from seqeval.scheme import IOB2

from lexloom.annotations.document import AnnotatedDocument
from lexloom.errors import UsageError
from lexloom.extract.score import Tally, compare, report, score
from lexloom.records import Entity, Relation

TYPES = ["人", "org", "place"]
tags = st.sampled_from(["O", *(f"{border}-{kind}" for border in "BI" for kind in TYPES)])
sentences = st.lists(
    st.lists(st.tuples(tags, tags), min_size=1, max_size=8), min_size=1, max_size=6
)


def spans_of(tags):
    """IOB2 read strictly: only B opens a span, only I of the same type goes on."""
    spans, start = [], None
    for place, tag in enumerate([*tags, "O"]):
        if start is not None and tag != f"I-{tags[start][2:]}":
            spans.append((start, place, tags[start][2:]))
            start = None
        if tag.startswith("B-"):
            start = place
    return spans


def document(name, tags):
    text = "字" * len(tags)
    entities = [
        Entity(f"e{n}", kind, text[start:end], start, end)
        for n, (start, end, kind) in enumerate(spans_of(tags))
    ]
    return AnnotatedDocument(id=name, text=text, entities=tuple(entities))


@settings(deadline=None, max_examples=150)
@given(sentences)
def test_ner_strict_equals_seqeval_on_flat_tags(rows):
    gold = [[g for g, _ in row] for row in rows]
    predicted = [[p for _, p in row] for row in rows]
    pairs = [(document("g", g), document("p", p)) for g, p in zip(gold, predicted, strict=True)]
    ours = score(pairs, "ner_strict", num_resamples=2)
    if not ours.per_type:
        assert not any(spans_of(row) for row in gold + predicted)
        return
    theirs = classification_report(
        gold, predicted, mode="strict", scheme=IOB2, output_dict=True, zero_division=0
    )
    lines = {name: line.counts for name, line in ours.per_type.items()}
    assert set(lines) == set(theirs) - {"micro avg", "macro avg", "weighted avg"}
    for name, line in (lines | {"micro avg": ours.micro.counts, "macro avg": ours.macro}).items():
        expected = theirs[name]
        assert line.precision == pytest.approx(expected["precision"])
        assert line.recall == pytest.approx(expected["recall"])
        assert line.f1 == pytest.approx(expected["f1-score"])
    assert ours.micro.counts.num_gold == theirs["micro avg"]["support"]


RIGHT, HALF, NONE = ["B-人", "O", "B-org"], ["B-人", "O", "O"], ["O", "O", "O"]


def pairs_of(*rows):
    return [(document(f"d{n}", RIGHT), document("p", row)) for n, row in enumerate(rows)]


def test_the_interval_holds_the_score_and_follows_the_seed():
    pairs = pairs_of(*[RIGHT, HALF, NONE] * 10)
    first, again = (score(pairs, "ner_strict", seed=4) for _ in range(2))
    assert first == again
    assert first.micro.interval.low < first.micro.counts.f1 < first.micro.interval.high
    assert first.micro.interval != score(pairs, "ner_strict", seed=5).micro.interval
    person = first.per_type["人"]
    assert person.interval.low < person.counts.f1 < person.interval.high


def test_a_perfect_prediction_has_an_interval_without_width():
    line = score(pairs_of(RIGHT, RIGHT), "ner_strict").micro
    assert (line.counts.f1, line.interval.low, line.interval.high) == (1, 1, 1)


def test_a_report_leaves_out_protocols_without_facts_unless_asked():
    pairs = pairs_of(HALF)
    assert list(report(pairs).scores) == ["ner_strict", "ner_string"]
    asked = report(pairs, protocols=["events_trigger"]).scores["events_trigger"]
    assert (asked.micro.counts.num_gold, asked.macro.f1, asked.per_type) == (0, 0, {})


def test_a_report_reads_the_pairs_once():
    pairs = pairs_of(RIGHT, HALF)
    assert report(iter(pairs)) == report(pairs)
    assert report(pairs).scores["ner_strict"] == score(pairs, "ner_strict")


def test_a_report_goes_to_json_with_counts_and_ratios():
    values = json.loads(json.dumps(report(pairs_of(HALF)).to_dict()))["ner_strict"]
    assert values["micro"]["precision"] == 1
    assert values["micro"]["recall"] == 0.5
    assert values["per_type"]["org"] == {
        "precision": 0, "recall": 0, "f1": 0, "f1_interval": [0, 0],
        "num_correct": 0, "num_predicted": 0, "num_gold": 1,
    }  # fmt: skip
    assert values["macro"]["f1"] == 0.5


def test_a_report_prints_as_a_table():
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(report(pairs_of(HALF, RIGHT)).table())
    text = console.export_text()
    assert "ner_strict" in text
    assert "85.7" in text
    console.print(report(pairs_of(HALF, RIGHT)).table(per_type=False))
    assert "人" in text
    assert "人" not in console.export_text()


def test_nothing_of_a_report_is_cut_in_the_narrowest_usual_terminal():
    console = Console(width=80, record=True, file=io.StringIO())
    gold = document("d", ["B-[/organization]", "O", "O"])
    console.print(report([(gold, gold)] * 12_345, num_resamples=2).table())
    text = console.export_text()
    assert "…" not in text
    for shown in (
        "ner_strict",
        "95 %",
        "100.0–100.0",
        "12345",
        "predicted",
        "[/organization]",
    ):
        assert shown in text
    assert max(map(len, text.splitlines())) <= 80


def test_a_type_that_looks_like_markup_is_printed_as_it_is():
    marked = document("d", ["B-[/人]", "O"])
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(report([(marked, marked)]).table())
    assert "[/人]" in console.export_text()


def test_a_better_system_is_told_from_a_worse_one():
    triples = [(gold, half, gold) for gold, half in pairs_of(*[HALF, NONE, RIGHT] * 20)]
    result = compare(triples, "ner_strict")
    assert result.f1_b == 1
    assert result.difference == pytest.approx(result.f1_b - result.f1_a)
    assert 0 < result.interval.low < result.difference < result.interval.high
    assert result.p_value < 0.01
    assert json.loads(json.dumps(result.to_dict()))["interval"][0] == result.interval.low


def test_a_system_compared_with_itself_shows_no_difference():
    triples = [(gold, half, half) for gold, half in pairs_of(HALF, NONE, RIGHT)]
    result = compare(triples, "ner_strict")
    assert (result.difference, result.interval.low, result.interval.high) == (0, 0, 0)
    assert result.p_value == 1


def test_a_type_seen_by_one_system_only_is_compared_too():
    gold = document("g", RIGHT)
    with_place = document("p", ["B-人", "B-place", "B-org"])
    result = compare([(gold, gold, with_place)], "ner_strict")
    assert (result.f1_a, result.f1_b) == (1, pytest.approx(0.8))


def test_relations_are_counted_over_documents():
    gold = document("g", RIGHT)
    linked = AnnotatedDocument(
        id="g", text=gold.text, entities=gold.entities, relations=(Relation("in", "e0", "e1"),)
    )
    result = score([(linked, linked), (linked, gold)], "relations_strict").micro.counts
    assert (result.num_correct, result.num_predicted, result.num_gold) == (1, 1, 2)


def test_nothing_to_score_is_refused():
    with pytest.raises(UsageError, match="no document to score"):
        report([])


def test_an_unknown_protocol_is_refused_before_any_document_is_read():
    with pytest.raises(UsageError, match="no scoring protocol 'nre'"):
        Tally("nre")
