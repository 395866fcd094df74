import numpy as np
import pytest

from doubles import tiny_head as files
from lexloom.annotations.labelled import LabelledText
from lexloom.annotations.tagged import TaggedWords
from lexloom.errors import AnnotationError
from lexloom.train.judge import check_tags, class_numbers, inputs_of, judge_tags, judge_texts
from lexloom.train.predict import label_texts, tag_words

TEXTS = ["ann left", "bob met carl", "北京"]


def test_a_model_that_says_what_is_gold_is_right():
    model = files()
    items = [
        LabelledText(text, None, found.label, "")
        for text, found in zip(TEXTS, label_texts(model, TEXTS), strict=True)
    ]
    assert judge_texts(model, items).measure()["accuracy"] == 1.0
    wrong = [LabelledText(i.text, None, "a" if i.label != "a" else "b", "") for i in items]
    assert judge_texts(model, wrong).measure()["accuracy"] == 0.0


def test_scores_are_judged_on_their_line():
    model = files("regressor", ("score",))
    found = [item.value for item in label_texts(model, TEXTS)]
    items = [LabelledText(t, None, str(2 * v + 1), "") for t, v in zip(TEXTS, found, strict=True)]
    scores = judge_texts(model, items, scale=2.0, shift=1.0).measure()
    assert scores["mean_absolute_error"] == pytest.approx(0, abs=1e-5)
    assert scores["spearman"] == 1.0


def test_a_tagger_that_says_what_is_gold_is_right():
    model = files("tagger", ("O", "B-x"))
    rows = [["ann", "left"], ["bob"]]
    items = [
        TaggedWords(tuple(row), tuple(tag for tag, _, _ in tags))
        for row, tags in zip(rows, tag_words(model, rows), strict=True)
    ]
    assert judge_tags(model, items).measure()["accuracy"] == 1.0


def test_what_was_not_learnt_is_named():
    item = LabelledText("x", None, "new", "d.tsv, line 3")
    with pytest.raises(AnnotationError, match=r"line 3: the label 'new' is none .*known: a, b\)"):
        class_numbers([item], ("a", "b"))
    with pytest.raises(AnnotationError, match="the tag 'B-y' is none of those"):
        check_tags([TaggedWords(("x",), ("B-y",))], ("O", "B-x"))
    assert np.array_equal(class_numbers([LabelledText("x", None, "b", "")], ("a", "b")), [1])


def test_a_pair_is_read_as_a_pair():
    items = [LabelledText("x", None, "", ""), LabelledText("x", "y", "", "")]
    assert inputs_of(items) == ["x", ("x", "y")]
