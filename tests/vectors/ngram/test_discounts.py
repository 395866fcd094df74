import numpy as np
import pytest

from lexloom.vectors.ngram.discounts import (
    absolute_discount,
    counts_of_counts,
    good_turing_ratios,
    kneser_ney_discounts,
)


def counts(**numbers):
    """Counts of which `r1` are 1, `r2` are 2 and so on."""
    return np.concatenate([np.full(n, int(name[1:])) for name, n in numbers.items()])


def test_counts_of_counts():
    assert counts_of_counts(counts(r0=2, r1=3, r2=1, r9=4), 3) == [2, 3, 1, 0]


def test_absolute_discount_by_hand():
    assert absolute_discount(counts(r1=6, r2=2, r5=1)) == (0.6, False)


@pytest.mark.parametrize("numbers", [{"r1": 3}, {"r2": 3}, {"r3": 2}])
def test_absolute_discount_without_ones_or_twos_is_a_half(numbers):
    assert absolute_discount(counts(**numbers)) == (0.5, True)


def test_kneser_ney_discounts_by_hand():
    found, is_fallback = kneser_ney_discounts(counts(r1=20, r2=10, r3=5, r4=2))
    # Y = 20 / 40; 1 - 2 Y 10/20; 2 - 3 Y 5/10; 3 - 4 Y 2/5
    assert found == pytest.approx((0.5, 1.25, 2.2))
    assert not is_fallback


@pytest.mark.parametrize(
    "numbers",
    [
        {"r1": 9, "r2": 4},  # none is seen three times
        {"r2": 4, "r3": 2, "r4": 1},  # none is seen once
        {"r1": 1, "r2": 1, "r3": 5, "r4": 1},  # the second would be below 0
    ],
)
def test_kneser_ney_discounts_fall_back_where_kenlm_does(numbers):
    assert kneser_ney_discounts(counts(**numbers)) == ((0.5, 1.0, 1.5), True)


def test_kneser_ney_needs_no_count_of_four():
    assert kneser_ney_discounts(counts(r1=20, r2=10, r3=5))[0][2] == 3


def test_good_turing_ratios_by_hand():
    found, is_fallback = good_turing_ratios(counts(r1=100, r2=40, r3=10))
    # k = 2: a = 3 * 10 / 100; r = 1: 2 * 40 / 100; r = 2: 3 * 10 / 40 / 2
    assert found == pytest.approx(((0.8 - 0.3) / 0.7, (0.375 - 0.3) / 0.7))
    assert not is_fallback


def test_good_turing_takes_fewer_counts_where_a_ratio_is_out_of_range():
    # with k = 3 the ratio of 1 would be above 1
    found, is_fallback = good_turing_ratios(counts(r1=100, r2=40, r3=10, r4=50))
    assert found == pytest.approx(((0.8 - 0.3) / 0.7, (0.375 - 0.3) / 0.7))
    assert not is_fallback
    assert good_turing_ratios(counts(r1=100, r2=10, r3=20)) == ((), True)


def test_good_turing_without_ones_changes_nothing():
    assert good_turing_ratios(counts(r2=5, r3=5)) == ((), True)
