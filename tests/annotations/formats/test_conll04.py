import pytest

from lexloom.annotations.document import Scope
from lexloom.errors import AnnotationError

ENGLISH = """#doc 7
0\t#1\tO\t['N']\t[0]
1\tJohn\tB-Peop\t['N']\t[1]
2\tBooth\tI-Peop\t['Kill', 'Live_In']\t[4, 6]
3\tshot\tO\t['N']\t[3]
4\tLincoln\tB-Peop\t['N']\t[4]
5\tin\tO\t['N']\t[5]
6\tWashington\tB-Loc\t['N']\t[6]
#doc 8
0\tNothing\tO\t['N']\t[0]
"""
CHINESE = """#doc 一
0\t李\tB-人\t['N']\t[0]
1\t明\tI-人\t['在']\t[3]
2\t北\tB-地\t['N']\t[2]
3\t京\tI-地\t['N']\t[3]
"""


def triples(document):
    text = {entity.id: entity.text for entity in document.entities}
    return [(text[r.head], r.type, text[r.tail]) for r in document.relations]


def test_a_relation_goes_from_the_entity_of_its_row_to_the_one_that_ends_at_its_head(read):
    documents, report = read(ENGLISH, "conll04")
    assert [document.id for document in documents] == ["7", "8"]
    assert documents[0].text == "#1 John Booth shot Lincoln in Washington"
    assert triples(documents[0]) == [
        ("John Booth", "Kill", "Lincoln"),
        ("John Booth", "Live_In", "Washington"),
    ]
    assert documents[0].scope == Scope(event_types=())
    assert report.relations == {"Kill": 1, "Live_In": 1}


def test_chinese_is_read_with_the_joiner_that_is_given(read):
    documents, _ = read(CHINESE, "conll04", joiner="")
    assert documents[0].text == "李明北京"
    assert triples(documents[0]) == [("李明", "在", "北京")]


@pytest.mark.parametrize("head", [5, 99, -1, 3])
def test_a_head_that_ends_no_entity_is_counted(read, head):
    documents, report = read(ENGLISH.replace("[4, 6]", f"[{head}, 6]"), "conll04")
    assert [r.type for r in documents[0].relations] == ["Live_In"]
    assert report.unaligned.counts == {"an end of the relation is no marked entity": 1}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("#doc 7\n", "", "line 1: a row before the first sentence"),
        ("1\tJohn\t", "1\t", "line 3: 4 columns where there must be 5"),
        ("B-Loc", "Loc", "line 8: unknown tag 'Loc'"),
        ("[4, 6]", "[4]", "line 4: .* of one length"),
        ("[4, 6]", "['4', 6]", "line 4: .* are no lists"),
        ("[4, 6]", "4", "line 4: .* are no lists"),
        ("[4, 6]", "[4, 6", "line 4: .* are no lists"),
        ("[4, 6]", "[True, 6]", "line 4: .* are no lists"),
        ("[4, 6]", "[open('x'), 6]", "line 4: .* are no lists"),
    ],
)
def test_a_broken_file_is_refused_by_its_line(read, old, new, message):
    assert old in ENGLISH
    with pytest.raises(AnnotationError, match=message) as caught:
        read(ENGLISH.replace(old, new), "conll04")
    assert caught.value.hint
