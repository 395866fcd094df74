import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotated import documents, facts
from lexloom.annotations.document import AnnotatedDocument
from lexloom.annotations.formats.brat_out import write_brat
from lexloom.annotations.formats.table import import_dataset
from lexloom.annotations.options import ExportOptions
from lexloom.annotations.report import ExportReport
from lexloom.records import Argument, Entity, Event, Relation, Span

IDS = st.text(st.sampled_from("a/.%~李 :\n\\"), max_size=4).map(lambda id: id or "d")


ENTITY = Entity("x", "P", "b", 1, 2)


def written(document):
    report = ExportReport()
    return dict(write_brat([document], ExportOptions(), report)), report


def without_spaces(document):
    """Gives what a document says with the names that brat can hold."""
    _, entities, relations, events = facts(document)
    return (
        sorted((name(type), start, end) for type, start, end in entities),
        sorted((name(type), head[1:], tail[1:]) for type, head, tail in relations),
        [(name(type), trigger, [a[1:3] for a in arguments]) for type, trigger, arguments in events],
    )


def name(type):
    return "_".join(type.split())


@settings(max_examples=80)
@given(documents(ids=IDS))
def test_written_and_read_back_all_that_a_line_can_hold_returns(tmp_path_factory, original):
    folder = tmp_path_factory.mktemp("brat")
    files, report = written(original)
    for file, content in files.items():
        (folder / file).write_text(content, encoding="utf-8", newline="")
    (document,) = import_dataset(folder, "brat")
    assert (document.id, document.text) == (original.id, original.text)
    if report.left_out.total == 0:
        assert without_spaces(document) == without_spaces(original)
        if report.changed.total == 0:
            assert facts(document) == facts(original)
    assert report.entities == len(document.entities)
    assert report.relations == len(document.relations)
    assert report.events == len(document.events)


def test_the_lines_are_those_of_brat():
    text = "Ann Lee\nmet Bob"
    document = AnnotatedDocument(
        id="a",
        text=text,
        entities=(Entity("x", "PER", "Lee\nmet", 4, 11), Entity("y", "PER", "Bob", 12, 15)),
        relations=(Relation("knows", "x", "y"),),
        events=(
            Event(
                "Meet",
                Span("met", 8, 11),
                (
                    Argument("Who", "Lee\nmet", 4, 11, entity="x"),
                    Argument("Who", "Bob", 12, 15, entity="y"),
                ),
            ),
        ),
    )
    files, report = written(document)
    assert files["a.txt"] == text
    assert files["a.ann"].splitlines() == [
        "T1\tPER 4 7;8 11\tLee met",
        "T2\tPER 12 15\tBob",
        "R1\tknows Arg1:T1 Arg2:T2",
        "T3\tMeet 8 11\tmet",
        "E1\tMeet:T3 Who:T1 Who2:T2",
    ]
    assert (report.changed.total, report.left_out.total) == (0, 0)


@pytest.mark.parametrize(
    ("entities", "arguments", "reason"),
    [
        ([Entity("x", "place of birth", "b", 1, 2)], [], "white space in a name became _"),
        ([], [("Who", None)], "the argument became an entity of its role's name"),
        ([ENTITY], [("W", None)], "the argument was tied to the entity at its place"),
        ([ENTITY], [("W", "x"), ("W2", "x")], "the role looks like the number of another"),
    ],
)
def test_what_is_written_in_another_way_is_counted(entities, arguments, reason):
    rows = tuple(Argument(role, "b", 1, 2, entity=entity) for role, entity in arguments)
    events = (Event("E", Span("a", 0, 1), rows),) if rows else ()
    document = AnnotatedDocument(id="d", text="ab", entities=tuple(entities), events=events)
    assert written(document)[1].changed.counts == {reason: 1}


def test_a_mention_that_ends_with_a_line_end_is_left_out_with_its_relations():
    document = AnnotatedDocument(
        id="d",
        text="a\nb",
        entities=(Entity("x", "P", "a\n", 0, 2), Entity("y", "P", "b", 2, 3)),
        relations=(Relation("r", "x", "y"),),
        events=(Event("E", Span("\n", 1, 2)),),
    )
    files, report = written(document)
    assert files["d.ann"] == "T1\tP 2 3\tb\n"
    assert report.left_out.counts == {
        "the entity begins or ends with a line end": 1,
        "an end of the relation was not written": 1,
        "the trigger begins or ends with a line end": 1,
    }


def test_names_of_files_stay_inside_of_the_folder_and_differ():
    ids = ["../x", "a/b", ".hidden", "李" * 400, "李" * 399 + "明", "a", "a"]
    report = ExportReport()
    rows = [AnnotatedDocument(id=id, text="x") for id in ids]
    names = [name for name, _ in write_brat(rows, ExportOptions(), report)]
    assert len(set(names)) == 2 * len(ids)
    assert not [name for name in names if "/" in name or name.startswith(".") or len(name) > 255]
    assert report.changed.counts == {"two documents have one id; the later got another": 1}
