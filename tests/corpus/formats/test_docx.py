import pytest


def paragraph(text):
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def test_paragraphs_and_tables_come_in_order(read, only, made):
    cells = "".join(f"<w:tc>{paragraph(text)}</w:tc>" for text in ("李明", "北京"))
    row = f"<w:tr>{cells}</w:tr>"
    body = paragraph("Before.") + f"<w:tbl>{row}{row}</w:tbl>" + paragraph("After.")
    document = only(read(made.docx(body), "a.docx"))
    assert document.text == "Before.\n李明\t北京\n李明\t北京\n\nAfter."
    assert (document.pages, document.markup) == ((), "")


def test_a_table_in_a_table_is_read(read, only, made):
    inner = f"<w:tbl><w:tr><w:tc>{paragraph('in')}</w:tc></w:tr></w:tbl>"
    body = f"<w:tbl><w:tr><w:tc>{inner}{paragraph('out')}</w:tc></w:tr></w:tbl>"
    assert only(read(made.docx(body))).text.split() == ["in", "out"]


def test_runs_are_one_text_with_tabs_and_breaks(read, only, made):
    body = (
        "<w:p><w:pPr><w:tabs><w:tab/></w:tabs></w:pPr><w:r><w:t>one</w:t><w:tab/><w:t>two</w:t>"
        "<w:br/></w:r><w:hyperlink><w:r><w:t xml:space='preserve'> three</w:t></w:r></w:hyperlink>"
        "<w:r><w:t>e</w:t><w:noBreakHyphen/><w:t>mail</w:t></w:r></w:p>"
    )
    assert only(read(made.docx(body))).text == "one\ttwo\n threee-mail"


def test_what_was_deleted_under_review_is_left_out(read, only, made):
    body = (
        "<w:p><w:ins><w:r><w:t>new</w:t></w:r></w:ins><w:del><w:r><w:delText>old</w:delText></w:r>"
        "</w:del><w:moveFrom><w:r><w:t>moved</w:t></w:r></w:moveFrom>"
        "<w:r><w:instrText>PAGE</w:instrText></w:r></w:p>"
    )
    assert only(read(made.docx(body))).text == "new"


def test_a_drawing_said_in_two_ways_is_read_once(read, only, made):
    choice = "http://schemas.openxmlformats.org/markup-compatibility/2006"
    box = f"<w:txbxContent>{paragraph('box')}</w:txbxContent>"
    body = (
        f'<w:p><w:r><m:AlternateContent xmlns:m="{choice}"><m:Choice>{box}</m:Choice>'
        f"<m:Fallback>{box}</m:Fallback></m:AlternateContent><w:t>tail</w:t></w:r></w:p>"
    )
    assert only(read(made.docx(body))).text.split() == ["box", "tail"]


def test_notes_stand_behind_the_text(read, only, made):
    note = (
        '<w:footnotes xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        f"<w:footnote>{paragraph('A note.')}</w:footnote></w:footnotes>"
    )
    data = made.docx(paragraph("Text."), parts={"word/footnotes.xml": note})
    assert only(read(data)).text == "Text.\n\nA note."


def test_a_document_without_text_is_named(read, only, made):
    assert only(read(made.docx(""), "a.docx")).reason == "a.docx holds no text"


def test_a_document_that_lacks_its_text_is_named(read, only, made):
    data = made.zip({"[Content_Types].xml": "<Types/>", "word/styles.xml": "<x/>"})
    assert only(read(data, "a.docx")).reason == "a.docx lacks its part word/document.xml"


def test_entities_that_unpack_without_end_are_refused(read, only, made):
    data = made.docx(paragraph("&i;"), prologue=made.laughs)
    failure = only(read(data, "a.docx"))
    assert failure.reason.startswith("a.docx/word/document.xml is XML that declares entities")


@pytest.mark.parametrize("keep", [10, 100])
def test_xml_that_is_cut_off_is_named(read, only, made, keep):
    xml = f"<w:document xmlns:w='w'><w:body>{paragraph('text') * 9}"
    data = made.docx("", parts={"word/document.xml": xml[: len(xml) - keep]})
    assert "word/document.xml is not well-formed XML" in only(read(data, "a.docx")).reason


def test_text_without_end_is_refused(read, only, made):
    data = made.docx(paragraph("x" * 400) * 9)
    failure = only(read(data, "a.docx", max_bytes=3000))
    assert failure.reason == "a.docx/word/document.xml is longer than the limit of 3,000 characters"


def test_a_bomb_in_a_document_is_given_up(read_file, only, made, little_is_free):
    data = made.docx("<w:p>" + " " * (8 << 20) + "</w:p>")
    assert only(read_file(data, "a.docx")).reason.startswith("a.docx unpacks to more than ")
