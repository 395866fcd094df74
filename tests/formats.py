"""Tiny files of every format, made by hand."""

import io
import tarfile
import zipfile
from itertools import pairwise


def make_pdf(pages, *, broken=()):
    """Write a PDF with lines of text on each page; a broken page is missing from the file."""
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, lines in enumerate(pages):
        content = " ".join(f"({line}) Tj T*" for line in lines)
        content = f"BT /F1 12 Tf 72 720 Td 14 TL {content} ET"
        page = (
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792]"
            f" /Resources << /Font << /F1 3 0 R >> >> /Contents {5 + 2 * number} 0 R >>"
        )
        objects.append("null" if number + 1 in broken else page)
        objects.append(f"<< /Length {len(content)} >>\nstream\n{content}\nendstream")
    data, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(data))
        data += f"{number} 0 obj\n{body}\nendobj\n".encode()
    start = len(data)
    data += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    data += b"".join(f"{offset:010d} 00000 n \n".encode() for offset in offsets)
    end = f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
    return data + end.encode()


def make_zip(members, *, compression=zipfile.ZIP_DEFLATED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def make_tar(members):
    """Write a tar archive; a member given as TarInfo is written as it is, without content."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content in members.items():
            info = content if isinstance(content, tarfile.TarInfo) else tarfile.TarInfo(name)
            data = b"" if isinstance(content, tarfile.TarInfo) else content
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return stream.getvalue()


W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def make_docx(body, *, parts=(), prologue=""):
    members = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": (
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
            'relationships/officeDocument" Target="word/document.xml"/></Relationships>'
        ),
        "word/document.xml": f"{prologue}<w:document {W}><w:body>{body}</w:body></w:document>",
    }
    return make_zip(members | dict(parts))


def make_epub(chapters, *, spine=None, container=None, prologue="", parts=()):
    """Write a book of chapters by file name; the spine is their order if it is not given."""
    items = "".join(
        f'<item id="{name}" href="{name}" media-type="application/xhtml+xml"/>' for name in chapters
    )
    order = "".join(f'<itemref idref="{name}"/>' for name in spine or chapters)
    package = (
        f'{prologue}<package xmlns="http://www.idpf.org/2007/opf"><manifest>{items}</manifest>'
        f"<spine>{order}</spine></package>"
    )
    rootfile = (
        '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'
    )
    members = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": container or rootfile,
        "OEBPS/book.opf": package,
    }
    members |= {f"OEBPS/{name}": text for name, text in chapters.items() if text}
    return make_zip(members | dict(parts))


def make_dump(pages):
    """Write a dump; a page is (title, namespace, text, is_redirect)."""
    rows = "".join(
        f"<page><title>{title}</title><ns>{namespace}</ns><id>1</id>"
        + ('<redirect title="x"/>' if is_redirect else "")
        + f"<revision><id>2</id><text>{text}</text></revision></page>\n"
        for title, namespace, text, is_redirect in pages
    )
    head = '<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.10/" version="0.10">'
    return f"{head}\n<siteinfo><sitename>x</sitename></siteinfo>\n{rows}</mediawiki>\n".encode()


LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in pairwise("abcdefghi"))
    + "]>"
)
"""Entities, each made of ten of the one before."""
