import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.errors import ArtifactError, ConfigError, InputError
from lexloom.vectors.vocabulary import FILE_NAME, Vocabulary, VocabularyConfig, choose

ANY = VocabularyConfig(min_count=1)


@given(st.dictionaries(st.binary(min_size=1).map(lambda b: b.hex().encode()), st.integers(1, 4),
                       min_size=2))  # fmt: skip
def test_words_are_by_count_and_then_by_bytes(counted):
    words, counts = list(counted), np.array([*counted.values()])
    chosen = choose(words, counts, ANY)
    assert chosen.vocabulary.words == [
        word.decode() for word in sorted(words, key=lambda word: (-counted[word], word))
    ]
    assert [chosen.vocabulary.words[new] for new in chosen.new_ids] == [
        word.decode() for word in words
    ]


def test_rare_words_and_those_too_many_are_left_out():
    words, counts = [b"d", b"c", b"b", b"a"], np.array([5, 1, 3, 3])
    chosen = choose(words, counts, VocabularyConfig(min_count=3, max_words=2))
    assert chosen.vocabulary.words == ["d", "a"]
    assert chosen.vocabulary.counts.tolist() == [5, 3]
    assert chosen.new_ids.tolist() == [0, -1, -1, 1]


@pytest.mark.parametrize(
    ("words", "reason"), [([], "has no words, too few"), ([b"a"], "has one word alone, too few")]
)
def test_too_few_words_are_said(words, reason):
    with pytest.raises(InputError, match=f"the corpus {reason}"):
        choose(words, np.ones(len(words), np.int64), ANY)


def test_a_vocabulary_emptied_by_the_minimum_is_said():
    with pytest.raises(InputError, match=r"of 3 words 1 came 2 times or more.*--min-count"):
        choose([b"a", b"b", b"c"], np.array([1, 2, 1]), VocabularyConfig(min_count=2))


def test_a_vocabulary_of_one_word_by_its_limit_is_said():
    with pytest.raises(InputError, match=r"max_words 1 keeps one word.*raise max_words"):
        choose([b"a", b"b"], np.array([9, 9]), VocabularyConfig(max_words=1))


@pytest.mark.parametrize("setting", ["min_count", "max_words"])
def test_limits_are_at_least_one(setting):
    with pytest.raises(ConfigError, match=f"{setting} must be at least 1, got 0"):
        VocabularyConfig(**{setting: 0})


def test_what_is_saved_is_loaded(tmp_path):
    Vocabulary(["的", "a\n b", '"'], np.array([3, 2, 1])).save(tmp_path)
    loaded = Vocabulary.load(tmp_path)
    assert loaded.words == ["的", "a\n b", '"']
    assert loaded.counts.tolist() == [3, 2, 1]


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(ArtifactError, match=r"has no vocabulary\.json"):
        Vocabulary.load(tmp_path)


@pytest.mark.parametrize(
    "values", [[], {"words": ["a"]}, {"words": ["a"], "counts": [1, 2]},
               {"words": [1], "counts": [1]}, {"words": ["a"], "counts": ["x"]}]
)  # fmt: skip
def test_a_damaged_file_is_said(tmp_path, values):
    (tmp_path / FILE_NAME).write_text(json.dumps(values))
    with pytest.raises(ArtifactError, match="is damaged"):
        Vocabulary.load(tmp_path)
