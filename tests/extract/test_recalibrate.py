from dataclasses import replace

import pytest

from doubles import eager, tiny_files
from lexloom.annotations.document import AnnotatedDocument, Scope
from lexloom.artifacts import MANIFEST, verify_directory
from lexloom.errors import AnnotationError, ArtifactError, UsageError
from lexloom.extract.confidence import Calibration, ScoreMap
from lexloom.extract.extractor import EncoderExtractor
from lexloom.extract.files import save_extractor
from lexloom.extract.recalibrate import recalibrate
from lexloom.extract.reliability import Judge

TEXTS = ["Ann lives in Paris. Bob met Carl.", "李明在北京工作。他去了上海。"]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "tiny"
    files = tiny_files(decode=eager(0.15), window_sentences=1)
    stored = Calibration(entity=ScoreMap(slope=3.0))  # what was fitted before must not matter
    save_extractor(replace(files, calibration=stored), path, notices={"LICENSE": "mine"})
    return path


@pytest.fixture(scope="module")
def halves(model):
    """Texts in which every second mention that the model finds is right."""
    engine = EncoderExtractor.load(model)
    return [
        AnnotatedDocument(id=str(n), text=text, entities=engine.extract(text).entities[::2])
        for n, text in enumerate(TEXTS * 4)
    ]


def reliability(path, documents):
    engine, judge = EncoderExtractor.load(path), Judge()
    for document in documents:
        judge.add(document, engine.extract(document.text))
    return judge.reliability()


def keys(path):
    found = [EncoderExtractor.load(path).extract(text) for text in TEXTS]
    return [[(e.type, e.start, e.end) for e in item.entities] for item in found]


def test_the_same_facts_are_found_with_confidences_that_are_true(model, halves, tmp_path):
    result = recalibrate(model, halves, tmp_path / "new")
    assert verify_directory(tmp_path / "new")
    assert keys(tmp_path / "new") == keys(model)
    before, after = reliability(model, halves)["entity"], reliability(tmp_path / "new", halves)
    assert after["entity"].mean_confidence == pytest.approx(after["entity"].share_right, abs=0.02)
    assert after["entity"].error < before.error
    assert result.fits["entity"].num_facts == before.num_facts


def test_all_but_the_calibration_is_copied(model, halves, tmp_path):
    recalibrate(model, halves, tmp_path / "new")
    files = {file.name: file.read_bytes() for file in model.iterdir()}
    again = {file.name: file.read_bytes() for file in (tmp_path / "new").iterdir()}
    assert again.keys() == files.keys()
    changed = {name for name in files if files[name] != again[name]}
    assert changed == {"config.json", MANIFEST}


def test_a_model_can_be_calibrated_where_it_lies_and_anew(model, halves, tmp_path):
    first = recalibrate(model, halves, tmp_path / "run" / "model")
    again = recalibrate(tmp_path / "run", halves)  # a training run's folder
    assert again.calibration == first.calibration
    assert EncoderExtractor.load(tmp_path / "run").calibration == first.calibration


def test_texts_that_tell_nothing_are_refused_and_nothing_is_written(model, tmp_path):
    nothing = [AnnotatedDocument(id="d", text=TEXTS[0], scope=Scope(
        entity_types=(), relation_types=(), event_types=()))]  # fmt: skip
    with pytest.raises(AnnotationError, match="tell of no fact that the model finds") as caught:
        recalibrate(model, nothing, tmp_path / "new")
    assert caught.value.hint
    assert not (tmp_path / "new").exists()


def test_kinds_of_which_the_texts_tell_too_little_keep_what_was_fitted(model, halves, tmp_path):
    stored = Calibration(entity=ScoreMap(slope=3.0), relation=ScoreMap(slope=2.0, bias=1.0))
    files = tiny_files(decode=eager(0.15), window_sentences=1)
    save_extractor(replace(files, calibration=stored), tmp_path / "rich")
    only = [replace(item, scope=Scope(relation_types=(), event_types=())) for item in halves]
    fitted = recalibrate(tmp_path / "rich", only, tmp_path / "new").calibration
    assert fitted.relation == stored.relation
    assert fitted.entity != stored.entity


def test_too_few_facts_are_refused_and_leave_the_model_as_it_is(model, halves):
    before = (model / "config.json").read_bytes()
    few = [AnnotatedDocument(id="d", text="Ann.", entities=())]
    with pytest.raises(AnnotationError, match="and 30 are needed"):
        recalibrate(model, few)
    assert (model / "config.json").read_bytes() == before


def test_a_folder_of_other_things_is_not_written_over(model, halves, tmp_path):
    (tmp_path / "runs" / "old").mkdir(parents=True)
    with pytest.raises(UsageError, match="not written over"):
        recalibrate(model, halves, tmp_path / "runs")
    assert (tmp_path / "runs" / "old").is_dir()


def test_a_model_that_is_not_there_is_refused(halves, tmp_path):
    with pytest.raises(ArtifactError, match="there is no model directory"):
        recalibrate(tmp_path / "none", halves)
