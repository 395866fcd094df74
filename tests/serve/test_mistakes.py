"""The page and the lines of mistakes: every mistake with its words, and no markup of a text's."""

import json
import re
import shutil
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotated import documents
from lexloom.annotations.document import AnnotatedDocument
from lexloom.errors import ArtifactError
from lexloom.extract.mistakes import GROUPS
from lexloom.extract.score import report
from lexloom.records import Argument, Entity, Event, Relation, Span
from lexloom.serve import mistakes as module
from lexloom.serve.mistakes import ErrorAnalysis, json_lines, write_mistakes_page

HOSTILE = "</script><script>alert(1)</script> <img src=x onerror=alert(1)> {{data}} &"


def entity(text, id, type, mention, sure=1.0):
    start = text.index(mention)
    return Entity(id, type, mention, start, start + len(mention), sure)


def pair(text="李明在北京工作。😀 Ann lives in Paris. Bob left.", type="person"):
    gold = AnnotatedDocument(
        id=f"doc {text[:3]}", text=text,
        entities=(entity(text, "a", type, "Ann"), entity(text, "b", "place", "北京")),
        relations=(Relation("lives in", "a", "b"),),
        events=(Event("go", Span.of(text, len(text) - 5, len(text) - 1)),),
    )  # fmt: skip
    paris = entity(text, "c", "place", "Paris", 0.75)
    ann = entity(text, "a", "place", "Ann", 0.5)
    found = replace(gold, entities=(ann, paris), relations=(Relation("in", "a", "c"),), events=())
    return gold, found


def analysed(*pairs):
    analysis = ErrorAnalysis()
    rows = [row for gold, found in pairs for row in analysis.add(gold, found)]
    return analysis, rows


def page_of(tmp_path, analysis, title="Mistakes"):
    write_mistakes_page(tmp_path / "m.html", analysis, title=title)
    page = (tmp_path / "m.html").read_text(encoding="utf-8")
    return page, json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1])


def test_each_mistake_stands_in_its_sentence_with_its_marks(tmp_path):
    analysis, _ = analysed(pair())
    _, data = page_of(tmp_path, analysis)
    wrong = next(m for m in data["mistakes"] if m["group"] == "wrong_type")
    assert wrong["context"] == [[["😀 ", ""], ["Ann", "found gold"], [" lives in Paris.", ""]]]
    assert wrong["labels"] == ["person", "place"]
    assert wrong["found"]["confidence"] == 0.5
    missed = next(m for m in data["mistakes"] if m["kind"] == "entity" and m["group"] == "missed")
    assert missed["context"] == [[["李明在", ""], ["北京", "gold"], ["工作。", ""]]]
    assert missed["found"] is None
    related = next(m for m in data["mistakes"] if m["kind"] == "relation")
    assert "".join(text for text, _ in related["context"][0]).startswith("李明在北京")


def test_counts_are_those_of_the_score(tmp_path):
    pairs = [pair(), pair("北京 Ann Paris went.", "组织")]
    analysis, rows = analysed(*pairs)
    _, data = page_of(tmp_path, analysis)
    scores = report(pairs, num_resamples=1).scores
    for kind, protocol in [("entity", "ner_strict"), ("relation", "relations_strict"),
                           ("trigger", "events_trigger")]:  # fmt: skip
        for type, line in scores[protocol].per_type.items():
            counts = line.counts
            assert data["counts"][kind]["types"][type] == {
                "right": counts.num_correct,
                "missed": counts.num_gold - counts.num_correct,
                "false": counts.num_predicted - counts.num_correct,
            }
        assert sum(data["counts"][kind]["groups"].values()) == sum(
            row.mistake.kind == kind for row in rows
        )
        cells = Counter({(g, f): n for g, f, n in data["confusions"][kind]["cells"]})
        gold = sum(n for (g, _), n in cells.items() if g)
        assert gold == scores[protocol].micro.counts.num_gold


def test_words_are_counted_with_what_they_were_taken_for():
    analysis, _ = analysed(pair(), pair())
    assert analysis.words["Ann", "entity", "person", "place"] == 2
    assert analysis.words["北京", "entity", "place", ""] == 2
    assert analysis.words["Paris", "entity", "", "place"] == 2


@settings(max_examples=30)
@given(documents(), st.integers(1, 12), st.integers(0, 5))
def test_context_is_verbatim_and_holds_every_part(gold, longest, margin):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MAX_CONTEXT_CHARACTERS", longest)
        patch.setattr(module, "MARGIN_CHARACTERS", margin)
        _, rows = analysed((gold, AnnotatedDocument(id="d", text=gold.text)))
    assert rows or not (gold.entities or gold.events)
    for row in rows:
        for start, text in row.context:
            assert gold.text[start : start + len(text)] == text
        for part in (part for item in row.mistake.items for part in item.parts):
            for edge in (part.start, part.end):
                assert any(start <= edge <= start + len(text) for start, text in row.context)
        segments = module._row(row)["context"]
        assert ["".join(text for text, _ in piece) for piece in segments] == [
            text for _, text in row.context
        ]


def test_a_long_text_is_cut_around_the_spans():
    text = "x" * 5_000 + " Ann " + "y" * 5_000 + " 北京 " + "z" * 5_000 + " Paris left."
    _, rows = analysed(pair(text))
    assert max(sum(len(piece) for _, piece in row.context) for row in rows) < 2_000


def test_hostile_text_stays_text(tmp_path):
    text = HOSTILE + " 北京 Ann Paris gone."
    gold, found = pair(text, type="<b>{{title}}")
    analysis, _ = analysed((gold, found))
    page, data = page_of(tmp_path, analysis, title=HOSTILE + "\u2028")
    assert page.count("<script") == 2
    assert "<img" not in page
    assert "http" not in page.replace("http-equiv", "")
    assert "require-trusted-types-for 'script'" in page
    spoken = ["".join(t for t, _ in piece) for m in data["mistakes"] for piece in m["context"]]
    assert any(HOSTILE[:40] in piece for piece in spoken)


def test_lone_surrogates_are_written(tmp_path):
    analysis, rows = analysed(pair("\ud800 北京 Ann Paris left\udfff"))
    page_of(tmp_path, analysis)
    (line, *_) = json_lines(rows).decode("utf-8").splitlines()
    assert "\ud800" in json.loads(line)["context"][0]["text"]


def test_lines_say_document_mistake_and_context():
    _, rows = analysed(pair())
    lines = [json.loads(line) for line in json_lines(rows).decode("utf-8").splitlines()]
    assert len(lines) == len(rows)
    for line in lines:
        assert line["document"] == "doc 李明在"
        assert line["group"] in GROUPS[line["kind"]]
        assert line["context"][0].keys() == {"start", "text"}


def test_what_a_page_does_not_list_is_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MAX_SHOWN", 3)
    analysis, rows = analysed(pair(), pair())
    _, data = page_of(tmp_path, analysis)
    assert len(data["mistakes"]) == 3
    assert data["left_out"] == len(rows) - 3 > 0
    assert len(analysis.shown) == 3


def test_types_that_are_seldom_confused_are_one_column(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MAX_CONFUSED_TYPES", 1)
    analysis, _ = analysed(pair(), pair("北京 Ann Paris went.", "组织"))
    _, data = page_of(tmp_path, analysis)
    table = data["confusions"]["entity"]
    assert table["types"] == ["place", "(others)"]
    assert sum(n for _, _, n in table["cells"]) == sum(
        n for (kind, _, _), n in analysis.confusions.items() if kind == "entity"
    )


def test_a_page_without_a_mistake_is_written(tmp_path):
    gold, _ = pair()
    _, data = page_of(tmp_path, analysed((gold, gold))[0])
    assert data["mistakes"] == []


def test_a_page_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ArtifactError, match="cannot write"):
        write_mistakes_page(tmp_path / "file" / "m.html", ErrorAnalysis(), title="t")


# --- in a browser


def many(count):
    """Pairs with so many mistakes, in both languages."""
    text = "李明在北京工作。😀 Ann lives in Paris. Bob left."
    gold, found = pair(text)
    _, rows = analysed((gold, found))
    return [(replace(gold, id=f"doc {n}"), found) for n in range(count // len(rows) + 1)]


@pytest.mark.browser
@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Debian's chromium")
def test_a_browser_lists_filters_and_turns_pages(tmp_path):
    playwright = pytest.importorskip("playwright.sync_api")
    hostile = pair(HOSTILE + " 北京 Ann Paris gone.", type="<b>x")
    analysis, rows = analysed(hostile, *many(10_000))
    assert len(rows) > 10_000
    write_mistakes_page(tmp_path / "m.html", analysis, title="Mistakes")
    wrong, asked = [], []
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page()
        page.on("dialog", lambda dialog: (wrong.append(dialog.message), dialog.dismiss()))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text))
        page.on("request", lambda request: asked.append(request.url))
        page.goto((tmp_path / "m.html").as_uri())
        page.wait_for_selector("html[data-ready]", state="attached")
        place = page.locator("#place")
        assert place.text_content() == f"1 to 50 of {len(rows)}"
        assert page.locator("#list > li").count() == 50
        assert HOSTILE[:30] in page.locator("#list .text").first.text_content()
        page.locator("#after").click()
        assert place.text_content() == f"51 to 100 of {len(rows)}"
        page.locator("#groups button", has_text="right span, wrong type").click()
        count = sum(row.mistake.group == "wrong_type" for row in rows)
        assert place.text_content() == f"1 to 50 of {count}"
        marked = page.locator("#list mark.gold.found").first
        assert marked.text_content() == "Ann"
        page.locator("#gold").select_option("<b>x")
        assert place.text_content() == "1 to 1 of 1"
        page.locator("#search").fill("no such words")
        assert place.text_content() == "no mistake"
        page.locator("button[type=reset]").click()
        assert place.text_content() == f"1 to 50 of {len(rows)}"
        browser.close()
    assert wrong == []
    assert asked == [(tmp_path / "m.html").as_uri()]


def test_argument_types_are_told_by_role(tmp_path):
    text = "Ann left."
    move = Event("move", Span.of(text, 4, 8), (Argument("who", "Ann", 0, 3),))
    gold = AnnotatedDocument(id="d", text=text, events=(move,))
    other = replace(move, arguments=(Argument("where", "Ann", 0, 3, 0.5),))
    analysis, _ = analysed((gold, replace(gold, events=(other,))))
    assert analysis.confusions["argument", "move: who", "move: where"] == 1
    assert analysis.by_type["argument", "move", "false"] == 1
