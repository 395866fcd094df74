import inspect
import re
import signal

import pytest

from lexloom import errors
from lexloom.errors import LexloomError, TrainingStopped, UsageError

CLASSES = [
    value
    for value in vars(errors).values()
    if inspect.isclass(value) and issubclass(value, LexloomError)
]


def drawn_tree():
    """Read (class, parent) pairs from the tree in the module's docstring."""
    parents, pairs = [], {}
    for line in errors.__doc__.splitlines():
        match = re.match(r"([│├└─ ]*)(\w+(?:Error|Stopped))\b", line)
        if match:
            depth = len(match[1]) // 4
            parents[depth:] = [match[2]]
            pairs[match[2]] = parents[depth - 1] if depth else None
    return pairs


def test_the_tree_at_the_top_of_the_file_is_the_real_one():
    real = {c.__name__: c.__bases__[0].__name__ for c in CLASSES if c is not LexloomError}
    assert drawn_tree() == real | {"LexloomError": None}


@pytest.mark.parametrize("cls", CLASSES)
def test_wrong_usage_exits_with_2_and_failure_with_1(cls):
    if cls is TrainingStopped:
        expected = 128 + signal.SIGTERM  # as a shell says it of a process that was asked to end
    else:
        expected = 2 if issubclass(cls, UsageError) else 1
    assert cls("no").exit_code == expected


@pytest.mark.parametrize("cls", CLASSES)
def test_the_hint_stands_behind_the_sentence(cls):
    error = cls("width must be even, got 7", hint="try 8")
    assert str(error) == "width must be even, got 7 (try 8)"
    assert (error.message, error.hint) == ("width must be even, got 7", "try 8")


def test_a_sentence_without_a_hint_stands_alone():
    assert str(LexloomError("it broke")) == "it broke"
