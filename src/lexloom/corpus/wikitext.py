"""Wikitext to plain text: what MediaWiki pages say, without templates, tables, notes and files.

One pass over the marks with a stack. What a mark opened is cut from the end of what was written,
so that nesting costs nothing; what is never closed stays as text, without the mark.
"""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

MARK = re.compile(
    r"\{\{|\}\}|\{\||\|\}(?!\})|\[\[|\]\]|\||<!--|<(?:ref|math|gallery|timeline|nowiki|syntaxhighlight"
    r"|source|imagemap|score|chem|pre|code)\b[^<>]{0,2000}>",
    re.IGNORECASE,
)
CLOSES: Mapping[str, str] = {"}}": "{{", "|}": "{|", "]]": "[["}
VERBATIM = frozenset({"nowiki", "pre", "code", "source", "syntaxhighlight"})
"""Tags whose content is text as it stands; the content of the others goes."""

DROPPED_LINK = re.compile(
    r"\s{0,20}:?(?:file|image|media|category|文件|檔案|档案|图像|圖像|分类|分類|[a-z]{2,3}(?:-[a-z]{2,8})?)\s{0,20}:",
    re.IGNORECASE,
)
"""Links to files and categories, and to the same page in other languages."""
MAX_NAMESPACE = 80

HEADING = re.compile(r"^=[^\n]*", re.MULTILINE)
ITEM = re.compile(r"^[*#:;]{1,50}[ \t]*", re.MULTILINE)
EXTERNAL = re.compile(r"\[(?:https?:|ftp:)?//[^\s\[\]]*(?:[ \t]([^\[\]\n]*))?\]")
TAG = re.compile(r"</?[a-zA-Z][^<>]{0,2000}>")
QUOTES = re.compile(r"'{2,5}")
SWITCH = re.compile(r"__[A-Z]{3,30}__")
RULE = re.compile(r"^-{4,}[ \t]*$", re.MULTILINE)


@dataclass(slots=True)
class _Open:
    mark: str
    start: int
    """How many pieces were written before it."""
    bar: int = -1
    """How many were written up to its last bar."""


@dataclass(slots=True)
class _Stripper:
    text: str
    out: list[str] = field(default_factory=list)
    opened: list[_Open] = field(default_factory=list)
    num_open: dict[str, int] = field(default_factory=lambda: {"{{": 0, "{|": 0, "[[": 0})
    unclosed: set[str] = field(default_factory=set)
    """Ends that do not come any more, so that they are not looked for again."""

    def run(self) -> str:
        position = 0
        while match := MARK.search(self.text, position):
            self.out.append(self.text[position : match.start()])
            position = self._mark(match)
        self.out.append(self.text[position:])
        return "".join(self.out)

    def _mark(self, match: re.Match[str]) -> int:
        """Do what a mark asks for, and give where to go on."""
        mark = match[0]
        if mark in self.num_open:
            self.opened.append(_Open(mark, len(self.out)))
            self.num_open[mark] += 1
        elif mark in CLOSES:
            self._close(CLOSES[mark])
        elif mark == "|":
            self._bar()
        else:
            return self._skip(match)
        return match.end()

    def _bar(self) -> None:
        if self.opened and self.opened[-1].mark == "[[":
            self.opened[-1].bar = len(self.out)
        self.out.append("|")

    def _close(self, mark: str) -> None:
        if not self.num_open[mark]:
            return
        # what was opened inside and not closed ends here too
        while self.opened:
            last = self.opened.pop()
            self.num_open[last.mark] -= 1
            if last.mark == mark:
                self._end(last)
                return

    def _end(self, opened: _Open) -> None:
        if opened.mark != "[[" or DROPPED_LINK.match(self._first(opened)):
            del self.out[opened.start :]
        elif opened.bar >= 0:
            del self.out[opened.start : opened.bar + 1]

    def _first(self, opened: _Open) -> str:
        return self.out[opened.start][:MAX_NAMESPACE] if opened.start < len(self.out) else ""

    def _skip(self, match: re.Match[str]) -> int:
        """Pass over a comment or a tag with its content, if it ends."""
        mark = match[0]
        if mark == "<!--":
            name, end = "", "-->"
        else:
            if mark.endswith("/>"):
                return match.end()
            name = re.match(r"<(\w+)", mark)[1].lower()  # type: ignore[index]
            end = f"</{name}>"
        if end in self.unclosed:
            return match.end()
        stop = self.text.find(end, match.end())
        if stop < 0:
            self.unclosed.add(end)
            return match.end()
        if name in VERBATIM:
            self.out.append(self.text[match.end() : stop])
        return stop + len(end)


def strip_wikitext(text: str) -> str:
    """Give the plain text of a page: headings, paragraphs and list items."""
    text = _Stripper(text).run()
    text = EXTERNAL.sub(r"\1", text)
    text = TAG.sub("", text)
    text = HEADING.sub(lambda match: match[0].strip("= \t"), text)
    text = ITEM.sub("", text)
    text = QUOTES.sub("", text)
    text = SWITCH.sub("", text)
    text = RULE.sub("", text)
    return html.unescape(text)
