"""Markup to plain text, by the name that the reader gives a document's markup.

Headings and the texts of lists stay; tables, templates, notes and files go. Each language is its
own file; each takes time linear in the text, also where nothing that is opened is closed.
"""

from collections.abc import Callable, Mapping

from lexloom.corpus.markdown import strip_markdown
from lexloom.corpus.wikitext import strip_wikitext

MARKUPS: Mapping[str, Callable[[str], str]] = {
    "markdown": strip_markdown,
    "wikitext": strip_wikitext,
}


def strip_markup(text: str, markup: str) -> str:
    """Give the plain text; a name that is not in the table, or empty, leaves the text as it is."""
    strip = MARKUPS.get(markup)
    return strip(text) if strip else text
