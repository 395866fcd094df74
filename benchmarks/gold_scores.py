"""Claim: at its thresholds the default model reads ordinary sentences with an entity F1 of 75.

That holds in each language, and of the sentences without a relation at most 8 % are given one; the
recall of relations stands beside that share, for a model that finds none would be without fault.

The sentences are the hand-made test set of ``benchmarks/gold``: its English and Chinese parts for
entities (strict spans and types), relations (strict: both spans, both types and the relation) and
events, by type and in sum, and its part without relations for false alarms, by language too. A
model that does not have a type misses it; the sum over the types that it has is given as well.
Where LEXLOOM_DATA names the data sets, so are false alarms in the sentences of SciERC's test split
that hold two entities or more and no relation. With ``--rules`` the times, numbers and amounts that
rules find are scored instead.
"""

import argparse
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import lexloom
from figures import DATA_VARIABLE, Figure, command, data_folder, print_figures, progress
from lexloom.annotations.document import AnnotatedDocument, read_jsonl
from lexloom.annotations.formats.table import import_dataset
from lexloom.annotations.report import ImportReport
from lexloom.annotations.restrict import restricted
from lexloom.annotations.schema import Schema
from lexloom.annotations.silver import TYPES, find_silver
from lexloom.extract.protocols import Facts
from lexloom.extract.score import report
from lexloom.records import Document, Extraction

EXAMPLE = "example: python benchmarks/gold_scores.py --model default"
FOLDER = Path(__file__).resolve().parent / "gold"
PROTOCOLS = ("ner_strict", "relations_strict", "events_trigger", "events_argument")
Reader = Callable[[Sequence[AnnotatedDocument]], list[Facts]]


def read(name: str) -> list[AnnotatedDocument]:
    """Read a part of the test set."""
    return list(read_jsonl(FOLDER / f"{name}.jsonl"))


def language(document: AnnotatedDocument) -> str:
    """Tell the language of a sentence by its characters."""
    return "zh" if any("\u4e00" <= char <= "\u9fff" for char in document.text) else "en"


def scores(
    gold: Sequence[AnnotatedDocument], found: Sequence[Facts], protocols: Sequence[str]
) -> list[Figure]:
    """Give precision, recall and F1 by protocol, in sum and by type."""
    result = report(zip(gold, found, strict=True), protocols=protocols)
    rows = []
    for protocol, score in result.scores.items():
        lines = {"all": score.micro, **score.per_type}
        rows += [{"protocol": protocol, "type": n, **line.to_dict()} for n, line in lines.items()]
    return rows


def false_relations(found: Sequence[Facts], recall: float | None) -> Figure:
    """Count the sentences without a relation in which one was found, recall of others beside."""
    wrong = sum(bool(facts.relations) for facts in found)
    return {
        "protocol": "sentences_with_a_false_relation",
        "num_sentences": len(found),
        "num_wrong": wrong,
        "share": wrong / len(found),
        "relation_recall": recall,
    }


def relation_recall(rows: Sequence[Figure]) -> float | None:
    """Give the strict recall of relations over all types; None where none is asked for."""
    found = [r for r in rows if r["protocol"] == "relations_strict" and r["type"] == "all"]
    return found[0]["recall"] if found and found[0]["num_gold"] else None


def scierc_alarms(reader: Reader, schema: Schema) -> Figure:
    """Count false alarms in SciERC's test sentences; recall is that of types the model has."""
    path = data_folder() / "scierc" / "joint_er" / "scierc_joint_er_test.json"
    documents = list(import_dataset(path, "spert", report=ImportReport()))
    empty = [d for d in documents if len(d.entities) > 1 and not d.relations]
    progress(f"reading {len(empty)} sentences of SciERC without a relation")
    known = [restricted(d, schema, ImportReport()) for d in documents]
    with_some = [d for d in known if d.relations]
    rows = scores(with_some, reader(with_some), PROTOCOLS[1:2]) if with_some else []
    alarms = false_relations(reader(empty), relation_recall(rows))
    return {"language": "en", "texts": "scierc_test", **alarms}


def by_rules(documents: Sequence[AnnotatedDocument]) -> list[Facts]:
    """Read documents by rules, without a model."""
    return [
        AnnotatedDocument(id=d.id, text=d.text, entities=tuple(find_silver(d.text)))
        for d in documents
    ]


def by_model(name: str) -> tuple[Reader, Schema]:
    """Load a model, and give what reads documents with it and its schema."""
    extractor = lexloom.load_extractor(name)

    def read_all(documents: Sequence[AnnotatedDocument]) -> list[Facts]:
        results = extractor.extract_many(Document(d.id, d.text) for d in documents)
        return [result for result in results if isinstance(result, Extraction)]

    return read_all, extractor.schema


def measure(reader: Reader, schema: Schema | None) -> list[Figure]:
    """Read the whole test set and give every figure; without a schema, of the rules' types."""
    parts = {name: read(name) for name in ("en", "zh")}
    alarms = read("no_relation")
    figures: list[Figure] = []
    for name, documents in parts.items():
        progress(f"reading {len(documents)} sentences, {name}")
        if schema is None:
            silver = [*documents, *(d for d in alarms if language(d) == name)]
            gold = [
                replace(
                    d,
                    entities=tuple(e for e in d.entities if e.type in TYPES),
                    relations=(),
                    events=(),
                )
                for d in silver
            ]
            figures += [{"language": name, **s} for s in scores(gold, reader(gold), PROTOCOLS[:1])]
            continue
        found = reader(documents)
        rows = scores(documents, found, PROTOCOLS)
        known = scores([restricted(d, schema, ImportReport()) for d in documents], found, PROTOCOLS)
        rows += [row | {"type": "all that it knows"} for row in known if row["type"] == "all"]
        figures += [{"language": name, **row} for row in rows]
        mine = [d for d in alarms if language(d) == name]
        recall = relation_recall(rows)
        figures.append({"language": name, **false_relations(reader(mine), recall)})
    if schema is not None and os.environ.get(DATA_VARIABLE):
        figures.append(scierc_alarms(reader, schema))
    return figures


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="default", help="name or directory of an extractor")
    parser.add_argument("--rules", action="store_true", help="score the rules, not a model")
    given = parser.parse_args(arguments)
    reader, schema = (by_rules, None) if given.rules else by_model(given.model)
    called = command(__file__, arguments)
    print_figures([{**row, "command": called} for row in measure(reader, schema)])


if __name__ == "__main__":
    main()
