"""Where sentences begin and end, in Chinese, English and both, by rules over the raw text.

One regular expression finds every mark and line break that could end a sentence, and a few rules
turn some of them down, so the time is linear whatever the text. Where the rules doubt, they do not
cut: a sentence that is too long costs less than a fact that is torn. `extract.windows` packs
sentences and cuts those that are too long.
"""

import re
from collections.abc import Iterator

WIDE_MARKS = "。！？；｡"
MARKS = ".!?…" + WIDE_MARKS
BREAKS = "\n\r\u2028\u2029"
CLOSERS = "\"'”’」』】）)\\]》〉〗〕}»"
CONTINUING = frozenset(".!?…。！？；｡,;:，、：)]}）】」』》〉〗〕”’»%/")
"""What cannot begin a sentence."""

BOUNDARY = re.compile(
    # a run of white space from a line break on, or marks with their closing quotes and references;
    # then, looked at but not taken: the space behind and the next character
    rf"[{MARKS}{BREAKS}]"
    rf"(?:(?<=[{BREAKS}])\s*+|[{MARKS}]*+[{CLOSERS}]*+(?:\[\d{{1,3}}\])*+)"
    r"(?=(\s*+)(\S?))"
)
VISIBLE = re.compile(r"\S")
WIDE = re.compile(
    "[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60\uffe0-\uffe6]"
)
FIRST_WIDE = "\u2e80"
LIST_ITEM = re.compile(
    r"[-*+•·‣▪●○◦■–—](?!\S)|\|"  # bullets, table rows
    r"|#{1,6}(?!\S)|>(?!\S)"  # Markdown
    r"|\d{1,3}(?:\.\d{1,3}){0,4}(?:[.)、．）]|\s)\s*\S"  # 1.  2)  3、  4.1
    r"|[(（][\d一二三四五六七八九十a-zA-Z]{1,3}[)）]"  # (1)  （一）  (a)
    r"|[a-zA-Z][.)](?!\S)"  # a.  b)
    r"|[①-⑳]|[一二三四五六七八九十百]{1,4}、"
    r"|第[\d一二三四五六七八九十百零]{1,5}[章节条部篇]"
)

# what the full stop of an abbreviation says about the end of the sentence
ALWAYS_FOLLOWED = """
mr mrs ms dr prof rev gen sen rep gov capt lt col sgt maj cmdr hon pres st mt ft messrs mme
e.g i.e vs cf viz approx dept univ assn ca resp fr
"""
FOLLOWED_BY_NUMBER = """
no nos vol vols p pp fig figs eq eqs sec secs ch art par tab ref refs ed
jan feb mar apr jun jul aug sep sept oct nov dec
"""
SOMETIMES_LAST = """
inc ltd co corp llc plc bros jr sr etc al ph.d m.d b.a m.a d.c a.m p.m esq ave blvd rd est int'l
"""
ABBREVIATIONS = {
    word: group
    for group in (ALWAYS_FOLLOWED, FOLLOWED_BY_NUMBER, SOMETIMES_LAST)
    for word in group.split()
}
LATIN_TAIL = re.compile(r"[A-Za-z0-9.']*\Z")
DOTTED = re.compile(r"[A-Za-z](?:\.[A-Za-z])+")
STARTER = re.compile(
    r"[\"'“‘(]?(?:The|An?|It|He|She|They|We|You|This|That|These|Those|There|In|On|At|By|For|From"
    r"|But|And|However|Although|While|When|After|Before|If|As|Its|His|Her|Their|Our|My|What|Who"
    r"|According|During|Since|Also|Then|Now|No|Yes|Some|Many|Most|All|Both|Such)\s"
)
"""Words that begin a sentence far more often than they go on behind an abbreviation."""

MIN_WRAPPED_COLUMNS = 50
"""A line narrower than this was ended on purpose (a heading, an item), unless it reads on."""
MAX_WRAPPED_COLUMNS = 160
"""A line wider than this was not wrapped by width, so its end is a paragraph's end."""
MAX_ABBREVIATION = 12
MAX_INDENT = 8
INDENTS = " \t\u3000"
READS_ON = frozenset(",，、(（-–—")


def split_sentences(text: str) -> Iterator[tuple[int, int]]:
    """Give the half-open offsets of each sentence, in order; only white space lies between them.

    A blank line always ends a sentence. A single line break ends one behind a heading, before a
    list item and where the line was not wrapped by width, but not inside wrapped prose.
    """
    first = VISIBLE.search(text)
    start = line_start = first.start() if first else len(text)
    for match in BOUNDARY.finditer(text, start):
        at = match.start()
        if text[at] in BREAKS:
            if at > start and _ends_at_break(text, line_start, match):
                yield start, _stripped(text, start, at)
                start = match.end()
            line_start = match.end()
        elif end := _end_at_mark(text, start, match):
            yield start, end
            following = VISIBLE.search(text, end)
            start = following.start() if following else len(text)
    if start < len(text):
        yield start, _stripped(text, start, len(text))


def _stripped(text: str, start: int, end: int) -> int:
    return start + len(text[start:end].rstrip())


def _end_at_mark(text: str, start: int, match: re.Match[str]) -> int:
    """Give where the sentence ends that these marks end, or 0 where they end none."""
    marks, (space, following) = match[0], match.groups()
    if not following:
        return match.end()
    if following in CONTINUING:
        return 0
    if marks[0] in WIDE_MARKS:
        return match.end() if space else _before_opening_quote(text, start, match)
    if following.islower() or (not space and following < FIRST_WIDE):
        return 0
    if marks[0] == "…" or marks.startswith(".."):
        return 0 if following.isdigit() else match.end()
    if marks == "." and _is_abbreviation(text, start, match):
        return 0
    return match.end() if space else _before_opening_quote(text, start, match)


def _before_opening_quote(text: str, start: int, match: re.Match[str]) -> int:
    """End before a straight quote that opens, as the second of `。"` does outside of quotes."""
    for offset, char in enumerate(match[0]):
        if char == '"':
            at = match.start() + offset
            return at if text.count('"', start, at) % 2 == 0 else match.end()
    return match.end()


def _is_abbreviation(text: str, start: int, match: re.Match[str]) -> bool:
    """Whether the full stop belongs to the word before it, or to the number of an item."""
    at, (space, following) = match.start(), match.groups()
    word = text[max(start, at - MAX_ABBREVIATION) : at].rpartition(" ")[2]
    if not (word.isascii() and word.isalnum()):
        word = LATIN_TAIL.findall(word)[0]
    if word.isdigit():
        return not space or (len(word) == at - start and len(word) <= 3)
    group = ABBREVIATIONS.get(word.lower())
    if group is None:
        if len(word) == 1 and at - start == 1:  # the letter of an item
            return True
        if not _is_initials(word):
            return False
    if group is ALWAYS_FOLLOWED:
        return True
    if group is FOLLOWED_BY_NUMBER:
        return following.isdigit()
    return not STARTER.match(text, match.end() + len(space))


def _is_initials(word: str) -> bool:
    return word.isupper() if len(word) == 1 else "." in word and DOTTED.fullmatch(word) is not None


def _ends_at_break(text: str, line_start: int, match: re.Match[str]) -> bool:
    """Whether the line from `line_start` to this break ends a sentence with it."""
    gap, at, behind = match[0], match.start(), match.end()
    if behind == len(text) or (len(gap) > 1 and _num_breaks(gap) > 1):
        return True
    line = text[line_start:at].rstrip()
    if LIST_ITEM.match(text, behind) or line.startswith("#"):
        return True
    following = text[behind]
    if following.islower() or following in CONTINUING or line[-1:] in READS_ON:
        return False
    if gap[-1] in INDENTS and _begins_paragraph(text, line_start, behind):
        return True
    return not _is_wrapped(line)


def _num_breaks(gap: str) -> int:
    return sum(gap.count(char) for char in BREAKS) - gap.count("\r\n")


def _begins_paragraph(text: str, line_start: int, behind: int) -> bool:
    """Whether the line at `behind` is indented as first lines are: the Chinese way, or deeper."""
    if text.endswith("\u3000\u3000", 0, behind):
        return True
    return _indent(text, behind) > _indent(text, line_start)


def _indent(text: str, line_start: int) -> int:
    """Count the spaces before a line, to the few that matter."""
    before = text[max(0, line_start - MAX_INDENT) : line_start]
    return len(before) - len(before.rstrip(INDENTS))


def _is_wrapped(line: str) -> bool:
    """Whether a line is about as wide as lines are that a program wrapped."""
    if len(line) > MAX_WRAPPED_COLUMNS or 2 * len(line) < MIN_WRAPPED_COLUMNS:
        return False
    columns = len(line) if line.isascii() else len(line) + len(WIDE.findall(line))
    return MIN_WRAPPED_COLUMNS <= columns <= MAX_WRAPPED_COLUMNS
