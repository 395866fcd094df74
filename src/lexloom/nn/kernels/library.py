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
from lexloom.nn.kernels.sources import sources_hash

NAME = "_compiled"
SOURCES = "cpp"
"""Folder of the sources, beside the kernels that are compiled where they lie."""
STALE = "they were compiled from other sources than those here"
"""What is wrong with kernels after a pull, until they are compiled again."""
REBUILD = "compile them again: python setup.py build_ext --inplace --force"
FOLDER = Path(__file__).parent
INSTRUCTION_SETS = ("plain", "AVX2", "AVX-512", "AMX")
"""What a kernel may use, each with those before it; the numbers are those of ``cpu.h``."""

_POINTER, _INT, _LONG, _FLOAT = ctypes.c_void_p, ctypes.c_int, ctypes.c_int64, ctypes.c_float
_POINTERS = ctypes.POINTER(ctypes.c_void_p)
_SIGNATURES: Mapping[str, tuple[type[Any], ...]] = {
    "lexloom_instruction_set": (),
    "lexloom_adamw": (
        _INT, _POINTER, _POINTER, _POINTER, _POINTER, _POINTER, _LONG, ctypes.POINTER(_FLOAT), _INT,
    ),
    "lexloom_square_sum": (_INT, _POINTER, _LONG, ctypes.POINTER(ctypes.c_double), _INT),
    "lexloom_attention": (
        _INT, _POINTER, _POINTER, _LONG, _LONG, _LONG, _POINTER, _INT, _POINTER, _INT,
    ),
    "lexloom_attention_backward": (
        _INT, _POINTER, _POINTER, _POINTER, _LONG, _LONG, _LONG, _POINTER, _INT, _POINTER, _INT,
    ),
    "lexloom_norm": (
        _INT, _POINTERS, _POINTERS, ctypes.POINTER(_LONG), _INT, _LONG, _LONG, _POINTER, _POINTER,
        _FLOAT, _POINTER, _INT,
    ),
    "lexloom_spans": (
        _INT, _POINTER, _POINTER, _POINTER, _POINTER, _LONG, _LONG, _LONG, _POINTER, _POINTER,
        _POINTER, _POINTER, _LONG, _POINTER, _POINTER, _LONG, ctypes.POINTER(_LONG), _INT,
    ),
    "lexloom_word_counts": (_POINTER, _LONG, _LONG, _LONG, _POINTER),
    "lexloom_word_places": (_POINTER, _LONG, _LONG, _POINTER, _POINTER),
    "lexloom_cooccurrence": (_POINTER, _POINTER, _POINTER, _POINTER),
    "lexloom_sparse": (
        _POINTER, _POINTER, _POINTER, _LONG, _LONG, _POINTER, _POINTER, _LONG, _INT,
    ),
    "lexloom_transpose": (
        _POINTER, _POINTER, _POINTER, _LONG, _LONG, _POINTER, _POINTER, _POINTER,
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
    return load(FOLDER)


def load(folder: Path) -> Kernels | None:
    """Load the kernels that lie in a folder, or give None where there are none that work."""
    paths = _compiled_in(folder)
    if not paths:
        return None
    try:
        functions = ctypes.CDLL(str(paths[0]))
        if _is_stale(functions, folder):
            _log.warning("the compiled kernels cannot be used: %s (%s)", STALE, REBUILD)
            return None
        for name, arguments in _SIGNATURES.items():
            function = getattr(functions, name)
            function.argtypes, function.restype = arguments, ctypes.c_int
    except (OSError, AttributeError) as error:
        # of another machine, or of another version: the plain way gives the same
        _log.warning("the compiled kernels cannot be used: %s", error)
        return None
    return Kernels(functions, int(functions.lexloom_instruction_set()))


def are_stale(folder: Path) -> bool:
    """Tell whether the kernels in a folder were compiled from other sources than it has."""
    try:
        return any(_is_stale(ctypes.CDLL(str(path)), folder) for path in _compiled_in(folder)[:1])
    except OSError:
        return False


def _compiled_in(folder: Path) -> list[Path]:
    paths = (folder / (NAME + suffix) for suffix in EXTENSION_SUFFIXES)
    return [path for path in paths if path.is_file()]


def _is_stale(functions: ctypes.CDLL, folder: Path) -> bool:
    # a name may mean another thing in other sources, and then nothing says so but wrong numbers
    sources = sources_hash(folder / SOURCES)
    if sources is None:  # an installed package: its kernels came with it
        return False
    try:
        compiled_from = functions.lexloom_sources
    except AttributeError:  # from before the kernels knew their sources
        return True
    compiled_from.argtypes, compiled_from.restype = (), ctypes.c_char_p
    return bool(compiled_from() != sources.encode())


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
    if found is None:
        missing = "of older sources" if are_stale(FOLDER) else "none"
        instead = (
            "numba learns word vectors, and torch and NumPy do the rest"
            if has_numba()
            else "torch and NumPy do their work"
        )
        return f"{missing}, so {instead}, more slowly"
    return f"compiled, with {INSTRUCTION_SETS[found.instruction_set]}"
