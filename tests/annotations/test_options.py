from pathlib import Path

import pytest

from lexloom.annotations.options import ImportOptions
from lexloom.errors import UsageError


@pytest.mark.parametrize(
    ("prefix", "own", "id"),
    [
        (None, None, "weibo.train-7"),
        ("w-", None, "w-7"),
        ("", None, "7"),
        (None, "8908396_3", "8908396_3"),
        ("phee-", "8908396_3", "phee-8908396_3"),
    ],
)
def test_a_document_is_named_by_its_own_id_or_its_file_and_number(prefix, own, id):
    options = ImportOptions(id_prefix=prefix)
    assert options.document_id(Path("some/weibo.train"), 7, own) == id


def test_the_parts_of_a_set_give_different_ids():
    options = ImportOptions()
    ids = {options.document_id(Path(f"weibo.{part}"), 0) for part in ("train", "dev", "test")}
    assert len(ids) == 3


@pytest.mark.parametrize(("start", "stop"), [(-1, None), (0, 0), (3, 3), (3, 2)])
def test_a_part_that_is_none_is_refused(start, stop):
    with pytest.raises(UsageError, match=f"got {start} and {stop}") as caught:
        ImportOptions(start=start, stop=stop)
    assert "start=0 stop=100" in caught.value.hint
