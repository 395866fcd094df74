"""What models say of texts: the same alone as among others, with and without dropout."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from doubles import tiny_head as files
from lexloom.train.predict import label_texts, tag_texts, tag_words

TEXTS = ["Ann left", ("Bob met", "Carl"), "北京 😀", "", "ann " * 60, "\ud800"]


def test_a_text_alone_is_labelled_as_among_others():
    together = label_texts(files(), TEXTS)
    for text, found in zip(TEXTS, together, strict=True):
        (alone,) = label_texts(files(), [text])
        assert alone.label == found.label
        assert alone.probabilities == pytest.approx(found.probabilities, abs=1e-5)
    assert [found.is_cut for found in together] == [False] * 4 + [True, False]
    assert all(sum(f.probabilities.values()) == pytest.approx(1, abs=1e-5) for f in together)
    assert all(f.value == max(f.probabilities.values()) for f in together)


def test_a_score_is_the_models_output():
    model = files("regressor", ("score",))
    (found,) = label_texts(model, ["ann left"])
    ids = torch.tensor([model.tokenizer.encode("ann left").ids])
    with torch.no_grad():
        assert found.value == pytest.approx(float(model.model(ids)), abs=1e-6)
    assert (found.label, found.probabilities, found.std) == (None, {}, None)


@pytest.mark.parametrize("task", ["classifier", "regressor"])
def test_passes_with_dropout_spread_are_repeatable_and_leave_no_trace(task):
    model = files(task, ("score",) if task == "regressor" else ("a", "b"))
    state = torch.random.get_rng_state()
    before = label_texts(model, ["ann"])
    several = label_texts(model, ["ann"], num_passes=5)
    assert several == label_texts(model, ["ann"], num_passes=5)
    assert several[0].std > 0
    assert label_texts(model, ["ann"]) == before
    assert torch.equal(torch.random.get_rng_state(), state)


@settings(max_examples=30, deadline=None)
@given(texts=st.lists(st.text(max_size=30), max_size=3))
def test_every_word_of_any_text_has_a_tag_and_its_place(texts):
    for text, words in zip(texts, tag_texts(files("tagger", ("O", "B-x"), 8), texts), strict=True):
        assert "".join(word.text for word in words) == "".join(text.split())
        assert all(text[word.start : word.end] == word.text for word in words)
        assert all(word.tag in ("O", "B-x") for word in words)


def test_words_that_fit_at_once_have_the_models_own_tags():
    model = files("tagger", ("O", "B-x", "I-x"))
    ((first, second),) = tag_words(model, [["ann", "xyz"]])
    ids = torch.tensor([model.tokenizer.encode("ann xyz").ids])
    with torch.no_grad():
        shares = model.model(ids)[0].softmax(-1)
    for (tag, share, std), row in ((first, shares[1]), (second, shares[2])):
        assert tag == model.config.labels[int(row.argmax())]
        assert share == pytest.approx(float(row.max()), abs=1e-5)
        assert std is None


def test_a_word_without_a_piece_has_no_certain_tag():
    ((found,),) = tag_words(files("tagger", ("B-x", "O")), [["\x00"]])
    assert found == ("O", 0.0, None)
    ((found,),) = tag_words(files("tagger", ("NN", "VB")), [["\x00"]])
    assert found == ("NN", 0.0, None)


def test_a_word_longer_than_a_part_has_the_tag_of_its_beginning():
    ((found,),) = tag_words(files("tagger", ("O", "B-x"), 8), [["abcdefghij" * 3]])
    ((start,),) = tag_words(files("tagger", ("O", "B-x"), 8), [["abcdef"]])
    assert (found[0], found[1]) == (start[0], pytest.approx(start[1], abs=1e-5))
