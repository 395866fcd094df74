"""Pairs of mentions of which nothing was said, taken for pairs without a relation.

The sets with relations mark one pair a sentence, and the sets of names mark none; a model that has
seen no other pair finds a relation in every sentence with two names. Few of the pairs that nobody
marked hold one, so a share of them is shown as holding none, as is done with spans (Li et al.,
2021, arXiv:2012.05426).
"""

import random
from dataclasses import replace
from functools import cache
from itertools import permutations

from lexloom.annotations.document import AnnotatedDocument
from lexloom.annotations.schema import Schema

SHARE = 0.5
MOST = 12
"""Pairs of a text at most: a list of names would have hundreds."""
LEFT_OUT = frozenset({("chemical", "disease")})
"""Types whose pairs hold a relation too often, where nobody marked it."""
SYMMETRIC = frozenset({"spouse", "sibling", "alias"})


def with_quiet_pairs(document: AnnotatedDocument, schema: Schema, seed: int) -> AnnotatedDocument:
    """Add a share of the unmarked pairs, of types between which the schema has a relation."""
    scope = document.scope
    if scope.known_pairs is None and scope.relation_types != ():
        return document  # every pair is known
    known = scope.known_pairs or ()
    said = {*known, *((r.tail, r.head) for r in document.relations if r.type in SYMMETRIC)}
    possible = _ends(schema)
    types = {entity.id: entity.type for entity in document.entities}
    spans = {entity.id: (entity.start, entity.end) for entity in document.entities}
    unsaid = [
        pair
        for pair in permutations(types, 2)
        if pair not in said
        and spans[pair[0]] != spans[pair[1]]
        and (types[pair[0]], types[pair[1]]) in possible
    ]
    draws = random.Random(f"{seed} {document.id}")
    quiet = draws.sample(unsaid, min(MOST, round(SHARE * len(unsaid))))
    if not quiet:
        return document
    asked = scope.relation_types or None
    scope = replace(scope, relation_types=asked, known_pairs=(*known, *quiet))
    return replace(document, scope=scope)


@cache
def _ends(schema: Schema) -> frozenset[tuple[str, str]]:
    """Give the types of head and tail that any relation of the schema allows."""
    every = tuple(entity.name for entity in schema.entities)
    return frozenset(
        (head, tail)
        for relation in schema.relations
        for head in relation.head or every
        for tail in relation.tail or every
        if (head, tail) not in LEFT_OUT
    )
