from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doubles import SCHEMA, tiny_model, tiny_reader, toy_documents
from lexloom.annotations.document import AnnotatedDocument, Scope
from lexloom.annotations.labels import LabelSet
from lexloom.extract import encoder
from lexloom.extract import thresholds as module
from lexloom.extract.candidates import LOWEST, read_candidates
from lexloom.extract.decode import DecodeConfig, Decoder
from lexloom.extract.encoder import whole_text
from lexloom.extract.merge import merge_windows
from lexloom.extract.score import score
from lexloom.extract.thresholds import PROTOCOL_OF, THRESHOLDS, choose_thresholds

LABELS = LabelSet.of(SCHEMA)
EVERYTHING = set(PROTOCOL_OF.values())
BEFORE = (-1.0, -0.5, 0.0, 0.5, 1.0)
SCOPES = st.sampled_from(
    [
        Scope(),
        Scope(entity_types=("person",), relation_types=()),
        Scope(all_mentions=False),
        Scope(partial_types=("place",), event_types=("talk",)),
        Scope(known_pairs=(("a", "b"),)),
    ]
)


@pytest.fixture(autouse=True, scope="module")
def few():
    """Keep few spans of a text: an untrained model finds hundreds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encoder, "MAX_SPANS_PER_TEXT", 16)
        yield


def reading(seed, scopes, config=None):
    reader = tiny_reader(tiny_model(seed))
    documents = [
        replace(document, scope=scope)
        for document, scope in zip(toy_documents(), scopes, strict=False)
    ]
    encoded = reader.tokenizer.encode([document.text for document in documents])
    rules = Decoder(SCHEMA, LABELS, config or DecodeConfig())
    return reader, documents, encoded, rules


def plain_scores(reader, documents, encoded, rules):
    """Read the texts with a config and score what is found: the slow way."""
    windows = [(whole_text(d.text), text) for d, text in zip(documents, encoded, strict=True)]
    found = reader.read(windows, rules, reader.encode_labels(LABELS))
    pairs = [(d, merge_windows(d.text, [f])) for d, f in zip(documents, found, strict=True)]
    return {p: score(pairs, p, num_resamples=1).micro.counts.f1 for p in EVERYTHING}


def chosen_plainly(reader, documents, encoded, rules, tried):
    """Choose one threshold after the other by reading everything for each."""
    for name, protocol in PROTOCOL_OF.items():
        f1 = {}
        for threshold in tried:
            config = replace(rules.config, **{name: threshold})
            changed = replace(rules, config=config)
            f1[threshold] = plain_scores(reader, documents, encoded, changed)[protocol]
        best = max(f1, key=lambda threshold: (f1[threshold], -abs(threshold)))
        rules = replace(rules, config=replace(rules.config, **{name: best}))
    return rules.config


@pytest.mark.slow
@settings(max_examples=6)
@given(
    st.integers(0, 99),
    st.lists(SCOPES, min_size=4, max_size=8),
    st.booleans(),
    st.booleans(),
)
def test_the_choice_is_that_of_reading_dev_for_every_threshold(seed, scopes, nested, several):
    config = DecodeConfig(nested=nested, several_types=several)
    reader, documents, encoded, rules = reading(seed, scopes, config)
    with pytest.MonkeyPatch.context() as patch:
        tried = THRESHOLDS[::3]
        patch.setattr(module, "THRESHOLDS", tried)
        read = read_candidates(reader, documents, encoded, rules)
        chosen = choose_thresholds(read, rules, EVERYTHING)
    assert chosen == chosen_plainly(reader, documents, encoded, rules, tried)


@settings(max_examples=5)
@given(st.integers(0, 99), st.lists(SCOPES, min_size=4, max_size=8))
def test_each_first_choice_is_as_good_as_the_best_of_few_values(seed, scopes):
    reader, documents, encoded, rules = reading(seed, scopes)
    read = read_candidates(reader, documents, encoded, rules)
    chosen = choose_thresholds(read, rules, {"ner_strict"})
    best = replace(rules, config=chosen)
    reached = plain_scores(reader, documents, encoded, best)["ner_strict"]
    for threshold in BEFORE:
        other = replace(rules, config=replace(rules.config, entity_threshold=threshold))
        assert reached >= plain_scores(reader, documents, encoded, other)["ner_strict"]


def test_dev_is_read_once(monkeypatch):
    reader, documents, encoded, rules = reading(0, [Scope()] * 6)
    read = read_candidates(reader, documents, encoded, rules)
    monkeypatch.setattr(reader.model, "encode", None)  # whoever reads again fails
    assert choose_thresholds(read, rules, EVERYTHING) != rules.config


def test_thresholds_of_protocols_that_are_not_asked_for_stay():
    reader, documents, encoded, rules = reading(1, [Scope()] * 4)
    read = read_candidates(reader, documents, encoded, rules)
    assert choose_thresholds(read, rules, set()) == rules.config
    chosen = choose_thresholds(read, rules, {"ner_strict"})
    assert replace(chosen, entity_threshold=0.0) == rules.config


def test_of_thresholds_that_score_alike_the_one_nearest_zero_is_chosen():
    reader = tiny_reader()
    documents = [AnnotatedDocument(id="d", text="the the")]  # nothing is right: each scores 0
    encoded = reader.tokenizer.encode(["the the"])
    rules = Decoder(SCHEMA, LABELS, DecodeConfig(entity_threshold=2.0))
    read = read_candidates(reader, documents, encoded, rules)
    assert choose_thresholds(read, rules, {"ner_strict"}).entity_threshold == 0.0


def test_the_values_tried_are_fine_and_hold_those_of_before():
    assert set(BEFORE) < set(THRESHOLDS)
    assert min(THRESHOLDS) == LOWEST == -max(THRESHOLDS)
