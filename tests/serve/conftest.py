"""Made-up documents for the page's tests: both languages, emoji, nesting, events, hostile text."""

import pytest

from lexloom.annotations.schema import EntityType, EventType, RelationType, Role, Schema
from lexloom.records import (
    Argument,
    Coverage,
    Document,
    DocumentRef,
    Entity,
    Event,
    Extraction,
    Provenance,
    Relation,
    Skipped,
    Span,
)

HOSTILE = (
    "</script><script>alert(1)</script> <!-- <img src=x onerror=alert(2)> --> &amp; ]]> "
    "\u2028\u2029 \x00\x07\x1b \ud83d lone \udc4d \u202eevil\u202c 😀 <script>"
)

SCHEMA = Schema(
    name="news",
    entities=(
        EntityType(name="person", en="Person", zh="人物", description_en="A named human being"),
        EntityType(name="organization", en="Organization", zh="组织"),
        EntityType(name="place", en="Place", zh="地点"),
        EntityType(name="date", en="Date", zh="时间"),
        EntityType(name="product", en="Product", zh="产品"),
        EntityType(name="amount", en="Amount", zh="数额"),
    ),
    relations=(
        RelationType(name="works_for", en="works for", zh="任职于"),
        RelationType(name="based_in", en="based in", zh="总部位于"),
        RelationType(name="makes", en="makes", zh="生产"),
        RelationType(name="founded", en="founded", zh="创立"),
    ),
    events=(
        EventType(
            name="acquisition",
            en="Acquisition",
            zh="收购",
            roles=(
                Role(name="buyer", en="buyer", zh="收购方"),
                Role(name="target", en="target", zh="被收购方"),
                Role(name="price", en="price", zh="价格"),
                Role(name="time", en="time", zh="时间"),
            ),
        ),
        EventType(
            name="launch",
            en="Product launch",
            zh="产品发布",
            roles=(
                Role(name="product", en="product", zh="产品"),
                Role(name="time", en="time", zh="时间"),
            ),
        ),
    ),
)

ENGLISH = """Halden Robotics to buy Kestrel Labs

Halden Robotics, the warehouse automation company based in Bergen, said on Tuesday that it would\
 acquire Kestrel Labs of Bristol for £48 million. Kestrel Labs\
 makes the Finch gripper 🤖,\
 which picks soft fruit without bruising it.

“We have admired Kestrel since the day Amara Osei founded it,” said Ingrid Solberg,\
 who has led Halden Robotics since 2019. Ms Osei, a former engineer\
 of the University of Bristol Robotics Laboratory, will stay on as head\
 of research.

The two companies will launch a picking robot under the Halden name next spring."""

CHINESE = """海灵机器人收购云雀实验室

周二，总部位于杭州的海灵机器人宣布以3.2亿元收购深圳云雀实验室😀。云雀实验室生产“雀爪”夹具，可以采摘草莓而不损伤果实。

海灵机器人董事长林若溪表示：“自从周明远创立云雀实验室那天起，我们就一直关注它。”周明远曾任浙江大学机器人研究所工程师，今后将负责联合研发中心。

两家公司计划明年春天在杭州发布新一代采摘机器人。"""

MIXED = """2024-11-05 会议纪要 / minutes 🎉👩‍🔬

Ingrid Solberg 与林若溪在 Bergen 会面，讨论 Halden Robotics 和海灵机器人的合作 (joint venture)。
会上还提到 Finch gripper 的价格：€1,200。"""


def extraction(document, entities=(), relations=(), events=(), skipped=()):
    """Put found mentions together as an engine would: names are looked up in the text."""
    made = tuple(
        Entity(
            id=f"e{at}", type=kind, text=text, start=start, end=start + len(text), confidence=sure
        )
        for at, (kind, text, start, sure) in enumerate(
            (kind, text, find(document.text, text, nth), sure) for kind, text, nth, sure in entities
        )
    )
    size = len(document.text)
    lost = sum(gap.end - gap.start for gap in skipped)
    return Extraction(
        document=DocumentRef.of(document),
        entities=made,
        relations=tuple(Relation(*row) for row in relations),
        events=tuple(event(document.text, *row) for row in events),
        coverage=Coverage(size, size - lost, 1 + size // 400, tuple(skipped)),
        provenance=Provenance(
            model="lexloom-default",
            model_hash="9f2c" * 16,
            schema_hash=SCHEMA.sha256,
            version="0.1.0",
            time="2025-03-14T09:26:53Z",
        ),
    )


def find(text, piece, nth=0):
    """Give where the piece stands for the nth time."""
    at = text.index(piece)
    for _ in range(nth):
        at = text.index(piece, at + 1)
    return at


def event(text, kind, trigger, arguments, confidence):
    """Make an event; an argument is (role, text, nth, entity id or None)."""
    at = text.rindex(trigger)
    return Event(
        type=kind,
        trigger=Span.of(text, at, at + len(trigger)),
        arguments=tuple(
            Argument(
                role, piece, find(text, piece, nth), find(text, piece, nth) + len(piece), 0.9, name
            )
            for role, piece, nth, name in arguments
        ),
        confidence=confidence,
    )


@pytest.fixture(scope="session")
def schema():
    return SCHEMA


@pytest.fixture(scope="session")
def english():
    document = Document("halden-kestrel.txt", ENGLISH, "samples/en/halden-kestrel.txt")
    entities = [
        ("organization", "Halden Robotics", 1, 0.99),  # e0
        ("place", "Bergen", 0, 0.97),
        ("date", "Tuesday", 0, 0.95),
        ("organization", "Kestrel Labs", 1, 0.98),  # e3
        ("place", "Bristol", 0, 0.93),
        ("amount", "£48 million", 0, 0.96),  # e5
        ("organization", "Kestrel Labs", 2, 0.97),
        ("product", "Finch gripper", 0, 0.81),  # e7
        ("person", "Amara Osei", 0, 0.99),
        ("person", "Ingrid Solberg", 0, 0.99),  # e9
        ("organization", "Halden Robotics", 2, 0.98),
        ("date", "2019", 0, 0.88),
        ("organization", "University of Bristol Robotics Laboratory", 0, 0.77),  # e12
        ("organization", "University of Bristol", 0, 0.64),
        ("place", "Bristol", 1, 0.58),
        ("date", "next spring", 0, 0.71),
        ("organization", "Halden Robotics", 0, 0.98),
        ("organization", "Kestrel Labs", 0, 0.96),
        ("organization", "Kestrel", 3, 0.72),  # e18
        ("person", "Osei", 1, 0.83),  # e19
    ]
    relations = [
        ("based_in", "e0", "e1", 0.94),
        ("based_in", "e3", "e4", 0.86),
        ("makes", "e6", "e7", 0.79),
        ("founded", "e8", "e18", 0.83),
        ("works_for", "e9", "e10", 0.91),
        ("works_for", "e19", "e12", 0.47),
    ]
    events = [
        (
            "acquisition",
            "acquire",
            [
                ("buyer", "Halden Robotics", 1, "e0"),
                ("target", "Kestrel Labs", 1, "e3"),
                ("price", "£48 million", 0, "e5"),
                ("time", "Tuesday", 0, "e2"),
            ],
            0.92,
        ),
        (
            "launch",
            "launch",
            [("product", "picking robot", 0, None), ("time", "next spring", 0, "e15")],
            0.68,
        ),
    ]
    return document, extraction(document, entities, relations, events)


@pytest.fixture(scope="session")
def chinese():
    document = Document("海灵收购云雀.txt", CHINESE, "samples/zh/海灵收购云雀.txt")
    entities = [
        ("organization", "海灵机器人", 1, 0.98),  # e0
        ("place", "杭州", 0, 0.95),
        ("date", "周二", 0, 0.9),
        ("amount", "3.2亿元", 0, 0.97),  # e3
        ("organization", "深圳云雀实验室", 0, 0.62),  # e4 holds e5 and e6
        ("place", "深圳", 0, 0.84),
        ("organization", "云雀实验室", 1, 0.91),  # e6
        ("organization", "云雀实验室", 2, 0.96),
        ("product", "雀爪", 0, 0.77),  # e8
        ("person", "林若溪", 0, 0.99),
        ("organization", "海灵机器人", 2, 0.97),  # e10
        ("person", "周明远", 0, 0.98),
        ("organization", "云雀实验室", 3, 0.95),  # e12
        ("person", "周明远", 1, 0.97),
        ("organization", "浙江大学机器人研究所", 0, 0.82),  # e14 holds e15
        ("organization", "浙江大学", 0, 0.69),
        ("place", "杭州", 1, 0.9),  # e16
        ("date", "明年春天", 0, 0.86),
    ]
    relations = [
        ("based_in", "e0", "e1", 0.93),
        ("based_in", "e6", "e5", 0.7),
        ("makes", "e7", "e8", 0.8),
        ("works_for", "e9", "e10", 0.95),
        ("founded", "e11", "e12", 0.9),
        ("works_for", "e13", "e14", 0.75),
    ]
    events = [
        (
            "acquisition",
            "收购",
            [
                ("buyer", "海灵机器人", 1, "e0"),
                ("target", "云雀实验室", 1, "e6"),
                ("price", "3.2亿元", 0, "e3"),
            ],
            0.9,
        ),
        (
            "launch",
            "发布",
            [("product", "新一代采摘机器人", 0, None), ("time", "明年春天", 0, "e17")],
            0.74,
        ),
    ]
    gap = Skipped(
        CHINESE.index("今后"), CHINESE.index("中心。") + 2, "window failed: out of memory"
    )
    return document, extraction(document, entities, relations, events, [gap])


@pytest.fixture(scope="session")
def mixed():
    document = Document("minutes.md", MIXED)
    entities = [
        ("date", "2024-11-05", 0, 0.99),
        ("person", "Ingrid Solberg", 0, 0.97),
        ("person", "林若溪", 0, 0.98),
        ("place", "Bergen", 0, 0.94),
        ("organization", "Halden Robotics", 0, 0.96),
        ("organization", "海灵机器人", 0, 0.95),
        ("product", "Finch gripper", 0, 0.88),
        ("amount", "€1,200", 0, 0.93),
    ]
    relations = [("works_for", "e1", "e4", 0.66), ("works_for", "e2", "e5", 0.65)]
    return document, extraction(document, entities, relations)


@pytest.fixture(scope="session")
def hostile():
    text = f"{HOSTILE} Mallory met {HOSTILE}"
    document = Document(HOSTILE, text, HOSTILE)
    start, end = text.index("<script>"), text.index("Mallory")
    found = (
        Entity("</script>", HOSTILE, text[start:end], start, end),
        Entity("constructor", "constructor", "Mallory", end, end + 7, float("nan")),
    )
    facts = (
        Relation(HOSTILE, "</script>", "constructor", 0.5),
        Relation("__proto__", "gone", "gone"),
    )
    made = extraction(document)
    return document, Extraction(
        document=made.document,
        entities=found,
        relations=facts,
        events=(),
        coverage=Coverage(len(text), 0, 0, (Skipped(0, 9, HOSTILE),)),
        provenance=Provenance(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE),
        records=({"note": HOSTILE, "value": float("inf")},),
    )
