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
from lexloom.records import Argument, Entity, Event, Relation, Span

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


# --- passages


def sentence(text, *mentions, relations=(), events=()):
    entities = tuple(
        Entity(f"e{n}", "person", name, text.index(name), text.index(name) + len(name))
        for n, name in enumerate(mentions)
    )
    return AnnotatedDocument(
        id=text, text=text, entities=entities, relations=relations, events=events
    )


@pytest.fixture(scope="module")
def passages(written):
    yield importlib.import_module("passages")
    sys.modules.pop("passages", None)


def test_a_passage_holds_the_facts_of_its_sentences_where_they_now_stand(passages):
    trigger = Span.of("Bo fell.", 3, 7)
    argument = Argument("agent", "Bo", 0, 2, entity="e0")
    first = sentence("Ann met Bo!", "Ann", "Bo", relations=(Relation("knows", "e0", "e1"),))
    second = sentence("Bo fell.", "Bo", events=(Event("fall", trigger, (argument,)),))
    apart = passages.joined([first, second], "p", (" ", ", "), runs_on=False)
    assert apart.text == "Ann met Bo! Bo fell."
    assert [(e.id, e.start) for e in apart.entities] == [("0-e0", 0), ("0-e1", 8), ("1-e0", 12)]
    assert apart.relations == (Relation("knows", "0-e0", "0-e1"),)
    (event,) = apart.events
    assert (event.trigger.start, event.arguments[0].start, event.arguments[0].entity) == (
        15, 12, "1-e0",
    )  # fmt: skip
    assert passages.joined([first, second], "p", (" ", ", "), runs_on=True).text == (
        "Ann met Bo, Bo fell."
    )


def test_a_full_stop_that_belongs_to_a_name_stays(passages):
    runs_on = passages.joined(
        [sentence("He left Yahoo!", "Yahoo!"), sentence("So?")], "p", ("", "，"), runs_on=True
    )
    assert runs_on.text == "He left Yahoo!，So?"


@pytest.mark.parametrize(("language", "joint"), [("en", ", "), ("zh", "，")])
def test_passages_are_drawn_anew_by_each_seed_and_reach_their_length(passages, language, joint):
    documents = [sentence(f"{name} sleeps in a bed.", name) for name in ("Ann", "Bo", "Cy")]
    one, same, other = (
        list(passages.passages(documents, language, count=4, seed=seed)) for seed in (1, 1, 2)
    )
    assert one == same != other
    assert len({passage.id for passage in one}) == 4
    assert all(len(passage.text) >= passages.LENGTHS[language][0] for passage in one)
    assert [joint in passage.text for passage in one] == [False, True, False, True]
