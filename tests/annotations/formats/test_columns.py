import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lexloom.annotations.document import AnnotatedDocument, Scope
from lexloom.annotations.formats.columns import ENTITIES_ONLY, write_columns
from lexloom.annotations.formats.table import import_dataset
from lexloom.annotations.options import ExportOptions, ImportOptions
from lexloom.annotations.report import ExportReport
from lexloom.annotations.tags import TokenSpan, encode_tags
from lexloom.errors import AnnotationError
from lexloom.records import Entity, Event, Relation, Span

WNUT = "#Paris\tB-location\nis\tO\nfun\tO\n\t\n\n@Ann\tB-person\nLee\tI-person\n!\tO\n\n"
RESUME = "高 B-NAME\n勇 E-NAME\n： O\n男 O\nP B-TITLE\nM M-TITLE\nI E-TITLE\n\n汉 S-RACE\n"
WEIBO = "#0\tO\n赵0\tB-PER.NAM\n丽1\tI-PER.NAM\n30\tO\n#1\tO\n\n"


def mentions(document):
    return [(entity.type, entity.text, entity.start, entity.end) for entity in document.entities]


def test_tokens_in_english_are_joined_by_spaces_and_a_hash_is_no_comment(read):
    documents, report = read(WNUT, "columns")
    assert [document.text for document in documents] == ["#Paris is fun", "@Ann Lee !"]
    assert mentions(documents[0]) == [("location", "#Paris", 0, 6)]
    assert mentions(documents[1]) == [("person", "@Ann Lee", 0, 8)]
    assert report.entities == {"location": 1, "person": 1}
    assert report.repaired.total == 0


def test_characters_in_chinese_are_joined_by_nothing_even_where_they_are_latin(read):
    documents, _ = read(RESUME, "columns")
    assert [document.text for document in documents] == ["高勇：男PMI", "汉"]
    assert mentions(documents[0]) == [("NAME", "高勇", 0, 2), ("TITLE", "PMI", 4, 7)]
    assert mentions(documents[1]) == [("RACE", "汉", 0, 1)]


def test_segmentation_digits_are_taken_off(read):
    documents, _ = read(WEIBO, "columns-segmented")
    assert documents[0].text == "#赵丽3#"
    assert mentions(documents[0]) == [("PER.NAM", "赵丽", 1, 3)]


def test_a_token_without_a_segmentation_digit_is_refused_by_its_line(read):
    with pytest.raises(AnnotationError, match="line 2: '丽' has no segmentation digit") as caught:
        read("赵0\tO\n丽\tO\n", "columns-segmented")
    assert "--format columns" in caught.value.hint


def test_one_joiner_holds_for_the_whole_file(read):
    documents, _ = read("我 O\n们 O\n在 O\n\nO O\nK O\n", "columns")
    assert documents[1].text == "OK"


def test_the_caller_decides_the_joiner(read):
    documents, _ = read("北 B-LOC\n京 I-LOC\n", "columns", joiner=" ")
    assert mentions(documents[0]) == [("LOC", "北 京", 0, 3)]


def test_offsets_count_code_points_not_bytes_or_utf16_units(read):
    documents, _ = read("🎉🎉 O\ne\u0301 O\nAnn B-PER\n", "columns")
    assert mentions(documents[0]) == [("PER", "Ann", 6, 9)]


def test_iob1_is_read_and_each_start_at_an_inside_tag_is_counted(read):
    documents, report = read("EU I-ORG\nAnn I-PER\nLee I-PER\nBob B-PER\n", "columns")
    assert [m[:2] for m in mentions(documents[0])] == [
        ("ORG", "EU"),
        ("PER", "Ann Lee"),
        ("PER", "Bob"),
    ]
    assert report.repaired.total == 2


def test_the_last_of_several_columns_is_the_tag_and_document_marks_are_passed_over(read):
    content = "-DOCSTART- -X- O O\n\nEU NNP B-NP B-ORG\nrejects VBZ B-VP O\n"
    documents, _ = read(content, "columns")
    assert [document.text for document in documents] == ["EU rejects"]
    assert mentions(documents[0]) == [("ORG", "EU", 0, 2)]


def test_carriage_returns_are_no_part_of_tags(read):
    documents, _ = read("EU\tB-ORG\r\nsays\tO\r\n\r\nno\tO\r\n", "columns")
    assert [document.text for document in documents] == ["EU says", "no"]


def test_only_entities_were_looked_for(read):
    documents, _ = read(WNUT, "columns")
    assert documents[0].scope == ENTITIES_ONLY == Scope(relation_types=(), event_types=())


@pytest.mark.parametrize(
    ("content", "message", "hint"),
    [
        ("EU\tB-ORG\nsays\n", "line 2: 1 columns where there must be 2", "each row is"),
        ("EU\tB-ORG\nsays\tO\tO\n", "line 2: 3 columns where there must be 2", "each row is"),
        ("EU\n", "line 1: 1 columns where there must be at least 2", "each row is"),
        ("EU\tB-ORG\n\tO\n", "line 2: a tag without a token", ""),
        ("EU\tB-ORG\n\nsays\tX-ORG\n", "line 3: unknown tag 'X-ORG'", "a tag is O"),
        ("EU\tB-ORG\nsa\t", "line 2: unknown tag ''", "a tag is O"),
    ],
)
def test_a_broken_file_is_refused_by_its_line(read, content, message, hint):
    with pytest.raises(AnnotationError, match=message) as caught:
        read(content, "columns")
    assert hint in caught.value.hint
    assert "\n" not in str(caught.value)


tokens = st.text(
    st.characters(exclude_categories=["Cs", "Z", "Cc"], exclude_characters="\ufeff"), min_size=1
).filter(lambda token: not token.startswith("-DOCSTART-"))


@st.composite
def tagged_sentences(draw):
    """Tokens and flat spans over them."""
    words = draw(st.lists(tokens, min_size=1, max_size=8))
    spans, position = [], 0
    while position < len(words):
        width = draw(st.integers(1, len(words) - position))
        if draw(st.booleans()):
            type = draw(st.sampled_from(["PER", "地点", "GPE.NAM"]))
            spans.append(TokenSpan(type, position, position + width))
        position += width
    return words, spans


@settings(max_examples=60)
@given(st.lists(tagged_sentences(), min_size=1, max_size=3), st.sampled_from(["", " "]))
def test_every_span_of_a_bio_file_is_kept_verbatim(tmp_path_factory, sentences, joiner):
    rows = []
    for words, spans in sentences:
        tags = encode_tags(spans, len(words))
        rows += [f"{word}\t{tag}\n" for word, tag in zip(words, tags, strict=True)]
        rows.append("\n")
    path = tmp_path_factory.mktemp("columns") / "a.conll"
    path.write_bytes("".join(rows).encode())
    documents = list(import_dataset(path, "columns", options=ImportOptions(joiner=joiner)))
    for document, (words, spans) in zip(documents, sentences, strict=True):
        assert document.text == joiner.join(words)
        assert [(e.type, e.text) for e in document.entities] == [
            (span.type, joiner.join(words[span.start : span.end])) for span in spans
        ]
        assert all(document.text[e.start : e.end] == e.text for e in document.entities)


@settings(max_examples=60)
@given(st.lists(tagged_sentences(), min_size=1, max_size=3))
def test_what_was_read_with_spaces_is_written_and_read_back_the_same(tmp_path_factory, sentences):
    documents = []
    for words, spans in sentences:
        starts = [len(" ".join([*words[:n], ""])) for n in range(len(words))]
        text = " ".join(words)
        ends = [start + len(word) for start, word in zip(starts, words, strict=True)]
        entities = tuple(
            Entity(
                f"T{n}",
                s.type,
                text[starts[s.start] : ends[s.end - 1]],
                starts[s.start],
                ends[s.end - 1],
            )
            for n, s in enumerate(spans)
        )
        documents.append(
            AnnotatedDocument(
                id=f"d{len(documents)}", text=text, entities=entities, scope=ENTITIES_ONLY
            )
        )
    report = ExportReport()
    path = tmp_path_factory.mktemp("columns") / "a.conll"
    path.write_bytes("".join(write_columns(documents, ExportOptions(), report)).encode())
    read_back = import_dataset(path, "columns", options=ImportOptions(joiner=" ", id_prefix="d"))
    for before, after in zip(documents, read_back, strict=True):
        assert [(e.type, "".join(e.text.split())) for e in before.entities] == [
            (e.type, "".join(e.text.split())) for e in after.entities
        ]
    assert report.entities == sum(len(document.entities) for document in documents)
    assert report.left_out.total == 0


def test_running_text_is_written_as_words_cut_at_mentions():
    document = AnnotatedDocument(
        id="a",
        text="(Paris)-based 李明.",
        entities=(Entity("T0", "LOC", "Paris", 1, 6), Entity("T1", "PER", "李明", 14, 16)),
    )
    assert "".join(write_columns([document], ExportOptions(), ExportReport())) == (
        "(\tO\nParis\tB-LOC\n)-based\tO\n李\tB-PER\n明\tI-PER\n.\tO\n\n"
    )


def test_what_flat_columns_cannot_hold_is_counted_with_its_reason():
    text = "University of Bern in Bern "
    spans = [("ORG", 0, 18), ("LOC", 14, 18), ("LOC", 14, 26), ("ORG", 0, 18), ("X", 22, 27)]
    entities = tuple(
        Entity(f"T{n}", type, text[start:end], start, end)
        for n, (type, start, end) in enumerate(spans)
    )
    document = AnnotatedDocument(
        id="a",
        text=text,
        entities=(*entities, Entity("T9", "a\tb", "in", 19, 21)),
        relations=(Relation("in", "T0", "T1"),),
        events=(Event("e", Span("of", 11, 13)),),
    )
    report = ExportReport()
    rows = "".join(
        write_columns([document, AnnotatedDocument(id="b", text=" ")], ExportOptions(), report)
    )
    assert rows.splitlines()[:3] == ["University\tB-ORG", "of\tI-ORG", "Bern\tI-ORG"]
    assert (report.documents, report.entities) == (1, 1)
    assert report.left_out.counts == {
        "the entity lies inside of another": 2,
        "the entity overlaps another": 1,
        "the entity begins or ends with white space": 1,
        "the entity's type cannot stand in a tag": 1,
        "the format has no relations": 1,
        "the format has no events": 1,
        "the document has no words": 1,
    }
