from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lexloom.errors import ArtifactError, ConfigError, InputError
from lexloom.nn.kernels.word2vec_job import SENTENCE_END
from lexloom.vectors import corpus as module
from lexloom.vectors.corpus import CorpusConfig, EncodedCorpus, encode_sentences, encode_texts
from lexloom.vectors.vocabulary import Vocabulary, VocabularyConfig
from lexloom.vectors.words import WordsConfig

ALL = CorpusConfig(vocabulary=VocabularyConfig(min_count=1))
words = st.sampled_from(["a", "b", "的", "two words", "x\ny", "", "e\u0301"])


@settings(max_examples=25)
@given(st.lists(st.lists(words, max_size=6), min_size=1, max_size=8), st.integers(1, 3))
def test_sentences_come_back_without_rare_words(tmp_path_factory, sentences, min_count):
    counts = Counter(word for sentence in sentences for word in sentence)
    wanted = [[word for word in line if counts[word] >= min_count] for line in sentences]
    config = CorpusConfig(vocabulary=VocabularyConfig(min_count=min_count))
    if sum(count >= min_count for count in counts.values()) < 2:
        return
    folder = tmp_path_factory.mktemp("c") / "corpus"
    corpus = encode_sentences(sentences, folder, config)
    assert [*corpus.sentences()] == [line for line in wanted if line]
    assert corpus.record.num_words == counts.total()
    assert dict(zip(corpus.vocabulary.words, corpus.vocabulary.counts, strict=True)) == {
        word: count for word, count in counts.items() if count >= min_count
    }


def test_texts_are_cut_into_lines_and_words(tmp_path):
    corpus = encode_texts(["The cat.\nA cat\n", "我们"], tmp_path / "c", ALL)
    assert [*corpus.sentences()] == [["the", "cat"], ["a", "cat"], ["我", "们"]]
    assert corpus.vocabulary.words[:2] == ["cat", "a"]


def test_chinese_can_be_segmented(tmp_path):
    config = CorpusConfig(words=WordsConfig(split="segmented"), vocabulary=ALL.vocabulary)
    corpus = encode_texts(["我在北京大学"], tmp_path / "c", config)
    assert [*corpus.sentences()] == [["我", "在", "北京大学"]]


@pytest.mark.parametrize("size", [7, 16, 1000])
def test_pieces_and_files_of_any_size_give_the_same(tmp_path, size, monkeypatch):
    text = "one two three four\n\nfive six\nsevenisaverylongword 我们的 a b\n" * 20
    whole = encode_texts([text], tmp_path / "whole", ALL)
    monkeypatch.setattr(module, "SHARD_IDS", size)
    parts = encode_texts([text], tmp_path / "parts", ALL)
    assert [*parts.sentences()] == [*whole.sentences()]
    assert len(parts.shards) >= 1
    monkeypatch.setattr(module, "PIECE_CHARACTERS", max(size, 21))
    pieces = encode_texts([text], tmp_path / "pieces", ALL)
    assert pieces.vocabulary.counts.sum() == whole.vocabulary.counts.sum()


def test_a_line_longer_than_a_piece_is_cut_at_a_space(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "PIECE_CHARACTERS", 10)
    corpus = encode_texts(["alpha beta gamma delta " * 3], tmp_path / "c", ALL)
    assert sorted(corpus.vocabulary.words) == ["alpha", "beta", "delta", "gamma"]


def test_long_sentences_end_early(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MAX_SENTENCE_WORDS", 3)
    by_text = encode_texts(["a b c d e f g"], tmp_path / "a", ALL)
    by_words = encode_sentences([list("abcdefg")], tmp_path / "b", ALL)
    assert [*by_text.sentences()] == [*by_words.sentences()] == [[*"abc"], [*"def"], ["g"]]


def test_lone_surrogates_become_question_marks(tmp_path):
    config = CorpusConfig(words=WordsConfig(split="spaces"), vocabulary=ALL.vocabulary)
    corpus = encode_texts(["a \ud800 b"], tmp_path / "c", config)
    assert [*corpus.sentences()] == [["a", "?", "b"]]


def test_known_words_stay_and_their_counts_are_added(tmp_path):
    known = Vocabulary(["old", "cat"], np.array([9, 2]))
    config = CorpusConfig(vocabulary=VocabularyConfig(min_count=2))
    corpus = encode_texts(["cat new new rare"], tmp_path / "c", config, known=known)
    assert corpus.vocabulary.words == ["old", "cat", "new"]
    assert corpus.vocabulary.counts.tolist() == [9, 3, 2]


@pytest.mark.parametrize("texts", [[], [""], ["\n\n"], ["word word"], ["!!! ..."]])
def test_a_corpus_with_too_few_words_is_said(tmp_path, texts):
    with pytest.raises(InputError, match="too few to learn from"):
        encode_texts(texts, tmp_path / "c", ALL)
    assert not [*tmp_path.iterdir()]


def test_a_string_is_no_sentence(tmp_path):
    with pytest.raises(TypeError, match="a list of words"):
        encode_sentences(["a b"], tmp_path / "c", ALL)


def test_an_error_in_the_texts_leaves_nothing(tmp_path):
    def texts():
        yield "a b"
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        encode_texts(texts(), tmp_path / "c", ALL)
    assert not [*tmp_path.iterdir()]


def test_a_damaged_corpus_is_said(tmp_path):
    corpus = encode_texts(["a b c"], tmp_path / "c", ALL)
    path = next(tmp_path.glob("c/ids-*"))
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(ArtifactError, match="differs from manifest"):
        EncodedCorpus.open(corpus.folder)


def test_words_without_a_name_are_refused(tmp_path):
    from lexloom.artifacts import seal

    corpus = encode_texts(["a b c"], tmp_path / "c", ALL)
    Path(next(tmp_path.glob("c/ids-*"))).write_bytes(np.uint32([0, 3, SENTENCE_END]).tobytes())
    seal(corpus.folder)
    with pytest.raises(ArtifactError, match="words without a name"):
        EncodedCorpus.open(corpus.folder)


def test_an_unknown_split_is_a_setting_error():
    from lexloom.config import from_mapping

    with pytest.raises(ConfigError, match="must be one of 'characters'"):
        from_mapping(CorpusConfig, {"words": {"split": "no"}})
