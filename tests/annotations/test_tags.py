import pytest
from hypothesis import given
from hypothesis import strategies as st
from seqeval.metrics.sequence_labeling import get_entities

from lexloom.annotations.tags import TokenSpan, check_tag, decode_tags, encode_tags
from lexloom.errors import AnnotationError

types = st.sampled_from(["PER", "LOC", "GPE.NAM"])
any_tags = st.lists(
    st.just("O")
    | st.builds(lambda prefix, type: f"{prefix}-{type}", st.sampled_from("BIES"), types)
)


@given(any_tags)
def test_any_sequence_is_read_as_seqeval_reads_it(tags):
    expected = [(type, start, end + 1) for type, start, end in get_entities(tags)]
    assert list(decode_tags(tags)) == expected


@st.composite
def flat_spans(draw):
    spans, position = [], 0
    for gap, width, type in draw(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 4), types))):
        spans.append(TokenSpan(type, position + gap, position + gap + width))
        position += gap + width
    return spans, position + draw(st.integers(0, 3))


@given(flat_spans())
def test_spans_written_as_bio_are_read_back(sample):
    spans, length = sample
    assert list(decode_tags(encode_tags(spans, length))) == spans


@pytest.mark.parametrize(
    ("tags", "spans"),
    [
        ("B-NAME M-NAME E-NAME S-NAME", [(0, 3), (3, 4)]),
        ("B-NAME I-NAME L-NAME U-NAME", [(0, 3), (3, 4)]),
        ("I-NAME I-NAME O I-NAME B-NAME", [(0, 2), (3, 4), (4, 5)]),
        ("M-NAME E-NAME M-NAME", [(0, 2), (2, 3)]),
    ],
)
def test_every_scheme_is_read(tags, spans):
    assert [(span.start, span.end) for span in decode_tags(tags.split())] == spans


def test_another_type_begins_another_span():
    assert list(decode_tags(["B-PER", "I-LOC"])) == [("PER", 0, 1), ("LOC", 1, 2)]


@pytest.mark.parametrize("tag", ["", "PER", "B", "B-", "X-PER", "b-PER", "BPER", "BI-PER"])
def test_an_unknown_tag_is_refused_with_the_known_ones(tag):
    with pytest.raises(AnnotationError, match=f"line 3: unknown tag {tag!r}") as caught:
        check_tag(tag, "line 3")
    assert "B-PER" in caught.value.hint


@pytest.mark.parametrize("tag", ["O", "B-PER", "M-a-b", "S-地点"])
def test_a_known_tag_passes(tag):
    assert check_tag(tag, "line 3") is None
