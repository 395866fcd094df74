"""The Chinese patterns hold what they are named for; their mentions are tested with `silver`."""

import re

import pytest

from lexloom.annotations import silver_zh
from lexloom.annotations.silver import KINDS


def test_every_pattern_is_of_a_kind_that_silver_knows():
    assert {kind for kind, _ in silver_zh.PATTERNS} <= set(KINDS)
    assert all(pattern.groups <= 1 for _, pattern in silver_zh.PATTERNS)


@pytest.mark.parametrize("number", ["12", "1,200万", "三百余", "两千", "数十", "二十多", "1.2万"])
def test_numbers_are_matched_whole(number):
    assert re.fullmatch(silver_zh.COUNT, number)
