"""Silver mentions are verbatim, apart from each other, and what RULES.md says they are."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lexloom.annotations.document import AnnotatedDocument, Scope
from lexloom.annotations.silver import TYPES, find_silver, with_silver
from lexloom.records import Entity

PIECES = "12 3.5 1990 million 三 百 万 元 年 月 日 岁 个 % $ May years ago -year-old 上午 点 半"
WORDS = st.sampled_from([*PIECES.split(), " ", "😀", "\ud800", "，", "-", ":"])
TEXTS = st.one_of(st.text(max_size=60), st.lists(WORDS, max_size=15).map("".join))


def found(text):
    return [(entity.text, entity.type) for entity in find_silver(text)]


@settings(max_examples=60)
@given(TEXTS)
def test_mentions_are_verbatim_in_order_and_apart(text):
    entities = find_silver(text)
    end = 0
    for entity in entities:
        assert text[entity.start : entity.end] == entity.text != ""
        assert entity.type in TYPES
        assert entity.start >= end
        assert entity.text == entity.text.strip(" ,，。")
        end = entity.end


@pytest.mark.parametrize(
    "unit", ["12 ", "一", "3-", "1,000", "周", "May ", "(1990", "$", "a hundred ", "1:2"]
)
def test_a_long_repetition_takes_little_time(unit):
    assert isinstance(find_silver(unit * 1_000), list)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("They met on 12 May 2021 at 7 a.m.", [("12 May 2021 at 7 a.m.", "time")]),
        ("at 7 a.m. on Tuesday", [("7 a.m. on Tuesday", "time")]),
        ("It opened in early 2020.", [("early 2020", "time")]),
        ("At the end of March it closed.", [("end of March", "time")]),
        ("the past five years", [("past five years", "time")]),
        ("three days ago", [("three days ago", "time")]),
        ("A three-day strike", [("three-day", "time")]),
        ("She waited half an hour.", [("half an hour", "time")]),
        ("every Wednesday", [("every Wednesday", "time")]),
        ("in the 1990s", [("1990s", "time")]),
        ("from 1990 to 1995", [("1990", "time"), ("1995", "time")]),
        ("from 1990-1995", [("1990-1995", "time")]),
        ("A 34-year-old nurse", [("34-year-old", "number")]),
        ("He is 34 years old.", [("34 years old", "number")]),
        ("aged 34", [("34", "number")]),
        ("about 40 km of road", [("40 km", "number")]),
        ("It rose by 35%.", [("35%", "number")]),
        ("three hundred students", [("three hundred", "number")]),
        ("They won 3-1.", [("3-1", "number")]),
        ("dozens of people", [("dozens", "number")]),
        ("one in five", [("one in five", "number")]),
        ("$3.5 million a year", [("$3.5 million", "money")]),
        ("40 euros per kilo", [("40 euros", "money")]),
        ("half a million dollars", [("half a million dollars", "money")]),
        ("2021年5月12日", [("2021年5月12日", "time")]),
        ("周二上午9点", [("周二上午9点", "time")]),
        ("2019年初开业", [("2019年初", "time")]),
        ("三天后", [("三天后", "time")]),
        ("两年合同", [("两年", "time")]),
        ("昨天和去年", [("昨天", "time"), ("去年", "time")]),
        ("明代画家", [("明代", "time")]),
        ("34岁的记者", [("34岁", "number")]),
        ("三公里", [("三公里", "number")]),
        ("三百名学生", [("三百", "number")]),
        ("2000万股", [("2000万", "number")]),
        ("5个百分点", [("5个百分点", "number")]),
        ("每分钟5次", [("每分钟5次", "number")]),
        ("发生4.1级地震", [("4.1级", "number")]),
        ("二比一获胜", [("二比一", "number")]),
        ("三百余人", [("三百余", "number")]),
        ("300万元的车", [("300万元", "money")]),
        ("卖5块钱一斤", [("5块钱", "money")]),
    ],
)  # fmt: skip
def test_borders_are_those_of_the_rules(text, expected):
    assert found(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "the third time", "one of them", "room 12", "Windows 8 is old", "bus 12",
        "daily and often",
        "now, soon, recently", "14 Mill Lane", "the 2006 Lanford Marathon", "for years",
        "目前，近日，每天，每年", "一名医生", "第三届", "一公斤米", "多年",
        "2号线", "万一下雨", "《三国演义》",
        "1. ", "(300301)", "",
    ],
)  # fmt: skip
def test_what_the_rules_leave_out_stays_out(text):
    assert found(text) == []


def test_silver_stands_back_for_gold_and_widens_the_scope():
    entity = Entity("S0", "event", "2023 Marathon", 0, 13)
    document = AnnotatedDocument(
        id="d",
        text="2023 Marathon on 12 May",
        entities=(entity,),
        scope=Scope(entity_types=("event",)),
    )
    wider = with_silver(document)
    assert [(e.text, e.type) for e in wider.entities] == [
        ("2023 Marathon", "event"),
        ("12 May", "time"),
    ]
    assert wider.scope.entity_types == ("event", *TYPES)
    assert with_silver(document, ["money"]).scope.entity_types == ("event", "money")


def test_a_scope_of_everything_stays_one():
    document = AnnotatedDocument(id="d", text="300 people")
    assert with_silver(document).scope == Scope()
