import pytest

from lexloom.annotations.document import Scope
from lexloom.errors import AnnotationError

HEADER = "sentence,relation,head,head_type,head_offset,tail,tail_type,tail_offset\n"
CHINESE = HEADER + "《我家有喜2》由丁仰国执导,导演,我家有喜,影视作品,1,丁仰国,人物,8\n"
ENGLISH = HEADER + '"Ann, a ""star"", was born in Rome",born in,Ann,person,0,Rome,city,27\n'


def triples(document):
    entity = {e.id: (e.text, e.type) for e in document.entities}
    return [(entity[r.head], r.type, entity[r.tail]) for r in document.relations]


def test_a_row_becomes_a_document_with_one_relation(read):
    documents, report = read(CHINESE, "deepke")
    assert triples(documents[0]) == [(("我家有喜", "影视作品"), "导演", ("丁仰国", "人物"))]
    assert report.entities == {"影视作品": 1, "人物": 1}


def test_a_quoted_sentence_keeps_its_commas_and_quotes(read):
    documents, _ = read(ENGLISH, "deepke")
    assert documents[0].text == 'Ann, a "star", was born in Rome'
    assert triples(documents[0]) == [(("Ann", "person"), "born in", ("Rome", "city"))]


def test_a_quoted_line_feed_belongs_to_the_sentence(read):
    documents, _ = read(HEADER + '"Ann,\nfrom Rome",of,Ann,person,0,Rome,city,10\n', "deepke")
    assert documents[0].text == "Ann,\nfrom Rome"


def test_only_the_marked_pair_is_known(read):
    documents, _ = read(CHINESE, "deepke")
    head, tail = (entity.id for entity in documents[0].entities)
    assert documents[0].scope == Scope(
        all_mentions=False, known_pairs=((head, tail),), event_types=()
    )


def test_a_pair_without_a_relation_is_still_known(read):
    documents, _ = read(CHINESE.replace(",导演,", ",None,"), "deepke")
    assert documents[0].relations == ()
    assert len(documents[0].scope.known_pairs) == 1


@pytest.mark.parametrize(
    ("offset", "reason"),
    [
        ("7", "the text at the offsets is not the mention"),
        ("99", "the span runs out of the text"),
        ("-1", "the span runs out of the text"),
        ("x", "an offset is not a whole number"),
    ],
)
def test_an_offset_that_does_not_fit_is_counted_and_nothing_else_is_lost(read, offset, reason):
    documents, report = read(
        CHINESE.replace(",8\n", f",{offset}\n") + CHINESE[len(HEADER) :], "deepke"
    )
    assert [len(document.entities) for document in documents] == [1, 2]
    assert documents[0].scope.known_pairs == ()
    assert report.unaligned.counts == {
        reason: 1,
        "an end of the relation is no marked entity": 1,
    }


@pytest.mark.parametrize(
    ("content", "message", "hint"),
    [
        (
            CHINESE.replace("head_type", "kind"),
            "line 1: the column 'head_type' is missing",
            "names",
        ),
        (CHINESE + "只有,三,列\n", "line 3: 3 columns where there must be 8", "double quotes"),
        (CHINESE + '"未完', "line 2: not CSV", "check the quotes"),
    ],
)
def test_a_broken_file_is_refused_by_its_line(read, content, message, hint):
    with pytest.raises(AnnotationError, match=message) as caught:
        read(content, "deepke")
    assert hint in caught.value.hint


ATTRIBUTES = "sentence,attribute,entity,entity_offset,attribute_value,attribute_value_offset\n"


def test_an_attribute_is_a_relation_from_the_entity_to_its_value(read):
    (document,), report = read(
        ATTRIBUTES + "岳正，字季方。,字,岳正,0,季方,4\n", "deepke-attributes"
    )
    assert [(e.type, e.text) for e in document.entities] == [("entity", "岳正"), ("entity", "季方")]
    (relation,) = document.relations
    assert (relation.type, relation.head, relation.tail) == ("字", "T0", "T1")
    assert document.scope.known_pairs == (("T0", "T1"),)
    assert report.unaligned.total == 0


def test_a_value_that_does_not_fit_is_counted(read):
    rows = "She came.,name,she,-1,She,0\nShe came.,name,She,0,came,4\n"
    documents, report = read(ATTRIBUTES + rows, "deepke-attributes", entity_type="thing")
    assert [len(document.relations) for document in documents] == [0, 1]
    assert report.entities == {"thing": 3}
    assert report.unaligned.total == 2


def test_a_table_of_relations_is_none_of_attributes(read):
    with pytest.raises(AnnotationError, match="the column 'attribute' is missing"):
        read("sentence,relation,head\n", "deepke-attributes")
