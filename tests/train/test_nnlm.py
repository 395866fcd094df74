import math

import numpy as np
import pytest
import torch

from lexloom.batches.contexts import Contexts
from lexloom.errors import ConfigError, TrainingError
from lexloom.train.nnlm import NnlmTask, NnlmTrainConfig
from lexloom.train.nnlm_run import prepare
from lexloom.train.run import train
from lexloom.train.task import Share
from lexloom.vectors.ngram import NgramConfig
from lexloom.vectors.ngram import train as train_counted
from lexloom.vectors.ngram.vocabulary import BEGIN_ID, UNKNOWN_ID
from neural_doubles import TEXT, run_config


def task(**changes):
    return prepare([TEXT], run_config(**changes)).task


def same(one, other):
    return torch.equal(one.context_BN, other.context_BN) and torch.equal(
        one.labels_B, other.labels_B
    )


def test_a_batch_is_a_function_of_its_place():
    fit = {"num_negatives": 5}
    (first,) = task(fit=fit).batches(1, 2, Share())
    (again,) = task(fit=fit).batches(1, 2, Share())
    assert same(first, again)
    assert torch.equal(first.negatives.ids_S, again.negatives.ids_S)
    (other,) = task(fit=fit).batches(2, 2, Share())
    assert not same(first, other)


def test_an_epoch_predicts_every_token_once():
    made = task(fit={"unknown_share": 0.0})
    labels = [
        label
        for index in range(made.num_batches())
        for batch in made.batches(0, index, Share())
        for label in batch.labels_B.tolist()
    ]
    counts = made.word_counts
    wanted = [id for id, count in enumerate(counts) if id != BEGIN_ID for _ in range(count)]
    assert sorted(labels) == wanted


def test_parts_of_processes_are_one_batch_with_the_same_negatives():
    made = task(fit={"num_negatives": 5})
    (whole,) = made.batches(0, 0, Share())
    parts = [batch for rank in range(2) for batch in made.batches(0, 0, Share(rank, 2, 2))]
    assert torch.equal(torch.cat([part.labels_B for part in parts]), whole.labels_B)
    assert all(torch.equal(p.negatives.ids_S, whole.negatives.ids_S) for p in parts)
    assert not torch.equal(made.batches(0, 1, Share())[0].negatives.ids_S, whole.negatives.ids_S)
    assert BEGIN_ID not in whole.negatives.ids_S


@pytest.mark.parametrize("num_negatives", [None, 10_000])
def test_the_whole_vocabulary_needs_no_draw(num_negatives):
    (batch,) = task(fit={"num_negatives": num_negatives}).batches(0, 0, Share())
    assert batch.negatives is None


def test_words_seen_once_are_read_as_unknown_by_turns():
    made = task(fit={"unknown_share": 0.5})
    counts = np.zeros(len(made.word_counts))
    for epoch in range(2):
        for index in range(made.num_batches()):
            for batch in made.batches(epoch, index, Share()):
                np.add.at(counts, batch.labels_B.numpy(), 1)
    is_single = made.word_counts == 1
    assert counts[UNKNOWN_ID] > 0
    assert counts[is_single].sum() + counts[UNKNOWN_ID] == 2 * is_single.sum()


def test_the_unknown_word_is_drawn_as_often_as_other_targets_of_its_frequency():
    # one that were hardly ever drawn would be pushed up by its targets and never down
    made = task(fit={"unknown_share": 1.0, "num_negatives": 8})
    num_single = int((made.word_counts == 1).sum())
    frequent = int(np.abs(made.word_counts - num_single).argmin())
    drawn = np.zeros(len(made.word_counts))
    for epoch in range(100):
        for index in range(made.num_batches()):
            (batch,) = made.batches(epoch, index, Share())
            drawn[batch.negatives.ids_S.numpy()] += 1
    assert num_single > 1
    rarely = drawn[made.word_counts == 1].mean()
    assert drawn[UNKNOWN_ID] > 1.5 * rarely
    assert drawn[UNKNOWN_ID] >= 0.5 * drawn[frequent]


def test_perplexity_is_over_the_whole_vocabulary():
    made = task(fit={"num_negatives": 3})
    scores = made.evaluate()
    total = 0.0
    places = made._dev.targets
    contexts = torch.from_numpy(made._dev.before(places))
    logs = made.model.log_distribution(contexts)
    for row, place in enumerate(places.tolist()):
        total -= float(logs[row, int(made._dev.ids[place])])
    assert scores["loss"] == pytest.approx(total / len(places), rel=1e-6)
    assert scores["perplexity"] == pytest.approx(math.exp(scores["loss"]))
    assert scores["score"] == -scores["loss"]


SENTENCES = [
    f"the {animal} is {verb} in the {place}"
    for animal in ("dog", "cat", "horse")
    for verb in ("walking", "running", "eating")
    for place in ("garden", "field")
    if (animal, verb) != ("cat", "running")
] + [
    f"the {thing} is {state} on the {place}"
    for thing in ("car", "truck", "bus")
    for state in ("parked", "rusting", "stopped")
    for place in ("street", "road")
]


def test_similar_words_share_probability(tmp_path):
    """The cat never ran; but what dogs do, cats may do, and what cars do, they do not."""
    config = run_config(
        train={"num_epochs": 30, "batch_size": 16},
        shape={"context_size": 3, "embedding_size": 8, "hidden_size": 16},
        unit="token",
    )
    lines = "\n".join(SENTENCES * 2)
    prepared = prepare([lines], config, dev=[lines])
    list(train(prepared.task, config.fit.train, tmp_path, fingerprint="f"))
    words = prepared.vocabulary
    size = config.shape.context_size
    context = torch.tensor([[BEGIN_ID, *words.encode(["the", "cat", "is"]).tolist()][-size:]])
    logs_V = prepared.task.model.eval().log_distribution(context)[0]
    running, parked = (float(logs_V[id].exp()) for id in words.encode(["running", "parked"]))
    assert running > 5 * parked
    counted, _ = train_counted([s.split() for s in SENTENCES * 2], NgramConfig(order=4))
    counted_V = counted.distribution([BEGIN_ID, *counted.vocabulary.encode(["the", "cat", "is"])])
    is_running = counted.vocabulary.encode(["running"])[0]
    assert running > 5 * counted_V[is_running]
    vectors_VE = prepared.task.model.body.word_embeddings.weight.detach()
    dog, cat, car = (vectors_VE[id] for id in words.encode(["dog", "cat", "car"]))
    assert torch.cosine_similarity(dog, cat, dim=0) > torch.cosine_similarity(car, cat, dim=0)


def test_a_run_that_is_cut_off_goes_on_to_the_same_model(tmp_path):
    settings = {"train": {"num_epochs": 3, "save_every_steps": 1}, "shape": {"dropout": 0.3}}
    fit = {"num_negatives": 5}
    models = []
    for name, num_steps in (("whole", None), ("cut", 7)):
        made = task(fit=fit, **settings)
        reports = train(made, made.config.train, tmp_path / name, fingerprint="f")
        if num_steps is not None:
            for _ in range(num_steps):
                next(reports)
            reports.close()
            made = task(fit=fit, **settings)
            reports = train(made, made.config.train, tmp_path / name, fingerprint="f")
        list(reports)
        models.append(made.model.state_dict())
    for name, tensor in models[0].items():
        assert torch.equal(tensor, models[1][name]), name


def test_nothing_to_train_on_is_refused():
    made = task()
    empty = Contexts(np.zeros(0, np.int32), np.zeros(0, np.int64), 3)
    for pair, what in (((empty, made._dev), "train on"), ((made._dev, empty), "evaluate on")):
        with pytest.raises(TrainingError, match=f"there is no text to {what}"):
            NnlmTask(made.model, *pair, made.config)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"num_negatives": 0}, "num_negatives must be at least 1, got 0"),
        ({"unknown_share": 1.1}, r"unknown_share must be in \[0, 1\], got 1.1"),
    ],
)
def test_settings_out_of_range_are_refused(values, message):
    with pytest.raises(ConfigError, match=message):
        NnlmTrainConfig(**values)
