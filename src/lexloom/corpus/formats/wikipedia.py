"""Dumps of MediaWiki sites such as Wikipedia: a document for each article, wikitext as it is."""

from collections.abc import Iterator
from dataclasses import dataclass

from lexloom.corpus.formats.detect import markup_start
from lexloom.corpus.formats.source import Context, Item, Source, make_document, too_long
from lexloom.corpus.formats.xml import local_name, xml_events
from lexloom.logs import get_logger

ARTICLES = "0"
"""The namespace of articles; the others hold talk, templates and the like."""

_logger = get_logger(__name__)


@dataclass(slots=True)
class _Page:
    """What is known of the page being read."""

    title: str = ""
    namespace: str = ARTICLES
    is_redirect: bool = False
    text: str = ""


def looks_like_dump(head: bytes) -> bool:
    """Whether the root element of a dump stands there."""
    return "<mediawiki" in markup_start(head)[:1000]


def read_dump(source: Source, context: Context) -> Iterator[Item]:
    """Give each article under the dump's name and its title; redirects are no articles."""
    max_bytes = context.options.max_bytes
    stream = _PageByPage(source, max_bytes)
    page = _Page()
    num_pages = num_articles = 0
    root = None
    for event, element in xml_events(stream, source.name):
        if event == "start":
            root = element if root is None else root
            continue
        if local_name(element) != "page":
            _note(page, local_name(element), element.text or "")
            if local_name(element) == "text":
                element.clear()
            continue
        num_pages += 1
        if page.namespace == ARTICLES and not page.is_redirect:
            num_articles += 1
            yield make_document(f"{source.id}:{page.title}", page.text)
        page = _Page()
        stream.num_read = 0
        if root is not None:
            root.clear()
    _logger.info("%s: %d pages, %d of them articles", source.name, num_pages, num_articles)
    if not num_articles:
        yield make_document(source.id, "", name=source.name)


def _note(page: _Page, tag: str, text: str) -> None:
    """Keep what one element of a page says; of several revisions the last counts."""
    if tag == "title":
        page.title = " ".join(text.split())
    elif tag == "ns":
        page.namespace = text.strip()
    elif tag == "redirect":
        page.is_redirect = True
    elif tag == "text":
        page.text = text


class _PageByPage:
    """Bounds what is read of a dump between the ends of two pages."""

    def __init__(self, source: Source, max_bytes: int) -> None:
        self._source = source
        self._max_bytes = max_bytes
        self.num_read = 0

    def read(self, size: int, /) -> bytes:
        data = self._source.stream.read(size)
        self.num_read += len(data)
        if self.num_read > self._max_bytes + size:
            raise too_long(f"a page of {self._source.name}", self._max_bytes)
        return data
