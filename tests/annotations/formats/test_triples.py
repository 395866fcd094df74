import json

import pytest

from lexloom.errors import AnnotationError

TEXT = "李明出演《长河》。长河水急，李明在《长河》里演老人"


def duie(*rows, text=TEXT):
    return json.dumps({"text": text, "spo_list": list(rows)}, ensure_ascii=False)


def spo(**changes):
    row = {
        "predicate": "主演",
        "subject_type": "影视作品",
        "subject": "长河",
        "object_type": {"@value": "人物"},
        "object": {"@value": "李明"},
    }
    return row | changes


def facts(document):
    entity = {e.id: (e.type, e.text, e.start) for e in document.entities}
    return [(entity[r.head], r.type, entity[r.tail]) for r in document.relations]


def test_the_nearest_places_of_two_strings_are_taken_and_counted(read):
    (document,), report = read(duie(spo()), "duie")
    assert facts(document) == [(("影视作品", "长河", 18), "主演", ("人物", "李明", 14))]
    assert report.repaired.counts == {"the string stands several times; one was chosen": 2}
    assert document.scope.all_mentions is False
    assert document.scope.event_types == ()
    assert document.scope.known_pairs is None


def test_each_slot_of_an_object_is_a_relation(read):
    slots = {"@value": "老人", "inWork": "长河"}
    row = spo(predicate="饰演", subject="李明", subject_type="人物", object=slots)
    row["object_type"] = {"@value": "人物", "inWork": "影视作品"}
    (document,), _ = read(duie(row), "duie")
    assert [(r[0][0], r[1], r[2][:2]) for r in facts(document)] == [
        ("人物", "饰演", ("人物", "老人")),
        ("人物", "饰演.inWork", ("影视作品", "长河")),
    ]


def test_the_first_version_of_duie_has_strings_for_objects(read):
    (document,), _ = read(duie(spo(object="李明", object_type="人物")), "duie")
    assert facts(document)[0][2][:2] == ("人物", "李明")


def test_pairs_at_other_places_of_a_related_pair_are_not_known(read):
    text = "甲公司收购乙公司。后来甲公司由丙人掌管。"
    rows = [
        spo(predicate="收购", subject="甲公司", object="乙公司", object_type="公司"),
        spo(predicate="掌管", subject="丙人", object="甲公司", object_type="公司"),
    ]
    (document,), _ = read(duie(*rows, text=text), "duie")
    place = {e.id: (e.text, e.start) for e in document.entities}
    known = {(place[a], place[b]) for a, b in document.scope.known_pairs}
    first, later = ("甲公司", 0), ("甲公司", 11)
    assert (first, ("乙公司", 5)) in known
    assert (later, ("乙公司", 5)) not in known
    assert (("乙公司", 5), later) in known
    assert (("丙人", 15), first) not in known


@pytest.mark.parametrize("missing", ["subject", "object"])
def test_a_triple_whose_end_is_missing_is_counted_and_the_other_end_kept(read, missing):
    value = "无此人" if missing == "subject" else {"@value": "无此人"}
    (document,), report = read(duie(spo(**{missing: value})), "duie")
    assert document.relations == ()
    assert len(document.entities) == 1
    assert report.unaligned.counts == {"the string does not stand in the text": 1}
    assert "line 1" in report.unaligned.examples["the string does not stand in the text"]


def test_an_empty_string_stands_nowhere(read):
    assert read(duie(spo(subject="")), "duie")[1].unaligned.total == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (duie(spo())[:-5], "line 1: not a whole JSON object"),
        (duie(spo(subject=None)), "line 1: 'subject' must be a string"),
        (duie(spo(object=["李明"])), "line 1: 'object' must be a string or an object of strings"),
        (duie(spo(object={"@value": 3})), "line 1: 'object' must be a string or an object"),
        (duie("李明"), "line 1: 'predicate' must be a string"),
        (json.dumps({"text": TEXT}), "'spo_list' must be a list, got nothing"),
    ],
)
def test_a_broken_duie_file_is_refused_by_its_line(read, content, message):
    with pytest.raises(AnnotationError, match=message):
        read(content, "duie")


def listed(*rows):
    return json.dumps([{"text": "Ann left Annapolis for Paris", "triple_list": rows}])


def test_lists_of_triples_take_whole_words_and_the_type_of_the_options(read):
    (document,), report = read(listed(["Ann", "goesTo", "Paris"]), "triples", entity_type="thing")
    assert facts(document) == [(("thing", "Ann", 0), "goesTo", ("thing", "Paris", 23))]
    assert report.repaired.total == 0
    _, report = read(listed(["Anna", "goesTo", "Paris"]), "triples")
    assert report.repaired.counts == {"the string stands only inside of a word": 1}


@pytest.mark.parametrize("row", [["Ann", "goesTo"], "Ann", ["Ann", "goesTo", 3]])
def test_what_is_no_triple_is_refused_by_its_document(read, row):
    with pytest.raises(AnnotationError, match="document 1: a triple is three strings"):
        read(listed(row), "triples")


def test_too_many_pairs_are_not_listed(read):
    names = [f"甲{n}乙" for n in range(120)]
    rows = [spo(subject=name, object=names[0]) for name in names[1:]]
    (document,), _ = read(duie(*rows, text="，".join(names) + names[0]), "duie")
    marked = {(relation.head, relation.tail) for relation in document.relations}
    assert set(document.scope.known_pairs) == marked
