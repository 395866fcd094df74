import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lexloom.corpus import dedupe
from lexloom.corpus.dedupe import Duplicate, Fingerprint, HashIndex, Memory
from lexloom.corpus.grams import split_units
from lexloom.corpus.minhash import MinHashConfig, sketch

CONFIG = MinHashConfig()


def fingerprint(text):
    return Fingerprint(hash(text) & (2**64 - 1), sketch(split_units(text).hashes, CONFIG))


def words(start, stop):
    return " ".join(f"w{number}" for number in range(start, stop))


@given(st.lists(st.sampled_from("abcdef")))
def test_exactly_the_first_of_exact_copies_is_kept(letters):
    memory, kept, duplicates = Memory(CONFIG), [], []
    for number, letter in enumerate(letters):
        found = memory.find(fingerprint(letter))
        if found is None:
            kept.append(number)
            memory.add(f"{letter}{number}", fingerprint(letter))
        else:
            duplicates.append(found)
    assert kept == [letters.index(letter) for letter in dict.fromkeys(letters)]
    assert len(kept) + len(duplicates) == len(letters)
    assert {d.of for d in duplicates} <= {f"{letters[n]}{n}" for n in kept}


def test_a_near_duplicate_names_the_document_that_was_kept():
    memory = Memory(CONFIG)
    memory.add("first", fingerprint(words(0, 400)))
    found = memory.find(fingerprint(words(0, 395)))
    assert (found.of, found.reason) == ("first", "near_duplicate")
    assert 0.9 < found.similarity < 1.0
    assert memory.find(fingerprint(words(0, 400))) == Duplicate("first", "exact_duplicate", 1.0)
    assert memory.find(fingerprint(words(1000, 1400))) is None


def test_candidates_below_the_threshold_are_no_duplicates():
    memory = Memory(MinHashConfig(threshold=1.0, num_bands=112, band_rows=1))
    config = MinHashConfig(num_bands=112, band_rows=1)
    near = [Fingerprint(n, sketch(split_units(words(n, 400)).hashes, config)) for n in (0, 9)]
    memory.add("first", near[0])
    assert memory.find(near[1]) is None


def test_texts_too_short_for_n_grams_are_compared_exactly():
    memory = Memory(CONFIG)
    memory.add("a", Fingerprint(1, None))
    assert memory.find(Fingerprint(2, None)) is None
    assert memory.find(Fingerprint(1, None)).of == "a"


def test_names_may_hold_any_character():
    memory = Memory(CONFIG)
    memory.add("名\ud800😀", Fingerprint(1, None))
    assert memory.find(Fingerprint(1, None)).of == "名\ud800😀"


@given(st.lists(st.integers(0, 30), max_size=200))
def test_the_index_gives_what_a_dictionary_gives(keys):
    usual, dedupe.RECENT = dedupe.RECENT, 5
    try:
        index, expected = HashIndex(), {}
        for number, key in enumerate(keys):
            found = index.find(np.array([key], np.uint64))
            assert found == ([expected[key]] if key in expected else [])
            if key not in expected:
                index.add(np.array([key], np.uint64), number)
                expected[key] = number
    finally:
        dedupe.RECENT = usual


def test_runs_are_merged_so_that_few_are_searched(monkeypatch):
    monkeypatch.setattr(dedupe, "RECENT", 4)
    index = HashIndex()
    for number in range(1000):
        index.add(np.array([number], np.uint64), number)
    assert len(index._runs) < 12
    assert index.find(np.array([0, 999, 5000], np.uint64)) == [0, 999]


def test_memory_a_document_is_what_the_docstring_says():
    memory = Memory(CONFIG)
    for number in range(20_000):
        keys = np.arange(14, dtype=np.uint64) + np.uint64(14 * number)
        signature = np.zeros(112, np.uint16)
        memory.add("x", Fingerprint(number, dedupe.Sketch(signature, keys)))
    runs = memory._near._runs
    held = sum(keys.nbytes + numbers.nbytes for keys, numbers in runs)
    assert held <= 20_000 * 14 * 12
    assert memory._signatures.nbytes <= 2 * 20_000 * 224
