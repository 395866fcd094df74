from hypothesis import given, settings
from hypothesis import strategies as st

from doubles import unit_tokenizer, wordpiece
from lexloom.tokens.extend import missing_characters, with_pieces
from lexloom.tokens.units import UnitTokenizer

han = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)


@settings(deadline=None, max_examples=30)
@given(st.lists(han | st.sampled_from(["ann", "中", "zz"]), max_size=8))
def test_old_pieces_keep_their_ids_and_new_ones_come_behind_without_a_gap(pieces):
    old = wordpiece()
    grown = with_pieces(old, pieces).get_vocab()
    before = old.get_vocab()
    assert before.items() <= grown.items()
    assert set(grown) == set(before) | set(pieces)
    assert sorted(grown.values()) == list(range(len(grown)))


def test_a_character_that_was_added_is_no_longer_unknown():
    tokenizer = unit_tokenizer()
    text = "龙 in Rome"
    grown = UnitTokenizer(with_pieces(tokenizer.tokenizer, ["龙"]))
    (before,), (after,) = tokenizer.encode([text]), grown.encode([text])
    unknown = tokenizer.tokenizer.token_to_id("[UNK]")
    assert before.input_ids[1] == unknown
    assert after.input_ids[1] == grown.vocab_size - 1
    assert after.input_ids[2:].tolist() == before.input_ids[2:].tolist()


def test_the_tokenizer_that_was_extended_stays_as_it_is():
    old = wordpiece()
    with_pieces(old, ["龙"])
    assert "龙" not in old.get_vocab()


def test_missing_characters_come_most_frequent_first_and_each_once():
    texts = ["龙龙凤 dragon", "凤龙中", "麟é한"]
    assert missing_characters(wordpiece(), texts) == ["龙", "凤", "麟"]


def test_a_rare_character_can_be_left_out():
    assert missing_characters(wordpiece(), ["龙龙凤"], min_count=2) == ["龙"]


def test_texts_without_new_characters_ask_for_none():
    assert (
        missing_characters(wordpiece(), ["中文 and English", "日本".replace("日本", "北京")]) == []
    )
