"""Thresholds of what ships, chosen on hand-made sentences that are annotated whole, and on dev.

The sets of the mixture mark one pair a sentence, so a threshold for relations that was chosen on
them lets far too much through in ordinary text. The files of ``dev`` hold ordinary sentences, news
and talk of goods, in the markup and by the rules of the hand-made test set, of which they share no
sentence. They alone decide about relations. They hold few events and names by one kind of author,
so the dev shares of the sets decide about entities and events with them. Those of types that the
model was not trained on are chosen on the blocks of free types that were held out.
"""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from lexloom.annotations.document import AnnotatedDocument
from lexloom.annotations.labels import LabelSet
from lexloom.annotations.schema import Schema
from lexloom.extract.candidates import ReadTexts, read_candidates
from lexloom.extract.decode import DecodeConfig, Decoder
from lexloom.extract.encoder import SpanReader
from lexloom.extract.score import score
from lexloom.extract.thresholds import THRESHOLDS, choose_thresholds, with_threshold

HERE = Path(__file__).parent
sys.path.insert(1, str(HERE.parents[1] / "benchmarks" / "gold"))
from compile import read_markup  # noqa: E402
from written import Block  # noqa: E402

BY_ALL = ("ner_strict", "events_trigger", "events_argument")
"""Protocols whose thresholds are chosen on the hand-made sentences and the sets' dev shares."""
BY_HAND_MADE = ("relations_strict",)
"""Protocols whose thresholds are chosen on the hand-made sentences alone."""
OF_FREE_TYPES = {
    "zero_shot_entity_threshold": "ner_strict",
    "zero_shot_relation_threshold": "relations_strict",
}
"""The protocol that each threshold of types that were not trained is chosen by."""
MOST_FALSE = 0.1
"""Share of the sentences without a relation that may be given one.

The goal is 8 % in ordinary ones; many of these are harder: a fact denied, hoped for or doubted."""


def hand_made() -> list[AnnotatedDocument]:
    """Read the sentences."""
    return [
        document
        for path in sorted((HERE / "dev").glob("*.txt"))
        for document in read_markup(path.read_text(encoding="utf-8"), f"dev-{path.stem}")
    ]


def settled(
    reader: SpanReader,
    decoder: Decoder,
    documents: Sequence[AnnotatedDocument],
    dev: Sequence[AnnotatedDocument],
) -> DecodeConfig:
    """Choose the thresholds of a trained model by hand-made texts and by the sets' dev shares."""
    everything = _read(reader, [*documents, *dev], decoder)
    decoder = replace(decoder, config=choose_thresholds(everything, decoder, BY_ALL))
    hand_made = _read(reader, documents, decoder)
    chosen = choose_thresholds(hand_made, decoder, BY_HAND_MADE)
    return _quiet(hand_made, replace(decoder, config=chosen)).config


def _read(
    reader: SpanReader, documents: Sequence[AnnotatedDocument], decoder: Decoder
) -> ReadTexts:
    encoded = reader.tokenizer.encode([document.text for document in documents])
    return read_candidates(reader, documents, encoded, decoder)


def settled_for_free_types(
    reader: SpanReader, decode: DecodeConfig, trained_on: Schema, blocks: Sequence[Block]
) -> DecodeConfig:
    """Choose the thresholds of types that the model was not trained on."""
    asked = []
    for block in blocks:
        labels = LabelSet.of(block.schema, trained_on)
        decoder = Decoder(block.schema, labels, decode, calibration=None)
        asked.append((_read(reader, block.documents, decoder), decoder))
    for name, protocol in OF_FREE_TYPES.items():
        by_threshold = {
            threshold: [(read, with_threshold(decoder, name, threshold)) for read, decoder in asked]
            for threshold in THRESHOLDS
        }
        best = max(THRESHOLDS, key=lambda threshold: _f1(by_threshold[threshold], protocol))
        asked = by_threshold[best]
    return asked[0][1].config


def _f1(asked: Sequence[tuple[ReadTexts, Decoder]], protocol: str) -> float:
    found = (
        (document, read.found(number, decoder))
        for read, decoder in asked
        for number, document in enumerate(read.documents)
    )
    return score(found, protocol, num_resamples=1).micro.counts.f1


def _quiet(read: ReadTexts, decoder: Decoder) -> Decoder:
    """Raise the threshold of relations until few sentences without one are given one."""
    empty = [n for n, d in enumerate(read.documents) if len(d.entities) > 1 and not d.relations]
    for threshold in THRESHOLDS:
        if threshold >= decoder.config.relation_threshold:
            raised = with_threshold(decoder, "relation_threshold", threshold)
            num_false = sum(bool(read.found(number, raised).relations) for number in empty)
            if num_false <= MOST_FALSE * len(empty):
                return raised
    return with_threshold(decoder, "relation_threshold", THRESHOLDS[-1])
