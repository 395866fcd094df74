import math

import pytest

from lexloom.errors import MissingDependencyError
from lexloom.vectors.extras import import_extra


def test_what_is_there_is_imported():
    assert import_extra("math", package="Math", extra="x") is math


def test_what_is_missing_is_said_with_the_extra_that_brings_it():
    with pytest.raises(MissingDependencyError) as error:
        import_extra("no_such_module_here", package="Nothing", extra="void")
    assert str(error.value) == "Nothing is not installed (pip install 'lexloom[void]')"
