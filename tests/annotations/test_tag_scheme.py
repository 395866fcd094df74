"""States of taggers: spans survive the way there and back in every scheme."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.annotations.tag_scheme import TagScheme
from lexloom.annotations.tags import decode_tags
from lexloom.errors import AnnotationError

PARTS = {
    "BIO": ("B", "I", "I", "B"),
    "BIOES": ("B", "I", "E", "S"),
    "BMES": ("B", "M", "E", "S"),
    "BILOU": ("B", "I", "L", "U"),
}
spans = st.lists(st.tuples(st.sampled_from(["PER", "机构", ""]), st.integers(1, 4)), max_size=6)


def write(pieces, scheme):
    """Tags of runs of words; a run without a type is outside."""
    begin, inside, end, alone = PARTS[scheme]
    tags = []
    for type, length in pieces:
        if not type:
            tags += ["O"] * length
        elif length == 1:
            tags.append(f"{alone}-{type}")
        else:
            tags += [f"{begin}-{type}", *[f"{inside}-{type}"] * (length - 2), f"{end}-{type}"]
    return tags


def whole(scheme):
    """Tags in which every prefix of a scheme occurs."""
    return write([("PER", 3), ("机构", 1), ("", 1), ("机构", 3), ("PER", 1)], scheme)


@given(spans, st.sampled_from(list(PARTS)))
def test_states_are_legal_and_write_the_tags_again(pieces, name):
    tags = write(pieces, name)
    scheme = TagScheme.of([whole(name)])
    states = scheme.encode(tags)
    assert [scheme.tags[state] for state in states] == tags
    legal = scheme.legal()
    if len(states):
        assert legal.starts_C[states[0]]
        assert legal.ends_C[states[-1]]
    assert legal.moves_CC[states[:-1], states[1:]].all()


@given(st.lists(st.sampled_from(["O", "I-PER", "B-PER", "I-LOC", "B-LOC"]), max_size=8))
def test_loose_tags_are_learnt_as_the_spans_that_they_mean(tags):
    scheme = TagScheme.of([["B-PER", "I-PER", "B-LOC", "I-LOC", "O"]])
    written = [scheme.tags[state] for state in scheme.encode(tags)]
    assert list(decode_tags(written)) == list(decode_tags(tags))


@given(st.data())
def test_every_legal_path_means_the_spans_of_its_states(data):
    scheme = TagScheme.of([whole("BIOES")])
    legal = scheme.legal()
    path = [data.draw(st.sampled_from(np.flatnonzero(legal.starts_C).tolist()))]
    for _ in range(data.draw(st.integers(0, 6))):
        path.append(data.draw(st.sampled_from(np.flatnonzero(legal.moves_CC[path[-1]]).tolist())))
    if legal.ends_C[path[-1]]:
        tags = [scheme.states[state] for state in path]
        assert scheme.encode(tags).tolist() == path


def test_four_states_a_type_and_the_moves_between_them():
    scheme = TagScheme.of([["B-x", "I-x", "O"]])
    assert scheme.states == ("O", "B-x", "I-x", "E-x", "S-x")
    assert scheme.tags == ("O", "B-x", "I-x", "I-x", "B-x")
    moves = {
        state: "".join(scheme.states[to][0] for to in np.flatnonzero(row))
        for state, row in zip(scheme.states, scheme.legal().moves_CC, strict=True)
    }
    assert moves == {"O": "OBS", "B-x": "IE", "I-x": "IE", "E-x": "OBS", "S-x": "OBS"}


def test_tags_that_are_no_spans_may_follow_each_other_as_they_like():
    scheme = TagScheme.of([["N", "V", "N"], ["B-x"]])
    assert scheme.states == scheme.tags == ("B-x", "N", "V")
    assert not scheme.is_spans
    assert scheme.legal().moves_CC.all()
    assert scheme.encode(["V", "N"]).tolist() == [2, 1]


def test_only_outside_is_one_state():
    assert TagScheme.of([["O", "O"]]).states == ("O",)


@pytest.mark.parametrize("tags", [["B-new"], ["X"], ["O", "V"]])
def test_a_tag_that_was_not_learnt_is_refused(tags):
    with pytest.raises(AnnotationError, match="is none of those that were learnt"):
        TagScheme.of([["B-x", "I-x", "O"]]).encode(tags)
