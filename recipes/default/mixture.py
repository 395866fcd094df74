"""The training texts of the default extractor: sets whose licences let weights be shipped.

Each set keeps its own scope: what its annotators did not look for stays unknown. Times, numbers and
amounts of money, which no set marks, come from rules (`lexloom.annotations.silver`). Only train
splits are read, and a share of each is held out as dev. Sentences of our own (`written`) mark
everything.

    LEXLOOM_DATA=... python recipes/default/mixture.py     # counts per set, type and relation
"""

import os
import random
import tarfile
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import entity_sets
import event_sets
import plain_sets
import relation_sets
import written
from posts import with_post
from quiet_pairs import with_quiet_pairs

from lexloom.annotations.document import AnnotatedDocument
from lexloom.annotations.formats.table import import_dataset
from lexloom.annotations.options import ImportOptions
from lexloom.annotations.report import ImportReport
from lexloom.annotations.schema import Schema
from lexloom.annotations.silver import with_silver

HERE = Path(__file__).parent
SEED = 13
NUM_NOVELS = 80
"""Novels of LitBank that are read, of 100; the rest is nobody's train split."""
TRAIN_FILES = {
    "wnut17": ("wnut17/wnut17train.conll", "columns"),
    "bc5cdr": ("biomed_ner/BC5CDR-IOB/train.tsv", "columns"),
    "ncbi": ("biomed_ner/NCBI-disease-IOB/train.tsv", "columns"),
    "litbank": ("litbank_annotations.tar.gz", "litbank"),
    "weibo": ("weibo_ner/weiboNER_2nd_conll.train", "columns-segmented"),
    "wiki80": ("wiki80/test.txt", "wiki80"),
    "semeval": ("semeval2010_task8/train.txt", "semeval"),
    "deepke": ("deepke_zh_re_v0/train.csv", "deepke"),
    "deepke_ae": ("deepke_zh_ae/train.csv", "deepke-attributes"),
    "phee": ("phee/train.json", "phee"),
    "fewfc": ("fewfc_zh/rearranged/train_base.json", "fewfc"),
    "fewfc_trans": ("fewfc_zh/rearranged/train_trans.json", "fewfc"),
}
TEST_FILES = {
    "wnut17": ("wnut17/emerging.test.annotated", "columns"),
    "bc5cdr": ("biomed_ner/BC5CDR-IOB/test.tsv", "columns"),
    "ncbi": ("biomed_ner/NCBI-disease-IOB/test.tsv", "columns"),
    "weibo": ("weibo_ner/weiboNER_2nd_conll.test", "columns-segmented"),
    "deepke": ("deepke_zh_re_v0/test.csv", "deepke"),
    "deepke_ae": ("deepke_zh_ae/test.csv", "deepke-attributes"),
    "phee": ("phee/test.json", "phee"),
    "fewfc": ("fewfc_zh/rearranged/test_base.json", "fewfc"),
    "fewfc_trans": ("fewfc_zh/rearranged/test_trans.json", "fewfc"),
}
LEXICON = ("bc5cdr", "ncbi")
"""Sets whose mentions say what is the name of a disease or a chemical."""
PLAIN = {
    "plain_zh": plain_sets.chinese, "plain_en": plain_sets.english, "nothing": plain_sets.nothing,
}  # fmt: skip
LIMITS = {
    "wnut17": 2_600, "ncbi": 800, "bc5cdr": 1_600, "litbank": 1_500, "semeval": 1_000,
    "deepke_ae": 3_000, "plain_zh": 1_200, "plain_en": 800, "nothing": 400,
}  # fmt: skip
"""Most texts of the sets that would otherwise outweigh the others."""
WRITTEN = "written"
"""Name of the part that was written for this model; everything is marked in it."""
REPEATS = {WRITTEN: 2}
"""How often an epoch of training shows a part, where that is more than once."""
EMPTY_SHARE = 0.2
MAX_PER_RELATION = {"deepke_ae": 1_000}
"""Texts of a set that hold no relation rarer than this many are left out."""


@dataclass(frozen=True, slots=True)
class Part:
    """One set of the mixture."""

    name: str
    documents: list[AnnotatedDocument]


def load_schema() -> Schema:
    """Read the default schema."""
    return Schema.load(HERE / "schema.toml")


def parts(
    data: Path,
    files: Mapping[str, tuple[str, str]] = TRAIN_FILES,
    without: Collection[str] = (),
) -> Iterator[Part]:
    """Read every set, in the schema's names; `data` is the folder of the data sets.

    Texts that stand in a test file too, as 84 of FewFC's do, are not trained on. Of the sets in
    `without` nothing is read, not even names that tell what another set's mentions are.
    """
    schema, lexicon = load_schema(), _lexicon(data, [n for n in LEXICON if n not in without])
    tested = _test_texts(data) if files is TRAIN_FILES else frozenset[str]()
    for name, (path, format) in files.items():
        if name in without:
            continue
        documents = _read_litbank(data / path) if name == "litbank" else _read(data / path, format)
        mapped = _mapped(name, documents, data / path, schema, lexicon)
        yield Part(name, [document for document in mapped if document.text not in tested])
    if files is TRAIN_FILES:
        for name, read in PLAIN.items():
            yield Part(name, read(data))
        yield Part(WRITTEN, written.sentences())


def _test_texts(data: Path) -> frozenset[str]:
    files = TEST_FILES.values()
    return frozenset(d.text for path, format in files for d in _read(data / path, format))


def _mapped(
    name: str,
    documents: list[AnnotatedDocument],
    path: Path,
    schema: Schema,
    lexicon: Mapping[str, frozenset[str]],
) -> Iterable[AnnotatedDocument]:
    if name == "phee":
        detailed = _read(path, "phee", sub_roles=True)
        diseases = lexicon["Disease"]
        both = zip(documents, detailed, strict=True)
        return [event_sets.phee(one, other, diseases) for one, other in both]
    if name in ("deepke", "deepke_ae"):
        change = relation_sets.deepke if name == "deepke" else relation_sets.deepke_attribute
        # a pair that an offset spoils cannot be told
        pairs = relation_sets.merged(change(d) for d in documents if len(d.relations) == 1)
        return map(with_post, pairs)
    changes: dict[str, Callable[[AnnotatedDocument], AnnotatedDocument]] = {
        "wiki80": partial(relation_sets.wiki80, schema=schema),
        "semeval": partial(
            relation_sets.semeval, diseases=lexicon["Disease"], chemicals=lexicon["Chemical"]
        ),
        "fewfc": partial(event_sets.fewfc, "fewfc", schema=schema),
        "fewfc_trans": partial(event_sets.fewfc, "fewfc_trans", schema=schema),
    }
    return map(changes.get(name, partial(entity_sets.renamed, name)), documents)


def _read(path: Path, format: str, *, sub_roles: bool = False) -> list[AnnotatedDocument]:
    options = ImportOptions(id_prefix=f"{path.parent.name}/{path.name}:", sub_roles=sub_roles)
    return list(import_dataset(path, format, report=ImportReport(), options=options))


def _read_litbank(path: Path) -> list[AnnotatedDocument]:
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(path) as archive:
            for member in archive:
                stream = archive.extractfile(member) if "/entities_tsv/" in member.name else None
                if stream:
                    (Path(folder) / Path(member.name).name).write_bytes(stream.read())
        files = sorted(Path(folder).glob("*.tsv"))[:NUM_NOVELS]
        return [d for file in files for d in import_dataset(file, "litbank", report=ImportReport())]


def _lexicon(data: Path, names: Sequence[str]) -> dict[str, frozenset[str]]:
    """Give the names of diseases and chemicals that the medical sets mark, in lower case."""
    found: dict[str, set[str]] = {"Disease": set(), "Chemical": set()}
    for name in names:
        for document in _read(data / TRAIN_FILES[name][0], TRAIN_FILES[name][1]):
            for entity in document.entities:
                if len(entity.text) > 2:
                    found[entity.type].add(entity.text.lower())
    return {type: frozenset(words) for type, words in found.items()}


def sample(
    documents: list[AnnotatedDocument], name: str, seed: int, limit: int | None = None
) -> list[AnnotatedDocument]:
    """Give what is trained on of a set, with times, numbers, money and quiet pairs added.

    Texts with relations go before others, and those in which nothing is marked make up a fifth or
    more where there are as many: a model must see them too.
    """
    shuffled = list(documents)
    random.Random(seed).shuffle(shuffled)
    shuffled.sort(key=lambda d: not d.relations)
    balanced = _balanced(shuffled, MAX_PER_RELATION.get(name))
    count = min(LIMITS.get(name, len(balanced)), limit or len(balanced))
    holding = [d for d in balanced if d.entities or d.events]
    empty = [d for d in balanced if not (d.entities or d.events)]
    kept = holding[: max(count - len(empty), round(count * (1 - EMPTY_SHARE)))]
    kept += empty[: count - len(kept)]
    if name == WRITTEN:
        return kept
    schema = load_schema()
    return [with_quiet_pairs(with_silver(document), schema, seed) for document in kept]


def _balanced(documents: list[AnnotatedDocument], most: int | None) -> list[AnnotatedDocument]:
    """Leave out documents all of whose relations stand in `most` others already."""
    if most is None:
        return documents
    counts: Counter[str] = Counter()
    kept = []
    for document in documents:
        types = {relation.type for relation in document.relations}
        if any(counts[type] < most for type in types):
            counts.update(types)
            kept.append(document)
    return kept


def main() -> None:
    """Print what the mixture holds, before a share of it becomes dev."""
    totals: dict[str, Counter[str]] = {"entities": Counter(), "relations": Counter()}
    totals["events"] = Counter()
    for part in parts(Path(os.environ["LEXLOOM_DATA"])):
        documents = sample(part.documents, part.name, SEED)
        print(f"{part.name}: {len(documents):,} of {len(part.documents):,} texts")
        for kind, total in totals.items():
            counts = Counter(item.type for d in documents for item in getattr(d, kind))
            total += counts
            shown = ", ".join(f"{name} {count:,}" for name, count in counts.most_common())
            print(f"  {kind} ({counts.total():,}): {shown}")
    for kind, total in totals.items():
        shown = ", ".join(f"{name} {count:,}" for name, count in total.most_common())
        print(f"all {kind} ({total.total():,}): {shown}")


if __name__ == "__main__":
    main()
