import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.nn.kernels.floats import read_compiled, read_floats, read_plain
from lexloom.nn.kernels.library import kernels

FOUND = kernels()


def ways():
    yield pytest.param(read_plain, id="numpy")
    if FOUND:
        yield pytest.param(lambda text, count: read_compiled(text, count, FOUND), id="compiled")


every_way = pytest.mark.parametrize("way", [*ways()])
finite = st.floats(width=32, allow_nan=False, allow_infinity=False)


@given(st.lists(finite, min_size=1, max_size=20), st.sampled_from([" ", "  ", "\t", " \n"]))
def test_numbers_come_back_as_they_were(numbers, between):
    text = between.join(f"{number:.9g}" for number in numbers)
    read = read_floats(text.encode(), len(numbers))
    assert read.tolist() == [float(np.float32(number)) for number in numbers]


@given(st.from_regex(r"\A[-]?[0-9]{1,20}(\.[0-9]{0,25})?(e[-+]?[0-9]{1,3})?\Z"))
def test_any_decimal_number_is_read_as_python_reads_it(text):
    read = read_floats(text.encode("ascii"), 1)
    with np.errstate(over="ignore"):
        assert read is None or read[0] == np.float32(float(text))
    if read is None:
        assert not np.isfinite(np.float32(float(text)))


@every_way
@pytest.mark.parametrize("text", [b"0.5 -1 1e-3 12345678 +0.0 .5 5. -0"])
def test_plain_numbers_are_read(way, text):
    wanted = np.float32([0.5, -1, 1e-3, 12345678, 0, 0.5, 5, 0])
    text = text.replace(b"+", b"")
    np.testing.assert_array_equal(way(text, 8), wanted)


@every_way
@pytest.mark.parametrize(
    ("text", "count"),
    [(b"", 1), (b"1 2", 1), (b"1 2", 3), (b"1 x", 2), (b"1 0x10", 2), (b"1-2", 1), (b"-", 1),
     (b"1 2e", 2), (b".", 1), (b"1,5", 1)],
)  # fmt: skip
def test_what_is_no_row_of_numbers_is_none(way, text, count):
    assert way(text, count) is None


def test_nan_is_read_by_numpy_for_the_caller_to_refuse():
    assert np.isnan(read_floats(b"1 nan", 2)[1])


def test_digits_beyond_a_double_are_read_by_numpy():
    assert read_floats(b"0.123456789012345678901234567890 1e-30", 2).tolist() == [
        pytest.approx(0.12345679),
        pytest.approx(1e-30),
    ]
