from dataclasses import replace

import pytest
import torch

from doubles import HANZI, SCHEMA, toy_documents
from lexloom.annotations.document import AnnotatedDocument
from lexloom.annotations.formats.table import infer_schema
from lexloom.errors import SchemaError, TrainingError
from lexloom.extract.confidence import Calibration
from lexloom.extract.decode import DecodeConfig
from lexloom.extract.fit import fit, sentences_at_once, settle_by_dev, trained_files
from lexloom.extract.task import FitConfig, SpanTask
from lexloom.records import Entity, Relation
from lexloom.train.config import TrainConfig
from lexloom.train.reports import Evaluation
from lexloom.train.state import MODEL

DOCUMENTS = toy_documents()
SMALL = FitConfig(
    train=TrainConfig(
        num_epochs=3, batch_size=6, learning_rate=5e-3, head_learning_rate=1e-2, precision="fp32",
        embedding_learning_rate=5e-3,
    ),
    span_rank=8,
    pair_size=8,
    head_dropout_prob=0.1,
)  # fmt: skip


def epochs(number):
    return replace(SMALL, train=replace(SMALL.train, num_epochs=number))


def run(out, init, documents=None, dev=DOCUMENTS[:6], config=SMALL, schema=None):
    documents = DOCUMENTS if documents is None else documents
    return fit(documents, dev, schema or infer_schema(DOCUMENTS), init, out, config)


def last(stream):
    *_, task = stream
    assert isinstance(task, SpanTask)
    return task


def entity(id, type, start, end, text="Ann lives in Paris."):
    return Entity(id, type, text[start:end], start, end)


# --- the whole training


@pytest.mark.slow
@pytest.mark.parametrize("num_epochs_before", [1, 2])
def test_a_training_that_was_cut_off_ends_as_one_that_was_not(
    tmp_path, tiny_bert, num_epochs_before
):
    whole = last(run(tmp_path / "whole", tiny_bert))
    cut = run(tmp_path / "cut", tiny_bert)
    for report in cut:
        if isinstance(report, Evaluation) and report.epoch == num_epochs_before:
            next(cut)  # the next epoch has begun, so this one is saved
            break
    cut.close()
    resumed = last(run(tmp_path / "cut", tiny_bert))
    for name in (MODEL, "optimizer.safetensors", "progress.json"):
        expected = (tmp_path / "whole" / "state" / name).read_bytes()
        assert (tmp_path / "cut" / "state" / name).read_bytes() == expected
    for name, tensor in whole.model.state_dict().items():
        assert torch.equal(resumed.model.state_dict()[name], tensor), name
    assert resumed.decode == whole.decode
    assert resumed.evaluate() == whole.evaluate()


@pytest.mark.parametrize(
    "change",
    [
        {"documents": DOCUMENTS[1:]},
        {"config": replace(SMALL, num_proposals=3)},
        {"config": replace(SMALL, train=replace(SMALL.train, learning_rate=1e-3))},
        {"schema": SCHEMA},
    ],
    ids=["data", "heads", "rates", "schema"],
)
def test_a_folder_with_another_training_is_refused(tmp_path, tiny_bert, change):
    last(run(tmp_path, tiny_bert, config=epochs(1)))
    with pytest.raises(TrainingError, match="holds a run with other data or settings"):
        list(run(tmp_path, tiny_bert, **({"config": epochs(1)} | change)))


@pytest.mark.parametrize(("documents", "dev"), [([], DOCUMENTS), (DOCUMENTS, [])])
def test_a_training_without_documents_is_refused(tmp_path, tiny_bert, documents, dev):
    with pytest.raises(TrainingError, match="needs train and dev documents, got"):
        list(run(tmp_path, tiny_bert, documents, dev))


@pytest.mark.parametrize("text", ["Ann left. " * 300, " \n"])
def test_a_training_without_a_text_that_fits_is_refused(tmp_path, tiny_bert, text):
    documents = [AnnotatedDocument(id="d", text=text)]
    with pytest.raises(TrainingError, match="no training text holds a word and fits") as caught:
        list(run(tmp_path, tiny_bert, documents))
    assert caught.value.hint


def test_texts_too_long_to_be_read_are_left_out_and_counted(tmp_path, tiny_bert, caplog):
    long = AnnotatedDocument(id="d", text="Ann left. " * 300)
    task = last(run(tmp_path, tiny_bert, [long, *DOCUMENTS], config=epochs(1)))
    assert len(task.examples) == len(DOCUMENTS)
    told = f"1 of {len(DOCUMENTS) + 1} training texts are longer than the model's"
    assert told in caplog.text


def test_a_training_without_a_type_is_refused(tmp_path, tiny_bert):
    schema = infer_schema([AnnotatedDocument(id="d", text="Ann left.")])
    with pytest.raises(TrainingError, match="no type of entity or event to learn") as caught:
        list(run(tmp_path, tiny_bert, schema=schema))
    assert "--schema" in caught.value.hint


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_description_of_any_length_is_no_hindrance(tmp_path, tiny_bert, share):
    schema = infer_schema(DOCUMENTS)
    first, *others = schema.entities
    first = replace(first, en="person", zh="人", description_en="a named human being " * 500)
    schema = replace(schema, entities=(first, *others))
    config = replace(epochs(1), paraphrase_share=share)
    task = last(run(tmp_path, tiny_bert, schema=schema, config=config))
    num_texts = len(task.objective.label_texts.num_units_B)
    assert num_texts == len(set(task.labels.texts)) + (share > 0)


def test_a_type_of_too_many_words_is_named(tmp_path, tiny_bert):
    schema = infer_schema(DOCUMENTS)
    first, *others = schema.entities
    schema = replace(schema, entities=(replace(first, en="person " * 600), *others))
    with pytest.raises(SchemaError, match=f"the words for the entity '{first.name}' are 60") as e:
        list(run(tmp_path, tiny_bert, schema=schema))
    assert "a few words" in e.value.hint


# --- thresholds and confidences


@pytest.fixture(scope="module")
def task(tmp_path_factory, tiny_bert):
    return last(run(tmp_path_factory.mktemp("task"), tiny_bert, config=epochs(1)))


def test_thresholds_and_confidences_are_settled_by_one_reading_of_dev(task, monkeypatch):
    chosen, fitted = task.decode, task.calibration
    rules = replace(task.decoder(), config=replace(chosen, entity_threshold=0.0))
    monkeypatch.setattr(task, "decode", rules.config)
    monkeypatch.setattr(task, "calibration", Calibration())
    num_read = []
    encode = task.reader.model.encode
    monkeypatch.setattr(
        task.reader.model, "encode", lambda batch: num_read.append(1) or encode(batch)
    )
    task.evaluate()
    num_batches = len(num_read)
    settle_by_dev(task)
    assert len(num_read) == 3 * num_batches  # which protocols there are is asked of one more
    assert (task.decode, task.calibration) == (chosen, fitted)


def test_a_task_that_judges_otherwise_keeps_its_thresholds(task, monkeypatch):
    before = DecodeConfig(entity_threshold=2.5)
    monkeypatch.setattr(task, "decode", before)
    monkeypatch.setattr(task, "calibration", Calibration())
    monkeypatch.setattr(task, "evaluate", lambda: {"score": 0.5, "accuracy": 0.5})
    settle_by_dev(task)
    assert (task.decode, task.calibration) == (before, Calibration())


# --- what the data say about the rules


def decode_of(tmp_path, tiny_bert, *entities):
    document = AnnotatedDocument(id="d", text="Ann lives in Paris.", entities=entities)
    return next_task(tmp_path, tiny_bert, [document]).decode


def next_task(tmp_path, tiny_bert, documents):
    return last(run(tmp_path, tiny_bert, documents, config=epochs(1)))


@pytest.mark.parametrize(
    ("spans", "nested", "several_types"),
    [
        ([("person", 0, 3), ("place", 13, 18)], False, False),
        ([("person", 0, 9), ("person", 4, 9)], True, False),
        ([("person", 0, 9), ("place", 4, 12)], True, False),
        ([("person", 0, 3), ("place", 0, 3)], False, True),
        ([("person", 0, 3), ("person", 0, 3)], False, False),
        ([("person", 0, 3), ("place", 4, 9)], False, False),
    ],
)
def test_rules_are_as_loose_as_the_data(tmp_path, tiny_bert, spans, nested, several_types):
    entities = [entity(str(n), *span) for n, span in enumerate(spans)]
    decode = decode_of(tmp_path, tiny_bert, *entities)
    assert (decode.nested, decode.several_types) == (nested, several_types)


def test_annotators_who_mark_emoji_with_the_words_are_followed(tmp_path, tiny_bert):
    text = "Ann 😀 lives in Paris."
    for end, follows in (3, False), (5, True):
        marked = AnnotatedDocument(
            id="d", text=text, entities=(Entity("e1", "person", text[:end], 0, end),)
        )
        found = next_task(tmp_path / str(end), tiny_bert, [marked]).decode
        assert found.outer_ornaments == follows


def test_a_text_in_chinese_makes_its_characters_known(tmp_path, tiny_bert):
    text = "龙在北京"
    assert "龙" not in HANZI
    chinese = AnnotatedDocument(
        id="zh",
        text=text,
        entities=(entity("a", "person", 0, 1, text), entity("b", "place", 2, 4, text)),
        relations=(Relation("lives_in", "a", "b"),),
    )
    task = next_task(tmp_path, tiny_bert, [chinese, *DOCUMENTS[:4]])
    vocabulary = task.reader.tokenizer.tokenizer.get_vocab()
    assert "龙" in vocabulary
    assert task.examples[0].num_lost == 0


def test_texts_of_one_sentence_are_read_one_at_a_time_and_longer_ones_are_not():
    assert sentences_at_once(DOCUMENTS) == 1
    two = AnnotatedDocument(id="two", text="Ann left. Bob stayed in Rome.")
    assert sentences_at_once([two]) is None
    assert sentences_at_once([*DOCUMENTS, two]) == 1  # one in twenty-five is an exception
    assert sentences_at_once([*DOCUMENTS, two, two]) is None


def test_the_trained_files_are_the_task_s(task):
    files = trained_files(task, "mine", window_sentences=2)
    assert (files.name, files.sha256, files.window_sentences) == ("mine", "", 2)
    assert files.model is task.reader.model
    assert (files.schema, files.decode) == (task.schema, task.decode)
    assert files.calibration == task.calibration
