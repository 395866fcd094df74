import json

import pytest

from lexloom.annotations.document import Scope
from lexloom.errors import AnnotationError

TEXT = "王芳在长江边遇见王芳🎉CSOL"
LABEL = {
    "name": {"王芳": [[0, 1], [8, 9]]},
    "scene": {"长江": [[3, 4]]},
    "game": {"CSOL": [[11, 14]]},
}


def line(label, text=TEXT):
    return json.dumps({"text": text, "label": label}, ensure_ascii=False)


def mentions(document):
    return [(e.type, e.text, e.start, e.end) for e in document.entities]


def test_the_end_is_the_last_character(read):
    documents, report = read(line(LABEL), "cluener")
    assert mentions(documents[0]) == [
        ("name", "王芳", 0, 2),
        ("name", "王芳", 8, 10),
        ("scene", "长江", 3, 5),
        ("game", "CSOL", 11, 15),
    ]
    assert documents[0].scope == Scope(relation_types=(), event_types=())
    assert documents[0].id == "sample.txt-0"
    assert report.unaligned.total == 0


def test_one_mention_may_have_two_types_and_a_type_none(read):
    label = {"book": {"长江": [[3, 4]]}, "movie": {"长江": [[3, 4]]}, "game": {}}
    documents, report = read(line(label), "cluener")
    assert report.entities == {"book": 1, "movie": 1}
    assert len(documents[0].entities) == 2


def test_a_sentence_without_names_is_kept(read):
    assert read(line({}), "cluener")[0][0].entities == ()


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ([0, 2], "the text at the offsets is not the mention"),
        ([1, -1], "the span is empty or reversed"),
        ([14, 15], "the span runs out of the text"),
        (["0", 1], "an offset is not a whole number"),
        ([0, 1.0], "an offset is not a whole number"),
        ([0, True], "an offset is not a whole number"),
    ],
)
def test_a_mention_that_does_not_fit_is_counted_and_others_stay(read, place, reason):
    label = {"name": {"王芳": [place, [8, 9]]}}
    documents, report = read(line(label) + "\n" + line(LABEL), "cluener")
    assert [len(document.entities) for document in documents] == [1, 4]
    assert report.unaligned.counts == {reason: 1}
    assert "line 1" in report.unaligned.examples[reason]


def test_a_mention_without_a_place_is_counted(read):
    _, report = read(line({"name": {"王芳": []}}), "cluener")
    assert report.unaligned.counts == {"the mention has no place": 1}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (line(LABEL)[:-4], "line 1: not a whole JSON object"),
        (json.dumps({"id": 0, "text": TEXT}), "line 1: 'label' must be an object, got nothing"),
        (line(LABEL, text=None), "line 1: 'text' must be a string"),
        (line({"name": ["王芳"]}), "line 1: the mentions of 'name' are not an object"),
        (line({"name": {"王芳": [0, 1]}}), "the places of '王芳' are not pairs of offsets"),
        (line({"name": {"王芳": [[0]]}}), "the places of '王芳' are not pairs of offsets"),
    ],
)
def test_a_broken_file_is_refused_by_its_line(read, content, message):
    with pytest.raises(AnnotationError, match=message):
        read(content, "cluener")
