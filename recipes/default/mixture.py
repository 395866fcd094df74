"""The training texts of the default extractor: sets whose licences let weights be shipped.

Each set keeps its own scope: what its annotators did not look for stays unknown. Only train splits
are read, and a share of each is held out as dev.
"""

import random
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from lexloom.annotations.document import AnnotatedDocument, Scope
from lexloom.annotations.formats import import_dataset
from lexloom.annotations.options import ImportOptions
from lexloom.annotations.report import ImportReport
from lexloom.annotations.schema import EventType, Role, Schema
from lexloom.records import Entity

ENTITY_TYPES = {
    "wnut17": {
        "person": "person", "location": "location", "corporation": "organization",
        "group": "group", "creative-work": "work", "product": "product",
    },
    "bc5cdr": {"Chemical": "chemical", "Disease": "disease"},
    "ncbi": {"Disease": "disease"},
    "litbank": {
        "PER": "person", "ORG": "organization", "LOC": "location", "GPE": "location",
        "FAC": "facility", "VEH": "vehicle",
    },
    "weibo": {
        "PER.NAM": "person", "GPE.NAM": "location", "LOC.NAM": "location",
        "ORG.NAM": "organization",
    },
}  # fmt: skip

ABSENT_TYPES = {
    "wnut17": ("chemical", "disease"), "weibo": ("chemical",), "litbank": ("chemical",),
    "bc5cdr": ("person", "work", "group", "vehicle"),
    "ncbi": ("person", "work", "group", "vehicle"),
    "phee": ("person", "work", "group", "vehicle"), "fewfc": (),
}  # fmt: skip
"""Types that a set does not annotate and whose texts hold none, so that they are known as absent:
without this a type fires wherever it was never asked for."""

WIKI80_RELATIONS = {
    "country of citizenship": "nationality", "residence": "lives_in",
    "work location": "works_in", "member of political party": "party",
    "military branch": "military_branch", "father": "father", "mother": "mother",
    "child": "child", "spouse": "spouse", "sibling": "sibling",
    "notable work": "notable_work", "director": "director", "screenwriter": "screenwriter",
    "composer": "composer", "performer": "performer", "original network": "network",
    "distributor": "distributor", "developer": "developer", "manufacturer": "manufacturer",
    "headquarters location": "headquarters", "subsidiary": "subsidiary",
    "located in the administrative territorial entity": "located_in",
}  # fmt: skip
SYMMETRIC = {"spouse", "sibling"}

DEEPKE_RELATIONS = {
    "国籍": "nationality", "祖籍": "ancestral_home", "导演": "director", "出生地": "born_in",
    "主持人": "host", "所在城市": "located_in", "所属专辑": "album", "连载网站": "serialized_on",
    "出品公司": "producer", "毕业院校": "educated_at",
}  # fmt: skip
DEEPKE_TYPES = {
    "人物": "person", "地点": "location", "国家": "location", "城市": "location",
    "景点": "facility", "网络小说": "work", "影视作品": "work", "歌曲": "work",
    "音乐专辑": "work", "电视综艺": "work", "网站": "organization", "企业": "organization",
    "学校": "organization",
}  # fmt: skip

EVENT_NAMES = {
    "质押": ("pledge", "pledge of shares"),
    "股份股权转让": ("share_transfer", "transfer of shares"),
    "投资": ("investment", "investment"), "起诉": ("lawsuit", "lawsuit"),
    "减持": ("shareholding_reduction", "reduction of shareholding"),
    "Adverse_event": ("adverse_event", "adverse drug event"),
    "Potential_therapeutic_event": ("therapeutic_event", "potential therapeutic event"),
}  # fmt: skip
FINANCE_EVENTS = ("pledge", "share_transfer", "investment", "lawsuit", "shareholding_reduction")
ROLE_NAMES = {
    "sub": ("agent", "who acts", "主体"),
    "sub-org": ("agent_organization", "organization that acts", "主体机构"),
    "sub-per": ("agent_person", "person who acts", "主体人物"),
    "obj": ("object", "what is acted on", "客体"),
    "obj-org": ("object_organization", "organization acted on", "客体机构"),
    "obj-per": ("object_person", "person acted on", "客体人物"),
    "share-org": ("shareholder_organization", "organization that holds shares", "持股机构"),
    "share-per": ("shareholder_person", "person who holds shares", "持股人"),
    "title": ("title", "position of the shareholder", "职务"),
    "date": ("date", "date", "日期"), "money": ("money", "amount of money", "金额"),
    "number": ("number", "number of shares", "数量"),
    "proportion": ("proportion", "proportion of shares", "比例"),
    "collateral": ("collateral", "collateral", "标的物"),
    "target-company": ("target_company", "company whose shares are transferred", "标的公司"),
    "Subject": ("subject", "patient", "患者"), "Treatment": ("treatment", "treatment", "治疗"),
    "Effect": ("effect", "effect", "效应"),
}  # fmt: skip
EVENT_ZH = {"Adverse_event": "药物不良事件", "Potential_therapeutic_event": "潜在治疗事件"}


@dataclass(frozen=True, slots=True)
class Part:
    """One set of the mixture."""

    name: str
    documents: list[AnnotatedDocument]


TRAIN_FILES = {
    "wnut17": ("wnut17/wnut17train.conll", "columns"),
    "bc5cdr": ("biomed_ner/BC5CDR-IOB/train.tsv", "columns"),
    "ncbi": ("biomed_ner/NCBI-disease-IOB/train.tsv", "columns"),
    "litbank": ("litbank_annotations.tar.gz", "litbank"),
    "weibo": ("weibo_ner/weiboNER_2nd_conll.train", "columns-segmented"),
    "wiki80": ("wiki80/test.txt", "wiki80"),
    "deepke": ("deepke_zh_re_v0/train.csv", "deepke"),
    "phee": ("phee/train.json", "phee"),
    "fewfc": ("fewfc_zh/rearranged/train_base.json", "fewfc"),
}
TEST_FILES = {
    "wnut17": ("wnut17/emerging.test.annotated", "columns"),
    "bc5cdr": ("biomed_ner/BC5CDR-IOB/test.tsv", "columns"),
    "ncbi": ("biomed_ner/NCBI-disease-IOB/test.tsv", "columns"),
    "weibo": ("weibo_ner/weiboNER_2nd_conll.test", "columns-segmented"),
    "deepke": ("deepke_zh_re_v0/test.csv", "deepke"),
    "phee": ("phee/test.json", "phee"),
    "fewfc": ("fewfc_zh/rearranged/test_base.json", "fewfc"),
}


def parts(data: Path, files: Mapping[str, tuple[str, str]] = TRAIN_FILES) -> Iterator[Part]:
    """Read every set, in the schema's names; `data` is the folder of the data sets."""
    for name, (path, format) in files.items():
        if name == "litbank":
            documents = _names_only(_read_litbank(data / path))
        else:
            documents = _read(data / path, format)
        if name in ENTITY_TYPES:
            documents = _renamed(documents, name)
        elif name in ("phee", "fewfc"):
            documents = [_events(document) for document in documents]
        else:
            pair = _wiki80 if name == "wiki80" else _deepke
            documents = [pair(document) for document in documents]
        yield Part(name, documents)


def with_events(schema: Schema, documents: list[AnnotatedDocument]) -> Schema:
    """Add the event types and the roles that occur to a schema of entities and relations."""
    zh = {names[0]: EVENT_ZH.get(old, old) for old, names in EVENT_NAMES.items()}
    english = dict(EVENT_NAMES.values())
    roles = {name: Role(name=name, en=en, zh=zh_name) for name, en, zh_name in ROLE_NAMES.values()}
    found: dict[str, set[str]] = {}
    for document in documents:
        for event in document.events:
            found.setdefault(event.type, set()).update(a.role for a in event.arguments)
    events = tuple(
        EventType(
            name=name,
            en=english[name],
            zh=zh[name],
            roles=tuple(role for key, role in roles.items() if key in found[name]),
        )
        for name in english
        if name in found
    )
    return replace(schema, events=events)


def _read(path: Path, format: str) -> list[AnnotatedDocument]:
    options = ImportOptions(id_prefix=f"{path.parent.name}/{path.name}:")
    return list(import_dataset(path, format, report=ImportReport(), options=options))


def _read_litbank(path: Path) -> list[AnnotatedDocument]:
    """Read the first 80 of the 100 novels; the rest is nobody's train split."""
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(path) as archive:
            archive.extractall(folder, filter="data")
        files = sorted(Path(folder).rglob("entities_tsv/*.tsv"))[:80]
        return [d for file in files for d in import_dataset(file, "litbank", report=ImportReport())]


def _renamed(documents: list[AnnotatedDocument], name: str) -> list[AnnotatedDocument]:
    """Give a set's entities the schema's names; other types are known to be none of them."""
    names = ENTITY_TYPES[name]
    is_medical = name in ("bc5cdr", "ncbi")
    scope = Scope(
        entity_types=(*sorted(set(names.values())), *ABSENT_TYPES[name]),
        relation_types=() if is_medical else None,
        event_types=FINANCE_EVENTS if is_medical else None,
    )
    return [
        replace(
            document,
            entities=tuple(
                replace(entity, type=names[entity.type])
                for entity in document.entities
                if entity.type in names
            ),
            relations=(),
            events=(),
            scope=scope,
        )
        for document in documents
    ]


def _names_only(documents: list[AnnotatedDocument]) -> list[AnnotatedDocument]:
    """Keep the mentions that are names, for LitBank marks "the old man" too."""

    def is_name(entity: Entity) -> bool:
        return entity.text[0].isupper() and entity.text.split()[-1][0].isupper()

    return [replace(d, entities=tuple(e for e in d.entities if is_name(e))) for d in documents]


SIGNATURES: dict[str, tuple[str, str]] = {}
"""Types of both ends where a relation leaves no choice; filled by `use_schema`."""


def use_schema(schema: Schema) -> None:
    """Take the types of both ends from the schema's relations."""
    for relation in schema.relations:
        if len(relation.head) == len(relation.tail) == 1:
            SIGNATURES[relation.name] = (relation.head[0], relation.tail[0])


def _wiki80(document: AnnotatedDocument) -> AnnotatedDocument:
    """Type both ends by the relation; a relation that is not asked for is a known nothing."""
    (relation,) = document.relations
    name = WIKI80_RELATIONS.get(relation.type)
    pair = (relation.head, relation.tail)
    types = SIGNATURES.get(name or "")
    entities = document.entities
    if types is not None:
        by_id = dict(zip(pair, types, strict=True))
        entities = tuple(replace(entity, type=by_id[entity.id]) for entity in entities)
    symmetric = name in SYMMETRIC
    return replace(
        document,
        entities=entities,
        relations=() if name is None else (replace(relation, type=name),),
        scope=Scope(
            entity_types=None if types is not None else (),
            all_mentions=False,
            known_pairs=(pair,) if symmetric else (pair, pair[::-1]),
        ),
    )


def _deepke(document: AnnotatedDocument) -> AnnotatedDocument:
    (relation,) = document.relations
    pair = (relation.head, relation.tail)
    return replace(
        document,
        entities=tuple(replace(e, type=DEEPKE_TYPES[e.type]) for e in document.entities),
        relations=(replace(relation, type=DEEPKE_RELATIONS[relation.type]),),
        scope=Scope(all_mentions=False, known_pairs=(pair, pair[::-1])),
    )


def _events(document: AnnotatedDocument) -> AnnotatedDocument:
    events = tuple(
        replace(
            event,
            type=EVENT_NAMES[event.type][0],
            arguments=tuple(replace(a, role=ROLE_NAMES[a.role][0]) for a in event.arguments),
        )
        for event in document.events
    )
    absent = ABSENT_TYPES["phee" if "phee" in document.id else "fewfc"]
    scope = Scope(entity_types=absent, relation_types=())
    return replace(document, events=events, scope=scope)


def sample(documents: list[AnnotatedDocument], count: int, seed: int) -> list[AnnotatedDocument]:
    """Give at most `count` documents, those with relations, then with anything, first."""
    shuffled = list(documents)
    random.Random(seed).shuffle(shuffled)
    shuffled.sort(key=lambda d: (not d.relations, not (d.entities or d.events)))
    return shuffled[:count]
