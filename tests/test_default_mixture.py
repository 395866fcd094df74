"""The mixture of the default extractor: what each set marks, in the words of RULES.md."""

import importlib
import os
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from lexloom.annotations.document import AnnotatedDocument, Scope, read_jsonl
from lexloom.annotations.schema import Schema
from lexloom.records import Argument, Entity, Event, Relation, Span

RECIPE = Path(__file__).parents[1] / "recipes" / "default"
SCHEMA = Schema.load(RECIPE / "schema.toml")
MODULES = (
    "names",
    "borders",
    "entity_sets",
    "relation_sets",
    "event_sets",
    "plain_sets",
    "posts",
    "quiet_pairs",
    "mixture",
)


@pytest.fixture(scope="module", autouse=True)
def recipe():
    before = list(sys.path), set(sys.modules)
    sys.path.insert(0, str(RECIPE))
    yield {name: importlib.import_module(name) for name in MODULES}
    sys.path[:] = before[0]
    for name in {"prepare", *MODULES} - before[1]:
        sys.modules.pop(name, None)


def marked(text, *mentions, relation=None, events=()):
    """Give a document with mentions ``(type, words)`` and a relation of the first two."""
    entities = tuple(
        Entity(f"T{n}", type, words, text.index(words), text.index(words) + len(words))
        for n, (type, words) in enumerate(mentions)
    )
    relations = () if relation is None else (Relation(relation, "T0", "T1"),)
    scope = Scope(all_mentions=False, known_pairs=(("T0", "T1"),)) if relation else Scope()
    return AnnotatedDocument(
        id="d", text=text, entities=entities, relations=relations, events=tuple(events), scope=scope
    )


def mentions(document):
    return [(entity.type, entity.text) for entity in document.entities]


def relations(document):
    words = {entity.id: entity.text for entity in document.entities}
    return [(r.type, words[r.head], words[r.tail]) for r in document.relations]


# --- the tables


def test_every_name_in_the_tables_is_the_schemas(recipe):
    names = recipe["names"]
    entities = {item.name for item in SCHEMA.entities}
    relations = {item.name for item in SCHEMA.relations}
    outside = {names.UNKNOWN, names.NOTHING}
    used = {type for types in names.ENTITY_TYPES.values() for type in types.values()}
    used |= {type for _, head, tail in names.WIKI80.values() for type in (head, tail)}
    used |= {type for _, head, tail in names.ATTRIBUTES.values() for type in (head, tail)}
    used |= {*names.NAMES, *names.SILVER, *names.DEEPKE_TYPES.values(), *names.NAMED_ROLES.values()}
    assert used - outside <= entities
    told = {name.removeprefix("-") for name, *_ in names.WIKI80.values() if name not in (None, "?")}
    told |= {name for name, *_ in names.ATTRIBUTES.values()} | {*names.DEEPKE_RELATIONS.values()}
    assert told | names.SYMMETRIC <= relations
    assert {*names.FINANCE_EVENTS, *names.PHEE_EVENTS.values()} == {e.name for e in SCHEMA.events}
    roles = {role.name for event in SCHEMA.events for role in event.roles}
    assert {*names.ROLES.values()} <= roles
    assert len(names.WIKI80) == 80


@pytest.mark.parametrize("known", range(80))
def test_the_types_of_a_relation_are_those_that_the_schema_allows(known, recipe):
    name, head, tail = list(recipe["names"].WIKI80.values())[known]
    if name in (None, "?"):
        return
    if name.startswith("-"):
        name, head, tail = name[1:], tail, head
    assert recipe["relation_sets"].allows(SCHEMA, name, head, tail)


# --- borders


@pytest.mark.parametrize(
    ("type", "words", "expected"),
    [
        ("person", "Dr. Anna Keller", "Anna Keller"),
        ("person", "Anna Keller 's", "Anna Keller"),
        ("person", "周敏教授", "周敏"),
        ("person", "Captain", None),
        ("location", "the Orrin River", "Orrin River"),
        ("work", "The Salt Year", "The Salt Year"),
        ("work", "《长河夜渡》", "长河夜渡"),
        ("organization", '" Harwick Mills "', "Harwick Mills"),
    ],
)
def test_titles_articles_quotes_and_possessives_stay_outside(type, words, expected, recipe):
    bordered = recipe["borders"].trimmed(words, Entity("a", type, words, 0, len(words)))
    assert (bordered and bordered.text) == expected


def test_a_chinese_chain_of_places_is_one_mention(recipe):
    text = "他出生于浙江省临江市青岚县城关。"
    place = Entity("a", "location", "临江市", 7, 10)
    assert recipe["borders"].with_chain(text, place).text == "浙江省临江市青岚县"


def test_of_mentions_that_overlap_the_longest_stays(recipe):
    nested = [Entity("a", "location", "x", 3, 5), Entity("b", "person", "y", 0, 5)]
    assert [e.id for e in recipe["borders"].apart(nested)] == ["b"]


# --- names


def test_a_set_keeps_what_it_looked_for_and_says_what_it_did_not(recipe):
    text = "Miss Price left the Orrin Bridge on Mill Street ; the old man stayed ."
    document = marked(
        text,
        ("PER", "Miss Price"), ("FAC", "the Orrin Bridge"), ("FAC", "Mill Street"),
        ("PER", "the old man"),
    )  # fmt: skip
    read = recipe["entity_sets"].renamed("litbank", document)
    assert mentions(read) == [
        ("person", "Price"), ("facility", "Orrin Bridge"), ("location", "Mill Street"),
    ]  # fmt: skip
    assert {"work", "product", "disease", "time"}.isdisjoint(read.scope.entity_types)
    assert {"person", "chemical"} <= set(read.scope.entity_types)
    assert read.scope.relation_types == read.scope.event_types == ()


def test_teams_are_groups_and_stations_facilities(recipe):
    document = marked("海燕队和北桥站", ("ORG.NAM", "海燕队"), ("LOC.NAM", "北桥站"))
    read = recipe["entity_sets"].renamed("weibo", document)
    assert mentions(read) == [("group", "海燕队"), ("facility", "北桥站")]


def test_medical_texts_hold_no_people_and_say_nothing_of_facilities_relations(recipe):
    document = marked(
        "aspirin and antibiotics", ("Chemical", "aspirin"), ("Chemical", "antibiotics")
    )
    read = recipe["entity_sets"].renamed("bc5cdr", document)
    assert mentions(read) == [("chemical", "aspirin")]
    assert "person" in read.scope.entity_types
    assert "pledge" in read.scope.event_types
    assert "adverse_event" not in read.scope.event_types


# --- pairs


def wiki(recipe, text, head, tail, relation):
    document = marked(text, ("entity", head), ("entity", tail), relation=relation)
    return recipe["relation_sets"].wiki80(document, SCHEMA)


@pytest.mark.parametrize(
    ("head", "tail", "relation", "expected"),
    [
        ("Wiesbaden", "Frauenstein", "contains administrative territorial entity",
         ("located_in", "Frauenstein", "Wiesbaden")),
        ("Torne", "Lainio", "tributary", ("flows_into", "Lainio", "Torne")),
        ("Elbe River", "North Sea", "mouth of the watercourse",
         ("flows_into", "Elbe River", "North Sea")),
        ("Harwick Dam", "Orrin River", "located on terrain feature",
         ("located_in", "Harwick Dam", "Orrin River")),
        ("Lanford Cup", "Tolby United", "participating team",
         ("participant_in", "Tolby United", "Lanford Cup")),
        ("Ana Ruiz", "Lanford Olympics", "participant of",
         ("participant_in", "Ana Ruiz", "Lanford Olympics")),
        ("Lanford Cup", "Tolby Stadium", "location", ("held_in", "Lanford Cup", "Tolby Stadium")),
        ("Tolby Museum", "Lanford", "location", ("located_in", "Tolby Museum", "Lanford")),
        ("Tolby Station", "Lanford", "country", ("located_in", "Tolby Station", "Lanford")),
        ("Tolby University", "Norway", "country", ("country", "Tolby University", "Norway")),
        ("Tolby Station", "Kestrel Rail", "owned by",
         ("owned_by", "Tolby Station", "Kestrel Rail")),
        ("Tolby Records", "Norvia Group", "owned by",
         ("subsidiary", "Norvia Group", "Tolby Records")),
        ("The Band", "Lanford", "location of formation", ("founded_in", "Band", "Lanford")),
        ("Ana Ruiz", "Norway", "country of citizenship", ("nationality", "Ana Ruiz", "Norway")),
    ],
)  # fmt: skip
def test_wiki80_relations_are_the_schemas(head, tail, relation, expected, recipe):
    read = wiki(recipe, f"It is said that {head} and then {tail} .", head, tail, relation)
    assert relations(read) == [expected]
    assert len(read.scope.known_pairs) == 2


@pytest.mark.parametrize(
    ("head", "tail", "relation"),
    [
        ("Ana Ruiz", "Norwegian", "country of citizenship"),  # a demonym is no mention
        ("2003", "Tolby United", "winner"),  # nor a year an event
        ("the final", "Tolby United", "winner"),
        ("Tolby Airport", "Lanford", "place served by transport hub"),
        ("94th Squadron 7", "Royal Navy", "military branch"),
    ],
)
def test_where_the_rules_do_not_say_the_pair_stays_unknown(head, tail, relation, recipe):
    read = wiki(recipe, f"So {head} , then {tail} .", head, tail, relation)
    assert read.relations == ()
    assert read.scope.known_pairs == ()


def test_a_relation_that_is_not_asked_for_is_a_known_nothing(recipe):
    read = wiki(recipe, "Ana Ruiz is a soprano .", "Ana Ruiz", "soprano", "voice type")
    assert mentions(read) == [("person", "Ana Ruiz"), ("nothing", "soprano")]
    assert read.relations == ()
    assert len(read.scope.known_pairs) == 2
    assert set(read.scope.partial_types) >= {"person", "work"}


def test_siblings_have_the_first_mention_as_head(recipe):
    document = marked("Ann and Bob", ("entity", "Bob"), ("entity", "Ann"), relation="sibling")
    assert relations(recipe["relation_sets"].wiki80(document, SCHEMA)) == [
        ("sibling", "Ann", "Bob")
    ]


def test_an_end_of_unknown_type_leaves_the_types_unknown(recipe):
    read = wiki(recipe, "Quox is sung by Zap .", "Quox", "Zap", "performer")
    assert relations(read) == [("performer", "Quox", "Zap")]
    assert read.scope.entity_types == ()


def test_semeval_gives_counter_examples_and_causes_of_diseases(recipe):
    read = recipe["relation_sets"].semeval
    document = marked(
        "the company made the car", ("e", "company"), ("e", "car"), relation="Product-Producer"
    )
    assert mentions(read(document, {"fever"}, set())) == [
        ("nothing", "company"),
        ("nothing", "car"),
    ]
    assert read(document, {"fever"}, set()).relations == ()
    document = marked("lead causes fever", ("e", "lead"), ("e", "fever"), relation="Cause-Effect")
    assert relations(read(document, {"fever"}, {"lead"})) == [("causes", "lead", "fever")]
    assert relations(read(document, set(), {"lead"})) == []


def test_deepke_attributes_become_relations_with_whole_values(recipe):
    read = recipe["relation_sets"].deepke_attribute
    document = marked(
        "《归途》于2009年3月20日上映", ("e", "归途"), ("e", "2009年"), relation="上映时间"
    )
    assert relations(read(document)) == [("release_date", "归途", "2009年3月20日")]
    document = marked("2009年凭《归途》获奖", ("e", "归途"), ("e", "2009年"), relation="上映时间")
    assert relations(read(document)) == []
    assert read(document).scope.known_pairs == ()
    document = marked("周敏，身高180厘米", ("e", "周敏"), ("e", "180"), relation="身高")
    assert mentions(read(document)) == [("person", "周敏"), ("number", "180厘米")]


def test_a_country_inside_of_a_longer_name_is_no_nationality(recipe):
    read = recipe["relation_sets"].deepke
    document = marked("周敏，中国石油大学讲师", ("人物", "周敏"), ("国家", "中国"), relation="国籍")
    assert relations(read(document)) == []
    document = marked("周敏，中国讲师", ("人物", "周敏"), ("国家", "中国"), relation="国籍")
    assert relations(read(document)) == [("nationality", "周敏", "中国")]


def test_rows_of_one_sentence_are_one_document(recipe):
    sets = recipe["relation_sets"]
    text = "周敏，汉族，唐代人"
    rows = [
        marked(text, ("e", "周敏"), ("e", "汉族"), relation="民族"),
        marked(text, ("e", "周敏"), ("e", "唐代"), relation="朝代"),
    ]
    (document,) = sets.merged(map(sets.deepke_attribute, rows))
    assert relations(document) == [("ethnicity", "周敏", "汉族"), ("dynasty", "周敏", "唐代")]
    assert len(document.scope.known_pairs) == 4


@pytest.mark.parametrize(
    ("text", "organization"),
    [
        ("周敏，女，汉族，现任临江市第二中学校长", "临江市第二中学"),
        ("周敏，曾任晨星集团副总裁", "晨星集团"),
        ("周敏毕业于临江大学", None),
        ("周敏现任校长", None),
        ("周敏与现任临江大学校长李强", None),
    ],
)
def test_a_post_that_is_named_makes_a_works_for(text, organization, recipe):
    others = [("person", "李强")] if "李强" in text else []
    read = recipe["posts"].with_post(marked(text, ("person", "周敏"), *others))
    expected = [] if organization is None else [("works_for", "周敏", organization)]
    assert relations(read) == expected


def test_the_name_of_a_people_is_whole(recipe):
    document = marked("周敏，汉族", ("e", "周敏"), ("e", "汉"), relation="民族")
    read = recipe["relation_sets"].deepke_attribute(document)
    assert relations(read) == [("ethnicity", "周敏", "汉族")]


# --- events


def financial(recipe, text, type, trigger, *arguments, part="fewfc"):
    at = text.index(trigger)
    found = tuple(
        Argument(role, words, text.index(words), text.index(words) + len(words))
        for role, words in arguments
    )
    event = Event(type, Span(trigger, at, at + len(trigger)), found)
    return recipe["event_sets"].fewfc(part, marked(text, events=[event]), SCHEMA)


def test_buying_control_is_an_acquisition_and_a_share_is_a_transfer(recipe):
    arguments = [("obj-org", "云溪科技"), ("target-company", "北桥制造"), ("sub-org", "晨星集团")]
    text = "云溪科技收购晨星集团所持北桥制造{}股权"
    whole = financial(
        recipe, text.format("100%"), "股份股权转让", "收购", *arguments, ("proportion", "100%")
    )
    (event,) = whole.events
    assert event.type == "acquisition"
    assert [(a.role, a.text) for a in event.arguments] == [
        ("agent_organization", "云溪科技"), ("object_organization", "北桥制造"),
        ("proportion", "100%"),
    ]  # fmt: skip
    assert "acquisition" in whole.scope.event_types
    part = financial(
        recipe, text.format("5%"), "股份股权转让", "收购", *arguments, ("proportion", "5%")
    )
    assert part.events[0].type == "share_transfer"
    assert "acquisition" not in part.scope.event_types


def test_events_of_the_other_part_are_unknown_where_they_may_be(recipe):
    silent = financial(recipe, "周敏质押5%", "质押", "质押")
    assert {"judgment", "acquisition", "pledge", "adverse_event"} <= set(silent.scope.event_types)
    hinting = financial(recipe, "周敏质押后，法院判他败诉", "质押", "质押")
    assert "pledge" in hinting.scope.event_types
    assert {"judgment", "guarantee"}.isdisjoint(hinting.scope.event_types)


def test_amounts_leave_blurring_words_outside_and_roles_are_the_schemas(recipe):
    read = financial(
        recipe, "云溪中标，金额约3000万元", "中标", "中标",
        ("sub", "云溪"), ("amount", "约3000万元"), ("way", "中标"), part="fewfc_trans",
    )  # fmt: skip
    assert [(a.role, a.text) for a in read.events[0].arguments] == [
        ("agent", "云溪"), ("money", "3000万元"),
    ]  # fmt: skip


def test_names_that_fill_roles_are_mentions_and_common_nouns_are_not(recipe):
    read = financial(
        recipe, "该公司股东周敏向晨星集团质押", "质押", "质押",
        ("sub-org", "该公司"), ("sub-per", "周敏"), ("obj-org", "晨星集团"),
    )  # fmt: skip
    assert mentions(read) == [("person", "周敏"), ("organization", "晨星集团")]
    assert set(read.scope.partial_types) == {"organization", "person"}


def test_drugs_cause_and_treat_known_diseases_where_nothing_is_in_doubt(recipe):
    def read(text):
        def span(words):
            return words, text.index(words), text.index(words) + len(words)

        main = Event("Adverse_event", Span(*span("after")), (Argument("Effect", *span("fever")),))
        parts = ("Treatment.Drug", "lead"), ("Treatment.Disorder", "gout"), ("Effect", "fever")
        detail = Event(
            "Adverse_event",
            main.trigger,
            tuple(Argument(role, *span(words)) for role, words in parts),
        )
        plain, detailed = marked(text, events=[main]), marked(text, events=[detail])
        return recipe["event_sets"].phee(plain, detailed, {"fever", "gout"})

    sure = read("fever after lead for gout")
    assert relations(sure) == [("treats", "lead", "gout"), ("causes", "lead", "fever")]
    assert sure.events[0].type == "adverse_event"
    assert sure.events[0].arguments[0].role == "effect"
    doubtful = read("possible fever after lead for gout")
    assert doubtful.relations == doubtful.scope.relation_types == ()


# --- texts that hold nothing


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The road was wet and cold.", True), ("The road to Lanford was wet.", False),
        ("Quox is a wet road here.", False), ("这条路很湿。", False), ("The end.", False),
        ("", False),
    ],
)  # fmt: skip
def test_a_sentence_without_a_capital_holds_no_name(text, expected, recipe):
    counts = Counter({"the": 9})
    assert recipe["plain_sets"].is_without_names(text, counts) is expected


def test_texts_in_which_nothing_is_marked_are_a_fifth_of_a_sample(recipe):
    empty = [AnnotatedDocument(id=f"e{n}", text="x") for n in range(20)]
    full = [marked("Ann", ("person", "Ann"))] * 80
    kept = recipe["mixture"].sample([*empty, *full], "weibo", 1, 50)
    assert sum(not document.entities for document in kept) == 10
    kept = recipe["mixture"].sample([*empty[:3], *full], "weibo", 1, 50)
    assert len(kept) == 50


def test_a_sample_is_capped_and_carries_silver(recipe):
    documents = [AnnotatedDocument(id=str(n), text=f"{n + 2} people") for n in range(9)]
    kept = recipe["mixture"].sample(documents, "weibo", 1, 4)
    assert len(kept) == 4
    assert all(mentions(document)[0][0] == "number" for document in kept)
    assert kept == recipe["mixture"].sample(documents, "weibo", 1, 4)


# --- the real sets


WIKI80_COUNTS = {
    "located_in": 423, "participant_in": 197, "flows_into": 139, "platform": 134, "publisher": 105,
    "subsidiary": 76, "headquarters": 71, "network": 70, "distributor": 70, "sibling": 69,
    "lives_in": 69, "works_in": 69, "performer": 68, "director": 68, "father": 68,
    "screenwriter": 68, "developer": 67, "crosses": 67, "mother": 67, "architect": 66,
    "manufacturer": 66, "composer": 66, "spouse": 66, "child": 66, "founded_in": 64,
    "operator": 63, "character": 63, "notable_work": 63, "military_branch": 62,
    "head_of_government": 61, "member_of": 61, "winner": 58, "party": 56, "alias": 54,
    "nationality": 51, "main_subject": 47, "country": 45, "held_in": 22, "owned_by": 11,
}  # fmt: skip
COUNTS = {
    "wiki80": WIKI80_COUNTS,
    "phee": {"adverse_event": 2710, "causes": 585, "treats": 373, "therapeutic_event": 296},
    "fewfc": {
        "share_transfer": 1171, "pledge": 815, "shareholding_reduction": 670, "acquisition": 564,
        "investment": 555, "lawsuit": 533,
    },
    "fewfc_trans": {
        "judgment": 200, "bid_win": 200, "acquisition": 177, "guarantee": 163,
        "contract_signing": 132,
    },
}  # fmt: skip


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize("name", COUNTS)
def test_real_sets_hold_as_many_facts_as_stated(name, recipe):
    mixture = recipe["mixture"]
    files = {name: mixture.TRAIN_FILES[name]}
    (part,) = mixture.parts(Path(os.environ["LEXLOOM_DATA"]), files)
    facts = Counter(item.type for d in part.documents for item in (*d.relations, *d.events))
    assert facts == COUNTS[name]
    allowed = {item.name: (item.head, item.tail) for item in SCHEMA.relations}
    for document in part.documents:
        types = {entity.id: entity.type for entity in document.entities}
        for relation in document.relations:
            heads, tails = allowed[relation.type]
            assert types[relation.head] in (*heads, "unknown")
            assert types[relation.tail] in (*tails, "unknown")


# --- pairs of which nothing was said


def with_quiet_pairs(recipe, document, share=1.0):
    module = recipe["quiet_pairs"]
    module.SHARE, before = share, module.SHARE
    try:
        return module.with_quiet_pairs(document, SCHEMA, 1)
    finally:
        module.SHARE = before


LIVES = ("Ann lives in Rome since 1990", ("person", "Ann"), ("location", "Rome"), ("time", "1990"))


@pytest.mark.data
def test_of_a_set_that_is_left_out_nothing_is_read_not_even_its_names(recipe):
    mixture = recipe["mixture"]
    if not os.environ.get("LEXLOOM_DATA"):
        pytest.skip("LEXLOOM_DATA is not set")
    data = Path(os.environ["LEXLOOM_DATA"])
    files = {name: mixture.TRAIN_FILES[name] for name in ("bc5cdr", "phee")}
    (phee,) = mixture.parts(data, files, without=["bc5cdr", "ncbi"])
    with_names = list(mixture.parts(data, files))[1]
    # without a list of diseases no indication of a drug is told to be one
    diseases = [
        sum(e.type == "disease" for d in part.documents for e in d.entities)
        for part in (phee, with_names)
    ]
    assert phee.name == "phee"
    assert diseases[0] < 0.5 * diseases[1]


def test_pairs_that_nobody_marked_are_taken_for_nothing_if_their_types_allow_a_relation(recipe):
    document = marked(*LIVES, relation="lives_in")
    quiet = with_quiet_pairs(recipe, document)
    added = set(quiet.scope.known_pairs[1:])
    assert quiet.scope.known_pairs[0] == ("T0", "T1")
    # no relation of the schema has a time at its head
    assert ("T1", "T0") in added
    assert not {head for head, _ in added} & {"T2"}
    assert replace(quiet, scope=document.scope) == document


def test_the_reverse_of_a_symmetric_relation_is_not_taken_for_nothing(recipe):
    words = "Ann married Bob", ("person", "Ann"), ("person", "Bob")
    assert with_quiet_pairs(recipe, marked(*words, relation="spouse")).scope.known_pairs == (
        ("T0", "T1"),
    )
    reversed_pair = ("T1", "T0")
    assert (
        reversed_pair
        in with_quiet_pairs(recipe, marked(*words, relation="father")).scope.known_pairs
    )


def test_a_set_of_names_alone_gets_quiet_pairs_of_all_relations(recipe):
    document = replace(marked(*LIVES), scope=Scope(relation_types=(), event_types=()))
    scope = with_quiet_pairs(recipe, document).scope
    assert scope.relation_types is None
    assert ("T0", "T1") in scope.known_pairs
    assert with_quiet_pairs(recipe, document, share=0.0) == document


def test_a_text_all_of_whose_pairs_are_known_stays(recipe):
    document = marked(*LIVES)
    assert with_quiet_pairs(recipe, document) == document


def test_drugs_and_diseases_of_which_nothing_was_said_stay_unknown(recipe):
    words = "aspirin and fever", ("chemical", "aspirin"), ("disease", "fever")
    document = replace(marked(*words), scope=Scope(relation_types=()))
    assert ("T0", "T1") not in (with_quiet_pairs(recipe, document).scope.known_pairs or ())


def test_quiet_pairs_are_a_share_and_the_same_every_time(recipe):
    many = [("person", f"P{letter}") for letter in "abcdefghij"]
    text = " ".join(name for _, name in many)
    document = replace(marked(text, *many), scope=Scope(relation_types=()))
    few = with_quiet_pairs(recipe, document, share=0.1)
    assert len(few.scope.known_pairs) == 9
    assert few == with_quiet_pairs(recipe, document, share=0.1)
    most = recipe["quiet_pairs"].MOST
    assert len(with_quiet_pairs(recipe, document).scope.known_pairs) == most < 90


# --- what ships is settled on hand-made sentences


def test_the_hand_made_dev_sentences_fit_the_schema_and_are_not_those_of_the_test_set():
    gold = RECIPE.parents[1] / "benchmarks" / "gold"
    for name in ("compile", "settle"):
        sys.modules.pop(name, None)
    settle = importlib.import_module("settle")
    documents = settle.hand_made()
    markup = importlib.import_module("compile")
    try:
        assert list(markup.problems(documents, SCHEMA)) == []
        tested = {d.text for path in gold.glob("*.jsonl") for d in read_jsonl(path)}
        assert len(documents) > 200
        assert not tested & {document.text for document in documents}
    finally:
        for name in ("compile", "settle"):
            sys.modules.pop(name, None)
