"""What becomes of a trained extractor before it ships: thresholds by two kinds of texts, a mean."""

import argparse
import importlib
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from doubles import SAMPLES, SCHEMA, decoder, tiny_extractor, tiny_files, tiny_model, tiny_reader
from lexloom.annotations.document import AnnotatedDocument, Scope
from lexloom.extract.decode import DecodeConfig
from lexloom.extract.files import load_extractor_files, save_extractor
from lexloom.extract.start import start_model
from lexloom.models.grow import WORDS

RECIPE = Path(__file__).parents[1] / "recipes" / "default"


@pytest.fixture(scope="module")
def recipe():
    before = list(sys.path), set(sys.modules)
    sys.path.insert(0, str(RECIPE))
    yield importlib.import_module("ship"), importlib.import_module("settle")
    sys.path[:] = before[0]
    for name in set(sys.modules) - before[1]:
        if str(RECIPE.parent) in str(getattr(sys.modules[name], "__file__", "")):
            sys.modules.pop(name)


def test_of_public_sets_a_share_is_drawn_but_all_of_those_named(recipe):
    build = importlib.import_module("build")
    ids = [f"{name}:{n}" for name in ("phee", "weibo", "written") for n in range(10)]
    documents = [AnnotatedDocument(id=name, text="x") for name in ids]
    asked = argparse.Namespace(whole=["phee"], public_share=0.3, seed=1)
    kept = [document.id.partition(":")[0] for document in build._thinned(documents, asked)]
    assert {name: kept.count(name) for name in kept} == {"weibo": 3, "phee": 10, "written": 10}


def test_what_choices_are_made_on_is_scored_whole(recipe, monkeypatch):
    script = importlib.import_module("score")
    share = AnnotatedDocument(id="weibo:1", text="x")
    monkeypatch.setattr(script.build, "documents", lambda data, seed: ([], [share]))
    found = dict(script.texts(Path(), dev=True))
    assert found.pop("dev shares") == [share]
    assert [*found["en"], *found["zh"]] == recipe[1].hand_made()
    assert all(any(char >= "\u4e00" for char in d.text) for d in found["zh"])
    by_file = {name: found.pop(name) for name in list(found) if name.endswith(".txt")}
    assert set(by_file) == {p.name for p in (RECIPE / "dev").iterdir()}
    assert sum(map(len, by_file.values())) == len(recipe[1].hand_made())
    assert {d.id.split("-")[2] for d in by_file["en_goods.txt"]} == {"goods"}


def values_of(files):
    return files.model.state_dict()


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_each_parameter_is_the_weighted_mean(share, recipe):
    first, second = (tiny_files(model=tiny_model(seed)) for seed in (1, 2))
    ones, others = ({k: v.clone() for k, v in values_of(f).items()} for f in (first, second))
    found = values_of(recipe[0].mean(first, second, share))
    for name, value in found.items():
        wanted = (1 - share) * ones[name] + share * others[name]
        torch.testing.assert_close(value, wanted, msg=name)


def test_rows_of_pieces_that_the_first_lacks_are_the_second_s(recipe, tmp_path):
    first = tiny_files(model=tiny_model(1))
    save_extractor(first, tmp_path / "first")
    model, tokenizer = start_model(tmp_path / "first", ["鑫"], seed=3)
    second = replace(tiny_files(model=model), tokenizer=tokenizer)
    num_known = first.tokenizer.vocab_size
    new_rows = values_of(second)[f"bert.{WORDS}"][num_known:].clone()
    assert len(new_rows)
    found = values_of(recipe[0].mean(first, second, 0.0))[f"bert.{WORDS}"]
    assert torch.equal(found[num_known:], new_rows)
    torch.testing.assert_close(found[:num_known], values_of(first)[f"bert.{WORDS}"][:num_known])


def test_extractors_of_other_pieces_or_shapes_have_no_mean(recipe, tmp_path):
    first = tiny_files(model=tiny_model(1))
    save_extractor(first, tmp_path / "first")
    model, tokenizer = start_model(tmp_path / "first", ["鑫"], seed=3)
    larger = replace(tiny_files(model=model), tokenizer=tokenizer)
    with pytest.raises(ValueError, match="not trained on from the first"):
        recipe[0].mean(larger, first, 0.5)
    wider = tiny_files(model=tiny_model(2, span_rank=7))
    with pytest.raises(ValueError, match="other shapes"):
        recipe[0].mean(tiny_files(model=tiny_model(1)), wider, 0.5)


def test_dev_shares_decide_about_entities_and_hand_made_texts_alone_about_relations(
    recipe, monkeypatch
):
    settle = recipe[1]
    monkeypatch.setattr("lexloom.extract.candidates.LOWEST", 2.0)
    monkeypatch.setattr("lexloom.extract.thresholds.THRESHOLDS", (2.0, 2.1, 2.2))
    monkeypatch.setattr(settle, "THRESHOLDS", (2.0, 2.1, 2.2))
    scope = Scope(entity_types=None, relation_types=None, event_types=())

    def read_with(threshold):
        config = DecodeConfig(entity_threshold=threshold, relation_threshold=threshold)
        found = list(tiny_extractor(decode=config).extract_many(SAMPLES[:2], SCHEMA))
        return [
            AnnotatedDocument(
                id=str(n), text=SAMPLES[n], scope=scope,
                entities=facts.entities, relations=facts.relations,
            )
            for n, facts in enumerate(found)
        ]  # fmt: skip

    few, many = read_with(2.2), read_with(2.0)
    assert len(few[0].entities) < len(many[0].entities)
    start = decoder()
    alone = settle.settled(tiny_reader(), start, few, [])
    with_dev = settle.settled(tiny_reader(), start, few, many * 5)
    assert alone.entity_threshold == 2.2
    assert with_dev.entity_threshold == 2.0
    assert with_dev.relation_threshold == alone.relation_threshold


def test_thresholds_are_chosen_by_the_weights_that_ship(recipe, tmp_path, monkeypatch):
    ship, settle = recipe
    readers, recalibrated = [], []

    def settled(reader, decoder, *_):
        readers.append(reader)
        return replace(decoder.config, relation_threshold=0.77)

    class Fitted:
        def to_dict(self):
            return {}

    monkeypatch.setattr(settle, "settled", settled)
    monkeypatch.setattr(settle, "settled_for_free_types", lambda reader, decode, *_: decode)
    monkeypatch.setattr(
        ship, "recalibrate", lambda path, texts: recalibrated.append((path, texts)) or Fitted()
    )
    files = tiny_files(model=tiny_model(5))
    share = AnnotatedDocument(id="weibo:1", text="x")
    ship.ship(files, [share], tmp_path / "shipped")
    shipped = load_extractor_files(tmp_path / "shipped")
    looked_by = readers[0].model.state_dict()
    for name, value in values_of(shipped).items():
        assert torch.equal(looked_by[name], value), name
    assert any(not torch.equal(value, looked_by[name]) for name, value in values_of(files).items())
    assert shipped.decode == replace(
        files.decode, nested=False, several_types=False, relation_threshold=0.77
    )
    assert recalibrated == [(tmp_path / "shipped", [share, *settle.hand_made()])]
    assert "Lexloom" in (tmp_path / "shipped" / "README.md").read_text(encoding="utf-8")
