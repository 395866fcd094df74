"""Small stand-ins that tests share: a tokenizer of characters, tiny encoders and extractors."""

import itertools
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer, normalizers, pre_tokenizers, processors
from tokenizers.models import WordPiece
from torch import nn

from lexloom.annotations.document import AnnotatedDocument
from lexloom.annotations.labels import LabelSet
from lexloom.annotations.schema import EntityType, EventType, RelationType, Role, Schema
from lexloom.batches.spans import collate_texts
from lexloom.extract.decode import DecodeConfig, Decoder
from lexloom.extract.encoder import SpanReader
from lexloom.extract.extractor import EncoderExtractor
from lexloom.extract.files import ExtractorFiles
from lexloom.models.bert import BertConfig, BertModel
from lexloom.models.checkpoint import save_bert
from lexloom.models.head_files import HeadFiles
from lexloom.models.heads import HeadConfig, make_head_model
from lexloom.models.span_extractor import SpanExtractor, SpanExtractorConfig
from lexloom.nn.dropout import Dropout
from lexloom.records import Argument, Entity, Event, Relation, Span
from lexloom.tokens.units import SHAPES, UnitTokenizer, split_units

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
WORDS = [
    "ann", "bob", "carl", "dora", "lives", "works", "in", "at", "for", "joined", "left", "met",
    "paris", "rome", "oslo", "acme", "globex", "the", "and", "entity", "relation", "event",
    "role", "person", "place", "org", "time", "who", "where",
]  # fmt: skip
HANZI = "一二三四五六七八九十中文北京上海李明王红在于去了来自工作公司，。"
MARKS = ".,:;!?()-"
JAMO = ("\u1112", "##\u1112", "##\u1161", "##\u11ab")
"""Of the syllable 한: one character of the text, three tokens."""

SCHEMA = Schema(
    name="tiny",
    entities=(EntityType(name="person"), EntityType(name="place", zh="地点")),
    relations=(
        RelationType(name="lives_in", head=("person",), tail=("place",)),
        RelationType(name="near"),
    ),
    events=(
        EventType(name="move", roles=(Role(name="who"), Role(name="where"))),
        EventType(name="talk", roles=(Role(name="who"),)),
    ),
)


def wordpiece(words=WORDS):
    """A BERT tokenizer as one is published, whose pieces are a few words and single characters."""
    pieces = [*SPECIAL, *LETTERS, *(f"##{c}" for c in LETTERS), *words, *MARKS, *HANZI, *JAMO]
    vocabulary = {piece: number for number, piece in enumerate(dict.fromkeys(pieces))}
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return tokenizer


def unit_tokenizer():
    """The same, splitting into units."""
    tokenizer = wordpiece()
    split_units(tokenizer)
    return UnitTokenizer(tokenizer)


def tiny_config(**changes):
    """The shape of a tiny encoder for the tokenizer above."""
    values = {
        "vocab_size": wordpiece().get_vocab_size(),
        "hidden_size": 16,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 24,
        "max_position_embeddings": 512,
        # large weights, so that scores spread and every part matters
        "initializer_range": 0.3,
    }
    return BertConfig(**(values | changes))


def tiny_model(seed=0, **changes):
    """A random span extractor; keywords go to its heads, `encoder` to its encoder."""
    torch.manual_seed(seed)
    shape = SpanExtractorConfig(
        encoder=tiny_config(), num_shapes=len(SHAPES), span_rank=6, pair_size=5
    )
    model = SpanExtractor(replace(shape, **changes))
    torch.nn.init.normal_(model.shapes.weight, std=0.3)
    return model.eval()


SAMPLES = (
    "Ann lives in Paris.",
    "李明在北京工作。",
    "Bob met Carl in Oslo, and then left for Rome",
)


def eager(share=0.1, model=None):
    """Thresholds at which a random model finds a share of the spans, and half of the pairs."""
    reader = tiny_reader(model)
    labels = LabelSet.of(SCHEMA)
    vectors = reader.encode_labels(labels)
    with torch.no_grad():
        batch = collate_texts(reader.tokenizer.encode(SAMPLES), pad_token_id=0)
        states = reader.model.encode(batch)
        scores_BCUU = reader.model.spans(states.h_BUD, vectors.spans_CD)
        real_BUU = (states.mask_BU[:, None] & states.mask_BU[..., None]).triu()
        pairs = torch.tensor([(0, 0, 0, 3, 3), (1, 0, 1, 3, 4), (2, 4, 4, 0, 0), (2, 1, 1, 2, 2)])
        pair_scores_PK = reader.model.pairs(states, pairs, vectors.pairs_KD)

    def least(kind):
        chosen = scores_BCUU[:, list(labels.span_index(kind).values())].transpose(0, 1)
        # of each label, so that none is left out
        return float(min(row[real_BUU].quantile(1 - share) for row in chosen))

    def median(kind):
        return float(pair_scores_PK[:, list(labels.pair_index(kind).values())].median())

    return DecodeConfig(
        entity_threshold=least("entity"),
        trigger_threshold=least("event"),
        argument_threshold=least("role"),
        relation_threshold=median("relation"),
        role_threshold=median("role"),
    )


def tiny_files(schema=SCHEMA, decode=None, *, window_sentences=None, model=None):
    """An extractor that was never trained; its thresholds can be lowered."""
    return ExtractorFiles(
        name="tiny",
        sha256="0" * 64,
        model=model or tiny_model(),
        tokenizer=unit_tokenizer(),
        schema=schema,
        decode=decode or DecodeConfig(),
        window_sentences=window_sentences,
    )


def tiny_extractor(**options):
    """The engine on `tiny_files`, in float32."""
    return EncoderExtractor(tiny_files(**options))


def tiny_reader(model=None):
    """The forward path on a tiny model."""
    return SpanReader(model or tiny_model(), unit_tokenizer())


def decoder(schema=SCHEMA, **thresholds):
    """The rules of a schema."""
    return Decoder(schema, LabelSet.of(schema), DecodeConfig(**thresholds))


def save_tiny_bert(path, seed=0, **changes):
    """Write the directory of a tiny encoder, as one gets it to begin a training from."""
    torch.manual_seed(seed)
    save_bert(BertModel(tiny_config(**{"initializer_range": 0.05} | changes)), path)
    wordpiece().save(str(path / "tokenizer.json"))
    return path


def tiny_head(task="classifier", labels=("a", "b", "c"), max_tokens=40, **changes):
    """A classifier, regressor or tagger that was never trained."""
    torch.manual_seed(2)
    config = HeadConfig(encoder=tiny_config(), task=task, labels=labels, **changes)
    return HeadFiles(make_head_model(config).eval(), wordpiece(), max_tokens)


class ToyModel(nn.Module):
    """What a trainer needs to see: an encoder with word embeddings, dropout and a head."""

    def __init__(self, seed=0):
        super().__init__()
        torch.manual_seed(seed)
        self.bert = nn.ModuleDict(
            {"word_embeddings": nn.Embedding(12, 6), "dense": nn.Linear(6, 6)}
        )
        self.dropout = Dropout(0.3)
        self.head = nn.Linear(6, 3)

    def forward(self, ids_B):
        hidden_BD = self.bert["dense"](self.bert["word_embeddings"](ids_B)).tanh()
        return self.head(self.dropout(hidden_BD)).float()


@dataclass(frozen=True)
class ToyBatch:
    ids_B: torch.Tensor

    @property
    def num_tokens(self):
        return len(self.ids_B)

    @property
    def num_targets(self):
        return {"toy": len(self.ids_B)}


class ToyTask:
    """A task of the trainer on `ToyModel`: learn the remainder by three."""

    encoder_prefix = "bert."

    def __init__(self, num_batches=4, scores=None):
        self.model = ToyModel()
        self._num_batches = num_batches
        self._scores = iter(scores) if scores else None

    def num_batches(self):
        return self._num_batches

    def batches(self, epoch, index, share):
        torch_generator = torch.Generator().manual_seed(100 * epoch + index)
        ids_B = torch.randint(12, (6,), generator=torch_generator)
        return [ToyBatch(part) for part in share.parts(ids_B)]

    def losses(self, batch):
        found = self.model(batch.ids_B)
        return {"toy": F.cross_entropy(found, batch.ids_B % 3, reduction="sum")}

    def evaluate(self):
        if self._scores is not None:
            return {"score": next(self._scores)}
        self.model.eval()
        with torch.no_grad():
            found = self.model(torch.arange(12)).argmax(1)
        return {"score": float((found == torch.arange(12) % 3).float().mean())}


PEOPLE, PLACES = ("Ann", "Bob", "Carl", "Dora"), ("Paris", "Rome", "Oslo")


def toy_documents():
    """Sentences whose every fact shows in the words: a data set that a tiny model can learn."""
    documents = []
    for number, (person, place) in enumerate(itertools.product(PEOPLE, PLACES)):
        home = f"{person} lives in {place}."
        head, tail = _marked("a", "person", home, person), _marked("b", "place", home, place)
        documents.append(
            AnnotatedDocument(
                id=f"home-{number}", text=home, entities=(head, tail),
                relations=(Relation("lives_in", "a", "b"),),
            )
        )  # fmt: skip
        trip = f"{person} left for {place}."
        head, tail = _marked("a", "person", trip, person), _marked("b", "place", trip, place)
        roles = [Argument(r, e.text, e.start, e.end) for r, e in (("who", head), ("where", tail))]
        start = trip.index("left")
        event = Event("move", Span.of(trip, start, start + 4), tuple(roles))
        documents.append(
            AnnotatedDocument(
                id=f"trip-{number}", text=trip, entities=(head, tail), events=(event,)
            )
        )
    return documents


def _marked(id, type, text, mention):
    start = text.index(mention)
    return Entity(id, type, mention, start, start + len(mention))
