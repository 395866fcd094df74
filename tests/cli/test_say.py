import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from lexloom.cli.say import json_text, print_json, say


def test_a_sentence_goes_to_stderr_and_steers_no_terminal(capsys):
    say("cannot read \x1b[31ma\u202eb\nc 李\ud800")
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "lexloom: cannot read �[31ma�b c 李�\n"


ANY = st.text(st.characters(exclude_categories=[]))


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY, inner, max_size=4),
))  # fmt: skip
def test_json_is_utf_8_on_one_line_and_strict(value):
    def refuse(name):
        raise AssertionError(name)

    text = json_text(value)
    text.encode("utf-8")
    assert "\n" not in text
    strict = json.loads(text, parse_constant=refuse)
    assert repr(strict) == repr(json.loads(json.dumps(value), parse_constant=lambda name: None))


def test_json_is_printed_with_null_for_what_is_no_number(capfdbinary):
    print_json({"名": [float("nan"), float("-inf"), 1.5, (float("inf"),)], "b": "\ud800"})
    print_json([1], indent=2)
    print_json({}, err=True)
    out, err = capfdbinary.readouterr()
    assert out == '{"名": [null, null, 1.5, [null]], "b": "\\ud800"}\n[\n  1\n]\n'.encode()
    assert err == b"{}\n"


def test_no_command_prints_json_in_another_way():
    folder = Path(say.__code__.co_filename).parent
    texts = {path.name: path.read_text(encoding="utf-8") for path in folder.rglob("*.py")}
    assert len(texts) > 20
    assert [name for name, text in texts.items() if "echo(json.dumps" in text] == []
