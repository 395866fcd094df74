from hypothesis import given
from hypothesis import strategies as st

from lexloom.annotations.document import AnnotatedDocument
from lexloom.annotations.overlaps import has_doubles, has_overlaps
from lexloom.records import Entity

TEXT = "abcdefgh"
MENTIONS = st.lists(
    st.tuples(st.integers(0, 7), st.integers(1, 8), st.sampled_from("pq")).filter(
        lambda item: item[0] < item[1]
    ),
    max_size=4,
)


def document(mentions):
    entities = [
        Entity(f"e{n}", type, TEXT[start:end], start, end)
        for n, (start, end, type) in enumerate(mentions)
    ]
    return AnnotatedDocument(id="d", text=TEXT, entities=tuple(entities))


@given(st.lists(MENTIONS, max_size=3))
def test_every_two_mentions_are_held_against_each_other(texts):
    pairs = [(a, b) for mentions in texts for a in mentions for b in mentions]
    found = [document(mentions) for mentions in texts]
    assert has_overlaps(found) == any(
        a[:2] != b[:2] and a[0] < b[1] and b[0] < a[1] for a, b in pairs
    )
    assert has_doubles(found) == any(a[:2] == b[:2] and a[2] != b[2] for a, b in pairs)
