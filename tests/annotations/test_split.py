from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.annotations.document import AnnotatedDocument
from lexloom.annotations.split import hold_out, split
from lexloom.errors import UsageError

SHARES = {"train": 0.7, "dev": 0.2, "test": 0.1}

texts = st.lists(st.text(max_size=3), max_size=30)


def documents(texts):
    return [AnnotatedDocument(id=f"d{n}", text=text) for n, text in enumerate(texts)]


def ids(parts):
    return {name: [document.id for document in part] for name, part in parts.items()}


@given(texts, st.integers())
def test_every_document_goes_to_one_part_and_keeps_its_order(texts, seed):
    whole = documents(texts)
    parts = ids(split(whole, SHARES, seed=seed))
    order = [document.id for document in whole]
    assert sorted(chain(*parts.values())) == sorted(order)
    assert all(part == sorted(part, key=order.index) for part in parts.values())


@given(texts)
def test_no_text_stands_in_two_parts(texts):
    parts = split(documents(texts), SHARES)
    held = [{document.text for document in part} for part in parts.values()]
    assert sum(map(len, held)) == len(set().union(*held))


@given(st.lists(st.text(), unique=True, max_size=60))
def test_parts_are_as_large_as_their_shares_say(texts):
    parts = split(documents(texts), SHARES)
    for name, share in SHARES.items():
        assert abs(len(parts[name]) - share * len(texts)) <= 1


@given(st.lists(st.text(), unique=True, max_size=20), st.randoms())
def test_the_order_of_documents_does_not_matter(texts, random):
    whole = documents(texts)
    shuffled = random.sample(whole, len(whole))
    before, after = ids(split(whole, SHARES)), ids(split(shuffled, SHARES))
    assert {k: set(v) for k, v in before.items()} == {k: set(v) for k, v in after.items()}


GOLDEN = {"train": ["d0", "d2", "d3"], "dev": ["d1", "d4", "d5"]}


def test_the_split_is_the_same_on_every_machine_and_changes_with_the_seed():
    whole = documents(["一", "二", "three", "four", "五", "six"])
    assert ids(split(whole, {"train": 0.5, "dev": 0.5}, seed=1)) == GOLDEN
    assert ids(split(whole, {"train": 0.5, "dev": 0.5}, seed=2)) != GOLDEN


@pytest.mark.parametrize(
    "shares",
    [
        {},
        {"train": 0.9},
        {"train": 90, "dev": 10},
        {"a": 1.5, "b": -0.5},
        {"a": 1, "b": 0},
        {"a": float("nan")},
    ],
)
def test_shares_that_are_none_are_refused(shares):
    with pytest.raises(UsageError, match="must be positive and sum to 1") as caught:
        split([], shares)
    assert "dev=0.1" in caught.value.hint


ITEMS = st.lists(st.tuples(st.integers(0, 30), st.sampled_from("ab")), max_size=60)


@given(items=ITEMS, share=st.floats(0, 1), seed=st.integers(0, 3))
def test_held_out_items_share_nothing_with_the_kept_and_can_be_learnt(items, share, seed):
    kept, held = hold_out(
        items, share, content=lambda item: str(item[0]), labels=lambda item: item[1], seed=seed
    )
    assert sorted(kept + held) == sorted(items)
    assert not {text for text, _ in kept} & {text for text, _ in held}
    assert {label for _, label in held} <= {label for _, label in kept}
    assert [i for i in items if i in kept] == kept  # in their old order


def test_a_tenth_is_about_a_tenth():
    kept, held = hold_out(range(200), 0.1, content=str, labels=lambda _: ())
    assert (len(kept), len(held)) == (180, 20)
    again = hold_out(range(200), 0.1, content=str, labels=lambda _: (), seed=1)
    assert again[1] != held
