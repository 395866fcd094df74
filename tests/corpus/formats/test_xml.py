import io

import pytest

from lexloom.corpus.formats.xml import local_attribute, local_name, xml_events
from lexloom.errors import InputError


def events(data):
    return [(event, local_name(e)) for event, e in xml_events(io.BytesIO(data), "a.xml")]


def test_elements_come_where_they_start_and_end():
    assert events(b'<a xmlns="x"><n:b xmlns:n="y"/></a>') == [
        ("start", "a"),
        ("start", "b"),
        ("end", "b"),
        ("end", "a"),
    ]


def test_an_attribute_is_found_whatever_its_namespace():
    ((_, element), _) = xml_events(io.BytesIO(b'<a xmlns:n="x" n:val="1"/>'), "a.xml")
    assert (local_attribute(element, "val"), local_attribute(element, "no")) == ("1", "")


@pytest.mark.parametrize(
    "data",
    [b"", b"<a>", b"<a></b>", b"<a>\xff</a>", b"no", b"<a>&b;</a>", b"<a>\0</a>", b"<a/><b/>"],
)
def test_what_is_not_well_formed_is_named(data):
    with pytest.raises(InputError, match=r"^a\.xml is not well-formed XML: "):
        events(data)


def test_an_unknown_encoding_is_named():
    with pytest.raises(InputError, match="not well-formed XML"):
        events(b'<?xml version="1.0" encoding="klingon"?><a/>')


@pytest.mark.parametrize(
    "entity", ['<!ENTITY a "x">', '<!ENTITY a SYSTEM "file:///etc/passwd">', '<!ENTITY % a "x">']
)
def test_entities_are_refused(entity):
    with pytest.raises(InputError, match="declares entities"):
        events(f"<!DOCTYPE x [{entity}]><x>&a;</x>".encode())


def test_a_document_type_without_entities_is_read():
    assert events(b'<!DOCTYPE x SYSTEM "nowhere.dtd"><x/>')[0] == ("start", "x")


def test_depth_has_an_end():
    assert len(events(b"<a>" * 500 + b"</a>" * 500)) == 1000
    with pytest.raises(InputError, match="nested deeper than 500"):
        events(b"<a>" * 100_000)
