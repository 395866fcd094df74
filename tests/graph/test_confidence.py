import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.graph.confidence import NoisyOr, noisy_or, support

confidences = st.lists(st.floats(0, 1), max_size=8)


@pytest.mark.parametrize(
    ("values", "expected"), [([], 0.0), ([0.8], 0.8), ([0.5, 0.5], 0.75), ([0.9, 0.9, 1.0], 1.0)]
)
def test_independent_documents_add_up(values, expected):
    assert noisy_or(values) == expected


@given(confidences, st.randoms())
def test_the_order_of_documents_never_shows(values, random):
    shuffled = random.sample(values, len(values))
    assert noisy_or(shuffled) == noisy_or(values)


@given(confidences, st.floats(0, 1))
def test_one_more_document_never_lowers_the_confidence(values, more):
    assert noisy_or(values) <= noisy_or([*values, more]) <= 1.0


def test_two_readings_of_one_document_count_once_with_the_better_one():
    assert support([("a", 0.5), ("a", 0.6), ("b", 0.5)]) == (0.8, 2)


@given(confidences)
def test_the_aggregate_gives_what_the_function_gives(values):
    aggregate = NoisyOr()
    for value in values:
        aggregate.step(value)
    assert aggregate.finalize() == noisy_or(values)
