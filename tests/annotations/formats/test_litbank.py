import pytest

from lexloom.annotations.document import Scope
from lexloom.annotations.formats.table import import_dataset
from lexloom.annotations.options import ImportOptions
from lexloom.errors import AnnotationError

ENGLISH = (
    "Sir\tB-PER\tB-PER\tO\tO\t\nWalter\tO\tI-PER\tO\tO\t\n,\tO\tO\tO\tO\t\n"
    "owner\tO\tB-PER\tO\tO\t\nof\tO\tI-PER\tO\tO\t\nKellynch\tB-FAC\tI-PER\tO\tO\t\n"
    "Hall\tI-FAC\tI-PER\tO\tO\t\n\nHe\tO\tO\tO\tO\t\nread\tO\tO\tO\tO\t\n\n"
)
CHINESE = "北\tB-GPE\tB-ORG\n京\tI-GPE\tI-ORG\n大\tO\tI-ORG\n学\tO\tI-ORG\n"


def mentions(document):
    return sorted((e.start, e.end, e.type, e.text) for e in document.entities)


def test_each_column_is_a_layer_of_mentions_and_each_sentence_a_document(read):
    documents, report = read(ENGLISH, "litbank")
    assert [document.text for document in documents] == [
        "Sir Walter , owner of Kellynch Hall",
        "He read",
    ]
    assert mentions(documents[0]) == [
        (0, 3, "PER", "Sir"),
        (0, 10, "PER", "Sir Walter"),
        (13, 35, "PER", "owner of Kellynch Hall"),
        (22, 35, "FAC", "Kellynch Hall"),
    ]
    assert report.entities == {"PER": 3, "FAC": 1}


def test_chinese_mentions_nest_alike(read):
    documents, _ = read(CHINESE, "litbank")
    assert mentions(documents[0]) == [(0, 2, "GPE", "北京"), (0, 4, "ORG", "北京大学")]


def test_a_folder_is_read_in_the_order_of_its_names(tmp_path):
    (tmp_path / "b.tsv").write_text(CHINESE)
    (tmp_path / "a.tsv").write_text(ENGLISH)
    (tmp_path / "notes.txt").write_text("not a table")
    documents = list(import_dataset(tmp_path, "litbank", options=ImportOptions(id_prefix="lit/")))
    assert [document.id for document in documents] == ["lit/a.tsv-0", "lit/a.tsv-1", "lit/b.tsv-0"]


def test_a_folder_without_tables_is_refused(tmp_path):
    with pytest.raises(AnnotationError, match=r"holds no \.tsv file"):
        list(import_dataset(tmp_path, "litbank"))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("He\tO\tO\tO\tO\t\n", "He\tO\tO\tO\n", "line 9: 4 columns where there must be 5"),
        ("I-FAC", "FAC", "line 7: unknown tag 'FAC'"),
    ],
)
def test_a_broken_file_is_refused_by_its_line(read, old, new, message):
    with pytest.raises(AnnotationError, match=message):
        read(ENGLISH.replace(old, new), "litbank")


def test_each_marked_token_is_an_event_of_its_own(read):
    (document, plain), report = read("He\tO\nran\tEVENT\nfell\tEVENT\n\nYes\tO\n", "litbank-events")
    assert [event.trigger.text for event in document.events] == ["ran", "fell"]
    assert plain.events == ()
    assert document.scope == Scope(entity_types=(), relation_types=())
    assert report.events == {"EVENT": 2}


def test_a_tag_that_is_none_of_events_is_refused_by_its_line(read):
    with pytest.raises(AnnotationError, match="line 2: unknown tag 'B-PER'"):
        read("He\tO\nran\tB-PER\n", "litbank-events")
