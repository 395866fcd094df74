"""Functions that tests map over records; worker processes import them by name."""

import os
import signal
from pathlib import Path


def double(number):
    return 2 * number


def double_unless_three(number):
    if number == 3:
        raise ValueError("three is not to be had")
    return 2 * number


class DieOn:
    """Kills its process on one record: always, or until a file is there."""

    def __init__(self, record, mark=None):
        self.record = record
        self.mark = mark

    def __call__(self, number):
        if number == self.record:
            if self.mark is None:
                os.kill(os.getpid(), signal.SIGKILL)
            if not Path(self.mark).exists():
                Path(self.mark).touch()
                os.kill(os.getpid(), signal.SIGKILL)
        return 2 * number


class CannotBeBuilt:
    """Cannot be unpickled, so that the worker dies before it is ready."""

    def __reduce__(self):
        return (int, ("no number",))

    def __call__(self, number):
        return number


def length(text):
    return len(text)
