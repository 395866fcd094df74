from pathlib import Path

import pytest

from lexloom.corpus.mixture import (
    check_sources,
    copy_id,
    num_copies,
    parse_weights,
    source_names,
    source_of,
)
from lexloom.errors import ConfigError


@pytest.mark.parametrize("weight", [0.0, 0.25, 1.0, 2.5, 3.0])
def test_the_mean_of_the_copies_is_the_weight(weight):
    copies = [num_copies(f"document {n}", weight, seed=0) for n in range(4000)]
    assert sum(copies) / len(copies) == pytest.approx(weight, abs=0.03)
    assert set(copies) <= {int(weight), int(weight) + 1}


def test_the_choice_hangs_on_the_seed_and_the_id_alone():
    first = [num_copies(f"{n}", 0.5, seed=1) for n in range(100)]
    assert first[::-1] == [num_copies(f"{n}", 0.5, seed=1) for n in reversed(range(100))]
    assert first != [num_copies(f"{n}", 0.5, seed=2) for n in range(100)]


def test_copies_have_ids_of_their_own():
    assert [copy_id("a", n) for n in range(3)] == ["a", "a#2", "a#3"]


def test_weights_are_read():
    assert parse_weights(["laws=2.0", "a=b=0.5"]) == {"laws": 2.0, "a=b": 0.5}


@pytest.mark.parametrize("value", ["laws", "laws=", "laws=x", "=2", "a=-1", "a=1e9", "a=nan"])
def test_weights_that_mean_nothing_are_refused(value):
    with pytest.raises(ConfigError, match="a weight"):
        parse_weights([value])


def test_sources_are_named_by_their_last_part_or_whole():
    paths = [Path("x/laws"), Path("novels.tar.gz"), Path("y/laws")]
    assert source_names(paths) == {
        "x/laws": "x/laws",
        "novels.tar.gz": "novels",
        "y/laws": "y/laws",
    }
    assert source_names([Path("-")]) == {"-": "-"}
    assert list(source_names([Path()]).values()) == [Path.cwd().name.split(".")[0]]


@pytest.mark.parametrize(
    ("where", "source"),
    [
        ("laws/a/b.md", "laws"),
        ("laws/a/new/c.md", "new"),
        ("data.jsonl:7", "data"),
        ("lawsuit/a.md", "lawsuit/a.md"),
        ("data.jsonl", "data"),
    ],
)
def test_the_longest_path_that_holds_a_document_is_its_source(where, source):
    names = source_names([Path("laws"), Path("laws/a/new"), Path("data.jsonl")])
    assert source_of(where, names) == source


def test_the_folder_that_one_stands_in_holds_what_is_below():
    names = source_names([Path()])
    assert source_of("a/b.txt", names) == names["."]
    assert source_of("/elsewhere/b.txt", names) == "/elsewhere/b.txt"


def test_a_weight_of_no_source_is_refused_and_the_sources_named():
    with pytest.raises(ConfigError, match="no source 'law'") as caught:
        check_sources({"law": 2.0}, {"x/laws": "laws"})
    assert "laws" in caught.value.hint
