"""Claim: fifty annotated sentences teach the default model a new field, in minutes on two cores.

Five parts, with ``--part``:

- ``few``: ``lexloom train extractor --init default`` on 50 and on 200 sentences, drawn at random,
  of a set that the default model never saw; the test split is scored as ``lexloom extract``
  reads, at the thresholds of the run, and the minutes are those of the whole command;
- ``zero-shot``: the default model is asked for types that it was not trained on, by their words;
  ``--split train --limit 700`` draws sentences that choices may be made on;
- ``described``: the same by a plain word a type, alone and with a short description, on the train
  split: the weight of descriptions was chosen there;
- ``free``: it is asked for the types and relations of the blocks of `recipes/default/written` that
  were held out of training, in the words of their language: those whose name, in either language,
  stood in another block, and those that never did;
- ``cost``: the same sentences are read with schemas of 4 to 64 types, one after the other in each
  round, and ratios are taken within a round; the first round is left out.

CoNLL04, SciERC and CLUENER are in no training set of the default model. CLUENER's dev split stands
for its test split, which has no labels. Entities are scored by strict span and type, relations with
both spans and types.
"""

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median

import torch

sys.path.insert(1, str(Path(__file__).parents[1] / "recipes" / "default"))
import written

import lexloom
from figures import Figure, command, data_folder, machine, print_figures, progress
from lexloom.annotations.document import AnnotatedDocument, Scope, write_jsonl
from lexloom.annotations.formats.table import import_dataset, infer_schema
from lexloom.annotations.report import ImportReport
from lexloom.annotations.restrict import restricted
from lexloom.annotations.schema import EntityType, Schema
from lexloom.extract.extractor import EncoderExtractor
from lexloom.extract.score import report
from lexloom.records import Document, Extraction

EXAMPLE = (
    "example: LEXLOOM_DATA=~/data python benchmarks/own_types.py --part few --set cluener"
    " --shots 50 200 --threads 2"
)
PROTOCOLS = ("ner_strict", "relations_strict")
NUM_TYPES = (4, 8, 16, 32, 64)


@dataclass(frozen=True, kw_only=True, slots=True)
class DataSet:
    """A set that the default model was not trained on."""

    format: str
    train: str
    test: str
    types: Mapping[str, str]
    """Types that the default model does not have, with the words to ask for them by."""
    described: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """The same types, each with a plain word and a description."""


SETS: Mapping[str, DataSet] = {
    "cluener": DataSet(
        format="cluener",
        train="cluener/train.json",
        test="cluener/dev.json",
        types={
            "address": "地址：省市区县、街道门牌",
            "book": "书名",
            "company": "公司企业",
            "game": "游戏名称",
            "government": "政府机关",
            "movie": "电影片名",
            "name": "人的姓名",
            "organization": "社会组织、球队、学校",
            "position": "职位职务",
            "scene": "旅游景点",
        },
        described={
            "address": ("地址", "省、市、区、街道、门牌号、村镇等地址"),
            "book": ("书名", "小说、杂志、教材、传记等书籍的名称"),
            "company": ("公司", "公司、集团、银行等企业的名称"),
            "game": ("游戏", "电子游戏的名称"),
            "government": ("政府机关", "中央和地方的行政机关、法院、公安部门"),
            "movie": ("电影", "电影或纪录片的名称"),
            "name": ("姓名", "人的姓名，包括小说人物和绰号"),
            "organization": ("组织机构", "篮球队、足球队、乐团、社团、学校等组织"),
            "position": ("职位", "职称、职务、头衔，如总经理、记者、教授"),
            "scene": ("景点", "旅游景点，如公园、山、河、博物馆、动物园"),
        },
    ),
    "conll04": DataSet(
        format="conll04", train="conll04/train.txt", test="conll04/test.txt", types={}
    ),
    "scierc": DataSet(
        format="spert",
        train="scierc/joint_er/scierc_joint_er_train.json",
        test="scierc/joint_er/scierc_joint_er_test.json",
        types={
            "Task": "scientific task",
            "Method": "scientific method",
            "Metric": "measure of quality",
            "Material": "data set or corpus",
        },
        described={
            "Task": ("task", "problem that researchers try to solve"),
            "Method": ("method", "algorithm, model or technique"),
            "Metric": ("metric", "evaluation measure or score"),
            "Material": ("material", "data set, corpus, document collection"),
        },
    ),
}
WORDS = [
    "person", "organization", "location", "product", "time", "disease", "drug", "weapon",
    "animal", "plant", "food", "dish", "drink", "tool", "machine", "vehicle", "ship",
    "aircraft", "road", "bridge", "building", "room", "sport", "team", "player", "game",
    "award", "law", "court", "crime", "contract", "price", "share", "bank", "tax", "school",
    "course", "exam", "book", "song", "film", "painting", "newspaper", "language", "religion",
    "party", "election", "war", "rank", "uniform", "mountain", "river", "lake", "island",
    "storm", "mineral", "metal", "gas", "planet", "star", "cell", "gene", "protein", "symptom",
]  # fmt: skip


def read(name: str, path: str) -> list[AnnotatedDocument]:
    """Read a split of a set."""
    options = {"path": data_folder() / path, "format": SETS[name].format}
    return list(import_dataset(**options, report=ImportReport()))  # type: ignore[arg-type]


def scored(
    extractor: EncoderExtractor, documents: Sequence[AnnotatedDocument], schema: Schema
) -> Iterator[Figure]:
    """Give precision, recall and F1 by protocol."""
    texts = (Document(str(number), item.text) for number, item in enumerate(documents))
    found = extractor.extract_many(texts, schema)
    pairs = [(d, f) for d, f in zip(documents, found, strict=True) if isinstance(f, Extraction)]
    for protocol, score in report(pairs, protocols=PROTOCOLS).scores.items():
        yield {"protocol": protocol, "num_documents": len(pairs), **score.micro.to_dict()}


def few_shot(given: argparse.Namespace) -> Iterator[Figure]:
    """Train from so many sentences as the command line does, and score."""
    train, test = (read(given.set, path) for path in (SETS[given.set].train, SETS[given.set].test))
    for count in given.shots:
        for seed in range(given.seeds):
            drawn = random.Random(seed).sample(train, count)
            with tempfile.TemporaryDirectory() as folder:
                minutes = _train(drawn, Path(folder), given)
                extractor = lexloom.load_extractor(Path(folder, "run"))
                schema = infer_schema(drawn, given.set)
                common = {"part": "few", "set": given.set, "num_sentences": count, "seed": seed}
                for figure in scored(extractor, test[: given.limit], schema):
                    yield common | {"minutes": round(minutes, 2)} | figure


def _train(
    documents: Sequence[AnnotatedDocument], folder: Path, given: argparse.Namespace
) -> float:
    """Run ``lexloom train extractor`` and give its minutes."""
    write_jsonl(documents, folder / "train.jsonl")
    words = ["train", "extractor", "--init", given.model, "--data", str(folder / "train.jsonl")]
    words += ["--out", str(folder / "run"), *(["--keep-known"] if given.keep_known else [])]
    for setting in given.settings:
        words += ["--set", setting]
    progress(f"training on {len(documents)} sentences of {given.set}")
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-m", "lexloom", *words], check=True, stdout=sys.stderr)
    return (time.perf_counter() - begin) / 60


def zero_shot(given: argparse.Namespace) -> Iterator[Figure]:
    """Ask for types of a set by their words."""
    types = SETS[given.set].types
    if not types:
        sys.exit(f"the default model has the types of {given.set}; give --set cluener or scierc")
    schema = Schema(entities=tuple(EntityType(name=n, en=words) for n, words in types.items()))
    extractor = lexloom.load_extractor(given.model)
    about = {"part": "zero-shot", "set": given.set, "split": given.split}
    about |= {"zero_shot": list(extractor.zero_shot_tables(schema))}
    if given.split == "train":
        documents = random.Random(0).sample(read(given.set, SETS[given.set].train), given.limit)
    else:
        documents = read(given.set, SETS[given.set].test)[: given.limit]
    for figure in scored(extractor, documents, schema):
        yield {**about, **figure}


def described(given: argparse.Namespace) -> Iterator[Figure]:
    """Ask for types of a set by a plain word each, without and with their descriptions."""
    types = SETS[given.set].described
    if not types:
        sys.exit(f"the default model has the types of {given.set}; give --set cluener or scierc")
    extractor = lexloom.load_extractor(given.model)
    plain = Schema(entities=tuple(EntityType(name=n, en=word) for n, (word, _) in types.items()))
    more = tuple(replace(e, description_en=types[e.name][1]) for e in plain.entities)
    train = random.Random(0).sample(read(given.set, SETS[given.set].train), given.limit or 600)
    documents = [restricted(document, plain, ImportReport()) for document in train]
    for is_described, schema in ((False, plain), (True, replace(plain, entities=more))):
        progress(f"{len(documents)} sentences, described: {is_described}")
        for figure in scored(extractor, documents, schema):
            yield {"part": "described", "set": given.set, "described": is_described, **figure}


def free_types(given: argparse.Namespace) -> Iterator[Figure]:
    """Ask the sentences of each block that was held out for the block's own types."""
    extractor = lexloom.load_extractor(given.model)
    trained = {word for block in written.open_blocks(held_out=False) for word in _words(block)}
    trained |= {word for item in extractor.schema.entities for word in (item.en, item.zh)}
    pairs: dict[tuple[str, bool], list[tuple[AnnotatedDocument, Extraction]]] = {}
    for block in written.open_blocks(held_out=True):
        texts = (Document(str(number), d.text) for number, d in enumerate(block.documents))
        asked = extractor.extract_many(texts, block.schema)
        found = [facts for facts in asked if isinstance(facts, Extraction)]
        for is_known in (True, False):
            scope = Scope(
                entity_types=_named(block.types, trained, is_known=is_known),
                relation_types=_named(block.relations, trained, is_known=is_known),
                event_types=(),
            )
            gold = (replace(document, scope=scope) for document in block.documents)
            pairs.setdefault((block.language, is_known), []).extend(zip(gold, found, strict=True))
    for (language, is_known), both in sorted(pairs.items()):
        common = {"part": "free", "language": language, "names_trained": is_known}
        for protocol, score in report(both, protocols=PROTOCOLS).scores.items():
            yield common | {"protocol": protocol, **score.micro.to_dict()}


def _words(block: written.Block) -> Iterator[str]:
    for names in (block.types, block.relations):
        yield from names.keys() | names.values()


def _named(names: Mapping[str, str], trained: set[str], *, is_known: bool) -> tuple[str, ...]:
    """Give the types that were, or were not, trained on in either language."""
    return tuple(n for n, other in names.items() if bool({n, other} & trained) == is_known)


def cost(given: argparse.Namespace) -> Iterator[Figure]:
    """Time the same sentences with more and more types."""
    extractor = lexloom.load_extractor(given.model)
    texts = [d.text for d in read(given.set, SETS[given.set].test)[: given.limit]]
    schemas = {
        count: Schema(entities=tuple(EntityType(name=word) for word in WORDS[:count]))
        for count in NUM_TYPES
    }
    taken: dict[int, list[float]] = {count: [] for count in NUM_TYPES}
    num_found: dict[int, int] = {}
    for number in range(given.rounds + 1):
        for count, schema in schemas.items():
            begin = time.perf_counter()
            found = list(extractor.extract_many(texts, schema))
            seconds = time.perf_counter() - begin
            num_found[count] = sum(len(f.entities) for f in found if isinstance(f, Extraction))
            progress(f"round {number} of {given.rounds}, {count} types: {seconds:.2f} s")
            if number:
                taken[count].append(seconds)
    for count in NUM_TYPES:
        ratios = [x / y for x, y in zip(taken[count], taken[NUM_TYPES[0]], strict=True)]
        yield {
            "part": "cost", "num_types": count, "num_sentences": len(texts),
            "num_found": num_found[count], "ratio_to_4": median(ratios),
            "min": min(ratios), "max": max(ratios),
        }  # fmt: skip


PARTS = {
    "few": few_shot,
    "zero-shot": zero_shot,
    "described": described,
    "free": free_types,
    "cost": cost,
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures of one part."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--part", required=True, choices=PARTS, help="what to measure")
    parser.add_argument("--set", default="cluener", choices=SETS, help="the set")
    parser.add_argument("--model", default="default", help="name or directory of an extractor")
    parser.add_argument("--shots", type=int, nargs="+", default=[50, 200], help="sentences")
    parser.add_argument("--seeds", type=int, default=1, help="how many draws of sentences")
    parser.add_argument("--keep-known", action="store_true", help="train with --keep-known")
    parser.add_argument(
        "--try", dest="settings", action="append", default=[], help="a setting, as num_epochs=1"
    )
    parser.add_argument(
        "--split", choices=("test", "train"), default="test", help="of the part zero-shot"
    )
    parser.add_argument("--limit", type=int, help="most sentences to score")
    parser.add_argument("--rounds", type=int, default=5, help="timed rounds")
    parser.add_argument("--threads", type=int, default=2, help="processor threads")
    given = parser.parse_args(arguments)
    if given.split == "train" and not given.limit:
        parser.error("--split train needs --limit: so many sentences are drawn")
    torch.set_num_threads(given.threads)
    called = command(__file__, arguments)
    about = machine() | {"threads": given.threads, "command": called}
    print_figures([{**figure, **about} for figure in PARTS[given.part](given)])


if __name__ == "__main__":
    main()
