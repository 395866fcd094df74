"""An extractor as the trainer sees it: its batches, its losses and its score on dev.

`extract.fit` makes the task and trains it; `train.task` says what a trainer asks of any task.
"""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice

import torch
from torch import Tensor, nn

from lexloom.annotations.document import AnnotatedDocument
from lexloom.annotations.labels import Label, LabelSet
from lexloom.annotations.schema import Schema
from lexloom.batches.spans import SpanBatch, SpanExample, collate, collate_texts, epoch_order
from lexloom.errors import ConfigError
from lexloom.extract.confidence import Calibration
from lexloom.extract.decode import DecodeConfig, Decoder
from lexloom.extract.encoder import SpanReader, whole_text
from lexloom.extract.label_texts import trained_texts
from lexloom.extract.merge import merge_windows
from lexloom.extract.score import score
from lexloom.models.bert import BertConfig
from lexloom.models.span_extractor import SpanExtractorConfig
from lexloom.tokens.units import EncodedText
from lexloom.train.config import TrainConfig
from lexloom.train.objectives import SpanObjective
from lexloom.train.task import Share

PROTOCOLS = ("ner_strict", "relations_strict", "events_trigger", "events_argument")


@dataclass(frozen=True, kw_only=True, slots=True)
class FitConfig:
    """Settings of training an extractor."""

    train: TrainConfig = field(default_factory=TrainConfig)
    span_rank: int = 192
    """Width of the vectors that score spans."""
    pair_size: int = 192
    """Width of the vectors that score pairs."""
    head_dropout_prob: float = 0.2
    num_proposals: int = 4
    """Likely wrong spans a text that are shown to the pair scorer."""
    negative_share: float = 0.3
    """Share of the unmarked spans of a partly annotated text that is taken for nothing, in [0, 1];
    with 0 they stay unknown."""
    paraphrase_share: float = 0.0
    """Share of the labels of a batch that are asked for by any of the texts a schema has for them,
    in [0, 1], so that a model reads what it is asked; with 0 always by the first."""

    def __post_init__(self) -> None:
        """Check ranges."""
        for name in ("negative_share", "paraphrase_share"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ConfigError(f"{name} must be in [0, 1], got {getattr(self, name)}")

    def heads(self) -> SpanExtractorConfig:
        """Give the shape of new heads; `start_model` puts in the encoder's."""
        return SpanExtractorConfig(
            encoder=BertConfig(),
            num_shapes=0,
            span_rank=self.span_rank,
            pair_size=self.pair_size,
            head_dropout_prob=self.head_dropout_prob,
        )


@dataclass
class SpanTask:
    """The trainer's view of an extractor: see `train.run.Task`."""

    model: nn.Module
    reader: SpanReader
    schema: Schema
    examples: list[SpanExample]
    dev: Sequence[AnnotatedDocument]
    config: FitConfig
    decode: DecodeConfig
    calibration: Calibration = field(default_factory=Calibration)
    encoder_prefix: str = "bert."

    def __post_init__(self) -> None:
        """Encode what does not change."""
        self.labels = LabelSet.of(self.schema)
        encoder = self.reader.model.config.encoder
        self.pad_token_id = encoder.pad_token_id
        labels = trained_texts(
            self.labels,
            self.reader.tokenizer,
            self.reader.max_tokens,
            paraphrases=self.config.paraphrase_share > 0,
        )
        texts = labels.all_texts
        self.objective = SpanObjective(
            model=self.reader.model,
            label_texts=collate_texts(
                self.reader.tokenizer.encode(texts), pad_token_id=self.pad_token_id
            ),
            span_texts_CV=_places(labels.span_labels, texts),
            pair_texts_KV=_places(labels.pair_labels, texts),
            num_proposals=self.config.num_proposals,
            negative_share=self.config.negative_share,
            paraphrase_share=self.config.paraphrase_share,
        )
        self.groups = _groups(self.examples, self.config.train.batch_size)
        self.lengths = [len(example.encoded.input_ids) for example in self.examples]
        self.dev_encoded = self.reader.tokenizer.encode([document.text for document in self.dev])
        self._orders: dict[int, list[list[int]]] = {}

    def _order(self, epoch: int) -> list[list[int]]:
        if epoch not in self._orders:
            train_config = self.config.train
            self._orders = {
                epoch: epoch_order(
                    self.lengths,
                    groups=self.groups,
                    seed=train_config.seed,
                    epoch=epoch,
                    batch_size=train_config.batch_size,
                )
            }
        return self._orders[epoch]

    def num_batches(self) -> int:
        """Give the number of batches of an epoch."""
        return len(self._order(0))

    def batches(self, epoch: int, index: int, share: Share) -> list[SpanBatch]:
        """Give a process's share of one batch of one epoch."""
        return [
            collate(
                [self.examples[number] for number in part],
                pad_token_id=self.pad_token_id,
                num_pair_labels=len(self.labels.pair_labels),
            )
            for part in share.parts(self._order(epoch)[index])
        ]

    def losses(self, batch: SpanBatch) -> dict[str, Tensor]:
        """Give the losses of a batch, summed over its texts."""
        return self.objective.losses(batch)

    def evaluate(self) -> dict[str, float]:
        """Score the model on dev data by each protocol that finds a gold fact; 0 without data."""
        if not self.dev:
            return {"score": 0.0}
        return evaluate_reader(self.reader, self.dev, self.dev_encoded, self.decoder())

    def decoder(self) -> Decoder:
        """Give the rules of the run's schema."""
        return Decoder(self.schema, self.labels, self.decode, self.calibration)


def _places(labels: Sequence[Label], texts: Sequence[str]) -> Tensor:
    """Say where among `texts` the texts of each label stand, again and again up to the most."""
    ways = [(label.text, *label.paraphrases) for label in labels]
    most = max(map(len, ways), default=1)
    rows = [[texts.index(text) for text in islice(cycle(way), most)] for way in ways]
    return torch.tensor(rows, dtype=torch.long).reshape(len(labels), most)


def _groups(examples: Sequence[SpanExample], batch_size: int) -> list[Hashable]:
    """Put texts together for which the same span labels were looked for: a batch asks for few then.

    What is known of pairs differs from text to text and costs little to leave out. Groups too small
    for a batch are put together with those that come next.
    """
    asked = [example.known_labels.tobytes() for example in examples]
    group_of: dict[bytes, Hashable] = {}
    number = filled = 0
    for labels, size in Counter(asked).items():
        group_of[labels] = labels if size >= batch_size else number
        filled += size if size < batch_size else 0
        if filled >= batch_size:
            number, filled = number + 1, 0
    return [group_of[labels] for labels in asked]


def evaluate_reader(
    reader: SpanReader,
    documents: Sequence[AnnotatedDocument],
    encoded: Sequence[EncodedText],
    decoder: Decoder,
) -> dict[str, float]:
    """Score short documents, each read as one text; ``score`` is the mean of the protocols' F1."""
    windows = [
        (whole_text(document.text), text) for document, text in zip(documents, encoded, strict=True)
    ]
    found = reader.read(windows, decoder, reader.encode_labels(decoder.labels))
    pairs = [
        (document, merge_windows(document.text, [facts]))
        for document, facts in zip(documents, found, strict=True)
    ]
    scores = {}
    for protocol in PROTOCOLS:
        result = score(pairs, protocol, num_resamples=1)
        if result.micro.counts.num_gold:
            scores[protocol] = result.micro.counts.f1
    return {"score": sum(scores.values()) / max(1, len(scores)), **scores}
