import numpy as np
import pytest

from doubles import wordpiece
from lexloom.errors import ArtifactError, ConfigError
from lexloom.nn.kernels.word2vec_job import SENTENCE_END
from lexloom.tokens.tokenizer import Tokenizer
from lexloom.vectors.corpus import CorpusConfig, encode_texts
from lexloom.vectors.subwords import TokenCounter
from lexloom.vectors.vocabulary import VocabularyConfig
from lexloom.vectors.words import WordsConfig


@pytest.fixture
def tokenizer():
    return Tokenizer(wordpiece(["sea", "##side", "north", "山", "水"]))


def test_tokens_are_numbered_and_counted_line_by_line(tokenizer):
    counter = TokenCounter(tokenizer, 100)
    ids = counter.encode("Seaside north\n\n  \n山水 north".encode())
    pieces = [tokenizer.pieces[id] if id != SENTENCE_END else "/" for id in ids.tolist()]
    assert pieces == ["sea", "##side", "north", "/", "山", "水", "north", "/"]
    words, counts = counter.words()
    assert len(words) == len(counts) == tokenizer.vocab_size
    found = {word.decode(): n for word, n in zip(words, counts.tolist(), strict=True) if n}
    assert found == {"sea": 1, "##side": 1, "north": 2, "山": 1, "水": 1}


def test_a_long_line_becomes_several_sentences(tokenizer):
    ids = TokenCounter(tokenizer, 3).encode(b"north " * 7)
    assert np.diff(np.flatnonzero(ids == SENTENCE_END), prepend=-1).tolist() == [4, 4, 2]


@pytest.mark.parametrize("text", [b"", b"\n\n", b"   "])
def test_nothing_gives_nothing(tokenizer, text):
    assert len(TokenCounter(tokenizer, 3).encode(text)) == 0


def test_a_corpus_of_tokens(tokenizer, tmp_path):
    tokenizer.save(tmp_path / "tokenizer")
    config = CorpusConfig(
        words=WordsConfig(split="subwords", tokenizer=str(tmp_path / "tokenizer")),
        vocabulary=VocabularyConfig(min_count=1),
    )
    corpus = encode_texts(["Seaside 山\n水 🎉 \ud800"], tmp_path / "corpus", config)
    assert [*corpus.sentences()] == [["sea", "##side", "山"], ["水", "[UNK]", "?"]]


def test_a_missing_tokenizer_is_said(tmp_path):
    config = CorpusConfig(words=WordsConfig(split="subwords", tokenizer=str(tmp_path / "none")))
    with pytest.raises(ArtifactError, match="there is no tokenizer"):
        encode_texts(["a b"], tmp_path / "corpus", config)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"split": "subwords"}, r"needs a tokenizer \(give --tokenizer DIR\)"),
        ({"split": "spaces", "tokenizer": "x"}, "split spaces takes no tokenizer"),
    ],
)
def test_a_tokenizer_without_its_split_is_said(settings, reason):
    with pytest.raises(ConfigError, match=reason):
        WordsConfig(**settings)
