import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.nn.kernels import words
from lexloom.nn.kernels.library import kernels
from lexloom.nn.kernels.word2vec_job import SENTENCE_END
from lexloom.nn.kernels.words import CompiledCounter, PlainCounter, counter
from lexloom.vectors.words import WordsConfig, character_table

FOUND = kernels()
compiled_only = pytest.mark.skipif(FOUND is None, reason="the kernels are not compiled here")
CONFIGS = [
    WordsConfig(),
    WordsConfig(split="segmented", lowercase=False),
    WordsConfig(split="spaces"),
]
PLAIN = {config: PlainCounter(character_table(config), 5) for config in CONFIGS}
END = SENTENCE_END


def ways():
    yield pytest.param(PlainCounter, id="python")
    if FOUND:
        yield pytest.param(lambda *given: CompiledCounter(*given, FOUND), id="compiled")


every_way = pytest.mark.parametrize("way", [*ways()])


def sentences(made, text):
    ids = made.encode(text.encode()).tolist()
    known = [word.decode() for word in made.words()[0]]
    joined = " ".join("\n" if number == END else known[number] for number in ids)
    return [line.split() for line in joined.split("\n")[:-1]]


@every_way
@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", []),
        ("\n\n  \n", []),
        ("The cat.\nthe  CAT", [["the", "cat"], ["the", "cat"]]),
        ("Don't 'quote' l’été", [["don't", "quote", "l'été"]]),
        ("it''s rock' n", [["it", "s", "rock", "n"]]),
        ("我们 use GPT4，对？", [["我", "们", "use", "gpt4", "对"]]),
        ("café e\u0301 हिन्दी", [["café", "e\u0301", "हिन्दी"]]),
        ("a🎉b 𠀀𝐀", [["a", "b", "𠀀", "𝐀"]]),
        ("a\0b\x01c\u2028d", [["a", "b", "c", "d"]]),
        ("a b c d e f", [["a", "b", "c", "d", "e"], ["f"]]),
        ("İ ẞ Σ", [["İ", "ß", "σ"]]),
    ],
)
def test_words_of_letters(way, text, wanted):
    assert sentences(way(character_table(WordsConfig()), 5), text) == wanted


@every_way
def test_words_between_spaces_stay_as_they_are(way):
    table = character_table(WordsConfig(split="spaces", lowercase=False))
    text = "He said, “no!”\u3000U.S. 中文\t🎉\U000e0001\n"
    assert sentences(way(table, 10), text) == [
        ["He", "said,", "“no!”", "U.S.", "中文", "🎉\U000e0001"]
    ]


@compiled_only
@pytest.mark.parametrize("config", CONFIGS)
@given(text=st.text(st.sampled_from("ab'’Z\n .,我𠀀é\u0301🎉\r\0İ") | st.characters(codec="utf-8")))
def test_compiled_and_python_give_the_same(config, text):
    table = character_table(config)
    plain, compiled = PLAIN[config], CompiledCounter(table, 5, FOUND)
    assert sentences(plain, text) == sentences(compiled, text)


@compiled_only
@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("word", [" ", "a ", "ab", "商 ", "é🎉 "])
def test_what_stands_across_the_end_of_a_chunk_is_read_once(config, word):
    # the kernel looks at 4,096 bytes at once, and every place of a character across that is tried
    for shift in range(len(word.encode()) + 4):
        text = "a" * shift + " " + word * (8200 // len(word.encode())) + " 品，é🎉b"
        table = character_table(config)
        plain, compiled = PLAIN[config], CompiledCounter(table, 5, FOUND)
        assert sentences(plain, text) == sentences(compiled, text)


@every_way
def test_counts_go_on_over_calls_and_numbers_are_by_first_appearance(way):
    made = way(character_table(WordsConfig()), 100)
    assert made.encode(b"b a b").tolist() == [0, 1, 0, END]
    assert made.encode(b"c a\nverylongwordindeed").tolist() == [2, 1, END, 3, END]
    known, counts = made.words()
    assert known == [b"b", b"a", b"c", b"verylongwordindeed"]
    assert counts.tolist() == [2, 2, 1, 1]


@every_way
def test_many_words_are_told_apart(way):
    made = way(character_table(WordsConfig()), 1_000_000)
    many = [f"w{number:x}{'x' * (number % 12)}" for number in range(20_000)]
    ids = made.encode(" ".join(many + many).encode())
    assert ids.tolist() == [*range(20_000), *range(20_000), END]
    assert made.words()[1].tolist() == [2] * 20_000
    assert [word.decode() for word in made.words()[0]] == many


@compiled_only
@given(data=st.binary())
def test_bytes_that_are_no_text_do_no_harm(data):
    made = CompiledCounter(character_table(WordsConfig()), 5, FOUND)
    ids = made.encode(data)
    known, counts = made.words()
    assert (ids != END).sum() == counts.sum()
    assert len(known) == len(set(known))


def test_without_kernels_python_counts(monkeypatch):
    monkeypatch.setattr(words, "kernels", lambda: None)
    assert isinstance(counter(character_table(WordsConfig()), 5), PlainCounter)


def test_a_character_beyond_the_table_is_no_letter():
    assert not any(chr(code).isalnum() for code in range(0x40000, 0x110000))
    assert np.uint32(character_table(WordsConfig())[-1]) >> 24 == words.SEPARATOR
