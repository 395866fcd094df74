"""Who works for whom, from words that state it: no set of the mixture marks this relation.

It is added to Chinese lives in which one person is marked and a post at an organization is named.
English sentences gave four such posts, most of them not the marked person's.
"""

import re
from dataclasses import replace

from lexloom.annotations.document import AnnotatedDocument
from lexloom.records import Entity, Relation

BODIES = (
    "公司|集团|大学|学院|银行|医院|研究所|研究院|局|委员会|协会|法院|检察院|中学|小学|学校|党校"
    "|人民政府|党委|日报社|电视台|出版社"
)
POSTS = (
    "副?(?:校长|院长|教授|讲师|董事|总经理|经理|总裁|局长|主任|书记|科员|会长|研究员|主席|秘书|处长|科长"
    "|所长|行长|庭长|检察长|乡长|镇长|县长|市长|部长|工程师|医师|医生|编辑|记者|台长|总编|教师|成员|委员"
    "|党组|党委|工会|任教|工作)"
)
POST = re.compile(
    f"(?:现任|历任|曾任|任职于|就职于|现为|现在)([\u4e00-\u9fff]{{1,16}}?(?:{BODIES}))(?={POSTS})"
)
IN_DOUBT = re.compile("原|前任|与|和|及")
"""Words in a match that may begin another name."""


def with_post(document: AnnotatedDocument) -> AnnotatedDocument:
    """Add the organization that the one marked person is said to work for."""
    people = [entity for entity in document.entities if entity.type == "person"]
    spans = [m.span(1) for m in POST.finditer(document.text) if not IN_DOUBT.search(m[1])]
    if len(people) != 1 or not spans:
        return document
    start, end = spans[0]
    if any(entity.start < end and start < entity.end for entity in document.entities):
        return document
    name = document.text[start:end]
    post = Entity(f"P{len(document.entities)}", "organization", name, start, end)
    pair = (people[0].id, post.id)
    known = (*(document.scope.known_pairs or ()), pair, pair[::-1])
    return replace(
        document,
        entities=(*document.entities, post),
        relations=(*document.relations, Relation("works_for", *pair)),
        scope=replace(document.scope, known_pairs=known),
    )
