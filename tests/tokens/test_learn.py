import subprocess
import sys

import pytest
from tokenizers import Regex
from tokenizers import pre_tokenizers as pre

from lexloom.errors import ConfigError, InputError
from lexloom.tokens import learn
from lexloom.tokens.learn import TokenizerConfig, covered_characters, train

PROGRAM = """
import sys
from lexloom.tokens.learn import TokenizerConfig, train
texts = [line for line in open(sys.argv[2], encoding="utf-8")]
config = TokenizerConfig(model=sys.argv[1], vocab_size=int(sys.argv[3]))
train(texts, config).save(sys.argv[4])
"""


@pytest.mark.parametrize(("model", "size"), [("wordpiece", 220), ("bpe", 700), ("unigram", 480)])
def test_two_processes_train_the_same(model, size, tmp_path, texts):
    path = tmp_path / "texts"
    path.write_text("".join(texts), encoding="utf-8")
    for out in ("a", "b"):
        arguments = [model, str(path), str(size), str(tmp_path / out)]
        subprocess.run([sys.executable, "-c", PROGRAM, *arguments], check=True)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_the_order_of_the_texts_changes_nothing(texts):
    for model, size in (("wordpiece", 220), ("bpe", 700), ("unigram", 480)):
        config = TokenizerConfig(model=model, vocab_size=size)
        assert train(texts, config).sha256 == train(texts[::-1], config).sha256


@pytest.mark.parametrize("model", ["bpe", "wordpiece", "unigram", "characters"])
def test_every_covered_character_has_an_id_of_its_own(model, texts):
    tokenizer = train(texts, TokenizerConfig(model=model, vocab_size=900, coverage=1))
    for char in {char for text in texts for char in text if not char.isspace()}:
        ids, _offsets = tokenizer.encode(char, add_special_tokens=False)
        assert len(ids) == 1, char
        assert ids[0] != tokenizer.unknown_id


def test_wordpiece_splits_chinese_into_characters(tokenizers):
    tokenizer = tokenizers["wordpiece"]
    text = "本法适用于the公民"
    spans = tokenizer.encode(text, add_special_tokens=False).offsets.tolist()
    assert [text[a:b] for a, b in spans] == ["本", "法", "适", "用", "于", "the", "公", "民"]
    assert not [t for t in tokenizer.library.get_vocab() if len(t) > 1 and "法" in t]


def test_frequent_words_become_one_piece(tokenizers):
    for name in ("bpe", "wordpiece", "unigram"):
        assert len(tokenizers[name].encode(" house", add_special_tokens=False).input_ids) <= 2


def test_the_vocabulary_has_the_size_asked_for_and_no_gaps(texts):
    for model, size in (("wordpiece", 175), ("bpe", 440), ("unigram", 370)):
        vocabulary = train(texts, TokenizerConfig(model=model, vocab_size=size)).library.get_vocab()
        assert sorted(vocabulary.values()) == list(range(size))


@pytest.mark.parametrize(("special", "first"), [("bert", "[PAD]"), ("llama", "<unk>"), (None, "")])
def test_special_tokens_have_the_first_ids(special, first, texts):
    config = TokenizerConfig(special=special, vocab_size=700, extra_tokens=("<|user|>", "<s>"))
    tokenizer = train(texts, config)
    expected = config.special_tokens
    assert len(expected) == len(set(expected))
    assert [tokenizer.library.id_to_token(n) for n in range(len(expected))] == expected
    assert expected[0].startswith(first)
    assert "<|user|>" in expected


def test_coverage_takes_the_most_frequent_characters():
    counts = {"a": 90, "c": 5, "b": 4, "z": 1}
    assert covered_characters(counts, 0.95) == ["a", "c"]
    assert covered_characters(counts, 0.951) == ["a", "c", "b"]
    assert covered_characters(counts, 1) == ["a", "c", "b", "z"]


def test_a_character_that_is_not_covered_is_unknown_or_bytes(texts):
    low = {
        model: train(["b" + "a" * 10_000, *texts], TokenizerConfig(
            model=model, vocab_size=700, coverage=0.9
        ))
        for model in ("bpe", "characters", "unigram")
    }  # fmt: skip
    assert low["characters"].encode("𠀀", add_special_tokens=False).input_ids.tolist() == [
        low["characters"].unknown_id
    ]
    for model in ("bpe", "unigram"):
        assert low[model].decode(low[model].encode("𠀀").input_ids) == "𠀀"


def test_too_small_a_vocabulary_is_refused_with_the_number_needed(texts):
    for model in ("bpe", "wordpiece", "unigram", "characters"):
        with pytest.raises(ConfigError, match="cannot hold") as caught:
            train(texts, TokenizerConfig(model=model, vocab_size=20))
        needed = int(caught.value.hint.split(" ")[0].replace(",", ""))
        train(texts, TokenizerConfig(model=model, vocab_size=needed))
        with pytest.raises(ConfigError, match="cannot hold"):
            train(texts, TokenizerConfig(model=model, vocab_size=needed - 1))


@pytest.mark.parametrize("given", [[], [""]])
def test_nothing_to_learn_from_is_refused(given):
    with pytest.raises(InputError, match="no words"):
        train(given, TokenizerConfig())


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"vocab_size": 0}, "vocab_size must"),
        ({"coverage": 0.0}, "coverage must"),
        ({"coverage": 1.1}, "coverage must"),
        ({"min_count": 0}, "min_count must"),
        ({"max_piece_length": 0}, "max_piece_length must"),
        ({"extra_tokens": ("",)}, "empty string"),
    ],
)
def test_settings_out_of_range_are_refused(settings, what):
    with pytest.raises(ConfigError, match=what):
        TokenizerConfig(**settings)


def test_lone_surrogates_and_control_characters_teach_no_harm():
    tokenizer = train(["a\ud800b\x00\x01 \udfff"], TokenizerConfig(vocab_size=300))
    assert tokenizer.decode(tokenizer.encode("a\x00b").input_ids) == "a\x00b"


def test_byte_letters_are_those_of_the_library():
    assert sorted(learn.byte_letters()) == sorted(pre.ByteLevel.alphabet())
    spelled = pre.ByteLevel(add_prefix_space=False, use_regex=False).pre_tokenize_str("é 中")[0][0]
    assert spelled == "".join(learn.byte_letters()[byte] for byte in "é 中".encode())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The dog's 1234", ["The", " dog", "'s", " 123", "4"]),
        ("in北京's we'll", ["in", "北京", "'s", " we", "'ll"]),
        ("a  b\n\n c", ["a", " ", " b", "\n\n", " c"]),
        ("1〇2，！?", ["1", "〇", "2", "，！?"]),
    ],
)
def test_words_are_cut_where_the_pattern_says(text, words):
    split = pre.Split(Regex(learn.WORDS), behavior="isolated")
    assert [word for word, _ in split.pre_tokenize_str(text)] == words
