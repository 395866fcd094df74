"""Tiny vectors, sentences with tags, and taggers on vectors."""

import numpy as np
import torch

from lexloom.annotations.tag_scheme import TagScheme
from lexloom.annotations.tagged import TaggedWords
from lexloom.models.vector_tagger import Table, VectorTagger, VectorTaggerConfig
from lexloom.models.vector_tagger_files import VectorTaggerFiles
from lexloom.tokens.word_features import Lexicon, Numbering, WordFeaturizer
from lexloom.vectors.keyed import WordVectors

NAMES, PLACES = ("李明", "王红", "张三"), ("北京", "上海", "香港")
CHINESE = [
    TaggedWords(
        tuple(f"{name}在{place}工作。"),
        ("B-NAME", "E-NAME", "O", "B-LOC", "E-LOC", "O", "O", "O"),
    )
    for name in NAMES
    for place in PLACES
]
ENGLISH = [
    TaggedWords((a, "lives", "in", b, "."), ("B-who", "O", "O", "B-where", "O"))
    for a in ("Ann", "Bob", "Carl")
    for b in ("Paris", "Rome")
]
TEXTS = [
    list("李明在上海工作。"),
    list("在😀"),
    ["Ann", "lives", "\ud800", ""],
    [],
    list("上海市" * 9),
]


def vectors(words, size=6, seed=0, counts=None):
    """Random vectors of some words."""
    numbers = np.random.default_rng(seed).normal(size=(len(words), size)).astype(np.float32)
    return WordVectors(words, numbers, None if counts is None else np.array(counts, np.int64))


def characters(items=CHINESE):
    return sorted({char for item in items for word in item.words for char in word})


def featurizer():
    return WordFeaturizer(
        Numbering(["李", "明", "在", "上", "海", "ann", "lives"]),
        Numbering(["李明", "上海"]),
        Numbering(["A", "n", "上"]),
        Lexicon(["上海", "上", "海市", "上海市", "李明"], [9, 4, 2, 1, 1]),
    )


def tiny_tagger(encoder="bilstm", seed=0, **changes):
    """A random tagger that reads everything there is to read."""
    torch.manual_seed(seed)
    known = featurizer()
    scheme = TagScheme.of([["B-LOC", "I-LOC", "B-PER", "O"]])
    values = {
        "labels": ("B-LOC", "B-PER", "I-LOC", "I-PER", "O"),
        "states": scheme.states,
        "state_tags": scheme.tags,
        "words": Table(num_ids=known.words.num_ids, num_learnt=4, size=6),
        "bigrams": Table(num_ids=known.bigrams.num_ids, num_learnt=4, size=4),
        "characters": Table(num_ids=known.characters.num_ids, num_learnt=4, size=3),
        "spelling_size": 5,
        "lexicon": Table(num_ids=known.lexicon.numbering.num_ids, num_learnt=4, size=4),
        "encoder": encoder,
        "hidden_size": 8,
        "num_hidden_layers": 2,
    }
    model = VectorTagger(VectorTaggerConfig(**values | changes))
    for name, parameter in model.named_parameters():
        if "word_embeddings" not in name:
            torch.nn.init.normal_(parameter, std=0.7)
    return VectorTaggerFiles(model.eval(), known, 512)
