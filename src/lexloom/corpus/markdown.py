"""Markdown to plain text: CommonMark's blocks and spans, and the tables of GitHub.

Every pattern either stops at the character that could begin it again, or has a bounded length, so
that no text takes more than linear time.
"""

import re

COMMENT_OPEN, COMMENT_CLOSE = "<!--", "-->"
MAX_URL = 2_000
TARGET = rf"\((?:[^()]{{0,500}}\([^()]{{0,500}}\)){{0,3}}[^()]{{0,{MAX_URL}}}\)"
"""Where a link goes; parentheses in it are closed, as in the addresses of encyclopaedias."""

HEADING = re.compile(r"[ ]{0,3}#{1,6}(?:[ \t]+|$)")
HEADING_END = re.compile(r"[ \t]#{1,20}[ \t]*$")
FENCE = re.compile(r"[ ]{0,3}(`{3,}|~{3,})")
RULE = re.compile(r"[ ]{0,3}(?:[-*_][ \t]*){3,200}$|[ ]{0,3}=+[ \t]*$")
QUOTE = re.compile(r"(?:[ ]{0,3}>[ ]?){1,50}")
BULLET = re.compile(r"([ \t]{0,40})[-*+][ \t]+(?:\[[ xX]\][ \t]+)?")
TABLE_RULE = frozenset(" \t\r|:-")
DEFINITION = re.compile(r"[ ]{0,3}\[[^\[\]]{1,1000}\]:[ \t]*\S")

IMAGE = re.compile(rf"!\[[^\[\]]*\](?:{TARGET}|\[[^\[\]]*\])")
LINK = re.compile(rf"\[([^\[\]]*)\](?:{TARGET}|\[[^\[\]]*\])")
NOTE = re.compile(r"\[\^[^\[\]]{1,100}\]:?")
ADDRESS = re.compile(rf"<(https?://[^<>\s]{{1,{MAX_URL}}})>")
TAG = re.compile(r"</?[a-zA-Z][^<>]{0,2000}>")
STRONG = re.compile(
    r"(?<!\d)(?:\*{2,3}|~~)|(?:\*{2,3}|~~)(?!\d)|(?<!\w)_{2,3}(?=\w)|(?<=\w)_{2,3}(?!\w)"
)
# letters are ASCII's here: between Chinese characters a star is a mark, in 2*3 it is none
EMPHASIS = re.compile(
    r"(?<![A-Za-z0-9\\*])\*(?=[^\s*])|(?<=[^\s*\\])\*(?![A-Za-z0-9*])"
    r"|(?<![\w\\])_(?=\w)|(?<=\w)_(?!\w)"
)
TICKS = re.compile(r"`{1,3}")
ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+\-.!|<>~])")
MARKS = re.compile(r"[*_`~\[<\\]")


def strip_markdown(text: str) -> str:
    """Give the plain text: headings, paragraphs, list items and code without their marks."""
    lines = _without_front_matter(_without_comments(text).split("\n"))
    out: list[str] = []
    fence = ""
    is_table = False
    for number, line in enumerate(lines):
        if fence:
            fence = _in_fence(line, fence, out)
            continue
        if match := FENCE.match(line):
            fence = match[1]
            continue
        following = lines[number + 1] if number + 1 < len(lines) else ""
        is_table = "|" in line and (is_table or _is_table_rule(following))
        if not is_table:
            out.append(_strip_line(line))
    return "\n".join(out)


def _in_fence(line: str, fence: str, out: list[str]) -> str:
    if line.strip().startswith(fence) and not line.strip().strip(fence[0]):
        return ""
    out.append(line)
    return fence


def _is_table_rule(line: str) -> bool:
    return "|" in line and "-" in line and TABLE_RULE.issuperset(line)


def _without_comments(text: str) -> str:
    if COMMENT_OPEN not in text:
        return text
    parts = []
    position = 0
    while (start := text.find(COMMENT_OPEN, position)) >= 0:
        end = text.find(COMMENT_CLOSE, start)
        if end < 0:  # never closed: it is text
            break
        parts.append(text[position:start])
        position = end + len(COMMENT_CLOSE)
    parts.append(text[position:])
    return "".join(parts)


def _without_front_matter(lines: list[str]) -> list[str]:
    if lines[0].rstrip() != "---":
        return lines
    for number, line in enumerate(lines[1:200], 1):
        if line.rstrip() in ("---", "..."):
            return lines[number + 1 :]
    return lines


def _strip_line(line: str) -> str:
    if line[:1].isalnum() and not MARKS.search(line):
        return line
    if match := QUOTE.match(line):
        line = line[match.end() :]
    if RULE.match(line) or DEFINITION.match(line):
        return ""
    if match := HEADING.match(line):
        line = HEADING_END.sub("", line[match.end() :])
    elif match := BULLET.match(line):
        line = match[1] + line[match.end() :]
    return _strip_spans(line) if MARKS.search(line) else line


def _strip_spans(line: str) -> str:
    if "[" in line:
        line = IMAGE.sub("", line)
        line = NOTE.sub("", line)
        line = LINK.sub(r"\1", line)
    if "<" in line:
        line = ADDRESS.sub(r"\1", line)
        line = TAG.sub("", line)
    line = STRONG.sub("", line)
    line = EMPHASIS.sub("", line)
    line = TICKS.sub("", line)
    return ESCAPE.sub(r"\1", line)
