"""Annotated documents made at random, and what two of them must share to say the same."""

from hypothesis import strategies as st

from lexloom.annotations.document import AnnotatedDocument
from lexloom.records import Argument, Entity, Event, Relation, Span

TEXTS = st.text(st.sampled_from("ab C李明，7 \n\r\t🎉é\u3000\ufeff"), min_size=1, max_size=24)
NAMES = st.sampled_from(["PER", "机构", "place of birth", "a:b", "x-y", "类型"])


@st.composite
def documents(draw, ids=None, events=True):
    """Gives a document with entities that may nest and cross, relations and events."""
    text = draw(TEXTS)
    span = st.tuples(*[st.integers(0, len(text))] * 2).map(sorted).filter(lambda s: s[0] < s[1])
    keys = draw(st.lists(st.tuples(NAMES, span.map(tuple)), max_size=5, unique=True))
    entities = tuple(Entity(f"T{n}", t, text[s:e], s, e) for n, (t, (s, e)) in enumerate(keys))
    relations, happened = (), ()
    if entities:
        end = st.sampled_from([entity.id for entity in entities])
        rows = draw(st.lists(st.tuples(NAMES, end, end), max_size=4, unique=True))
        relations = tuple(Relation(*row) for row in rows)
    if entities and events:
        argument = st.tuples(NAMES, st.sampled_from(entities)).map(
            lambda row: Argument(row[0], row[1].text, row[1].start, row[1].end, entity=row[1].id)
        )
        event = st.builds(
            Event,
            type=NAMES,
            trigger=span.map(lambda s: Span.of(text, *s)),
            arguments=st.lists(argument, max_size=3, unique=True).map(tuple),
        )
        happened = tuple(draw(st.lists(event, max_size=3)))
    return AnnotatedDocument(
        id="d" if ids is None else draw(ids),
        text=text,
        entities=entities,
        relations=relations,
        events=happened,
    )


def facts(document):
    """Gives what a document says, without the ids of its entities."""
    place = {e.id: (e.type, e.start, e.end) for e in document.entities}
    return (
        document.text,
        sorted(place.values()),
        sorted((r.type, place[r.head], place[r.tail]) for r in document.relations),
        [
            (
                e.type,
                e.trigger,
                [(a.role, a.start, a.end, place.get(a.entity)) for a in e.arguments],
            )
            for e in document.events
        ],
    )
