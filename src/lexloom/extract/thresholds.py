"""Thresholds chosen on dev texts that were read once: `candidates` holds what they decide about."""

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np

from lexloom.extract.candidates import LOWEST, Candidates, ReadTexts
from lexloom.extract.decode import DecodeConfig, Decoder
from lexloom.extract.protocols import PROTOCOLS, Counts

STEP, HIGHEST = 0.25, 3.0
THRESHOLDS = tuple(float(t) for t in np.arange(LOWEST, HIGHEST + STEP, STEP))
"""Thresholds that are tried."""
PROTOCOL_OF: Mapping[str, str] = {
    "entity_threshold": "ner_strict",
    "relation_threshold": "relations_strict",
    "trigger_threshold": "events_trigger",
    "argument_threshold": "events_argument",
    "role_threshold": "events_argument",
}
"""The protocol that each threshold is chosen by, in the order of choosing."""


def choose_thresholds(
    read: ReadTexts, decoder: Decoder, protocols: Collection[str]
) -> DecodeConfig:
    """Choose the thresholds that score best, one after the other; of equals the nearest to zero.

    Args:
        read: The texts, read with rules that differ from the decoder's in thresholds only.
        decoder: The rules to begin from.
        protocols: Names of protocols; thresholds of others stay.
    """
    for name, protocol in PROTOCOL_OF.items():
        if protocol in protocols:
            f1 = _f1_by_threshold(read, decoder, name)
            best = max(f1, key=lambda threshold: (f1[threshold], -abs(threshold)))
            decoder = with_threshold(decoder, name, best)
    return decoder.config


def with_threshold(decoder: Decoder, name: str, threshold: float) -> Decoder:
    """Give the rules with one threshold changed."""
    return replace(decoder, config=replace(decoder.config, **{name: threshold}))  # type: ignore[arg-type]


def _f1_by_threshold(read: ReadTexts, decoder: Decoder, name: str) -> dict[float, float]:
    """Give micro F1 at each value of one threshold."""
    count = PROTOCOLS[PROTOCOL_OF[name]].count
    decoders = [with_threshold(decoder, name, threshold) for threshold in THRESHOLDS]
    sums = [Counts()] * len(THRESHOLDS)
    for number, document in enumerate(read.documents):
        scores = sorted(_decided(read.candidates[number], decoder, name))
        num_below, counts = -1, Counts()
        for at, threshold in enumerate(THRESHOLDS):
            before, num_below = num_below, bisect_right(scores, threshold)
            if num_below != before:  # else the same facts are kept as by the threshold before
                found = read.found(number, decoders[at])
                counts = _sum(list(count(document, found).values()))
            sums[at] = _sum([sums[at], counts])
    return {threshold: sums[at].f1 for at, threshold in enumerate(THRESHOLDS)}


def _decided(candidates: Candidates, decoder: Decoder, name: str) -> list[float]:
    """Give the scores that a threshold decides about."""
    if name == "relation_threshold":
        return [pair.score for pair in candidates.relations]
    if name == "role_threshold":
        return [pair.score for pair in candidates.roles]
    kind = {"entity_threshold": "entity", "trigger_threshold": "event"}.get(name, "role")
    kinds = [label.kind for label in decoder.labels.span_labels]
    return [span.score for span in candidates.spans if kinds[span.label] == kind]


def _sum(rows: Sequence[Counts]) -> Counts:
    return Counts(
        sum(row.num_correct for row in rows),
        sum(row.num_predicted for row in rows),
        sum(row.num_gold for row in rows),
    )
