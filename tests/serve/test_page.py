"""What the page holds: data that no markup can leave, a policy that forbids all else, limits told.

`test_page_browser` looks at what a browser makes of it.
"""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.errors import ArtifactError, ConfigError
from lexloom.records import Coverage, Document, DocumentRef, Entity, Extraction, Provenance
from lexloom.serve.page import SCRIPTS, PageLimits, render_page, write_page

ANYTHING = st.text(st.characters(categories=None), max_size=40)
HOSTILE_PIECES = st.sampled_from(
    ["</script>", "<script>", "<!--", "-->", "</SCRIPT >", "&lt;", "]]>", "\u2028", "{{script}}"]
)
HOSTILE_TEXT = st.lists(st.one_of(ANYTHING, HOSTILE_PIECES), max_size=6).map("".join)


class Elements(HTMLParser):
    """The elements of a page: attributes by tag, and the text within script, style and title."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.attributes = []
        self.texts = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.attributes.append((tag, dict(attrs)))
        self.texts.append((tag, dict(attrs).get("id"), ""))

    def handle_data(self, data):
        if self.texts:
            tag, name, text = self.texts[-1]
            self.texts[-1] = (tag, name, text + data)

    def handle_endtag(self, tag):
        self.texts.append(("", None, ""))

    def block(self, name):
        """Give the JSON of the script with this id."""
        return json.loads(next(text for _, found, text in self.texts if found == name))

    def inner(self, tag):
        """Give the text of the last element of this tag."""
        return next(text for found, _, text in reversed(self.texts) if found == tag)


def bare(text, name="a", entities=()):
    """Make a document with nothing read from it but these entities."""
    document = Document(name, text)
    nowhere = Provenance(name, name, name, name, name)
    coverage = Coverage(len(text), len(text), 1)
    found = Extraction(DocumentRef.of(document), tuple(entities), (), (), coverage, nowhere)
    return document, found


def whole(text):
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


@given(HOSTILE_TEXT, HOSTILE_TEXT, HOSTILE_TEXT)
def test_the_data_parse_back_to_what_was_given(text, name, title):
    entity = Entity("e", name, text, 0, len(text))
    page = render_page([bare(text, name, [entity])], title=title)
    page.encode("utf-8")
    elements = Elements(page)
    block = elements.block("doc-0")
    assert block["text"] == whole(text)
    assert len(block["text"]) == len(text)  # so every offset holds
    assert block["extraction"]["document"]["id"] == whole(name)
    assert block["extraction"]["entities"][0]["text"] == whole(text)
    index = elements.block("index")
    assert index["title"] == whole(title)
    assert index["documents"] == [{"id": whole(name), "entities": 1, "relations": 0, "events": 0}]
    assert [tag for tag, _ in elements.attributes].count("script") == 3


@given(HOSTILE_TEXT)
def test_data_hold_no_character_that_markup_could_read(text):
    page = render_page([bare(text, text)])
    block = page.partition('id="doc-0">')[2].partition("</script>")[0]
    assert json.loads(block)["text"] == whole(text)
    assert not set("<>&\u2028\u2029\r\n\x00") & set(block)


def test_an_extraction_is_in_the_page_as_it_was_given(english, chinese, schema):
    elements = Elements(render_page([english, chinese], schema=schema))
    for at, (document, extraction) in enumerate((english, chinese)):
        block = elements.block(f"doc-{at}")
        assert Extraction.from_dict(block["extraction"]) == extraction
        assert (block["text"], block["source"]) == (document.text, document.source)


def test_hostile_names_make_no_element(hostile, english):
    tags = [tag for tag, _ in Elements(render_page([english])).attributes]
    title = hostile[0].id
    elements = Elements(render_page([hostile], title=title))
    assert [tag for tag, _ in elements.attributes] == tags
    assert elements.inner("title").replace("\x00", "") == whole(title).replace("\x00", "")


def test_numbers_that_json_lacks_become_null(hostile):
    block = Elements(render_page([hostile])).block("doc-0")
    assert block["extraction"]["entities"][1]["confidence"] is None
    assert block["extraction"]["records"][0]["value"] is None


def test_the_page_refers_to_nothing_outside(english, chinese, schema):
    page = render_page([english, chinese], schema=schema)
    assert not re.search(r"https?:|//\w+\.\w|@import|url\(", page)
    for _, attributes in Elements(page).attributes:
        assert not attributes.keys() & {"src", "srcset", "action", "style", "data"}
        assert attributes.get("href", "#").startswith("#")
        assert not [name for name in attributes if name.startswith("on")]


def test_the_policy_allows_its_own_script_and_style_only(english):
    elements = Elements(render_page([english]))
    policy = next(
        attributes["content"]
        for _, attributes in elements.attributes
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    for tag in ("script", "style"):
        digest = hashlib.sha256(elements.inner(tag).encode()).digest()
        assert rules[f"{tag}-src"] == f"'sha256-{base64.b64encode(digest).decode()}'"


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_make_elements_without_markup(name):
    text = (resources.files("lexloom.serve") / "page_parts" / f"{name}.js").read_text("utf-8")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b", text)
    assert not re.search(r"</script|<!--|new Function|localStorage|fetch\(|XMLHttp", text)
    assert len(text.splitlines()) < 500


def test_types_stand_in_the_schemas_order_with_labels(english, schema):
    index = Elements(render_page([english], schema=schema)).block("index")
    known = [item.name for item in schema.entities]
    assert index["entity_types"] == [name for name in known if name in index["entity_types"]]
    assert index["labels"]["entity"]["person"]["zh"] == "人物"
    assert index["labels"]["event"]["acquisition"]["roles"]["buyer"]["en"] == "buyer"


def test_without_a_schema_types_stand_in_the_order_of_the_text(english):
    index = Elements(render_page([english])).block("index")
    assert index["entity_types"][:3] == ["organization", "place", "date"]


def test_what_is_written_is_what_is_rendered(tmp_path, english, mixed, schema):
    path = tmp_path / "new" / "out.html"
    write_page(path, iter([english, mixed]), schema=schema, title="T")
    assert path.read_bytes().decode() == render_page([english, mixed], schema=schema, title="T")


def test_an_interrupted_page_leaves_the_old_one(tmp_path, english):
    path = tmp_path / "out.html"
    path.write_text("old")

    def breaking():
        yield english
        raise KeyError("stop")

    with pytest.raises(KeyError):
        write_page(path, breaking())
    assert [file.name for file in tmp_path.iterdir()] == ["out.html"]
    assert path.read_text() == "old"


def test_a_page_that_cannot_be_written_is_told(tmp_path, english):
    (tmp_path / "file").write_text("")
    with pytest.raises(ArtifactError, match="cannot write"):
        write_page(tmp_path / "file" / "out.html", [english])


def test_each_document_is_let_go_before_the_next_is_taken(tmp_path):
    alive = 0

    class Noticed(str):
        """A text that counts how many of its kind are held."""

        __slots__ = ()

        def __del__(self):
            nonlocal alive
            alive -= 1

    def documents():
        nonlocal alive
        for at in range(20):
            item = bare(Noticed(f"text {at}"))
            alive += 1
            assert alive <= 2
            yield item
            del item

    write_page(tmp_path / "out.html", documents())


def test_a_long_text_is_cut_and_the_page_knows_by_how_much():
    document, extraction = bare("春" * 50, entities=[Entity("e", "t", "春", 49, 50)])
    limits = PageLimits(max_document_characters=20)
    block = Elements(render_page([(document, extraction)], limits=limits)).block("doc-0")
    assert (block["text"], block["left_out_characters"]) == ("春" * 20, 30)
    assert len(block["extraction"]["entities"]) == 1


@pytest.mark.parametrize(
    ("limits", "kept"), [(PageLimits(max_documents=3), 3), (PageLimits(max_page_characters=25), 2)]
)
def test_documents_beyond_the_limits_are_counted(limits, kept):
    elements = Elements(render_page([bare("x" * 10) for _ in range(5)], limits=limits))
    index = elements.block("index")
    assert (len(index["documents"]), index["left_out_documents"]) == (kept, 5 - kept)


def test_a_limit_below_one_is_refused():
    with pytest.raises(ConfigError, match="max_documents must be at least 1, got 0"):
        PageLimits(max_documents=0)
