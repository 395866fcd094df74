import unicodedata

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from doubles import unit_tokenizer, wordpiece
from lexloom.errors import ArtifactError, ShapeError
from lexloom.tokens.units import SHAPES, UnitTokenizer, shape_id, unit_span

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
characters = st.one_of(
    st.characters(exclude_categories=()),  # lone surrogates too
    st.sampled_from("aB1 ,中文，。\u0301\u0303\u0e33😀👍🏽🇨🇳𠀀한각ﬁßİ"),
    st.sampled_from("\u200d\ufe0f\x00\ufffd\ud800\udc00\r\n\t\u3000"),
)
texts = st.text(characters, max_size=30)
tokenizer = unit_tokenizer()


def encode(text):
    (encoded,) = tokenizer.encode([text])
    return encoded


def units(text):
    encoded = encode(text)
    return [text[s:e] for s, e in zip(encoded.starts, encoded.ends, strict=True)]


@settings(deadline=None, max_examples=300)
@given(texts)
@example("")
@example("\ud800")
@example("\u0301a\u0301\u0302 \u0301")
def test_units_lie_in_the_text_in_order_without_overlap_and_none_is_empty(text):
    encoded = encode(text)
    last = 0
    for start, end in zip(encoded.starts.tolist(), encoded.ends.tolist(), strict=True):
        assert last <= start < end <= len(text)
        last = end


@settings(deadline=None, max_examples=300)
@given(texts)
def test_only_space_controls_and_stray_marks_lie_between_units(text):
    encoded = encode(text)
    last = 0
    for start, end in [*zip(encoded.starts, encoded.ends, strict=True), (len(text), 0)]:
        for char in text[last:start]:
            invisible = unicodedata.category(char)[0] in "ZCM" or char == "\ufffd"
            assert invisible or char.isspace(), hex(ord(char))
        last = end


@settings(deadline=None, max_examples=300)
@given(texts)
def test_every_token_but_the_special_ones_belongs_to_a_unit(text):
    encoded = encode(text)
    assert encoded.unit_ids[0] == encoded.unit_ids[-1] == -1
    inner = encoded.unit_ids[1:-1]
    assert np.unique(inner).tolist() == list(range(encoded.num_units))
    assert (np.diff(inner) >= 0).all()
    assert len(encoded.input_ids) == len(encoded.unit_ids) == len(encoded.shape_ids)
    assert encoded.shape_ids[0] == encoded.shape_ids[-1] == 0


@settings(deadline=None, max_examples=100)
@given(st.lists(texts, max_size=4))
def test_a_text_alone_is_encoded_as_among_others(many):
    for together, text in zip(tokenizer.encode(many), many, strict=True):
        alone = encode(text)
        for name in ("input_ids", "unit_ids", "shape_ids", "starts", "ends"):
            assert np.array_equal(getattr(together, name), getattr(alone, name)), name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ann lives in Paris.", ["Ann", "lives", "in", "Paris", "."]),
        ("他在IBM工作，2024年。", ["他", "在", "IBM", "工", "作", "，", "2024", "年", "。"]),
        ("don't", ["don", "'", "t"]),
        ("Zu\u0308rich, Zürich", ["Zu\u0308rich", ",", "Zürich"]),
        ("cafe\u0301", ["cafe\u0301"]),
        ("e\u0301e\u0301", ["e\u0301e\u0301"]),
        ("hi😀😀yo", ["hi", "😀", "😀", "yo"]),
        ("𠀀𠀁", ["𠀀", "𠀁"]),
        ("한국 사람", ["한국", "사람"]),
        ("a\x00b", ["a\x00b"]),
        ("a\ud800b", ["a\ud800b"]),
        ("\r\n\t \u3000", []),
        ("", []),
    ],
)
def test_a_text_is_cut_into_words_characters_and_marks(text, expected):
    assert units(text) == expected


@pytest.mark.parametrize("selector", ["\ufe0e", "\ufe0f", "\u20e3", "\U000e0100"])
@pytest.mark.parametrize("before", ["✈", "❤", "葛", "Ann "])
def test_what_chooses_the_look_of_a_character_is_not_read_with_the_next_word(before, selector):
    text = f"{before}{selector}Paris"
    encoded = encode(text)
    assert unit_span(encoded, len(text) - 5, len(text)) is not None
    assert encode("Paris").input_ids[1:-1].tolist() == encoded.input_ids[-2:-1].tolist()


@pytest.mark.parametrize(
    ("text", "ornaments"),
    [("✈\ufe0fParis", {0}), ("☺\ufe0e Ann ☺\ufe0e", {0, 2}), ("• a", {0}), ("E♭ ○ ◯", set())],
)
def test_ornaments_are_told_from_accidentals_and_zeros(text, ornaments):
    assert encode(text).ornament_units == ornaments


@given(texts)
def test_a_lone_surrogate_is_read_as_the_replacement_character(text):
    clean = "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in text)
    assert encode(text).input_ids.tolist() == encode(clean).input_ids.tolist()
    assert encode(text).starts.tolist() == encode(clean).starts.tolist()


def test_an_emoji_of_several_code_points_is_not_torn_from_the_words_around_it():
    found = units(f"we {FAMILY} go")
    assert (found[0], found[-1]) == ("we", "go")
    assert "".join(found[1:-1]).replace("\u200d", "") == FAMILY.replace("\u200d", "")


def test_two_texts_that_differ_in_case_alone_differ_in_shapes_alone():
    upper, lower = encode("ANN Lives"), encode("ann lives")
    assert np.array_equal(upper.input_ids, lower.input_ids)
    assert not np.array_equal(upper.shape_ids, lower.shape_ids)


def test_every_token_has_the_shape_of_its_unit():
    encoded = encode("Zzyzx 中 12")
    shapes = [SHAPES[number] for number in encoded.shape_ids]
    assert shapes == ["special", *["capitalized"] * 5, "cjk", *["digits"] * 2, "special"]


@pytest.mark.parametrize(
    ("unit", "shape"),
    [
        ("rome", "lower"), ("Rome", "capitalized"), ("ROME", "upper"), ("R", "initial"),
        ("McRae", "mixed"), ("2024", "digits"), ("B2B", "alphanumeric"), (",", "mark"),
        ("，", "mark"), ("😀", "mark"), ("中", "cjk"), ("𠀀", "cjk"), ("한국", "other"),
        ("", "mark"),
    ],
)  # fmt: skip
def test_a_unit_has_the_shape_one_sees(unit, shape):
    assert SHAPES[shape_id(unit)] == shape


# --- spans of characters to spans of units


@settings(deadline=None)
@given(texts, st.data())
def test_a_span_of_whole_units_is_found_and_no_other_is(text, data):
    encoded = encode(text)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text) + 1))
    if start == end:
        return
    starts, ends = encoded.starts.tolist(), encoded.ends.tolist()
    found = unit_span(encoded, start, end)
    if start in starts and end in ends and starts.index(start) <= ends.index(end):
        assert found == (starts.index(start), ends.index(end))
    else:
        assert found is None


@settings(deadline=None)
@given(texts)
def test_every_pair_of_units_is_a_span(text):
    encoded = encode(text)
    for first in range(encoded.num_units):
        for last in range(first, encoded.num_units):
            span = (int(encoded.starts[first]), int(encoded.ends[last]))
            assert unit_span(encoded, *span) == (first, last)


@pytest.mark.parametrize("span", [(3, 3), (4, 2)])
def test_an_empty_span_is_refused(span):
    with pytest.raises(ShapeError, match=r"the span \[\d, \d\) is empty"):
        unit_span(encode("Ann left"), *span)


# --- files


def test_a_saved_tokenizer_encodes_alike(tmp_path):
    tokenizer.save(tmp_path / "tokenizer.json")
    again = UnitTokenizer.load(tmp_path / "tokenizer.json")
    assert again.vocab_size == tokenizer.vocab_size
    (first,), (second,) = tokenizer.encode(["Ann 😀中"]), again.encode(["Ann 😀中"])
    assert np.array_equal(first.input_ids, second.input_ids)


def test_padding_and_truncation_of_a_published_tokenizer_are_switched_off():
    published = wordpiece()
    published.enable_truncation(4)
    published.enable_padding(length=50)
    (encoded,) = UnitTokenizer(published).encode(["a b c d e f"])
    assert encoded.num_units == 6
    assert len(encoded.input_ids) == 8


def test_a_file_that_is_no_tokenizer_is_refused(tmp_path):
    with pytest.raises(ArtifactError, match=r"there is no tokenizer .*t\.json"):
        UnitTokenizer.load(tmp_path / "t.json")
    (tmp_path / "t.json").write_text("{}")
    with pytest.raises(ArtifactError, match="is no tokenizer") as caught:
        UnitTokenizer.load(tmp_path / "t.json")
    assert caught.value.hint
