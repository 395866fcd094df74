"""Tasks that a tiny model can learn, and data that no model can."""

from itertools import product

import pytest
import torch

from lexloom.annotations.labelled import LabelledText
from lexloom.annotations.tagged import TaggedWords
from lexloom.errors import AnnotationError, ConfigError, TrainingError
from lexloom.train.head_start import HeadFitConfig
from lexloom.train.judge import judge_tags, judge_texts
from lexloom.train.labelled import ScoreLine, fit, make_tag_task, make_text_task, trained_files
from lexloom.train.reports import Evaluation
from lexloom.train.task import Share

WORDS = ("ann", "bob", "carl", "dora")
FAST = {"precision": "fp32", "learning_rate": 0.01, "head_learning_rate": 0.01, "batch_size": 8,
        "embedding_learning_rate": 0.01, "num_epochs": 6}  # fmt: skip


def texts(label):
    """Pairs and a label that shows in their words."""
    return [
        LabelledText(f"{a} left", f"{b} met {a}", label(a, b), f"d, line {n}")
        for n, (a, b) in enumerate(product(WORDS, WORDS))
    ]


CLASSES = texts(lambda a, _: "yes" if a in ("ann", "bob") else "no")
SCORES = texts(lambda a, _: str(1000 + 50 * WORDS.index(a)))
TAGS = [
    TaggedWords((a, "lives", "in", b), ("B-who", "O", "O", "B-where"))
    for a, b in product(WORDS, ("paris", "rome"))
]


def learn(task, items, out):
    for _ in fit(task, items, out):
        pass
    return trained_files(task)


@pytest.mark.parametrize("pooling", ["cls", "mean"])
def test_classes_are_learnt(pooling, tiny_bert, tmp_path):
    config = HeadFitConfig.of(FAST | {"pooling": pooling, "num_epochs": 12})
    task = make_text_task("classifier", CLASSES, CLASSES, tiny_bert, config)
    files = learn(task, CLASSES, tmp_path)
    assert files.config.labels == ("no", "yes")
    assert judge_texts(files, CLASSES).measure()["accuracy"] == 1.0


def test_scores_are_learnt_on_their_own_line(tiny_bert, tmp_path):
    task = make_text_task("regressor", SCORES, SCORES, tiny_bert, HeadFitConfig.of(FAST))
    files = learn(task, SCORES, tmp_path)
    scorer = judge_texts(files, SCORES)
    scores = scorer.measure()
    assert scores["spearman"] > 0.8
    assert scorer.found.mean() == pytest.approx(1075, abs=60)
    # dev during the training is judged on the same line
    assert task.evaluate()["mean_absolute_error"] == pytest.approx(
        scores["mean_absolute_error"], rel=1e-3
    )


def test_a_siamese_regressor_is_trained_and_needs_pairs(tiny_bert, tmp_path):
    config = HeadFitConfig.of(FAST | {"pair_form": "siamese", "pooling": "mean"})
    files = learn(make_text_task("regressor", SCORES, SCORES, tiny_bert, config), SCORES, tmp_path)
    assert judge_texts(files, SCORES).found.mean() == pytest.approx(1075, abs=80)
    with pytest.raises(ConfigError, match="pair_form 'siamese' needs pairs of texts"):
        make_text_task("regressor", one("3"), one("3"), tiny_bert, config)


@pytest.mark.parametrize("pieces", ["first", "all"])
def test_tags_are_learnt(pieces, tiny_bert, tmp_path):
    config = HeadFitConfig.of(FAST | {"tag_pieces": pieces, "max_tokens": 8})
    task = make_tag_task(TAGS, TAGS, tiny_bert, config)
    files = learn(task, TAGS, tmp_path)
    assert files.config.labels == ("B-where", "B-who", "O")
    assert judge_tags(files, TAGS).measure()["f1"] == 1.0


def test_a_run_that_was_cut_off_ends_as_one_that_was_not(tiny_bert, tmp_path):
    def task():
        return make_text_task(
            "classifier", CLASSES, CLASSES, tiny_bert, HeadFitConfig.of(FAST | {"num_epochs": 3})
        )

    whole = learn(task(), CLASSES, tmp_path / "whole").model.state_dict()
    for report in fit(task(), CLASSES, tmp_path / "cut"):
        if isinstance(report, Evaluation):
            break
    again = learn(task(), CLASSES, tmp_path / "cut").model.state_dict()
    assert all(torch.equal(again[name], tensor) for name, tensor in whole.items())


def test_other_data_in_the_same_folder_is_refused(tiny_bert, tmp_path):
    config = HeadFitConfig.of(FAST | {"num_epochs": 1})
    learn(make_text_task("classifier", CLASSES, CLASSES, tiny_bert, config), CLASSES, tmp_path)
    other = CLASSES[1:]
    task = make_text_task("classifier", other, other, tiny_bert, config)
    with pytest.raises(TrainingError, match="holds a run with other data or settings"):
        learn(task, other, tmp_path)


def test_parts_of_a_batch_add_up_to_its_loss(tiny_bert):
    task = make_tag_task(TAGS, TAGS, tiny_bert, HeadFitConfig.of(FAST))
    task.model.eval()
    (whole,) = task.batches(0, 0, Share())
    parts = task.batches(0, 0, Share(num_micro_batches=3))
    assert sum(part.num_targets["labels"] for part in parts) == whole.num_targets["labels"]
    with torch.no_grad():
        total = sum(float(task.losses(part)["labels"]) for part in parts)
        assert total == pytest.approx(float(task.losses(whole)["labels"]), rel=1e-5)


def test_cut_texts_are_counted(tiny_bert):
    config = HeadFitConfig.of({"max_tokens": 8})
    items = [*CLASSES, LabelledText("ann " * 30, "bob", "no", "")]
    assert make_text_task("classifier", items, items, tiny_bert, config).num_cut == 1


def test_the_measure_to_select_by_can_be_named(tiny_bert):
    config = HeadFitConfig.of({"select_by": "f1"})
    task = make_text_task("classifier", CLASSES, CLASSES, tiny_bert, config)
    scores = task.evaluate()
    assert scores["score"] == scores["f1"]
    task = make_text_task(
        "classifier", CLASSES, CLASSES, tiny_bert, HeadFitConfig.of({"select_by": "f2"})
    )
    with pytest.raises(ConfigError, match=r"no measure 'f2' to select by \(known: accuracy, f1"):
        task.evaluate()


def one(label):
    return [LabelledText("x", None, label, "d, line 1"), LabelledText("y", None, label, "")]


def test_data_that_no_model_can_learn_is_refused(tiny_bert):
    def text(task, train, dev):
        make_text_task(task, train, dev, tiny_bert, HeadFitConfig())

    with pytest.raises(TrainingError, match="needs train and dev texts, got 16 and 0"):
        text("classifier", CLASSES, [])
    with pytest.raises(TrainingError, match="at least two labels, got 'yes' only"):
        text("classifier", one("yes"), one("yes"))
    with pytest.raises(TrainingError, match="needs different scores, got 3 only"):
        text("regressor", one("3"), one("3"))
    with pytest.raises(AnnotationError, match="line 1: the score 'nan' is no finite number"):
        text("regressor", SCORES, one("nan"))
    with pytest.raises(AnnotationError, match="line 1: the label 'may be' is none of those"):
        text("classifier", CLASSES, one("may be"))
    with pytest.raises(AnnotationError, match="holds half of a surrogate pair"):
        text("classifier", [*CLASSES, *one("\ud800x")], CLASSES)
    half = [TaggedWords(("x", "y"), ("O", "B-\udfff"))]
    with pytest.raises(AnnotationError, match="holds half of a surrogate pair"):
        make_tag_task(half, half, tiny_bert, HeadFitConfig())
    same = [TaggedWords(("x",), ("O",))]
    with pytest.raises(TrainingError, match="at least two labels, got 'O' only"):
        make_tag_task(same, same, tiny_bert, HeadFitConfig())
    with pytest.raises(AnnotationError, match="the tag 'B-new' is none of those"):
        make_tag_task(TAGS, [TaggedWords(("x",), ("B-new",))], tiny_bert, HeadFitConfig())
    blank = [TaggedWords(("\x00", "\x00"), ("O", "B-x"))]
    with pytest.raises(TrainingError, match="no training word holds a piece"):
        make_tag_task(blank, TAGS[:0] or blank, tiny_bert, HeadFitConfig())


def test_a_score_line_gives_mean_0_and_deviation_1():
    line = ScoreLine.of(SCORES)
    standard = line.standard([item.score for item in SCORES])
    assert (standard.mean(), standard.std()) == (
        pytest.approx(0, abs=1e-6),
        pytest.approx(1, abs=1e-6),
    )
