"""A tagger on vectors learns, goes on where it was cut off, and refuses what it cannot learn."""

import pytest
import torch

from lexloom.annotations.tagged import TaggedWords
from lexloom.errors import AnnotationError, ConfigError, TrainingError
from lexloom.train.judge import judge_tags
from lexloom.train.predict import tag_words
from lexloom.train.reports import Evaluation
from lexloom.train.task import Share
from lexloom.train.vector_start import VectorFitConfig, VectorSources
from lexloom.train.vector_tagger import fit, make_vector_task, trained_files
from vector_doubles import CHINESE, ENGLISH, NAMES, PLACES, characters, vectors

FAST = {"learning_rate": 0.03, "embedding_learning_rate": 0.03, "hidden_size": 32, "batch_size": 4,
        "bigram_size": 4, "dropout": 0.1, "num_epochs": 8}  # fmt: skip
SOURCES = VectorSources(
    vectors(characters(), size=8), lexicon=vectors([*NAMES, *PLACES], size=4, counts=range(1, 7))
)


def make(items=CHINESE, sources=SOURCES, **settings):
    return make_vector_task(items, items, sources, VectorFitConfig.of(FAST | settings))


def learn(task, items, out):
    for _ in fit(task, items, out):
        pass
    return trained_files(task)


@pytest.mark.slow
@pytest.mark.parametrize("encoder", ["bilstm", "cnn"])
def test_entities_are_learnt_and_written_as_the_data_writes_them(encoder, tmp_path):
    files = learn(make(encoder=encoder), CHINESE, tmp_path)
    assert judge_tags(files, CHINESE).measure()["f1"] == 1.0
    assert set(CHINESE[0].tags) <= set(files.config.labels)
    ((tag, share, std), *_), _ = tag_words(files, [CHINESE[0].words, ()])
    assert (tag, std) == ("B-NAME", None)
    assert 0.5 < share <= 1.0


def test_bio_and_words_that_are_spelt_are_learnt(tmp_path):
    words = sorted({word for item in ENGLISH for word in item.words})
    task = make(ENGLISH, VectorSources(vectors(words, size=8)))
    files = learn(task, ENGLISH, tmp_path)
    assert files.config.labels == ("B-where", "B-who", "I-where", "I-who", "O")
    assert judge_tags(files, ENGLISH).measure() == {"f1": 1.0, "accuracy": 1.0}


def test_tags_that_are_no_spans_are_learnt(tmp_path):
    items = [TaggedWords(item.words, ("N", "V", "P", "N", ".")) for item in ENGLISH]
    words = sorted({word for item in ENGLISH for word in item.words})
    files = learn(make(items, VectorSources(vectors(words, size=8))), items, tmp_path)
    assert files.config.labels == (".", "N", "P", "V")
    assert judge_tags(files, items).measure() == {"accuracy": 1.0}


def test_a_run_that_was_cut_off_ends_as_one_that_was_not(tmp_path):
    settings = {"num_epochs": 2, "dropout": 0.5}
    whole = learn(make(**settings), CHINESE, tmp_path / "whole").model.state_dict()
    for report in fit(make(**settings), CHINESE, tmp_path / "cut"):
        if isinstance(report, Evaluation):
            break
    again = learn(make(**settings), CHINESE, tmp_path / "cut").model.state_dict()
    assert all(torch.equal(again[name], tensor) for name, tensor in whole.items())


@pytest.mark.parametrize("other", ["data", "vectors", "settings"])
def test_another_run_in_the_same_folder_is_refused(other, tmp_path):
    learn(make(num_epochs=1), CHINESE, tmp_path)
    items = CHINESE[1:] if other == "data" else CHINESE
    sources = VectorSources(vectors(characters(), size=8, seed=1), lexicon=SOURCES.lexicon)
    changed = {"dropout": 0.3} if other == "settings" else {}
    task = make(items, sources if other == "vectors" else SOURCES, num_epochs=1, **changed)
    with pytest.raises(TrainingError, match="holds a run with other data or settings"):
        learn(task, items, tmp_path)


def test_parts_of_a_batch_add_up_to_its_loss():
    task = make()
    task.model.eval()
    (whole,) = task.batches(0, 0, Share())
    parts = task.batches(0, 0, Share(num_micro_batches=3))
    assert sum(part.num_tokens for part in parts) == whole.num_tokens
    with torch.no_grad():
        total = sum(float(task.losses(part)["states"]) for part in parts)
        assert total == pytest.approx(float(task.losses(whole)["states"]), rel=1e-5)


def test_long_rows_are_learnt_in_parts_and_none_is_cut(tmp_path):
    row = TaggedWords(CHINESE[0].words * 9, CHINESE[0].tags * 9)
    task = make([row], max_words=20)
    assert task.num_cut == 0
    assert max(task.lengths) <= 20
    assert sum(task.lengths) == len(row.words)
    found = tag_words(task.files, [row.words])
    assert len(found[0]) == len(row.words)
    assert all(tag in task.files.config.labels for tag, _, _ in found[0])


def test_word_vectors_can_be_left_as_they_are(tmp_path):
    task = make(embedding_learning_rate=0, num_epochs=1)
    before = {name: t.clone() for name, t in task.model.word_embeddings.state_dict().items()}
    learn(task, CHINESE, tmp_path)
    after = task.model.word_embeddings.state_dict()
    assert all(torch.equal(after[name], tensor) for name, tensor in before.items())


def test_the_measure_to_select_by_can_be_named():
    scores = make(select_by="accuracy").evaluate()
    assert scores["score"] == scores["accuracy"]
    with pytest.raises(ConfigError, match=r"no measure 'f2' to select by \(known: f1, accuracy"):
        make(select_by="f2").evaluate()


def test_data_that_no_model_can_learn_is_refused():
    def start(train, dev):
        make_vector_task(train, dev, SOURCES, VectorFitConfig.of(FAST))

    for train, dev in (([], CHINESE), (CHINESE, []), ([TaggedWords((), ())], CHINESE)):
        with pytest.raises(TrainingError, match="training needs train and dev words"):
            start(train, dev)
    with pytest.raises(TrainingError, match="at least two labels, got 'O' only"):
        start([TaggedWords(("在",), ("O",))], CHINESE)
    half = [TaggedWords(("在", "京"), ("O", "B-\ud800"))]
    with pytest.raises(AnnotationError, match="holds half of a surrogate pair"):
        start(half, CHINESE)
    with pytest.raises(AnnotationError, match="the tag 'B-new' is none of those"):
        start(CHINESE, [TaggedWords(("在",), ("B-new",))])
