import pytest

from lexloom.tokens.fertility import language, longest_tokens, measure


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the house", "other"),
        ("本法。", "zh"),
        ("Ann 去", "mixed"),
        ("北京大学 A", "zh"),
        ("1.", "other"),
    ],
)
def test_the_language_is_that_of_most_letters(text, expected):
    assert language(text) == expected


def test_counts_are_those_of_a_text_counted_by_hand(tokenizers):
    values = measure(tokenizers["characters"], ["the old. 龘法。"]).to_dict()
    assert values["languages"]["other"] == {
        "sentences": 1, "characters": 7, "words": 2, "tokens": 8, "unknown": 0,
        "tokens_per_word": 4.0, "tokens_per_character": 8 / 7, "unknown_share": 0.0,
    }  # fmt: skip
    assert values["languages"]["zh"]["unknown"] == 1
    assert values["languages"]["zh"]["tokens_per_character"] == 1
    assert values["all"]["tokens"] == 11
    assert "mixed" not in values["languages"]
    assert values["used_share"] == pytest.approx(len(set("the old.龘法。")) / values["vocab_size"])


def test_no_text_gives_noughts(tokenizer):
    values = measure(tokenizer, []).to_dict()
    assert values["all"]["tokens_per_word"] == values["used_share"] == 0
    assert values["languages"] == {}


def test_the_longest_tokens_are_texts_of_the_vocabulary(tokenizers):
    longest = longest_tokens(tokenizers["bpe"])
    assert len(longest) == 10
    assert [len(text) for text in longest] == sorted(map(len, longest), reverse=True)
    assert len(longest[0]) >= 5
    assert "<unk>" not in longest
