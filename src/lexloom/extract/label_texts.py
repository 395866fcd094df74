"""The texts that labels are asked for by, held against what a model can read at once.

`annotations.labels` makes them from a schema; `extract.encoder` and `extract.task` read them.
"""

from collections.abc import Sequence
from dataclasses import replace

from lexloom.annotations.labels import Label, LabelSet
from lexloom.errors import SchemaError
from lexloom.tokens.units import EncodedText, UnitTokenizer


def check_label_texts(labels: LabelSet, texts: Sequence[EncodedText], max_tokens: int) -> None:
    """Refuse labels whose own words are too long to be read.

    Args:
        labels: The labels.
        texts: Their encoded texts, in the order of `LabelSet.all`.
        max_tokens: The most tokens that the model reads.

    Raises:
        SchemaError: If a label's text has more; it names the label.
    """
    for label, text in zip(labels.all, texts, strict=True):
        count = len(text.input_ids)
        if count > max_tokens:
            raise SchemaError(
                f"the words for the {label.kind} {label.name!r} are {count:,} tokens, more than the"
                f" {max_tokens} that the model reads",
                hint="en and zh name a type in a few words; a description may be long",
            )


def asked_texts(
    labels: LabelSet, tokenizer: UnitTokenizer, max_tokens: int
) -> list[list[EncodedText]]:
    """Give what is read of each label: its words first, then all else that its schema says of it.

    The rest is read of labels only that the model was not trained on, where it is not too long.

    Raises:
        SchemaError: If a label's own words are too long.
    """
    words = tokenizer.encode(labels.texts)
    check_label_texts(labels, words, max_tokens)
    others = (label.paraphrases if label.zero_shot else () for label in labels.all)
    return [
        [text, *(o for o in tokenizer.encode(list(more)) if len(o.input_ids) <= max_tokens)]
        for text, more in zip(words, others, strict=True)
    ]


def trained_texts(
    labels: LabelSet, tokenizer: UnitTokenizer, max_tokens: int, *, paraphrases: bool
) -> LabelSet:
    """Give the labels with the texts that a training reads: too long a paraphrase is left out.

    Raises:
        SchemaError: If a label's own words are too long.
    """
    check_label_texts(labels, tokenizer.encode(labels.texts), max_tokens)

    def fitting(label: Label) -> Label:
        others = label.paraphrases if paraphrases else ()
        encoded = zip(others, tokenizer.encode(list(others)), strict=True)
        kept = tuple(text for text, code in encoded if len(code.input_ids) <= max_tokens)
        return replace(label, paraphrases=kept)

    return LabelSet(
        span_labels=tuple(map(fitting, labels.span_labels)),
        pair_labels=tuple(map(fitting, labels.pair_labels)),
    )
