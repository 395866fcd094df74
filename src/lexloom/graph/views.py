"""What the graph answers: reports of changes, and entities, facts and events with their evidence.

``dataclasses.asdict`` gives the JSON form of each.
"""

from dataclasses import dataclass
from typing import Literal

from lexloom.records import Span


@dataclass(frozen=True, kw_only=True, slots=True)
class AddReport:
    """What adding one extraction did."""

    document: str
    status: Literal["added", "unchanged", "replaced"]
    """`replaced`: the document had another content before, or fewer facts; they were taken out."""
    mentions: int = 0
    relations: int = 0
    events: int = 0
    new_entities: int = 0
    new_facts: int = 0
    merges: int = 0
    """Spellings that joined an entity of the same normalised name and type."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ForgetReport:
    """How many rows went with a document; entities and facts only when nothing else held them."""

    document: str
    mentions: int
    events: int
    entities: int
    facts: int


@dataclass(frozen=True, kw_only=True, slots=True)
class DocumentView:
    """A document that the graph holds."""

    id: str
    sha256: str
    has_text: bool
    """Whether its text is held too, so that snippets can be shown."""
    num_readings: int
    """How many pairs of model and schema read it."""
    num_mentions: int


@dataclass(frozen=True, kw_only=True, slots=True)
class TypeCount:
    """How many entities, facts or events have a type."""

    type: str
    count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class GraphStats:
    """The size of a graph, in all and by type, the most frequent type first."""

    documents: int
    readings: int
    mentions: int
    entities: int
    facts: int
    events: int
    merges: int
    """Merges in force."""
    entity_types: tuple[TypeCount, ...]
    predicates: tuple[TypeCount, ...]
    event_types: tuple[TypeCount, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class EntitySummary:
    """An entity under its most frequent spelling.

    `confidence` is ``1 - prod(1 - c_d)`` over the documents d that mention it, c_d being the
    greatest confidence of its mentions in d.
    """

    id: int
    type: str
    name: str
    confidence: float
    num_documents: int
    num_mentions: int
    zero_shot: bool
    """Whether no model that mentions it was trained on its type."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NameCount:
    """A spelling of an entity, and how many mentions have it."""

    name: str
    num_mentions: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """Which document said it, and which model read it there."""

    document: str
    sha256: str
    model: str
    model_hash: str
    schema_hash: str
    time: str


@dataclass(frozen=True, kw_only=True, slots=True)
class MentionView:
    """A span of a document that bears a name of an entity."""

    span: Span
    confidence: float
    zero_shot: bool
    """Whether the model that read it was not trained on its type."""
    source: Source
    snippet: str | None
    """The text around it; None when the graph does not hold the document's text."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FactEvidence:
    """A place where a fact was read: the spans of its subject and its object."""

    subject: Span
    object: Span
    confidence: float
    zero_shot: bool
    """Whether the model that read it was not trained on the predicate."""
    source: Source
    snippet: str | None
    """The text from one span to the other; None when the graph does not hold it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FactView:
    """A fact with the best of its evidence; `confidence` is aggregated as that of an entity."""

    subject: EntitySummary
    predicate: str
    object: EntitySummary
    confidence: float
    num_documents: int
    zero_shot: bool
    """Whether no model that read it was trained on the predicate."""
    evidence: tuple[FactEvidence, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ArgumentView:
    """A span in a role of an event, with the id of the entity that it mentions, if any."""

    role: str
    span: Span
    confidence: float
    zero_shot: bool
    """Whether the model was not trained on the role."""
    entity: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class EventView:
    """An event as one document tells it."""

    type: str
    trigger: Span
    confidence: float
    zero_shot: bool
    """Whether the model was not trained on its type."""
    arguments: tuple[ArgumentView, ...]
    source: Source
    snippet: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class EntityDetail:
    """Everything about one entity; the lists hold the first of the numbers given beside them."""

    entity: EntitySummary
    names: tuple[NameCount, ...]
    mentions: tuple[MentionView, ...]
    num_facts: int
    facts: tuple[FactView, ...]
    num_events: int
    events: tuple[EventView, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Neighbourhood:
    """The entities within some steps of one, nearest first, and the facts between them."""

    entity: EntitySummary
    neighbours: tuple[EntitySummary, ...]
    facts: tuple[FactView, ...]
    truncated: bool
    """Whether a limit left something out."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MergeView:
    """A line of the merge log: the spelling `name` joined the entity of the spelling `into`."""

    id: int
    kind: Literal["name", "hand"]
    """`name`: the normalised names are equal; `hand`: someone said so."""
    type: str
    name: str
    into: str
    time: str
    undone: str | None
    """When it was undone; None while it is in force."""
