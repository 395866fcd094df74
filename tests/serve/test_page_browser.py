"""What a browser makes of the page: the words it marks, what it lights, and how it looks."""

import io
import random
import re
import shutil
import unicodedata
from dataclasses import replace

import pytest

from lexloom.graph.resolve import name_key
from lexloom.records import (
    Coverage,
    Document,
    DocumentRef,
    Entity,
    Extraction,
    Provenance,
    Relation,
)
from lexloom.serve.page import PageLimits, write_page

CHROMIUM = shutil.which("chromium")
playwright = pytest.importorskip("playwright.sync_api", reason="needs `pip install playwright`")
Image = pytest.importorskip("PIL.Image", reason="needs `pip install pillow`")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium (apt install chromium)"),
]

PIECES = """() => {
  const found = {};
  for (const mark of document.querySelectorAll("#text mark")) {
    for (const at of mark.dataset.m.split(" ").filter(Boolean)) {
      found[at] = (found[at] ?? "") + mark.textContent;
    }
  }
  return found;
}"""
LABELS = "(nodes) => nodes.map((node) => node.getAttribute('aria-label'))"
LIT = """() => [...new Set([...document.querySelectorAll("#text mark.hit")]
  .flatMap((mark) => mark.mentions.map((item) => item.text)))].sort()"""


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        # a container's root has no user namespaces for Chromium's own sandbox
        opened = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def show(browser, tmp_path, schema):
    """Give a function that writes items to a page and opens it; nothing may go wrong in it."""
    wrong = []
    contexts = []

    def opened(items, *, title="Sample", limits=None, **settings):
        path = tmp_path / "page.html"
        write_page(path, items, schema=schema, title=title, limits=limits or PageLimits())
        settings = {"locale": "en-GB", "viewport": {"width": 1400, "height": 860}} | settings
        contexts.append(browser.new_context(reduced_motion="reduce", **settings))
        page = contexts[-1].new_page()
        page.set_default_timeout(8000)
        page.on("dialog", lambda dialog: (wrong.append(dialog.message), dialog.dismiss()))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text))
        page.on("request", lambda request: asked.append(request.url))
        asked = []
        page.goto(path.as_uri())
        page.wait_for_selector("html[data-ready]", state="attached")
        assert asked == [path.as_uri()]  # nothing else was asked for
        return page

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []


def expected_nodes(*extractions):
    """Give the entities with a fact, merged by normal name and type, and every event."""
    nodes = set()
    for number, found in enumerate(extractions):
        names = {
            item.id: (item.type, unicodedata.normalize("NFKC", item.text).lower())
            for item in found.entities
        }
        nodes |= {names[end] for fact in found.relations for end in (fact.head, fact.tail)}
        for at, event in enumerate(found.events):
            nodes.add((number, at))
            nodes |= {names.get(item.entity, item.text) for item in event.arguments}
    return nodes


def made_up(seed, size=300):
    """Make a text of letters, Chinese, astral characters and line ends, with spans anywhere."""
    chance = random.Random(seed)
    letters = ["a", "é", "é", "知", "識", " ", "\n", "\r\n", "😀", "👩‍🔬", "𠮷", "\U0001f1e8"]
    text = "".join(chance.choice(letters) for _ in range(size))
    spans = [sorted(chance.sample(range(len(text) + 1), 2)) for _ in range(12)]
    entities = tuple(
        Entity(f"e{at}", chance.choice(["person", "place"]), text[start:end], start, end)
        for at, (start, end) in enumerate(spans)
    )
    document = Document(f"doc {seed}", text)
    nowhere = Provenance("m", "", "", "", "")
    read = Coverage(len(text), len(text), 1)
    return document, Extraction(DocumentRef.of(document), entities, (), (), read, nowhere)


def test_marked_words_are_the_mentions_of_the_record(show, english, chinese, mixed):
    items = [english, chinese, mixed, *(made_up(seed) for seed in range(12))]
    page = show(items)
    for at, (document, extraction) in enumerate(items):
        page.locator(f'#document-list [data-number="{at}"]').click()
        assert page.evaluate("document.getElementById('text').textContent") == document.text
        pieces = page.evaluate(PIECES)
        for number, entity in enumerate(extraction.entities):
            assert pieces[str(number)] == entity.text
        page.locator("#tab-report").click()
        counts = page.locator("#panel .good").text_content().split(" / ")
        assert counts[0] == counts[1]


def test_a_relation_lights_its_two_mentions_by_pointer_and_by_key(show, english):
    page = show([english])
    assert page.evaluate(LIT) == []
    page.locator(".fact.relation").nth(2).hover()
    assert page.evaluate(LIT) == ["Finch gripper", "Kestrel Labs"]
    assert page.locator("#text mark.hit").count() == 2  # the other Kestrel Labs stay dark
    page.locator(".fact.relation").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.evaluate(LIT) == ["Amara Osei", "Kestrel"]


def test_an_event_lights_its_trigger_and_arguments(show, chinese):
    page = show([chinese])
    page.locator("#tab-events").click()
    page.locator(".fact.event").first.hover()
    lit = set(page.evaluate(LIT)) - {"深圳云雀实验室"}  # which holds an argument
    assert lit == {"收购", "海灵机器人", "云雀实验室", "3.2亿元"}
    assert page.locator(".node:not(.dim)").count() == 4


def test_a_mention_marks_its_facts_and_says_its_type(show, english):
    page = show([english])
    page.locator("#text mark", has_text="Finch gripper").hover()
    assert page.locator(".fact.related").count() == 1
    assert "Product" in page.locator("#tip").inner_text()
    assert "81%" in page.locator("#tip").inner_text()


def test_the_graph_has_a_node_for_each_entity_of_a_fact(show, english, chinese, mixed):
    items = [english, chinese, mixed]
    page = show(items)
    assert page.locator("#drawing .node").count() == len(expected_nodes(english[1]))
    page.locator('[data-scope="page"]').click()
    together = expected_nodes(*(extraction for _, extraction in items))
    assert page.locator("#drawing .node").count() == len(together)
    alone = sum(len(expected_nodes(extraction)) for _, extraction in items)
    assert len(together) < alone  # some stand in more than one document
    page.locator("#isolated").check()
    assert page.locator("#drawing .node").count() > len(together)


def test_names_merge_as_in_the_graph_store(show):
    names = [
        "Ａnn",
        "ann",
        "“ANN”",
        "«Ann»",
        "《春》",
        "春",
        "Straße",
        "STRASSE",
        '"',
        "'Ann  Lee'",
    ]
    text = "\n".join(names)
    starts = [sum(len(name) + 1 for name in names[:at]) for at in range(len(names))]
    entities = tuple(
        Entity(f"e{at}", "person", name, start, start + len(name))
        for at, (name, start) in enumerate(zip(names, starts, strict=True))
    )
    nowhere = Provenance("m", "", "", "", "")
    document, read = Document("names", text), Coverage(len(text), len(text), 1)
    page = show([(document, Extraction(DocumentRef.of(document), entities, (), (), read, nowhere))])
    page.locator("#isolated").check()
    found = {name_key(name) for name in names}
    playwright.expect(page.locator("#drawing .node")).to_have_count(len(found))


def test_a_node_lights_its_neighbours_drags_and_opens_its_document(show, english, chinese):
    page = show([english, chinese])
    page.locator('[data-scope="page"]').click()
    node = page.locator('.node[aria-label^="林若溪"]')
    node.locator(".shape").hover()
    assert page.locator(".node:not(.dim)").count() == 2
    before = node.get_attribute("transform")
    page.mouse.down()
    page.mouse.move(700, 300)
    page.mouse.up()
    assert node.get_attribute("transform") != before
    node.focus()
    page.keyboard.press("Enter")
    assert page.locator("#document-name").inner_text() == chinese[0].id
    assert page.evaluate(LIT) == ["林若溪"]


def test_confidence_and_types_hide_mentions_facts_and_nodes(show, english):
    page = show([english])
    nodes = page.locator("#drawing .node").count()
    page.locator("#threshold").fill("85")
    playwright.expect(page.locator(".fact.relation")).to_have_count(3)
    sure = {at for at, item in enumerate(english[1].entities) if item.confidence >= 0.85}
    assert sure <= {int(at) for at in page.evaluate(PIECES)}
    assert "7" not in page.evaluate(PIECES)  # the Finch gripper, at 81 %
    assert page.locator("#tab-relations .count").inner_text() == "3/6"
    assert page.locator("#drawing .node").count() < nodes
    page.locator("#threshold").fill("0")
    page.locator('.key[data-key="entity:organization"]').click()
    playwright.expect(page.locator(".fact.relation")).to_have_count(0)
    assert "0" not in page.evaluate(PIECES)
    assert page.locator('.key[aria-pressed="false"]').count() == 1


def test_the_language_follows_the_browser_and_the_switch(show, english):
    page = show([english], locale="zh-CN")
    assert page.locator("html").get_attribute("lang") == "zh-Hans"
    assert "人物" in page.locator("#legend").inner_text()
    assert "总部位于" in page.locator("#panel").inner_text()
    page.locator('[data-language="en"]').click()
    playwright.expect(page.locator("#panel")).to_contain_text("based in")
    assert page.locator("html").get_attribute("lang") == "en"
    assert "Person" in page.locator("#legend").inner_text()


ZERO_SHOT = (
    "entities.product", "relations.makes", "events.launch", "events.acquisition.roles.price"
)  # fmt: skip
MARK = "abbr.zero-shot"


def unknown(item, tables=ZERO_SHOT):
    """Give a document as a model read it that was not trained on these types."""
    document, found = item
    return document, replace(found, provenance=replace(found.provenance, zero_shot=tables))


@pytest.mark.parametrize(
    ("locale", "word", "told"),
    [
        ("en-GB", "zero-shot", "asked for by name; the model was not trained on it"),
        ("zh-CN", "零样本", "仅凭名称查找；模型没有学过这一类型"),
    ],
)
def test_what_the_model_was_not_trained_on_has_a_quiet_mark(show, english, locale, word, told):
    page = show([unknown(english)], locale=locale)
    marks = page.locator(f"#panel {MARK}")
    assert marks.all_inner_texts() == [word]
    assert marks.get_attribute("title") == told
    assert "Finch" in page.locator(f".fact:has({MARK})").inner_text()
    page.locator("#tab-events").click()
    assert page.locator(f".fact.event:has(.triple {MARK})").count() == 1
    assert page.locator(f".role:has({MARK})").all_inner_texts()[0].count("£48 million") == 1
    page.locator("#tab-entities").click()
    assert page.locator(f".fact:has({MARK})").count() == 1
    assert page.locator(f".key:has({MARK})").count() == 2  # the product and the launch
    page.locator("#text mark", has_text="Finch gripper").hover()
    assert f"{word}: {told}" in page.locator("#tip").inner_text()
    page.locator("#tab-report").click()
    assert ", ".join(ZERO_SHOT) in page.locator("#panel").inner_text()


def test_nodes_and_edges_are_marked_that_stand_on_zero_shot_facts_alone(show, english, chinese):
    page = show([unknown(english)])
    nodes = page.locator(".node.zero-shot")
    assert {name.split(",")[0] for name in nodes.evaluate_all(LABELS)} == {
        "Finch gripper",
        "launch",
    }
    assert all(name.endswith(", zero-shot") for name in nodes.evaluate_all(LABELS))
    edges = page.locator(".edge-label.zero-shot")
    words = [text.split("zero-shot")[0] for text in edges.all_text_contents()]
    assert sorted(words) == ["makes", "price"]
    assert page.locator(".edge.zero-shot").count() == 2
    nodes.first.locator(".shape").hover()
    assert "the model was not trained on it" in page.locator("#tip").inner_text()


def test_one_reading_by_a_model_that_knows_the_type_takes_the_mark_away(show, english):
    page = show([unknown(english), english])
    page.locator('[data-scope="page"]').click()
    playwright.expect(page.locator(".node.event")).to_have_count(4)
    names = page.locator(".node.zero-shot").evaluate_all(LABELS)
    assert [name.split(",")[0] for name in names] == ["launch"]  # an event is of one document
    assert page.locator(".edge.zero-shot").count() == 1  # its price


def test_a_page_of_a_model_that_knows_every_type_has_no_mark(show, english):
    page = show([english])
    for tab in ("events", "entities", "report", "relations"):
        page.locator(f"#tab-{tab}").click()
        assert page.locator(".zero-shot").count() == 0
    assert "zero-shot" not in page.locator("body").inner_text()


def test_the_report_tells_coverage_and_provenance(show, chinese):
    page = show([chinese])
    gap = chinese[1].coverage.skipped[0]
    assert "93.7%" in page.locator("#coverage").inner_text()
    assert page.locator("mark.gap").inner_text() == chinese[0].text[gap.start : gap.end]
    page.locator("#coverage").click()
    report = page.locator("#panel").inner_text()
    for word in (gap.reason, "164 / 175", *[chinese[1].document.sha256, "2025-03-14T09:26:53Z"]):
        assert word in report


def test_hostile_text_is_only_text(show, hostile):
    page = show([hostile], title=hostile[0].id)  # `show` fails on a dialog, an error, a request
    text = page.evaluate("document.getElementById('text').textContent")
    assert text == re.sub("[\ud800-\udfff]", "\ufffd", hostile[0].text)
    assert page.evaluate(PIECES)["0"] in text
    for tab in ("relations", "events", "entities", "report"):
        page.locator(f"#tab-{tab}").click()
    page.locator("#labels").click()
    page.locator("#text mark").last.hover()
    assert page.evaluate("document.images.length") == 0
    assert page.locator("#notices").inner_text().startswith("1 fact names a mention")


def test_a_long_document_is_drawn_as_it_is_looked_at(show):
    unit = "春天 Ann lives in Rome 🤖.\n"
    text = unit * 6000
    entities = tuple(
        Entity(f"e{at}", "person", "Ann", at * len(unit) + 3, at * len(unit) + 6)
        for at in range(6000)
    )
    document = Document("long", text)
    found = Extraction(
        DocumentRef.of(document),
        entities,
        (Relation("makes", "e0", "e5999"), Relation("makes", "e0", "e5998")),
        (),
        Coverage(len(text), len(text), 400),
        Provenance("m", "", "", "", ""),
    )
    page = show([(document, found)])
    assert page.locator("#text mark").count() < 2000
    page.locator(".fact.relation").last.click()
    page.locator(".fact.relation").last.click()  # the second press leads to the tail
    last = page.locator('mark[data-m="5999"]')
    playwright.expect(last).to_be_in_viewport()
    assert last.inner_text() == "Ann"


def test_limits_are_stated_on_the_page(show, english, mixed):
    limits = PageLimits(max_documents=1, max_document_characters=100)
    page = show([english, mixed, mixed], limits=limits)
    size = len(english[0].text)
    assert f"first 100 of {size} characters" in page.locator("#notices").inner_text()
    assert "2 more documents" in page.locator("#left-out").inner_text()
    assert page.locator(".fact.relation").count() == len(english[1].relations)


def test_an_empty_run_says_so(show):
    page = show([])
    assert "No document was read" in page.locator("#layout").inner_text()


@pytest.mark.parametrize("width", [360, 800, 1100])
def test_nothing_sticks_out_sideways(show, english, chinese, width):
    page = show([english, chinese], viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def pixels(page, selector):
    """Give the colours of an element on the screen with their counts."""
    shot = Image.open(io.BytesIO(page.locator(selector).first.screenshot())).convert("RGB")
    return {colour: count for count, colour in shot.getcolors(shot.width * shot.height)}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_screenshot_shows_every_type_and_a_graph(show, english, scheme):
    page = show([english], color_scheme=scheme)
    text, graph = pixels(page, "#text"), pixels(page, "#drawing")
    ground = max(text, key=text.get)
    assert (sum(ground) > 600) == (scheme == "light")
    for name in ("person", "organization", "place", "date", "product", "amount"):
        dot = pixels(page, f'.key[data-key="entity:{name}"] .dot')
        colour = max(dot, key=dot.get)
        assert text.get(colour, 0) > 20, f"no {name} is drawn in {colour}"
        assert graph.get(colour, 0) > 20, f"no {name} is in the graph"
    drawn = sum(graph.values()) - max(graph.values())
    assert drawn / sum(graph.values()) > 0.01
