"""The picture and the page of a map of words."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lexloom.errors import ArtifactError
from lexloom.serve.word_map import draw_word_map, write_word_map_page

HOSTILE = ["</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "{{data}}", "$x_{"]
PLACES = np.array([[0.0, 2.0], [-4.0, 1.0], [1.0, 1.0], [3.0, -2.0]])


def test_the_page_holds_the_words_and_asks_for_nothing_from_outside(tmp_path):
    write_word_map_page(tmp_path / "m.html", ["a", "的", "c", "🎉"], PLACES, title="t")
    page = (tmp_path / "m.html").read_text(encoding="utf-8")
    data = json.loads(re.search(r'id="data">(.*?)</script>', page)[1])
    assert data["words"] == ["a", "的", "c", "🎉"]
    np.testing.assert_allclose(np.array(data["places"]) * 4, PLACES, atol=1e-4)
    assert "http" not in page.replace("http-equiv", "")
    assert "default-src 'none'" in page


def test_no_word_becomes_markup(tmp_path):
    write_word_map_page(tmp_path / "m.html", HOSTILE, PLACES, title=HOSTILE[0] + "\ud800")
    page = (tmp_path / "m.html").read_text(encoding="utf-8")
    assert page.count("<script") == 2
    assert "<img" not in page


def test_words_that_all_lie_in_one_place_are_drawn(tmp_path):
    write_word_map_page(tmp_path / "m.html", ["a", "b"], np.zeros((2, 2)), title="t")
    assert "[0.0,0.0]" in (tmp_path / "m.html").read_text(encoding="utf-8")


def test_the_picture_is_a_png_and_says_what_no_font_has(tmp_path):
    missing = draw_word_map(tmp_path / "m.png", [*HOSTILE[:3], "\U0010fffd"], PLACES, title="$x_{")
    assert missing == "\U0010fffd"
    with Image.open(tmp_path / "m.png") as picture:
        assert picture.format == "PNG"


def test_a_file_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").touch()
    for write in (write_word_map_page, draw_word_map):
        with pytest.raises(ArtifactError, match="cannot write"):
            write(tmp_path / "file" / "m", ["a"], PLACES[:1], title="t")


@pytest.mark.browser
def test_a_word_is_found_in_the_browser(tmp_path):
    api = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Debian's chromium is not installed")
    write_word_map_page(tmp_path / "m.html", ["a", "的", "c", "d"], PLACES, title="t")
    with api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium)
        page = browser.new_page()
        errors = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        page.goto(Path(tmp_path / "m.html").as_uri())
        before = page.locator("#map").screenshot()
        page.fill("#word", "的")
        page.get_by_role("button", name="Find").click()
        assert page.text_content("#said") == "的"
        assert page.locator("#map").screenshot() != before
        page.fill("#word", "x")
        page.keyboard.press("Enter")
        assert page.text_content("#said") == "x is not on the map"
        page.click("#whole")
        page.locator("#map").hover()
        page.mouse.wheel(0, -300)
        page.keyboard.press("+")
        browser.close()
    assert errors == []
