"""Where mentions of other sets begin and end by the rules of the hand-made test set.

``benchmarks/gold/RULES.md``, section 2: titles, articles, quotes and possessives stay outside, and
a Chinese chain of places is one mention.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from lexloom.records import Entity

# a list of words is read more easily in full lines
# ruff: noqa: E501, SIM905

TITLES = re.compile(
    r"(?:(?:Mrs?|Messrs|Ms|Dr|Prof|Rev|Hon|St|Capt|Col|Gen|Lt|Sgt)\b\.?|Miss|Misses|Master|Mistress|Madame?|Monsieur|Sir|Lady"
    r"|Lord|Count|Countess|Duchess|Baron|Baroness|King|Queen|Prince|Princess|Emperor|Pope|Saint|Captain|Colonel"
    r"|Major|General|Lieutenant|Sergeant|Corporal|Admiral|Commodore|Doctor|Professor|Reverend|Father|Mother|Brother|Sister"
    r"|Uncle|Aunt|Auntie|Aunty|Cousin|Grandfather|Grandmother|Grandma|Grandpa|Papa|Mamma|Mama|Dad|Squire|Judge|Justice"
    r"|President|Senator|Governor|Mayor|Chancellor|Minister|Secretary|Inspector|Detective|Deacon|Parson|Bishop|Cardinal"
    r"|Señor|Herr|Frau|Little|Poor|Dear)\b\.?\s*",
)
TITLES_ZH = re.compile(
    "(?:先生|女士|老师|教授|小姐|院长|主席|总理|总统|书记|部长|医生|警官|导演|经理|局长|市长|县长|大师|同学|博士|同志|烈士|总裁)$"
)
ARTICLE = re.compile(r"(?:[Tt]he|[Aa]n?)\s+")
QUOTES = "\"“”'‘’`„«»《》〈〉「」『』【】()（） \u00a0"
POSSESSIVE = re.compile(r"\s?['’]s?$")
GENERIC_PLACES = frozenset(
    "House Hall Castle Court City Church Tower Park Street Palace Inn Square Town Village Hill Garden Kitchen Library "
    "Chapel Cathedral Bridge River Sea North South East West State Country County Hotel Station School Abbey".split()
)
CHAIN = re.compile("[\u4e00-\u9fff]{1,5}?(?:自治[区州县]|[省市县区州镇乡村盟旗])")
PROVINCES = re.compile(
    "(?:北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州"
    "|云南|陕西|甘肃|青海|台湾|内蒙古|广西|西藏|宁夏|新疆)(?:省|市|自治区|壮族自治区|回族自治区|维吾尔自治区)?$"
)


def trimmed(text: str, entity: Entity) -> Entity | None:
    """Give a mention without what stays outside of it; None when nothing is left."""
    start, end = entity.start, entity.end
    while start < end and text[start] in QUOTES:
        start += 1
    while start < end and text[end - 1] in QUOTES:
        end -= 1
    if match := POSSESSIVE.search(text, start, end):
        end = match.start()
    if entity.type != "work" and (match := ARTICLE.match(text, start, end)):
        start = match.end()
    if entity.type == "person":
        while match := TITLES.match(text, start, end):
            start = match.end()
        if (match := TITLES_ZH.search(text, start, end)) and match.start() > start:
            end = match.start()
    if start >= end:
        return None
    return replace(entity, start=start, end=end, text=text[start:end])


def with_chain(text: str, entity: Entity) -> Entity:
    """Widen a Chinese place to the chain of places that it is part of."""
    start, end = entity.start, entity.end
    if not "\u4e00" <= text[start] <= "\u9fff":
        return entity
    while match := CHAIN.match(text, end):
        end = match.end()
    if match := PROVINCES.search(text, max(0, start - 8), start):
        start = match.start()
    return replace(entity, start=start, end=end, text=text[start:end])


def is_name(text: str) -> bool:
    """Whether English words are a proper name: capitals at both ends, and one name alone."""
    words = text.split()
    if not words or not (words[0][0].isupper() and words[-1][0].isupper()):
        return False
    return not re.search(r"['’]s?\b|[,;“”\"]|\s(?:and|or)\s", text)


def apart(entities: Iterable[Entity]) -> list[Entity]:
    """Keep mentions that do not overlap, the longest first, in the order of the text."""
    kept: list[Entity] = []
    for entity in sorted(entities, key=lambda e: (e.start - e.end, e.start)):
        if all(entity.end <= other.start or other.end <= entity.start for other in kept):
            kept.append(entity)
    return sorted(kept, key=lambda e: e.start)
