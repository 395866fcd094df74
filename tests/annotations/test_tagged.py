"""Tagged words from columns and from marked entities."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doubles import toy_documents
from lexloom.annotations.document import AnnotatedDocument, write_jsonl
from lexloom.annotations.report import ImportReport, Omissions
from lexloom.annotations.tagged import is_spans, read_tagged, split_words, tag_document
from lexloom.annotations.tags import decode_tags
from lexloom.errors import AnnotationError, UsageError
from lexloom.records import Entity


@given(text=st.text(max_size=40), borders=st.sets(st.integers(0, 40)))
def test_words_hold_every_character_but_white_space_once(text, borders):
    spans = split_words(text, sorted(borders))
    covered = [place for start, end in spans for place in range(start, end)]
    assert covered == [n for n, char in enumerate(text) if not char.isspace()]
    assert all(not start < border < end for start, end in spans for border in borders)


def test_marks_and_chinese_characters_are_words():
    text = "Ann's 北京, é\u0301😀"
    words = [text[start:end] for start, end in split_words(text)]
    assert words == ["Ann", "'", "s", "北", "京", ",", "é\u0301", "😀"]


def test_the_tags_of_a_document_decode_to_its_entities():
    for document in toy_documents():
        tagged = tag_document(document, lost := Omissions())
        found = {
            (span.type, "".join(tagged.words[span.start : span.end]))
            for span in decode_tags(tagged.tags)
        }
        assert found == {(e.type, e.text) for e in document.entities}
        assert not lost.total


def test_overlapping_entities_are_counted():
    entities = (Entity("a", "org", "Bank of China", 0, 13), Entity("b", "place", "China", 8, 13))
    document = AnnotatedDocument(id="d", text="Bank of China", entities=entities)
    tagged = tag_document(document, lost := Omissions())
    assert tagged.tags == ("B-org", "I-org", "I-org")
    assert lost.counts == {"the entity overlaps another": 1}


def test_columns_may_hold_any_tags(tmp_path):
    (tmp_path / "t.conll").write_text("Ann NNP\nleft VBD\n\n北 NR\n", encoding="utf-8")
    first, second = read_tagged(tmp_path / "t.conll", "columns", ImportReport())
    assert (first.words, first.tags) == (("Ann", "left"), ("NNP", "VBD"))
    assert second.words == ("北",)
    assert not is_spans(first.tags)
    assert is_spans(("B-x", "I-x", "O"))


def test_other_formats_become_bio(tmp_path):
    write_jsonl([*toy_documents(), AnnotatedDocument(id="e", text=" ")], tmp_path / "d.jsonl")
    items = list(read_tagged(tmp_path / "d.jsonl", "jsonl", ImportReport()))
    assert len(items) == len(toy_documents())  # a text without a word has no tags
    assert items[0].tags == ("B-person", "O", "O", "B-place", "O")


def test_what_cannot_be_read_is_refused(tmp_path):
    (tmp_path / "empty").write_text("\n\n")
    with pytest.raises(AnnotationError, match="holds no sentence"):
        list(read_tagged(tmp_path / "empty", "columns", ImportReport()))
    (tmp_path / "gap").write_text("Ann\tO\nleft\t\n")
    with pytest.raises(AnnotationError, match="line 2: the tag is empty"):
        list(read_tagged(tmp_path / "gap", "columns", ImportReport()))
    with pytest.raises(UsageError, match="unknown format 'x'"):
        list(read_tagged(tmp_path / "gap", "x", ImportReport()))
