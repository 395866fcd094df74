import pytest

from lexloom.annotations.document import Scope
from lexloom.errors import AnnotationError

SENTENCE = "Rash after aspirin; a rash came back with aspirin."
ROW = f"77|{SENTENCE}|rash|122|126|aspirin|142|149"


def facts(document):
    entity = {e.id: (e.type, e.text, e.start) for e in document.entities}
    return [(entity[r.head], r.type, entity[r.tail]) for r in document.relations]


def test_offsets_of_the_abstract_say_which_of_two_equal_strings_is_meant(read):
    (document,), report = read(ROW, "ade")
    effect, drug = ("Adverse-Effect", "rash", 22), ("Drug", "aspirin", 42)
    assert facts(document) == [(effect, "Adverse-Effect", drug)]
    assert document.id == "77-0"
    assert document.scope == Scope(
        entity_types=("Adverse-Effect", "Drug"), relation_types=("Adverse-Effect",), event_types=()
    )
    assert report.repaired.total == 0
    first, _ = read(ROW.replace("142|149", "111|118"), "ade")
    assert facts(first[0])[0][2] == ("Drug", "aspirin", 11)


def test_effect_and_drug_together_say_where_the_sentence_begins(read):
    # by the effect alone the sentence could begin at 88 too
    (document,), _ = read("7|a rash then a rash of Dor|rash|102|106|Dor|122|125", "ade")
    assert facts(document)[0][0] == ("Adverse-Effect", "rash", 2)
    (document,), _ = read("7|of Dor a rash and of Dor|rash|109|113|Dor|121|124", "ade")
    assert facts(document)[0][2] == ("Drug", "Dor", 21)


def test_the_relations_of_a_sentence_are_one_document(read):
    rows = [ROW, ROW.replace("|rash|122|126", "|Rash|100|104"), "77|B has A.|A|9|10|B|3|4"]
    documents, report = read("\n".join(rows), "ade")
    assert [len(document.relations) for document in documents] == [2, 1]
    assert [document.id for document in documents] == ["77-0", "77-1"]
    assert report.merged == {"entity": 1}


def test_doses_have_types_of_their_own(read):
    (document,), _ = read("5|Take 5 mg of X.|5 mg|25|29|X|33|34", "ade-dosage")
    assert facts(document) == [(("Dosage", "5 mg", 5), "Dosage", ("Drug", "X", 13))]
    assert document.id == "5-dosage-0"


def test_offsets_that_fit_nothing_are_replaced_by_the_nearest_place_and_counted(read):
    (document,), report = read(ROW.replace("142|149", "900|907"), "ade")
    assert [drug[2] for _, _, drug in facts(document)] == [42]
    assert report.repaired.total == 1
    # 92 lies before the sentence, as far as the last "aspirin" lies before its end
    (document,), report = read(ROW + "\n" + ROW.replace("142|149", "92|99"), "ade")
    assert [drug[2] for _, _, drug in facts(document)] == [42, 11]
    assert report.repaired.total == 1


def test_a_mention_that_is_not_there_is_counted_and_other_sentences_stay(read):
    documents, report = read(
        ROW.replace("|aspirin|", "|Aspirin|") + "\n\n" + ROW.replace("77|", "8|"), "ade"
    )
    assert [len(document.relations) for document in documents] == [0, 1]
    _, of_two = read(ROW + "\n" + ROW.replace("|aspirin|", "|Aspirin|"), "ade")
    assert all("line 2" in example for example in of_two.unaligned.examples.values())
    assert report.unaligned.counts == {
        "the string does not stand in the text": 1,
        "an end of the relation is no marked entity": 1,
    }


def test_sentences_without_an_effect_say_nothing_of_drugs(read):
    documents, _ = read("6 NEG Aspirin NEG worked.\n\n6 NEG All was well.\n", "ade-negative")
    assert [(document.id, document.text) for document in documents] == [
        ("6-neg-0", "Aspirin NEG worked."),
        ("6-neg-1", "All was well."),
    ]
    scope = Scope(entity_types=(), relation_types=("Adverse-Effect",), event_types=())
    assert documents[0].scope == scope


@pytest.mark.parametrize(
    ("content", "format", "message"),
    [
        ("1|a b|a|0", "ade", "line 1: 4 columns where there must be 8"),
        (ROW + "\n" + ROW.replace("122", "x"), "ade", "line 2: an offset is not a whole number"),
        ("6 NEG a\n6 POS b", "ade-negative", "line 2: not a negative sentence: '6 POS b'"),
        ("text", "ade-negative", "line 1: not a negative sentence"),
    ],
)
def test_a_broken_file_is_refused_by_its_line(read, content, format, message):
    with pytest.raises(AnnotationError, match=message):
        read(content, format)
