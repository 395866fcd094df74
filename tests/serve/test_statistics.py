import warnings
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from PIL import Image

from lexloom.annotations.document import AnnotatedDocument
from lexloom.annotations.statistics import Statistics, measure
from lexloom.errors import ArtifactError
from lexloom.records import Entity, Event, Relation, Span
from lexloom.serve import attention
from lexloom.serve.statistics import (
    MAX_BARS,
    MAX_BINS,
    bars,
    bin_edges,
    draw_statistics,
    shortened,
    shown_lengths,
)

DOCUMENT = AnnotatedDocument(
    id="a",
    text="Ann left. Bob came.",
    entities=(Entity("T0", "人物", "Ann", 0, 3), Entity("T1", "$x$_{", "Bob", 10, 13)),
    relations=(Relation("[r]\n", "T0", "T1"),),
    events=(Event("leave", Span("left", 4, 8)),),
)


def size(path, statistics):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        draw_statistics(path, statistics, title="李 $_ <b>.jsonl")
    with Image.open(path) as picture:
        assert picture.format == "PNG"
        return picture.size


def test_a_picture_grows_with_the_types(tmp_path):
    statistics = measure([DOCUMENT], lambda text: [(0, 9), (10, 19)])
    width, height = size(tmp_path / "a.png", statistics)
    more = Statistics(entities={f"type {n}": n + 1 for n in range(500)})
    wider, higher = size(tmp_path / "b.png", more)
    assert wider == width
    assert height < higher < 3 * height


def test_counts_are_marked_by_whole_numbers(tmp_path, monkeypatch):
    drawn = []
    save = Figure.savefig
    monkeypatch.setattr(
        Figure, "savefig", lambda self, *a, **k: (drawn.append(self), save(self, *a, **k))
    )
    draw_statistics(tmp_path / "a.png", measure([DOCUMENT], lambda _: [(0, 9)]), title="t")
    *types, sentences, mentions = drawn[0].axes
    ticks = [tick for axes in types for tick in axes.get_xticks()]
    ticks += [tick for axes in (sentences, mentions) for tick in axes.get_yticks()]
    assert ticks == [int(tick) for tick in ticks]


def test_nothing_at_all_is_drawn_too(tmp_path):
    size(tmp_path / "a.png", Statistics())


def test_what_no_font_can_show_is_given(tmp_path, monkeypatch):
    monkeypatch.setattr(attention, "CJK_FONTS", ())
    assert draw_statistics(tmp_path / "a.png", measure([DOCUMENT]), title="t") == "人物"


def test_a_picture_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ArtifactError, match="cannot write"):
        draw_statistics(tmp_path / "file" / "a.png", Statistics(), title="t")


@given(st.dictionaries(st.text(max_size=5), st.integers(1, 99), max_size=2 * MAX_BARS))
def test_no_count_is_lost_in_the_bars(counts):
    rows = bars(counts)
    assert sum(count for _, count in rows) == sum(counts.values())
    assert len(rows) <= MAX_BARS + 1
    first = [count for _, count in rows[:MAX_BARS]]
    assert first == sorted(first, reverse=True)


@given(st.integers(1, 5000))
def test_every_bin_holds_equally_many_lengths_and_all_lengths_have_one(longest):
    edges = bin_edges(longest)
    widths = {after - before for before, after in pairwise(edges)}
    assert len(widths) == 1
    assert next(iter(widths)).is_integer()
    assert edges[0] < 1 <= longest < edges[-1]
    assert len(edges) <= MAX_BINS + 1


def test_names_are_cut_and_printable():
    assert shortened("地点") == "地点"
    assert len(shortened("x" * 999)) == 40
    assert shortened("a\nb\x1b\ud800") == "a b\ufffd\ufffd"


@given(st.dictionaries(st.integers(1, 200), st.integers(1, 50)))
def test_nearly_all_lengths_are_drawn(lengths):
    longest = shown_lengths(lengths)
    assert sum(n for k, n in lengths.items() if k <= longest) >= 0.99 * sum(lengths.values())
    assert longest == 0 or longest in lengths
