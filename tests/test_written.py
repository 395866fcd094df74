"""The sentences written for the default extractor: read strictly, and none from a test set."""

import importlib
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from doubles import SAMPLES, tiny_extractor, tiny_reader
from lexloom.annotations.document import AnnotatedDocument, read_jsonl
from lexloom.annotations.labels import LabelSet
from lexloom.annotations.schema import Schema
from lexloom.errors import AnnotationError
from lexloom.extract.decode import DecodeConfig

ROOT = Path(__file__).parents[1]
RECIPE = ROOT / "recipes" / "default"
SCHEMA = Schema.load(RECIPE / "schema.toml")
BLOCK = """\
# types: musical instrument = 乐器; composer = 作曲家
# relations: plays = 演奏
[Clara Schumann|composer] played the [piano|musical instrument] daily.
> plays: Clara Schumann -> piano

Nobody sang.
# types: composer = 作曲家
[Bach|composer] slept.
"""


@pytest.fixture(scope="module")
def written():
    before = list(sys.path), set(sys.modules)
    sys.path.insert(0, str(RECIPE))
    yield importlib.import_module("written")
    sys.path[:] = before[0]
    for name in {"written", "settle", "compile"} - before[1]:
        sys.modules.pop(name, None)


@pytest.fixture
def folder(written, monkeypatch, tmp_path):
    monkeypatch.setattr(written, "FOLDER", tmp_path)
    return tmp_path


def test_a_block_asks_its_sentences_for_its_own_types(written, folder):
    (folder / "open_en.txt").write_text(BLOCK, encoding="utf-8")
    first, second = written.blocks("en")
    one, nothing = first.labelled
    assert [(e.type, e.text) for e in one.entities] == [
        ("composer = 作曲家", "Clara Schumann"),
        ("musical instrument = 乐器", "piano"),
    ]
    assert [relation.type for relation in one.relations] == ["plays = 演奏"]
    assert nothing.entities == ()
    assert nothing.scope.entity_types == ("musical instrument = 乐器", "composer = 作曲家")
    (last,) = second.labelled
    assert last.scope.entity_types == ("composer = 作曲家",)
    assert last.scope.relation_types == last.scope.event_types == ()


def test_a_type_is_one_label_whatever_the_language_of_its_sentences(written, folder):
    chinese = "# types: 作曲家 = composer\n[巴赫|作曲家]睡了。\n"
    (folder / "open_en.txt").write_text(BLOCK, encoding="utf-8")
    (folder / "open_zh.txt").write_text(chinese, encoding="utf-8")
    blocks = written.blocks("en") + written.blocks("zh")
    schema = written.open_schema(SCHEMA, blocks)
    added = schema.entities[len(SCHEMA.entities) :]
    assert [(e.en, e.zh) for e in added] == [("musical instrument", "乐器"), ("composer", "作曲家")]
    asked = {label.name: label for label in LabelSet.of(schema).all}
    assert asked["composer = 作曲家"].text == "entity: composer"
    assert asked["composer = 作曲家"].paraphrases == ("entity: 作曲家",)
    assert asked["plays = 演奏"].kind == "relation"


@pytest.mark.parametrize(
    ("before", "after"),
    [("|composer] slept", "|singer] slept"), ("> plays:", "> sings:"), ("-> piano", "-> violin")],
)
def test_what_a_block_does_not_ask_for_is_an_error(before, after, written, folder):
    (folder / "open_en.txt").write_text(BLOCK.replace(before, after), encoding="utf-8")
    with pytest.raises((ValueError, AnnotationError), match=r"not asked for|no marked entity"):
        written.blocks("en")


def test_every_tenth_block_is_held_out(written, folder):
    for language in ("en", "zh"):
        blocks = "".join(f"# types: t{n} = 类{n}\n[w|t{n}] x.\n" for n in range(1, 21))
        (folder / f"open_{language}.txt").write_text(blocks, encoding="utf-8")
    trained, held_out = (written.open_blocks(held_out=way) for way in (False, True))
    assert [next(iter(block.types)) for block in held_out] == ["t10", "t20"] * 2
    assert len(trained) == 36


def test_the_sentences_are_the_schemas(written):
    documents = written.sentences()
    assert len(documents) > 2_000
    assert list(written.problems(documents, SCHEMA)) == []
    told = {relation.type for d in documents for relation in d.relations}
    assert told == {relation.name for relation in SCHEMA.relations}
    assert {event.type for d in documents for event in d.events} == {e.name for e in SCHEMA.events}


def test_no_sentence_is_from_a_set_that_something_is_chosen_or_measured_by(written):
    settle = importlib.import_module("settle")
    others = {document.text for document in settle.hand_made()}
    for path in (ROOT / "benchmarks" / "gold").glob("*.jsonl"):
        others |= {document.text for document in read_jsonl(path)}
    assert len(others) > 900
    own = {document.text for document in written.sentences()}
    own |= {d.text for held_out in (True, False) for b in written.open_blocks(held_out=held_out)
            for d in b.documents}  # fmt: skip
    assert len(own) > 3_000
    shared = {piece for text in others for piece in pieces(text)}
    assert [text for text in own if any(piece in shared for piece in pieces(text))] == []


def pieces(text):
    """Give each eight words, or twelve Chinese characters, that stand together."""
    parts, size = (list(text), 12) if re.search("[\u4e00-\u9fff]", text) else (text.split(), 8)
    return [" ".join(parts[at : at + size]) for at in range(max(1, len(parts) - size + 1))]


@pytest.mark.parametrize("least", [0.0, 1.0])
def test_thresholds_of_free_types_are_those_that_find_what_is_marked(least, written, monkeypatch):
    settle = importlib.import_module("settle")
    monkeypatch.setattr(settle, "THRESHOLDS", (0.0, 1.0, 2.0))
    block = written.Block("en", {"who": "谁", "where": "哪里"}, {})
    nothing = Schema(name="nothing")
    decode = DecodeConfig(zero_shot_entity_threshold=least)
    extractor = tiny_extractor(schema=nothing, decode=decode)
    for found in extractor.extract_many(SAMPLES, block.schema):
        document = AnnotatedDocument(
            id=found.document.id, text=SAMPLES[len(block.documents)], entities=found.entities
        )
        block.documents.append(document)
    assert sum(len(document.entities) for document in block.documents) > 1
    start = DecodeConfig()
    chosen = settle.settled_for_free_types(tiny_reader(), start, nothing, [block])
    assert chosen.zero_shot_entity_threshold == least
    assert (
        replace(chosen, zero_shot_entity_threshold=None, zero_shot_relation_threshold=None) == start
    )
