import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.annotations.document import AnnotatedDocument
from lexloom.annotations.formats.table import export_dataset, import_dataset
from lexloom.annotations.report import ExportReport, ImportReport
from lexloom.errors import AnnotationError
from lexloom.records import Entity, Event, Relation, Span

LETTERS = st.sampled_from("ab 阿司\\[]|>#@:-\n\r\t.😀\ud800n\ufeff")
SENTENCE = "[Aspirin|drug] may cause [nausea|effect], and [nausea|effect] may pass.\n"


def read(tmp_path, text, report=None):
    path = tmp_path / "marked.txt"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    return list(import_dataset(path, "brackets", report=report))


def marks(document):
    return [(e.type, e.text, e.start) for e in document.entities]


def test_mentions_are_taken_out_of_their_brackets(tmp_path):
    (document,) = read(tmp_path, "# a remark\n\n" + SENTENCE)
    assert document.text == "Aspirin may cause nausea, and nausea may pass."
    assert marks(document) == [("drug", "Aspirin", 0), ("effect", "nausea", 18),
                               ("effect", "nausea", 30)]  # fmt: skip
    assert document.scope.relation_types == document.scope.event_types == ()


def test_relations_stand_below_their_text(tmp_path):
    lines = "> causes: Aspirin -> nausea\n>causes:Aspirin->nausea@2\n"
    first, second = read(tmp_path, SENTENCE + lines + "Nothing here.\n")
    ids = [entity.id for entity in first.entities]
    assert [(r.type, r.head, r.tail) for r in first.relations] == [
        ("causes", ids[0], ids[1]),
        ("causes", ids[0], ids[2]),
    ]
    # in a file with relations, a text without one has none
    assert second.relations == ()
    assert second.scope.relation_types is None


def test_brackets_without_a_bar_are_text_and_a_backslash_keeps_the_rest(tmp_path):
    (document,) = read(tmp_path, r"\> see [1], \[a|b\], c\\d, x\ny, [e\|f|t\]]." + "\n")
    assert document.text == "> see [1], [a|b], c\\d, x\ny, e|f."
    assert marks(document) == [("t]", "e|f", 28)]


def test_marks_of_a_chinese_keyboard_are_text_and_are_counted(tmp_path):
    report = ImportReport()
    line = "[恶心｜effect]，【头痛|effect】，【皮疹｜effect】，[发热|a｜b]，【导读】，【a\\|b】\n"
    (document,) = read(tmp_path, line, report)
    assert marks(document) == [("a｜b", "发热", 36)]
    (row,) = report.repaired.to_list()
    assert row["count"] == 3
    assert row["reason"] == "wide brackets or a wide bar mark nothing"
    assert row["example"].endswith("line 1: '[恶心｜effect]'")
    read(tmp_path, "【" + "|" * 100_000 + "\n")  # at once, not in hours


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("see [Aspirin|drug and more\n", r"line 1: a mention is not closed, .*'see \[Aspirin"),
        ("[a [b|x] c|y]\n", "not closed, or stands inside of another"),
        ("> causes: a -> b\n", "line 1: a relation stands above any text"),
        ("text\n> causes a b\n", "line 2: no relation: '> causes a b'"),
        ("text\n>  : a -> b\n", "line 2: no relation"),
        ("text\n> causes:  -> b\n", "line 2: no relation"),
        ("text\n> causes: a ->\n", "line 2: no relation"),
        ("text\n>" + " " * 5000 + "x\n", "line 2: no relation"),  # at once, not in hours
        ("\n# only a remark\n", "holds no document"),
    ],
)
def test_what_is_marked_wrongly_is_refused_with_its_line(tmp_path, text, message):
    with pytest.raises(AnnotationError, match=message):
        read(tmp_path, text)


def test_an_end_that_is_not_marked_is_counted(tmp_path):
    report = ImportReport()
    (document,) = read(tmp_path, SENTENCE + "> causes: Aspirin -> nausea@3\n", report)
    assert document.relations == ()
    assert report.unaligned.total == 1


@st.composite
def documents(draw):
    mentions = st.text(LETTERS, min_size=1, max_size=4)
    types = st.text("xy:[|", min_size=1, max_size=3)
    pieces = draw(st.lists(st.tuples(st.text(LETTERS, max_size=4), mentions, types), max_size=3))
    text, entities = "", []
    for between, mention, type in pieces:
        text += between
        start = len(text)
        text += mention
        entities.append(Entity(f"T{len(entities)}", type, mention, start, len(text)))
    text += draw(st.text(LETTERS, max_size=4))
    ids = [entity.id for entity in entities]
    relations = ()
    if len(ids) > 1:
        relations = (Relation("near", ids[0], ids[1]),)
    return AnnotatedDocument(id="d", text=text, entities=tuple(entities), relations=relations)


@given(documents())
def test_what_is_written_is_read_back_as_it_was(tmp_path_factory, document):
    path = tmp_path_factory.mktemp("round") / "out.txt"
    report = ExportReport()
    export_dataset([document], path, "brackets", report=report)
    if not document.text.strip():
        assert report.left_out.total == 1
        return
    (again,) = import_dataset(path, "brackets")
    assert again.text == document.text
    assert marks(again) == marks(document)
    assert len(again.relations) == report.relations
    if report.relations:
        (relation,) = again.relations
        ends = [again.entities[number] for number in (0, 1)]
        assert (relation.head, relation.tail) == tuple(entity.id for entity in ends)


def test_what_the_format_cannot_hold_is_counted(tmp_path):
    text = "ab -> cd"
    document = AnnotatedDocument(
        id="d", text=text,
        entities=(Entity("a", "x", "ab", 0, 2), Entity("b", "x", "b", 1, 2)),
        relations=(Relation("near", "a", "b"),),
        events=(Event("e", Span.of(text, 0, 2)),),
    )  # fmt: skip
    report = export_dataset([document], tmp_path / "out.txt", "brackets")
    assert (tmp_path / "out.txt").read_text() == "[ab|x] -> cd\n"
    assert report.left_out.total == 3


def test_a_byte_order_mark_of_the_text_is_not_taken_for_that_of_the_file(tmp_path):
    document = AnnotatedDocument(id="d", text="\ufeffab", entities=(Entity("a", "x", "ab", 1, 3),))
    export_dataset([document], tmp_path / "out.txt", "brackets")
    (again,) = import_dataset(tmp_path / "out.txt", "brackets")
    assert (again.text, marks(again)) == ("\ufeffab", [("x", "ab", 1)])


def test_a_type_that_is_not_read_back_as_it_was_is_counted(tmp_path):
    document = AnnotatedDocument(id="d", text="ab", entities=(Entity("a", " x", "ab", 0, 2),))
    report = export_dataset([document], tmp_path / "out.txt", "brackets")
    assert report.changed.to_list()[0]["reason"] == "white space around the type"
