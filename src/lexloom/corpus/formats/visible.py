"""The text that a reader of an HTML page would see, all of it, in time linear in its length.

`html` asks for the main text first; the chapters of a book are all main text.
"""

import html
import re
from collections.abc import Iterator

TAG = re.compile(
    r"<(?:(?P<comment>!--)|(?P<mark>[/!?]?)(?P<name>[A-Za-z][^\s<>/]*+)"
    r"(?:[^<>\"']|\"[^\"<]*+\"|'[^'<]*+'|[\"'])*+>?|[!?][^<>]*+>?)"
)
"""A tag ends at the next ``<`` if not before, so that no tag is searched for its end twice."""
HIDDEN = frozenset(
    ["script", "style", "template", "noscript", "head", "title", "svg", "math", "iframe", "object"]
)
RAW = frozenset(["script", "style", "title"])
"""Elements whose text holds no tags."""
BLOCK_NAMES = """
address aside body br caption center dd details div dt fieldset figcaption figure footer form
header hr html legend li main nav option select summary tbody tfoot thead title tr
"""
PARAGRAPH_NAMES = "p blockquote h1 h2 h3 h4 h5 h6 pre table ul ol dl section article"
BREAKS = dict.fromkeys(BLOCK_NAMES.split(), "\n") | dict.fromkeys(PARAGRAPH_NAMES.split(), "\n\n")
CELLS = frozenset(["td", "th"])
SPACES = re.compile(r"[ \t\r\n\f\u00a0]+")
MANY_SPACES = re.compile(r" {2,}")
EMPTY_LINES = re.compile(r"\n{3,}")


def visible_text(page: str) -> str:
    """Give the text of a page: a line for each block, a blank line between paragraphs."""
    lines = "".join(_pieces(page)).split("\n")
    text = "\n".join(line.strip(" \t") for line in lines)
    return MANY_SPACES.sub(" ", EMPTY_LINES.sub("\n\n", text)).strip()


def _pieces(page: str) -> Iterator[str]:
    """Give stretches of text, and line breaks for the tags that break lines."""
    position, hidden = 0, ""
    while match := TAG.search(page, position):
        if not hidden:
            yield _plain(page[position : match.start()])
        position = match.end()
        if match["comment"]:
            position = _behind(page, "-->", position)
            continue
        name = (match["name"] or "").lower()
        if hidden:
            hidden = "" if match["mark"] == "/" and name == hidden else hidden
        elif not match["mark"] and name in HIDDEN and not match[0].endswith("/>"):
            hidden = name
            if name in RAW:
                position = _before_end(page, name, position)
        elif match["mark"] in ("", "/"):
            yield _break(name, is_end=match["mark"] == "/")
    if not hidden:
        yield _plain(page[position:])


def _plain(text: str) -> str:
    return SPACES.sub(" ", html.unescape(text)) if text else ""


def _break(name: str, *, is_end: bool) -> str:
    if name in CELLS:
        return "\t" if is_end else ""
    return BREAKS.get(name, "")


def _behind(page: str, mark: str, position: int) -> int:
    found = page.find(mark, position)
    return len(page) if found < 0 else found + len(mark)


def _before_end(page: str, name: str, position: int) -> int:
    end = re.compile(rf"</{name}", re.IGNORECASE).search(page, position)
    return end.start() if end else len(page)
