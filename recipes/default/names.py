"""What the sets of the mixture call things, in the words of ``schema.toml``: tables only.

Where a table gives no type, `guess` looks at the words of the name, for a bridge or a university
says what it is.
"""

import re

# a list of words is read more easily in full lines
# ruff: noqa: E501, SIM905

SILVER = ("time", "number", "money")
NAMES = (
    "person", "organization", "location", "facility", "product", "work", "event", "group", "vehicle",
)  # fmt: skip
"""Types that need a proper name."""
UNKNOWN, NOTHING = "unknown", "nothing"
"""Types of the ends of a known pair that are outside of the schema: of a name whose type nobody
said, and of words that are no mention at all."""

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

LOOKED_FOR = {
    "wnut17": ("person", "location", "facility", "organization", "group", "work", "product"),
    "litbank": ("person", "organization", "location", "facility", "vehicle"),
    "weibo": ("person", "location", "facility", "organization", "group"),
    "bc5cdr": ("chemical", "disease"),
    "ncbi": ("disease",),
}
ABSENT_TYPES = {
    "wnut17": ("chemical", "disease"), "weibo": ("chemical",), "litbank": ("chemical",),
    "bc5cdr": ("person", "work", "group", "vehicle", "event", "facility"),
    "ncbi": ("person", "work", "group", "vehicle", "event", "facility"),
    "phee": ("person", "work", "group", "vehicle", "event", "facility"),
    "fewfc": ("chemical", "disease", "vehicle"),
}  # fmt: skip
"""Types that a set does not annotate and whose texts hold none, so that they are known as absent:
without this a type fires wherever it was never asked for."""

WIKI80: dict[str, tuple[str | None, str, str]] = {
    "country of citizenship": ("nationality", "person", "location"),
    "residence": ("lives_in", "person", "location"),
    "work location": ("works_in", "person", "location"),
    "member of": ("member_of", "person", UNKNOWN),
    "member of political party": ("party", "person", "organization"),
    "military branch": ("military_branch", "person", "organization"),
    "father": ("father", "person", "person"),
    "mother": ("mother", "person", "person"),
    "child": ("child", "person", "person"),
    "spouse": ("spouse", "person", "person"),
    "sibling": ("sibling", "person", "person"),
    "said to be the same as": ("alias", UNKNOWN, UNKNOWN),
    "notable work": ("notable_work", "person", "work"),
    "director": ("director", "work", "person"),
    "screenwriter": ("screenwriter", "work", "person"),
    "composer": ("composer", "work", "person"),
    "performer": ("performer", "work", UNKNOWN),
    "characters": ("character", UNKNOWN, "person"),
    "main subject": ("main_subject", "work", UNKNOWN),
    "original network": ("network", "work", "organization"),
    "distributor": ("distributor", "work", "organization"),
    "publisher": ("publisher", UNKNOWN, "organization"),
    "record label": ("publisher", UNKNOWN, "organization"),
    "developer": ("developer", "product", "organization"),
    "manufacturer": ("manufacturer", UNKNOWN, "organization"),
    "platform": ("platform", "product", "product"),
    "operating system": ("platform", "product", "product"),
    "country of origin": ("country", UNKNOWN, "location"),
    "country": ("country", UNKNOWN, "location"),
    "headquarters location": ("headquarters", "organization", "location"),
    "location of formation": ("founded_in", UNKNOWN, "location"),
    "subsidiary": ("subsidiary", "organization", "organization"),
    "owned by": ("owned_by", UNKNOWN, UNKNOWN),
    "operator": ("operator", UNKNOWN, "organization"),
    "located in the administrative territorial entity": ("located_in", UNKNOWN, "location"),
    "contains administrative territorial entity": ("-located_in", "location", "location"),
    "located on terrain feature": ("located_in", UNKNOWN, "location"),
    "located in or next to body of water": ("located_in", UNKNOWN, "location"),
    "mountain range": ("located_in", "location", "location"),
    "constellation": ("located_in", "location", "location"),
    "mouth of the watercourse": ("flows_into", "location", "location"),
    "tributary": ("-flows_into", "location", "location"),
    "crosses": ("crosses", "facility", "location"),
    "architect": ("architect", "facility", "person"),
    "head of government": ("head_of_government", "location", "person"),
    "location": ("held_in", UNKNOWN, UNKNOWN),
    "participant of": ("participant_in", UNKNOWN, "event"),
    "participant": ("-participant_in", "event", UNKNOWN),
    "participating team": ("-participant_in", "event", UNKNOWN),
    "league": ("participant_in", "group", "event"),
    "winner": ("winner", "event", UNKNOWN),
    "successful candidate": ("winner", "event", "person"),
    # counter-examples: of a pair that stands in one of these, no relation of the schema is true
    "position held": (None, "person", NOTHING),
    "occupation": (None, "person", NOTHING),
    "field of work": (None, "person", NOTHING),
    "instrument": (None, "person", NOTHING),
    "voice type": (None, "person", NOTHING),
    "military rank": (None, "person", NOTHING),
    "competition class": (None, "person", NOTHING),
    "position played on team / speciality": (None, "person", NOTHING),
    "original language of film or TV show": (None, "work", NOTHING),
    "taxon rank": (None, NOTHING, NOTHING),
    "genre": (None, UNKNOWN, NOTHING),
    "sport": (None, UNKNOWN, NOTHING),
    "instance of": (None, UNKNOWN, NOTHING),
    "language of work or name": (None, UNKNOWN, NOTHING),
    "nominated for": (None, UNKNOWN, NOTHING),
    "movement": (None, UNKNOWN, NOTHING),
    "religion": (None, UNKNOWN, UNKNOWN),
    "heritage designation": (None, "facility", UNKNOWN),
    "occupant": (None, "facility", UNKNOWN),
    "followed by": (None, UNKNOWN, UNKNOWN),
    "follows": (None, UNKNOWN, UNKNOWN),
    "sports season of league or competition": (None, UNKNOWN, UNKNOWN),
    # these may or may not be a relation of the schema
    "place served by transport hub": ("?", "facility", "location"),
    "licensed to broadcast to": ("?", "organization", "location"),
    "applies to jurisdiction": ("?", UNKNOWN, "location"),
    "after a work by": ("?", "work", "person"),
    "has part": ("?", UNKNOWN, UNKNOWN),
    "part of": ("?", UNKNOWN, UNKNOWN),
}
"""Wiki80's relations: name in the schema (``-`` before it when head and tail change places, ``?``
when the pair stays unknown), and the types of both ends."""
BY_HEAD = {
    "country": {
        "location": "located_in", "facility": "located_in", "organization": "country",
        "group": "country", "event": "country", "vehicle": "country",
    },
    "location": {
        "location": "located_in", "facility": "located_in", "event": "held_in",
        "organization": "headquarters",
    },
    "owned by": {
        "facility": "owned_by", "group": "owned_by", "vehicle": "owned_by",
        "organization": "-subsidiary",
    },
}  # fmt: skip
"""Wiki80's relations that mean one thing or another by the type of the head."""
SYMMETRIC = {"spouse", "sibling", "alias"}

SEMEVAL_DISEASES = {"Cause-Effect": "causes"}
"""SemEval's relations are between common nouns; where the ends are diseases, one is the schema's."""

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
ATTRIBUTES = {
    "民族": ("ethnicity", "person", "group"),
    "朝代": ("dynasty", "person", "time"),
    "身高": ("height", "person", "number"),
    "字": ("alias", "person", "person"),
    "上映时间": ("release_date", "work", "time"),
    "创始人": ("founder", "organization", "person"),
}
"""DeepKE's attributes: relation, and the types of the entity and of the value."""
EVIDENCE = {
    "release_date": re.compile("上映|首映|公映|首播|播出|开播|发行|出版|推出|发表|面世|问世"),
    "founder": re.compile("创始|创立|创办|创建|成立|建立|缔造|发起|开创|联合创|创造"),
}
"""Words that must stand in the sentence: these attributes were found by a table, not by reading."""

FEWFC_EVENTS = {
    "质押": "pledge", "股份股权转让": "share_transfer", "投资": "investment", "起诉": "lawsuit",
    "减持": "shareholding_reduction", "收购": "acquisition", "判决": "judgment", "中标": "bid_win",
    "签署合同": "contract_signing", "担保": "guarantee",
}  # fmt: skip
FEWFC_ASKED = {
    "fewfc": ("pledge", "share_transfer", "investment", "lawsuit", "shareholding_reduction"),
    "fewfc_trans": ("acquisition", "judgment", "bid_win", "contract_signing", "guarantee"),
}
FEWFC_WORDS = {
    "fewfc": re.compile("质押|转让|受让|投资|增资|起诉|诉讼|状告|告上|减持|股权|股份"),
    "fewfc_trans": re.compile("收购|并购|买下|购买|判|裁定|中标|签|合同|协议|担保|保证"),
}
"""Words without which none of a part's events can be in a sentence."""
PHEE_EVENTS = {
    "Adverse_event": "adverse_event", "Potential_therapeutic_event": "therapeutic_event",
}  # fmt: skip
FINANCE_EVENTS = tuple(FEWFC_EVENTS.values())
ROLES = {
    "sub": "agent", "sub-org": "agent_organization", "sub-per": "agent_person",
    "obj": "object", "obj-org": "object_organization", "obj-per": "object_person",
    "share-org": "shareholder_organization", "share-per": "shareholder_person",
    "target-company": "target_company", "amount": "money",
    "Subject": "subject", "Treatment": "treatment", "Effect": "effect",
}  # fmt: skip
"""Roles whose name differs."""
NAMED_ROLES = {
    "agent_organization": "organization", "object_organization": "organization",
    "shareholder_organization": "organization", "target_company": "organization",
    "agent_person": "person", "object_person": "person", "shareholder_person": "person",
}  # fmt: skip
"""Roles whose fillers are mentions where they are names."""
GENERIC_ZH = re.compile(
    "^(?:该|本|其|上述|此|这|某|多家|一家|两家|子公司|公司|全资|控股|股东|法院|大股东|母公司|原告|被告|银行$|对方"
    "|投资者|基金$|机构|上市公司|集团$|实际控制人|实控人|高管|董事|监事|债权人|企业|政府|消费者|客户)"
)
PERSON_ZH = re.compile("[\u4e00-\u9fff·]{2,4}")

FACILITY = re.compile(
    r"\b(?:Airport|Airfield|Aerodrome|Stadium|Arena|Station|Bridge|Dam|Museum|Library|Theat(?:re|er)|Castle|Palace"
    r"|Church|Cathedral|Temple|Mosque|Abbey|Priory|Tower|Towers|Hall|Hotel|House|Building|Park|Gardens?|Cent(?:re|er)"
    r"|Railway|Railroad|Line|Tunnel|Observatory|Monastery|Fort|Lighthouse|Pier|Prison|Penitentiary|Field|Mall|Mansion"
    r"|Gallery|Zoo|Cemetery|Golf\s(?:Club|Course)|Speedway|Barrage|Viaduct|Plaza|Subway|Metro|Depot|Chapel|Inn|Cottage"
    r"|Air\sForce\sBase|station|railway)\b$|^(?:Hotel|Fort|Castle|Pont|Schloss)\b"
    "|(?:机场|车站|火车站|地铁站|站|大桥|桥|大厦|公园|寺|庙|广场|体育馆|体育场|博物馆|图书馆|剧院|酒店|宾馆|宫|陵|塔"
    "|故居|景区|风景区|度假村|动物园|植物园|祠|城堡|教堂|水库|码头|影城|商场|餐厅|咖啡馆|书店)$"
)
LOCATION = re.compile(
    r"\b(?:River|Lake|Mountains?|Islands?|County|Province|District|Valley|Bay|Sea|Ocean|Creek|Peak|Glacier|City|Village"
    r"|Region|Street|Road|Avenue|Lane|Peninsula|Desert|Range|Hills?|Cape|Coast|Municipality|Township|Prefecture|Plateau"
    r"|Fells|Cliffs?|Point|Butte|Canyon|Reservation|river|island|county|district)\b$|^(?:Mount|Lake|Mont|Cape|Isle|Port|Saint|River)\b"
    "|(?:[省市县区州镇乡村路街道山湖河江岛海峡谷峰洞沟泉湾滩溪岭]|瀑布|森林|草原|沙漠|半岛)$"
)
ORGANIZATION = re.compile(
    r"\b(?:University|College|School|Academy|Inc\.?|Ltd\.?|Limited|LLC|Corporation|Corp\.?|Company|Co\.|Party|Ministry"
    r"|Department|Agency|Committee|Council|Army|Navy|Force|Bank|Institute|Association|Society|Press|Studios?|Pictures"
    r"|Productions|Airlines|Airways|Commission|Authority|Court|Hospital|Foundation|Times|Post|News|Newspapers?|TV"
    r"|Television|Radio|Channel|Federation|Union|Board|Records|Police|Parliament|Senate|Government|Industries|Motors"
    r"|Media|Holdings|Bureau|Office|Church\sof|Aerospace|Technologies|Systems|Publishing)\b$|^(?:University|Bank|Ministry|Department)\sof\b"
    "|(?:公司|集团|大学|学院|中学|小学|医院|银行|法院|局|部|委员会|协会|电视台|报社|出版社|基金会)$"
)
GROUP = re.compile(
    r"\b(?:United|F\.?C\.?|Rangers|Orchestra|Choir|Ensemble|Quartet|Trio|Quintet|[Tt]eam|Band|Wanderers|Rovers|Athletic|Brothers)\b$"
    r"|^(?:FC|AC|AFC)\b|(?:队|乐队|俱乐部|乐团|族|组合|合唱团)$"
)
EVENT = re.compile(
    r"\b(?:Championships?|Cup|Olympics|Games|Festival|Open|Battle|War|Contest|Prix|Awards?|Tournament|League|Marathon"
    r"|Conference|Congress|Expo|Fair|Siege|Draft|Bowl|Masters|Finals?|Expedition|Rebellion|Offensive|Biennale|Series|500)\b$"
    r"|^(?:Battle|Siege|Treaty|War)\sof\b|World\sCup|Olympics|Grand\sPrix|Awards$"
)
VEHICLE = re.compile(
    r"^(?:HMS|USS|SS|MV|RMS|HMAS|USNS|INS)\s|\b(?:class|Class)\b|\b(?:locomotive|submarine)s?$"
)
_GUESSES = {
    "event": EVENT, "vehicle": VEHICLE, "group": GROUP, "organization": ORGANIZATION,
    "facility": FACILITY, "location": LOCATION,
}  # fmt: skip

COUNTRIES = frozenset(
    "Afghanistan Albania Algeria Argentina Armenia Australia Austria Azerbaijan Bangladesh Belarus Belgium Bolivia "
    "Brazil Bulgaria Burma Cambodia Cameroon Canada Chile China Colombia Croatia Cuba Cyprus Denmark Ecuador Egypt "
    "England Estonia Ethiopia Finland France Georgia Germany Ghana Greece Hungary Iceland India Indonesia Iran Iraq "
    "Ireland Israel Italy Jamaica Japan Jordan Kazakhstan Kenya Korea Kuwait Latvia Lebanon Libya Lithuania Malaysia "
    "Mexico Mongolia Montenegro Morocco Nepal Netherlands Nigeria Norway Oman Pakistan Panama Peru Philippines Poland "
    "Portugal Qatar Romania Russia Scotland Senegal Serbia Singapore Slovakia Slovenia Somalia Spain Sudan Sweden "
    "Switzerland Syria Taiwan Tanzania Thailand Tunisia Turkey Uganda Ukraine Uruguay USSR Venezuela Vietnam Wales "
    "Yemen Yugoslavia Zambia Zimbabwe Britain US USA UK".split()
)
DEMONYM = re.compile(
    r"(?:[a-z](?:ian|ians|ean|ese|ish|can|inian|wegian)|[A-Z][a-z]*(?:ench|utch|elsh|hai|reek|wiss|zech|raqi|raeli|hal|ek)"
    r"|German|Roman|Norman|Mughal|Czechoslovak|Italians?|Danish|Montenegrin|Korean|Afghan|Filipino|Thai|Byzantine)$"
)


def is_country(name: str) -> bool:
    """Whether a name is that of a country."""
    words = name.replace("the ", "").split()
    return name.startswith(("United ", "the United ", "Soviet ")) or (
        len(words) <= 2 and words[-1:] != [] and words[-1] in COUNTRIES
    )


def is_demonym(name: str) -> bool:
    """Whether a word is that for people or things of a country, which is no mention in English."""
    return " " not in name and name not in COUNTRIES and DEMONYM.search(name) is not None


def guess(name: str) -> str:
    """Give the type that the words of a name say, or `UNKNOWN`."""
    if is_country(name):
        return "location"
    for type, pattern in _GUESSES.items():
        if pattern.search(name):
            return type
    return UNKNOWN
