import pytest

from lexloom.annotations.document import Scope
from lexloom.annotations.formats.table import import_dataset
from lexloom.annotations.report import ImportReport
from lexloom.errors import AnnotationError

CHINESE = """<?xml version="1.0" encoding="UTF-8"?>
<Body>
\t<Title>工厂　起火</Title>
\t<ReportTime type="absTime">2020-1-2 9:30</ReportTime>
\t<Content>
\t\t<Paragraph>
\t\t\t<Sentence>
\t\t\t\t<Event eid="e1">
\t\t\t\t\t<Time tid="t1">2日9时</Time>，
\t\t\t\t\t<Location lid="l1">东河工厂</Location>
\t\t\t\t\t<Denoter did="d1" type="emergency">起火</Denoter>，
\t\t\t\t</Event>
\t\t\t\t<Event eid="e2" type="thoughtevent">
\t\t\t\t\t<Participant>9人</Participant>
\t\t\t\t\t<Denoter>受伤</Denoter>。
\t\t\t\t</Event>
\t\t\t</Sentence>
\t\t</Paragraph>
\t</Content>
\t<eRelation relType="Causal" cause_eid="e1" effect_eid="e2"/>
</Body>
"""
ENGLISH = """<Body><Sentence>
  <Event><Object>A truck</Object>
    <Denoter type="action">hit</Denoter> a wall.
    </Event>
  <Event>It <Denoter type="stateChange">burnt</Denoter> &amp; fell.</Event>
</Sentence></Body>"""


def arguments(event):
    return [(argument.role, argument.text) for argument in event.arguments]


def test_the_text_is_what_the_elements_hold_without_indentation(read):
    (document,), report = read(CHINESE, "cec")
    assert document.text == "工厂　起火\n2020-1-2 9:30\n2日9时，东河工厂起火，9人受伤。"
    fire, injury = document.events
    assert (fire.type, fire.trigger.text) == ("emergency", "起火")
    assert arguments(fire) == [("Time", "2日9时"), ("Location", "东河工厂")]
    assert (injury.type, injury.trigger.text) == ("thoughtevent", "受伤")
    assert arguments(injury) == [("Participant", "9人")]
    assert document.scope == Scope(entity_types=(), relation_types=())
    assert report.left_out.counts == {"relations between events are not read": 1}


def test_english_words_keep_a_space_between_them(read):
    (document,), _ = read(ENGLISH, "cec")
    assert document.text == "A truck hit a wall. It burnt & fell."
    assert [event.trigger.text for event in document.events] == ["hit", "burnt"]
    assert arguments(document.events[0]) == [("Object", "A truck")]


def test_empty_blocks_and_leading_space_give_no_lines_and_no_space(read):
    content = """<?xml
      version="1.0"
    ?><Body> <Title/><Paragraph>他<Event><Denoter>来</Denoter></Event></Paragraph>
    <Paragraph></Paragraph><Paragraph>了</Paragraph></Body>"""
    (document,), _ = read(content, "cec")
    assert document.text == "他来\n了"
    assert document.events[0].trigger.start == 1


def test_events_inside_of_events_have_their_own_triggers(read):
    inner = "<Event><Denoter>说</Denoter>他<Event><Denoter>走</Denoter>了</Event></Event>"
    (document,), _ = read(f"<Body>{inner}</Body>", "cec")
    assert [event.trigger.text for event in document.events] == ["说", "走"]


@pytest.mark.parametrize(
    ("marks", "reason"),
    [
        ("<Time>昨天</Time>", "the event has no trigger that fits the text"),
        ("<Denoter> </Denoter>", "the span is empty or reversed"),
        ("<Denoter>说</Denoter><Denoter>走</Denoter>", "the event has a second trigger"),
        ("<Denoter>说</Denoter><Time/>", "the span is empty or reversed"),
    ],
)
def test_what_does_not_fit_is_counted_and_other_events_stay(read, marks, reason):
    event = "<Event>他<Denoter>来</Denoter></Event>"
    (document,), report = read(f"<Body><Event>{marks}</Event>{event}</Body>", "cec")
    assert "来" in [event.trigger.text for event in document.events]
    assert reason in report.unaligned.counts


def test_a_folder_is_read_by_its_names_and_an_encoding_by_its_declaration(tmp_path):
    text = CHINESE.replace("UTF-8", "gb2312")
    (tmp_path / "火灾").mkdir()
    (tmp_path / "火灾" / "a.xml").write_bytes(text.encode("gb18030"))
    (tmp_path / "b.xml").write_text("\ufeff" + CHINESE, encoding="utf-8")
    (tmp_path / "c.xml").write_text("")
    documents = list(import_dataset(tmp_path, "cec", report=ImportReport()))
    assert [document.id for document in documents] == ["b", "火灾/a"]
    assert documents[0].text == documents[1].text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (CHINESE[:-9], r"sample\.txt: not whole XML"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "not whole XML"),
        ("<a>" * 200 + "</a>" * 200, "nested too deeply"),
        ('<?xml version="1.0" encoding="klingon"?><a/>', "not klingon, as it says it is"),
        ('<?xml version="1.0" encoding="ascii"?><a>李</a>', "not ascii, as it says it is"),
        (CHINESE.encode() + b"<!-- \xff -->", "not UTF-8"),
    ],
)
def test_a_broken_file_is_refused(read, content, message):
    with pytest.raises(AnnotationError, match=message):
        read(content, "cec")


def test_a_long_text_takes_time_that_grows_with_its_length(read):
    event = "<Event>他\n<Denoter type='x'>走</Denoter>了。\n</Event>"
    (document,), _ = read(f"<Body>{event * 20_000}</Body>", "cec")
    assert len(document.events) == 20_000
    assert document.text == "他走了。" * 20_000
