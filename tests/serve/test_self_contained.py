import json

from hypothesis import given
from hypothesis import strategies as st

from lexloom.serve.self_contained import csp_hash, fill, page_part, script_json, whole

VALUES = st.recursive(
    st.none() | st.text(st.characters(exclude_categories=["Cs"])) | st.integers(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("ab</script>"), inner),
)


@given(value=VALUES)
def test_json_says_the_same_and_no_markup_can_leave_it(value):
    text = script_json(value)
    assert json.loads(text) == value
    assert not set("<>&") & set(text)


def test_what_json_cannot_say_becomes_null_and_surrogates_a_mark():
    assert script_json([float("nan"), float("inf"), 1.5]) == "[null,null,1.5]"
    assert whole("a\ud800b") == "a\ufffdb"
    script_json("\udfff").encode("utf-8")


def test_slots_in_what_is_filled_in_stay():
    assert fill("{{a}} {{b}}", {"a": "{{b}}", "b": "x"}) == "{{b}} x"


def test_the_hash_is_the_policys_own_form():
    # of the empty string, as published
    assert csp_hash("") == "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
    assert "{{data}}" in page_part("attention.html")
