"""Sentences written and marked for this model, where no set that may be used has what it needs.

``written/{en,zh}_*.txt`` hold sentences in which everything of the default schema is marked, in the
markup of the hand-made test set and by its rules; `benchmarks/gold/compile.py` reads them.

``written/open_{en,zh}.txt`` are for types that nobody trains: each block asks for a few types and
relations of its own, in the words of some field, so that the model learns to go by the words. They
are in the format ``brackets``; a block begins with remarks that name its types, each with its name
in the other language:

    # types: musical instrument = 乐器; composer = 作曲家
    # relations: plays = 演奏
    [Clara Schumann|composer] played the [piano|musical instrument] daily.
    > plays: Clara Schumann -> piano

    python recipes/default/written.py     # what they hold, and what is wrong in them
"""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from lexloom.annotations.document import AnnotatedDocument, Scope
from lexloom.annotations.formats.table import import_dataset
from lexloom.annotations.report import ImportReport
from lexloom.annotations.schema import EntityType, RelationType, Schema

HERE = Path(__file__).parent
FOLDER = HERE / "written"
sys.path.insert(1, str(HERE.parents[1] / "benchmarks" / "gold"))
from compile import counts, problems, read_markup  # noqa: E402

LANGUAGES = ("en", "zh")
HELD_OUT = 10
"""Every so manieth block of free types is left out of training, to see what was learnt."""


@dataclass(frozen=True, slots=True)
class Block:
    """Sentences that are asked for the same types."""

    language: str
    types: Mapping[str, str]
    """Each type's name, in the language of the sentences, and in the other one."""
    relations: Mapping[str, str]
    documents: list[AnnotatedDocument] = field(default_factory=list)

    @property
    def schema(self) -> Schema:
        """What is asked for, in the words of the sentences' language."""
        return Schema(
            entities=tuple(EntityType(name=name, en=name) for name in self.types),
            relations=tuple(RelationType(name=name, en=name) for name in self.relations),
        )

    def label(self, name: str) -> str:
        """Give the name of a type among those of all blocks: in English, then in Chinese."""
        other = self.types.get(name) or self.relations[name]
        return " = ".join((name, other) if self.language == "en" else (other, name))

    @property
    def labelled(self) -> Iterator[AnnotatedDocument]:
        """The sentences, with the types named as in `open_schema`."""
        scope = Scope(
            entity_types=tuple(map(self.label, self.types)),
            relation_types=tuple(map(self.label, self.relations)),
            event_types=(),
        )
        for document in self.documents:
            entities = (replace(e, type=self.label(e.type)) for e in document.entities)
            relations = (replace(r, type=self.label(r.type)) for r in document.relations)
            yield replace(
                document, entities=tuple(entities), relations=tuple(relations), scope=scope
            )


def sentences() -> list[AnnotatedDocument]:
    """Read the sentences in which everything of the default schema is marked."""
    return [
        document
        for language in LANGUAGES
        for path in sorted(FOLDER.glob(f"{language}_*.txt"))
        for document in read_markup(path.read_text(encoding="utf-8"), path.stem)
    ]


def blocks(language: str) -> list[Block]:
    """Read the blocks of free types of a language.

    Raises:
        ValueError: If a block marks what it does not ask for.
        AnnotationError: If a relation does not fit its sentence.
    """
    path = FOLDER / f"open_{language}.txt"
    documents = list(import_dataset(path, "brackets", report=ImportReport(strict=True)))
    found: list[Block] = []
    place = 0
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("# types:"):
            found.append(Block(language, _pairs(line), {}))
        elif line.startswith("# relations:"):
            found[-1] = replace(found[-1], relations=_pairs(line))
        elif line.strip() and line[0] not in "#>":
            found[-1].documents.append(_checked(documents[place], found[-1]))
            place += 1
    return found


def _pairs(line: str) -> dict[str, str]:
    """Read ``# types: name = other name; ...``."""
    parts = [part.split("=") for part in line.partition(":")[2].split(";") if part.strip()]
    return {name.strip(): other.strip() for name, other in parts}


def _checked(document: AnnotatedDocument, block: Block) -> AnnotatedDocument:
    used = {e.type for e in document.entities} - set(block.types)
    used |= {r.type for r in document.relations} - set(block.relations)
    if used:
        raise ValueError(f"{document.id}: {sorted(used)} are not asked for in its block")
    return document


def open_blocks(*, held_out: bool) -> list[Block]:
    """Give the blocks of free types that are trained on, or those that are not."""
    return [
        block
        for language in LANGUAGES
        for number, block in enumerate(blocks(language), start=1)
        if (number % HELD_OUT == 0) == held_out
    ]


def open_schema(schema: Schema, asked: list[Block]) -> Schema:
    """Give `schema` with the types and relations of blocks added."""
    types = dict.fromkeys(block.label(name) for block in asked for name in block.types)
    relations = dict.fromkeys(block.label(name) for block in asked for name in block.relations)
    return replace(
        schema,
        entities=(*schema.entities, *(EntityType(name=t, **_words(t)) for t in types)),
        relations=(*schema.relations, *(RelationType(name=r, **_words(r)) for r in relations)),
    )


def _words(label: str) -> dict[str, str]:
    en, _, zh = label.partition(" = ")
    return {"en": en, "zh": zh}


def main() -> None:
    """Print what is wrong, and what there is."""
    schema = Schema.load(HERE / "schema.toml")
    everything = sentences()
    print(*problems(everything, schema), sep="\n")
    for what, counter in counts(everything).items():
        shown = ", ".join(f"{key} {number}" for key, number in counter.most_common())
        print(f"{what} ({counter.total():,}): {shown}")
    for language in LANGUAGES:
        read = blocks(language)
        texts, types = sum(len(b.documents) for b in read), {t for b in read for t in b.types}
        mentions = sum(len(d.entities) for b in read for d in b.documents)
        print(
            f"open_{language}: {len(read)} blocks, {texts} sentences, {len(types)} types,", end=" "
        )
        print(
            f"{mentions} mentions, {sum(len(d.relations) for b in read for d in b.documents)} pairs"
        )


if __name__ == "__main__":
    main()
