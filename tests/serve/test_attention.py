"""The picture and the page of attention."""

import base64
import json
import re
import shutil
import warnings

import numpy as np
import pytest
from PIL import Image

from lexloom.errors import ArtifactError
from lexloom.serve import attention
from lexloom.serve.attention import choose_fonts, draw_attention, write_attention_page

HOSTILE = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "{{data}}",
    "$x^2$",
]


def maps(size, layers=2, heads=3):
    raw = np.random.default_rng(0).random((layers, heads, size, size)).astype(np.float32)
    return raw / raw.sum(-1, keepdims=True)


def test_the_page_holds_the_weights_and_asks_for_nothing_from_outside(tmp_path):
    weights = maps(4)
    write_attention_page(tmp_path / "a.html", ["a", "b", "c", "d"], weights, title="t")
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    data = json.loads(re.search(r'id="data">(.*?)</script>', page)[1])
    levels = np.frombuffer(base64.b64decode(data["levels"]), dtype=np.uint8)
    assert np.abs(levels.reshape(weights.shape) / 255 - weights).max() <= 0.5 / 255 + 1e-6
    assert data["tokens"] == ["a", "b", "c", "d"]
    assert "http" not in page.replace("http-equiv", "")
    assert "default-src 'none'" in page


def test_no_text_becomes_markup(tmp_path):
    write_attention_page(tmp_path / "a.html", HOSTILE, maps(4), title=HOSTILE[0] + "\ud800")
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert page.count("<script") == 2
    assert "<img" not in page
    assert "alert(1)</script>" not in page


def test_the_picture_is_a_png_that_grows_with_layers_and_heads(tmp_path):
    def size(layers, heads):
        draw_attention(tmp_path / "a.png", list("abc"), maps(3, layers, heads), title="$x_{")
        with Image.open(tmp_path / "a.png") as picture:
            assert picture.format == "PNG"
            return picture.size

    (w, h), (more_w, more_h) = size(1, 1), size(2, 3)
    assert more_w > w
    assert more_h > h


def test_no_warning_and_the_missing_characters_are_given(tmp_path, monkeypatch):
    monkeypatch.setattr(attention, "CJK_FONTS", ())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        missing = draw_attention(tmp_path / "a.png", [*HOSTILE, "李"], maps(5), title="李 明")
    assert missing == "明李"


def test_a_font_with_the_characters_is_taken_if_there_is_one():
    from matplotlib.font_manager import fontManager

    fonts, missing = choose_fonts("a李")
    has_one = bool({font.name for font in fontManager.ttflist} & set(attention.CJK_FONTS))
    assert (len(fonts), missing) == ((2, "") if has_one else (1, "李"))
    assert choose_fonts("plain é") == ([attention.LATIN], "")


def test_a_file_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    for write in (draw_attention, write_attention_page):
        with pytest.raises(ArtifactError, match="cannot write"):
            write(tmp_path / "file" / "a", ["a"], maps(1), title="")


@pytest.mark.browser
@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Debian's chromium")
def test_a_browser_shows_where_a_token_looks(tmp_path):
    playwright = pytest.importorskip("playwright.sync_api")
    weights = np.zeros((1, 2, 4, 4), dtype=np.float32)
    weights[0, 0, 1, 2] = weights[0, 1, 1, 3] = 1.0
    write_attention_page(tmp_path / "a.html", HOSTILE, weights, title=HOSTILE[0])
    wrong = []
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text))
        page.on("dialog", lambda dialog: wrong.append("dialog"))
        page.goto((tmp_path / "a.html").as_uri())
        page.hover("#tokens button:nth-child(2)")
        assert page.text_content("#said").endswith(f"looks most at {HOSTILE[2]} (100 %)")
        page.select_option("#head", index=1)
        assert page.text_content("#said").endswith(f"looks most at {HOSTILE[3]} (100 %)")
        assert page.eval_on_selector_all(
            "#tokens button", "all => all.map(b => b.textContent)"
        ) == (HOSTILE)
        browser.close()
    assert not wrong
