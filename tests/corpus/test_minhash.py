import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lexloom.corpus.grams import gram_hashes, split_units
from lexloom.corpus.minhash import MinHashConfig, similarity, sketch
from lexloom.errors import ConfigError

CONFIG = MinHashConfig(num_bands=32, band_rows=8)


def hashes(seed, count):
    return np.random.default_rng(seed).integers(0, 2**63, count, dtype=np.uint64)


def jaccard(first, second):
    first, second = (set(gram_hashes(h, CONFIG.gram_units).tolist()) for h in (first, second))
    return len(first & second) / len(first | second)


@settings(max_examples=40)
@given(st.integers(0, 1000), st.integers(30, 400), st.integers(0, 400))
def test_the_estimate_tracks_the_true_similarity(seed, num_shared, num_own):
    shared = hashes(seed, num_shared)
    first = np.concatenate([shared, hashes(seed + 5000, num_own)])
    second = np.concatenate([shared, hashes(seed + 9000, num_own)])
    estimate = similarity(sketch(first, CONFIG).signature, sketch(second, CONFIG).signature)
    # four standard errors of 256 places
    assert estimate == pytest.approx(jaccard(first, second), abs=4 * 0.5 / 16 + 0.01)


def test_equal_texts_agree_in_everything_and_others_in_almost_nothing():
    text = split_units("the quick brown fox jumps over the lazy dog " * 3).hashes
    first, second = sketch(text, CONFIG), sketch(text.copy(), CONFIG)
    assert similarity(first.signature, second.signature) == 1.0
    assert (first.keys == second.keys).all()
    other = sketch(hashes(1, 500), CONFIG)
    assert similarity(first.signature, other.signature) < 0.05
    assert not (first.keys == other.keys).any()
    assert len(set(first.keys.tolist())) == CONFIG.num_bands


def test_another_seed_gives_other_hash_functions():
    text = hashes(0, 100)
    assert (sketch(text, CONFIG).keys != sketch(text, CONFIG, seed=1).keys).all()


def test_a_text_without_an_n_gram_has_no_sketch():
    assert sketch(hashes(0, 4), CONFIG) is None
    assert sketch(hashes(0, 5), CONFIG) is not None


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"num_bands": 0}, "num_bands must be at least 1, got 0"),
        ({"threshold": 75.0}, r"threshold must be in \(0, 1\], got 75"),
    ],
)
def test_settings_out_of_range_are_refused(values, message):
    with pytest.raises(ConfigError, match=message):
        MinHashConfig(**values)
