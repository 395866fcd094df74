"""Take docs/page.png: the page of the sample documents, open at the text that the README reads.

Run from the top of the repository, with Playwright and Debian's chromium at hand:

    lexloom extract examples/documents/*.txt --html out/page.html
    python docs/page_picture.py out/page.html docs/page.png
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

DOCUMENT = "finance.zh.txt"
SIZE = {"width": 1400, "height": 900}


def take_picture(page_file: Path, picture: Path) -> None:
    """Open a page at `DOCUMENT` and write what a browser in English shows of it."""
    with sync_playwright() as started:
        # a container's root has no user namespaces for Chromium's own sandbox
        browser = started.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(
            viewport=SIZE, locale="en-GB", color_scheme="light", reduced_motion="reduce"
        )
        page.goto(page_file.absolute().as_uri())
        page.wait_for_selector("html[data-ready]", state="attached")
        page.locator(f'#document-list button[title$="{DOCUMENT}"]').click()
        page.mouse.move(0, 0)
        page.screenshot(path=picture)
        browser.close()


if __name__ == "__main__":
    take_picture(Path(sys.argv[1]), Path(sys.argv[2]))
