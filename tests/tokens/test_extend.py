import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st
from tokenizers import Tokenizer as Library

from doubles import unit_tokenizer, wordpiece
from lexloom.errors import ConfigError, UsageError
from lexloom.tokens.extend import ExtendConfig, extend, missing_characters, with_pieces
from lexloom.tokens.tokenizer import Tokenizer
from lexloom.tokens.units import UnitTokenizer

han = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)


@limits(deadline=None, max_examples=30)
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


NEW = ["龙飞凤舞龙飞凤舞 Pangolin pangolin's зверь зверь the house"] * 2


@pytest.mark.parametrize("model", ["wordpiece", "characters", "unigram"])
def test_extending_keeps_every_id_and_knows_the_new_characters(tokenizers, model, tmp_path):
    old = tokenizers[model]
    before = old.library.get_vocab()
    new, added = extend(old, NEW, ExtendConfig(coverage=1))
    grown = new.library.get_vocab()
    assert before.items() <= grown.items()
    assert [new.library.id_to_token(id) for id in range(len(before), len(grown))] == added
    assert sorted(grown.values()) == list(range(len(grown)))
    for char in "龙飞凤舞":
        assert len(new.encode(char, add_special_tokens=False).input_ids) == 1
        assert new.encode(char, add_special_tokens=False).input_ids[0] >= len(before)
    assert new.unknown_id not in new.encode("зверь 龙 P").input_ids
    assert old.library.get_vocab() == before
    assert new.roles == old.roles
    new.save(tmp_path)
    again = Tokenizer.load(tmp_path)
    assert again.encode(NEW[0]).input_ids.tolist() == new.encode(NEW[0]).input_ids.tolist()
    # text of the old characters alone gives the old ids
    same = "the old house 公民"
    assert new.encode(same).input_ids.tolist() == old.encode(same).input_ids.tolist()


def test_whole_words_are_added_to_wordpiece_by_frequency(tokenizers):
    new, added = extend(tokenizers["wordpiece"], NEW, ExtendConfig(coverage=1, num_words=1))
    assert "зверь" in added
    assert "Pangolin" not in added
    assert len(new.encode("зверь", add_special_tokens=False).input_ids) == 1


def test_rare_characters_can_be_left_out(tokenizers):
    _, added = extend(tokenizers["characters"], ["龙龙凤"], ExtendConfig(coverage=1))
    assert added == ["龙"]


def test_byte_level_bpe_is_not_extended(tokenizers):
    with pytest.raises(UsageError, match="byte-level BPE tokenizer cannot be extended"):
        extend(tokenizers["bpe"], NEW)


def test_words_are_for_wordpiece_only(tokenizers):
    with pytest.raises(UsageError, match="WordPiece only"):
        extend(tokenizers["unigram"], NEW, ExtendConfig(num_words=3))


def test_tokens_added_behind_the_vocabulary_are_not_moved(tokenizers):
    library = Library.from_str(tokenizers["wordpiece"].library.to_str())
    library.add_special_tokens(["<new>"])
    with pytest.raises(UsageError, match="would have to move"):
        extend(Tokenizer(library), NEW)


@pytest.mark.parametrize("settings", [{"coverage": 0.0}, {"num_words": -1}, {"min_count": 0}])
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(ConfigError, match="must be"):
        ExtendConfig(**settings)
