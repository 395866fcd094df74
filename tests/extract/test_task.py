from dataclasses import replace

import pytest
import torch

from doubles import toy_documents
from lexloom.annotations.document import Scope
from lexloom.annotations.formats.table import infer_schema
from lexloom.errors import ConfigError
from lexloom.extract.fit import make_task
from lexloom.extract.task import FitConfig, SpanTask
from lexloom.train.config import TrainConfig
from lexloom.train.task import Share

DOCUMENTS = toy_documents()
SMALL = FitConfig(
    train=TrainConfig(num_epochs=1, batch_size=6, precision="fp32"), span_rank=8, pair_size=8
)


def made(init, documents=DOCUMENTS):
    return make_task(documents, DOCUMENTS[:6], infer_schema(DOCUMENTS), init, SMALL)


@pytest.fixture(scope="module")
def task(tiny_bert):
    return made(tiny_bert)


@pytest.mark.parametrize("name", ["negative_share", "paraphrase_share"])
@pytest.mark.parametrize("value", [-0.1, 1.5])
def test_a_share_that_is_none_is_refused(name, value):
    with pytest.raises(ConfigError, match=rf"{name} must be in \[0, 1\], got {value}"):
        FitConfig(**{name: value})


def test_losses_are_a_function_of_epoch_and_batch(task):
    def losses(epoch, index):
        torch.manual_seed(0)
        (batch,) = task.batches(epoch, index, Share())
        return {name: float(loss.detach()) for name, loss in task.losses(batch).items()}

    first = losses(0, 0)
    assert first.keys() == {"spans", "pairs"}
    losses(1, 2)
    assert losses(0, 0) == first
    assert losses(1, 0) != first
    assert task.num_batches() == 4


def test_the_score_is_the_mean_of_the_protocols_that_have_gold_facts(task):
    scores = task.evaluate()
    score = scores.pop("score")
    assert scores.keys() == {
        "ner_strict", "relations_strict", "events_trigger", "events_argument"
    }  # fmt: skip
    assert score == pytest.approx(sum(scores.values()) / 4)
    homes_alone = SpanTask(
        task.model, task.reader, task.schema, task.examples,
        [replace(DOCUMENTS[0], relations=())], task.config, task.decode,
    )  # fmt: skip
    assert homes_alone.evaluate().keys() == {"score", "ner_strict"}


def test_texts_with_different_questions_are_not_batched_together(tiny_bert):
    narrow = replace(DOCUMENTS[0], scope=Scope(entity_types=("person",)))
    documents = [narrow, *DOCUMENTS[1:4], replace(narrow, id="x"), *DOCUMENTS[5:8]]
    task = made(tiny_bert, documents)
    assert task.num_batches() == 2  # of 2 and of 6, whatever the order


def test_texts_with_rare_questions_share_batches(tiny_bert):
    scopes = [Scope(entity_types=types) for types in [("person",), ("place",), ()] for _ in "ab"]
    rare = [replace(DOCUMENTS[0], id=str(n), scope=scope) for n, scope in enumerate(scopes)]
    task = made(tiny_bert, [*rare, *DOCUMENTS[1:7]])
    assert task.num_batches() == 2  # six texts each, not four batches
