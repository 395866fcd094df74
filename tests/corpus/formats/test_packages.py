import pytest


@pytest.mark.parametrize(
    ("members", "kind"),
    [
        (["[Content_Types].xml", "xl/workbook.xml"], "an Excel workbook"),
        (["[Content_Types].xml", "ppt/presentation.xml"], "a PowerPoint presentation"),
        (["META-INF/manifest.xml", "content.xml"], "an OpenDocument file"),
    ],
)
def test_other_documents_are_refused_by_name(read, only, made, members, kind):
    failure = only(read(made.zip(dict.fromkeys(members, "<x/>")), "a.bin"))
    assert failure.reason == f"a.bin is {kind}, not text"
    assert failure.hint.startswith("save it as ")


def test_a_plain_archive_may_have_folders_of_such_names(read, made):
    items = read(made.zip({"word/a.txt": "one", "xl/b.txt": "two"}), "z")
    assert [item.text for item in items] == ["one", "two"]


def test_the_content_tells_the_kind_and_not_the_ending(read, only, made):
    docx = made.docx("<w:p><w:r><w:t>text</w:t></w:r></w:p>")
    assert only(read(docx, "a.epub")).text == "text"
