import pytest

from lexloom.config import from_mapping
from lexloom.errors import ConfigError
from lexloom.vectors.ngram import NgramConfig
from lexloom.vectors.ngram.config import GIVEN, SMOOTHINGS
from lexloom.vectors.ngram.smoothing import METHODS


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"order": 0}, "order must be at least 1, got 0"),
        ({"min_count": 0}, "min_count must be at least 1"),
        ({"max_words": 0}, "max_words must be at least 1"),
        ({"k": 0.0}, "k must be a number above 0"),
        ({"k": float("nan")}, "k must be a number above 0"),
        ({"smoothing": 3}, "smoothing must be one of"),
        ({"smoothing": "knesser-ney"}, "did you mean 'kneser-ney'"),
        ({"unit": "words"}, "did you mean 'word'"),
    ],
)
def test_a_setting_out_of_range_is_said(settings, problem):
    with pytest.raises(ConfigError, match=problem):
        NgramConfig(**settings)


def test_what_was_read_from_a_file_is_a_smoothing_and_none_that_is_offered():
    assert from_mapping(NgramConfig, {"smoothing": GIVEN}).smoothing == GIVEN
    with pytest.raises(ConfigError, match="smoothing must be one of") as caught:
        from_mapping(NgramConfig, {"smoothing": "foo"})
    assert GIVEN not in str(caught.value)
    assert set(SMOOTHINGS) == METHODS.keys()


def test_an_unknown_setting_names_the_nearest():
    with pytest.raises(ConfigError, match="did you mean 'order'"):
        from_mapping(NgramConfig, {"ordre": 3})
