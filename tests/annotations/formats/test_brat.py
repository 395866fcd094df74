import pytest

from lexloom.annotations.document import Scope
from lexloom.annotations.formats.table import import_dataset
from lexloom.annotations.report import ImportReport
from lexloom.errors import AnnotationError

TEXT = "Ann Lee founded Acme\nCorp in 北京🎉."
MENTIONS = """T1\tPER 0 7\tAnn Lee
T2\tORG 16 20;21 25\tAcme Corp
T3\tGPE 29 31\t北京
T4\tStart 8 15\tfounded
"""
EVENT = "E1\tStart:T4 Agent:T1 Thing:T2 Place:T3\n"


@pytest.fixture
def read_pair(tmp_path):
    """Gives the document and report of a text and its marks."""

    def read(marks, text=TEXT):
        (tmp_path / "a.txt").write_bytes(text.encode())
        (tmp_path / "a.ann").write_bytes(marks if isinstance(marks, bytes) else marks.encode())
        report = ImportReport()
        (document,) = import_dataset(tmp_path, "brat", report=report)
        return document, report

    return read


def test_mentions_relations_and_events_are_read(read_pair):
    document, report = read_pair(MENTIONS + EVENT + "R1\tFounded Arg1:T1 Arg2:T2\t\n")
    assert document.id == "a"
    assert [(e.id, e.type, e.text) for e in document.entities] == [
        ("T0", "PER", "Ann Lee"),
        ("T1", "ORG", "Acme\nCorp"),
        ("T2", "GPE", "北京"),
    ]
    (relation,) = document.relations
    assert (relation.type, relation.head, relation.tail) == ("Founded", "T0", "T1")
    (event,) = document.events
    assert (event.type, event.trigger.text) == ("Start", "founded")
    assert [(a.role, a.text, a.entity) for a in event.arguments] == [
        ("Agent", "Ann Lee", "T0"),
        ("Thing", "Acme\nCorp", "T1"),
        ("Place", "北京", "T2"),
    ]
    assert document.scope == Scope()
    assert report.unaligned.total == 0


def test_the_number_of_a_repeated_role_is_no_part_of_it(read_pair):
    marks = MENTIONS + "E1\tStart:T4 Agent:T1 Agent2:T2 Layer3:T3\n"
    (event,) = read_pair(marks)[0].events
    assert [argument.role for argument in event.arguments] == ["Agent", "Agent", "Layer3"]


def test_either_file_of_a_pair_names_it_and_line_ends_may_be_those_of_windows(read_pair, tmp_path):
    document, _ = read_pair(MENTIONS.replace("\n", "\r\n"))
    for name in ("a.txt", "a.ann"):
        assert list(import_dataset(tmp_path / name, "brat")) == [document]


def test_an_empty_ann_file_says_that_nothing_is_there(read_pair):
    assert read_pair("")[0].entities == ()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("T9\tPER 0 3;8 15\tAnn founded", "the mention is in several pieces"),
        ("T9\tPER 21 25;16 20\tCorp Acme", "the mention is in several pieces"),
        ("T9\tPER 7 0\tAnn Lee", "the span is empty or reversed"),
        ("T9\tPER 3 3\t", "the span is empty or reversed"),
        ("T9\tPER 0 99\tAnn", "the span runs out of the text"),
        ("T9\tPER -3 2\tAnn", "the span runs out of the text"),
        ("T9\tPER 1 4\tAnn", "the text at the offsets is not the mention"),
        ("T1\tORG 16 20\tAcme", "the id was used before"),
        ("R1\tFounded Arg1:T1 Arg2:T8", "an end of the relation is no marked entity"),
        ("E1\tStart:T4 Agent:T8", "the argument is no mention that fits the text"),
        ("E1\tStart:T8 Agent:T1", "the event has no trigger that fits the text"),
    ],
)
def test_what_does_not_fit_is_counted_by_its_line_and_the_rest_stays(read_pair, line, reason):
    document, report = read_pair(MENTIONS + line)
    assert report.unaligned.counts == {reason: 1}
    assert "a.ann, line 5" in report.unaligned.examples[reason]
    assert len(document.entities) >= 3


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("A1\tNegation T1", "attributes are not read"),
        ("M1\tNegation T1", "attributes are not read"),
        ("N1\tReference T1 Wikipedia:534366\tAnn", "links to a knowledge base are not read"),
        ("#1\tAnnotatorNotes T1\tunsure", "notes are not read"),
        ("*\tEquiv T1 T2", "which mentions are the same is not read"),
        ("R1\tCause Arg1:E1 Arg2:T1", "relations between events are not read"),
        ("E2\tStart:T4 Cause:E1", "an event inside of an event is not read"),
    ],
)
def test_what_the_native_form_has_no_place_for_is_counted(read_pair, line, reason):
    document, report = read_pair(MENTIONS + EVENT + line)
    assert report.left_out.counts == {reason: 1}
    assert report.unaligned.total == 0
    assert document.relations == ()


@pytest.mark.parametrize(
    "line", ["T1 PER 0 3 Ann", "R1\tx T1 T2", "E1\tStart", "Z1\tx", "T1\tPER a b\tA"]
)
def test_a_line_that_is_none_of_brat_is_refused_by_its_number(read_pair, line):
    with pytest.raises(AnnotationError, match=r"a\.ann, line 5: not a line of brat"):
        read_pair(MENTIONS + line)


def test_a_file_in_two_encodings_is_refused_by_its_line(read_pair):
    with pytest.raises(AnnotationError, match=r"a\.ann, line 5: not UTF-8"):
        read_pair(MENTIONS.encode() + "T9\tGPE 29 31\t北京".encode("gb18030"))


def test_files_without_their_partner_are_counted(tmp_path):
    for name in ("a.txt", "a.ann", "b.txt", "c.ann"):
        (tmp_path / name).write_text("")
    (tmp_path / "a.txt").write_text("Ann")
    report = ImportReport()
    assert [d.id for d in import_dataset(tmp_path, "brat", report=report)] == ["a"]
    assert report.left_out.counts == {"the text has no .ann file beside it": 1}
    assert report.unaligned.counts == {"the .ann file has no .txt file beside it": 1}
