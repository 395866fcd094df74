from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doubles import SAMPLES, SCHEMA, tiny_reader
from lexloom.annotations.document import AnnotatedDocument
from lexloom.annotations.labels import LabelSet
from lexloom.extract import encoder
from lexloom.extract.candidates import LOWEST, read_candidates
from lexloom.extract.decode import DecodeConfig, Decoder
from lexloom.extract.encoder import whole_text
from lexloom.extract.merge import merge_windows
from lexloom.extract.thresholds import PROTOCOL_OF, THRESHOLDS

READER = tiny_reader()
EMOJI = ("😀 x", "x 🎉 b")
DOCUMENTS = [AnnotatedDocument(id=str(n), text=text) for n, text in enumerate((*SAMPLES, *EMOJI))]
ENCODED = READER.tokenizer.encode([document.text for document in DOCUMENTS])
LABELS = LabelSet.of(SCHEMA)

configs = st.builds(
    DecodeConfig,
    nested=st.booleans(),
    several_types=st.booleans(),
    outer_ornaments=st.booleans(),
    **dict.fromkeys(PROTOCOL_OF, st.sampled_from(THRESHOLDS)),
)


def rules(config, calibration=None):
    return Decoder(SCHEMA, LABELS, config, calibration)


def plainly_read(config):
    """What reading the texts with a config gives."""
    windows = [(whole_text(d.text), text) for d, text in zip(DOCUMENTS, ENCODED, strict=True)]
    found = READER.read(windows, rules(config), READER.encode_labels(LABELS))
    return [merge_windows(d.text, [f]) for d, f in zip(DOCUMENTS, found, strict=True)]


def read_by_candidates(config):
    read = read_candidates(READER, DOCUMENTS, ENCODED, rules(config))
    return [read.found(number, rules(config)) for number in range(len(DOCUMENTS))]


def assert_same(found, wanted):
    """Compare facts; the last digits of a confidence depend on what was multiplied with it."""
    confidences = []

    def taken(fact):
        for kind in ("entities", "relations", "events", "arguments"):
            if hasattr(fact, kind):
                fact = replace(fact, **{kind: tuple(map(taken, getattr(fact, kind)))})
        if hasattr(fact, "confidence"):
            confidences.append(fact.confidence)
            fact = replace(fact, confidence=0)
        return fact

    assert [*map(taken, found)] == [*map(taken, wanted)]
    half = len(confidences) // 2
    assert confidences[:half] == pytest.approx(confidences[half:], abs=1e-5)


@settings(max_examples=12)
@given(configs, st.sampled_from([1, 3, 7, 24]))
def test_candidates_are_decoded_as_the_texts_are_read(config, most):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encoder, "MAX_SPANS_PER_TEXT", most)
        assert_same(read_by_candidates(config), plainly_read(config))


@pytest.fixture
def few(monkeypatch):
    """Keep few spans of a text: an untrained model finds hundreds."""
    monkeypatch.setattr(encoder, "MAX_SPANS_PER_TEXT", 24)


@pytest.mark.usefixtures("few")
def test_there_is_something_to_decode():
    everything = DecodeConfig(outer_ornaments=True, **dict.fromkeys(PROTOCOL_OF, LOWEST))
    found = plainly_read(everything)
    assert sum(len(facts.relations) for facts in found) > 20
    assert sum(len(event.arguments) for facts in found for event in facts.events) > 20
    scores = [relation.confidence for facts in found for relation in facts.relations]
    assert max(scores) > 1  # raw ones, for there is no calibration


@pytest.mark.usefixtures("few")
def test_one_reading_serves_every_threshold():
    lowest = DecodeConfig(**dict.fromkeys(PROTOCOL_OF, LOWEST))
    read = read_candidates(READER, DOCUMENTS, ENCODED, rules(lowest))
    for threshold in np.random.default_rng(0).choice(THRESHOLDS, 4):
        config = DecodeConfig(**dict.fromkeys(PROTOCOL_OF, float(threshold)))
        found = [read.found(number, rules(config)) for number in range(len(DOCUMENTS))]
        assert_same(found, plainly_read(config))


def test_no_text_gives_no_candidates():
    assert read_candidates(READER, [], [], rules(DecodeConfig())).candidates == []
