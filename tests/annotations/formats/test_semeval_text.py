import pytest

from lexloom.annotations.document import Scope
from lexloom.errors import AnnotationError

FIRE = (
    '1\t"The <e1>fire</e1> caused <e2>heavy damage</e2>."\nCause-Effect(e1,e2)\nComment: clear\n\n'
)
DAMAGE = '2\t"<e1>Damage</e1> is what the <e2>fire</e2> caused."\nCause-Effect(e2,e1)\nComment:\n\n'
NONE = '3\t"A <e1>dog</e1> saw the <e2>fire</e2>."\nOther\nComment:\n\n'


def facts(document):
    text = {entity.id: entity.text for entity in document.entities}
    return [(text[r.head], r.type, text[r.tail]) for r in document.relations]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_published_files_are_read_sentence_by_sentence(read, line_end):
    content = (FIRE + DAMAGE + NONE).replace("\n", line_end)
    documents, report = read(content, "semeval-text")
    assert [document.id for document in documents] == ["1", "2", "3"]
    assert documents[0].text == "The fire caused heavy damage."
    assert [facts(document) for document in documents] == [
        [("fire", "Cause-Effect", "heavy damage")],
        [("fire", "Cause-Effect", "Damage")],
        [],
    ]
    known = (("T0", "T1"), ("T1", "T0"))
    assert documents[2].scope == Scope(all_mentions=False, known_pairs=known, event_types=())
    assert report.left_out.counts == {"comments are not read": 1}


def test_blank_lines_comments_and_quotes_may_be_missing(read):
    content = "7\tThe <e1>火</e1> 🎉 <e2>灾</e2>\nOther\n8\tA <e1>b</e1><e2>c</e2>\nis"
    documents, _ = read(content, "semeval-text", entity_type="thing")
    assert [(e.text, e.type, e.start) for e in documents[0].entities] == [
        ("火", "thing", 4),
        ("灾", "thing", 8),
    ]
    assert facts(documents[1]) == [("b", "is", "c")]


def test_a_mention_that_is_turned_around_is_counted_and_its_pair_is_not_known(read):
    (document,), report = read('1\t"A </e1>dog<e1> <e2>b</e2>"\nOther', "semeval-text")
    assert document.scope.known_pairs == ()
    assert report.unaligned.counts == {"the span is empty or reversed": 1}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (FIRE.replace("Cause-Effect(e1,e2)\n", ""), "line 1: the sentence has no label"),
        (FIRE + "4\tNo mention.\nOther\n", "line 5: <e1> is missing"),
        (FIRE.replace("</e2>", ""), "line 1: </e2> is missing"),
        (FIRE.replace("damage", "<e1>damage"), "line 1: <e1> stands there twice"),
        ("Other\n" + FIRE, "line 1: not a line of SemEval: 'Other'"),
        (FIRE.rstrip() + "\nand more\n", "line 4: not a line of SemEval: 'and more'"),
    ],
)
def test_a_broken_file_is_refused_by_its_line(read, content, message):
    with pytest.raises(AnnotationError, match=message) as caught:
        read(content, "semeval-text")
    assert "<e1>fire</e1>" in caught.value.hint
