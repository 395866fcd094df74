"""Find and load the compiled kernels; they are optional, and everything works without them.

The other modules here call them. Through ctypes, so that other threads run meanwhile.
"""

import ctypes
import functools
import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Any

from lexloom.logs import get_logger

NAME = "_compiled"
INSTRUCTION_SETS = ("plain", "AVX2", "AVX-512", "AMX")
"""What a kernel may use, each with those before it; the numbers are those of ``cpu.h``."""

_POINTER, _INT, _LONG, _FLOAT = ctypes.c_void_p, ctypes.c_int, ctypes.c_int64, ctypes.c_float
_POINTERS = ctypes.POINTER(ctypes.c_void_p)
_SIGNATURES: Mapping[str, tuple[type[Any], ...]] = {
    "lexloom_instruction_set": (),
    "lexloom_attention": (_INT, _POINTER, _POINTER, _LONG, _LONG, _LONG, _POINTER, _INT),
    "lexloom_norm": (
        _INT, _POINTERS, _POINTERS, ctypes.POINTER(_LONG), _INT, _LONG, _LONG, _POINTER, _POINTER,
        _FLOAT, _POINTER, _INT,
    ),
    "lexloom_spans": (
        _INT, _POINTER, _POINTER, _POINTER, _POINTER, _LONG, _LONG, _LONG, _POINTER, _POINTER,
        _POINTER, _POINTER, _LONG, _POINTER, _POINTER, _LONG, ctypes.POINTER(_LONG), _INT,
    ),
    "lexloom_bpe_new": (_POINTER, _LONG, _POINTER, _LONG, _POINTER, _LONG, _POINTERS),
    "lexloom_bpe_free": (_POINTER,),
    "lexloom_bpe_encode": (
        _POINTER, _POINTER, _POINTER, _LONG, _POINTER, _POINTER, _POINTER, ctypes.POINTER(_LONG),
    ),
    "lexloom_bpe_learn": (_POINTER, _POINTER, _POINTER, _LONG, _POINTER, _POINTER),
    "lexloom_bpe_forget": (_POINTER, _LONG),
    "lexloom_floats": (_POINTER, _LONG, _POINTER, _LONG, ctypes.POINTER(_LONG)),
    "lexloom_word2vec": (_POINTER, _INT),
    "lexloom_words_new": (_POINTER, _LONG, _LONG, _INT, _POINTERS),
    "lexloom_words_free": (_POINTER,),
    "lexloom_words_encode": (_POINTER, _POINTER, _LONG, _POINTER, ctypes.POINTER(_LONG)),
    "lexloom_words_sizes": (_POINTER, ctypes.POINTER(_LONG), ctypes.POINTER(_LONG)),
    "lexloom_words_list": (_POINTER, _POINTER, _POINTER, _POINTER),
}  # fmt: skip
"""The types of each function's arguments; each gives an int."""

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Kernels:
    """The loaded library."""

    functions: ctypes.CDLL
    instruction_set: int
    """The best one that this machine has, an index into `INSTRUCTION_SETS`."""


@functools.cache
def kernels() -> Kernels | None:
    """Give the compiled kernels, or None where there are none that work."""
    return load(Path(__file__).parent)


def load(folder: Path) -> Kernels | None:
    """Load the kernels that lie in a folder, or give None where there are none that work."""
    paths = [path for suffix in EXTENSION_SUFFIXES if (path := folder / (NAME + suffix)).is_file()]
    if not paths:
        return None
    try:
        functions = ctypes.CDLL(str(paths[0]))
        for name, arguments in _SIGNATURES.items():
            function = getattr(functions, name)
            function.argtypes, function.restype = arguments, ctypes.c_int
    except (OSError, AttributeError) as error:
        # of another machine, or of another version: the plain way gives the same
        _log.warning("the compiled kernels cannot be used: %s", error)
        return None
    return Kernels(functions, int(functions.lexloom_instruction_set()))


@functools.cache
def has_numba() -> bool:
    """Tell whether numba can be loaded, which takes a second; it is an extra."""
    try:
        importlib.import_module("numba")
    except ModuleNotFoundError:
        return False
    except ImportError as error:
        # such as one that knows only an older NumPy
        _log.warning("numba cannot be used: %s", error)
        return False
    return True


def describe() -> str:
    """Say in a few words whether there are compiled kernels, and what does their work if not."""
    found = kernels()
    if found is None and has_numba():
        return "none, so numba learns word vectors, and torch and NumPy do the rest, more slowly"
    if found is None:
        return "none, so torch and NumPy do their work, more slowly"
    return f"compiled, with {INSTRUCTION_SETS[found.instruction_set]}"
