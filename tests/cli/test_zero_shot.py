import pytest

from lexloom.annotations.schema import EntityType, EventType, Schema
from lexloom.cli.zero_shot import MAX_NAMED, asked_schema, say_zero_shot
from lexloom.errors import SchemaError

SCHEMA = Schema(
    entities=tuple(EntityType(name=f"t{number}") for number in range(20)),
    events=(EventType(name="go"),),
)
ENTITIES = [f"entities.t{number}" for number in range(20)]


def said(capsys, tables):
    say_zero_shot(SCHEMA, tables)
    printed = capsys.readouterr()
    assert printed.out == ""
    return printed.err.splitlines()


def test_a_schema_that_the_model_knows_is_worth_no_word(capsys):
    assert said(capsys, []) == []


def test_the_first_tables_are_named_and_the_rest_counted(capsys):
    (line,) = said(capsys, ENTITIES)
    assert "entities.t0, entities.t1, " in line
    assert line.endswith(f"and {20 - MAX_NAMED} more")
    (line,) = said(capsys, ENTITIES[:1])
    assert line == "lexloom: zero-shot, for the model was not trained on them: entities.t0"


def test_where_nothing_is_known_a_hint_says_how_to_teach_it(capsys):
    _, hint = said(capsys, [*ENTITIES, "events.go"])
    assert "trained on no type of this schema" in hint
    assert "lexloom train extractor --init default --data mine.jsonl" in hint


@pytest.mark.parametrize("content", ["", 'name = "x"', "[relations.near]"])
def test_a_schema_without_anything_to_find_is_refused(tmp_path, content):
    (tmp_path / "s.toml").write_text(content)
    with pytest.raises(SchemaError, match=r"no type of entity or event to ask for \(add a table"):
        asked_schema(tmp_path / "s.toml")
