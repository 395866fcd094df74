"""Read the decimal numbers of a text: compiled, or by NumPy."""

import ctypes
import warnings

import numpy as np
from numpy.typing import NDArray

from lexloom.nn.kernels.library import Kernels, kernels


def read_floats(text: bytes, count: int) -> NDArray[np.float32] | None:
    """Give the numbers between white space, or None where they are not `count` plain numbers."""
    found = kernels()
    numbers = read_compiled(text, count, found) if found else None
    # what the kernel leaves, such as more digits than a double holds
    return read_plain(text, count) if numbers is None else numbers


def read_compiled(text: bytes, count: int, found: Kernels) -> NDArray[np.float32] | None:
    """Read by the compiled kernel, which knows no inf or nan, nor more digits than a double has."""
    numbers = np.empty(count, np.float32)
    num_read = ctypes.c_int64(0)
    data = ctypes.cast(ctypes.c_char_p(text), ctypes.c_void_p)
    status = found.functions.lexloom_floats(
        data, len(text), numbers.ctypes.data, count, ctypes.byref(num_read)
    )
    return None if status or num_read.value != count else numbers


def read_plain(text: bytes, count: int) -> NDArray[np.float32] | None:
    """Read by NumPy; see `read_floats`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # older versions of NumPy only warn
            numbers = np.fromstring(text.decode("ascii"), np.float32, sep=" ")
    except (DeprecationWarning, RuntimeWarning, ValueError):
        return None
    return numbers if len(numbers) == count else None
