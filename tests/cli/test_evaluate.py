import json

import pytest
from typer.testing import CliRunner

from doubles import SCHEMA, eager, tiny_files, toy_documents
from lexloom.annotations.document import AnnotatedDocument, write_jsonl
from lexloom.cli import app
from lexloom.errors import AnnotationError, ArtifactError, SchemaError, UsageError
from lexloom.extract.extractor import EncoderExtractor
from lexloom.extract.files import save_extractor
from lexloom.records import Relation


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "tiny"
    save_extractor(tiny_files(decode=eager(0.15), window_sentences=1), path)
    return path


@pytest.fixture
def evaluate(model, tmp_path, monkeypatch):
    """Runs ``lexloom evaluate extractor`` in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")

    def run(*arguments, with_model=model):
        command = ["evaluate", "extractor", "--model", str(with_model), *arguments]
        result = CliRunner().invoke(app, command, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result

    return run


def own_facts(model, text):
    """What the model itself finds in a text, as if people had marked it."""
    found = EncoderExtractor.load(model).extract(text)
    return AnnotatedDocument(
        id="own", text=text, entities=found.entities, relations=found.relations,
        events=found.events,
    )  # fmt: skip


TEXTS = ["Ann lives in Paris. Bob met Carl.", "李明在北京工作。他去了上海。"]


@pytest.fixture
def own(model, tmp_path):
    write_jsonl([own_facts(model, text) for text in TEXTS], tmp_path / "own.jsonl")
    return "own.jsonl"


def test_a_model_that_says_what_is_gold_scores_everything(evaluate, own):
    scores = json.loads(evaluate("--data", own, "--json").stdout)
    assert scores.keys() >= {"ner_strict", "ner_string", "relations_strict", "events_trigger"}
    for score in scores.values():
        assert score["num_documents"] == 2
        assert score["micro"]["f1"] == 1.0
        assert score["micro"]["f1_interval"] == [1.0, 1.0]


def test_a_fact_that_the_model_does_not_say_is_missed(evaluate, model, tmp_path):
    document = own_facts(model, TEXTS[0])
    ends = {(r.head, r.tail) for r in document.relations if r.type == "near"}
    missed = next(
        Relation("near", a.id, b.id)
        for a in document.entities
        for b in document.entities
        if (a.id, b.id) not in ends and a.id != b.id
    )
    more = AnnotatedDocument(
        id="more", text=document.text, entities=document.entities,
        relations=(*document.relations, missed),
    )  # fmt: skip
    write_jsonl([more], tmp_path / "more.jsonl")
    scores = json.loads(evaluate("--data", "more.jsonl", "--json").stdout)
    micro = scores["relations_strict"]["micro"]
    assert micro["precision"] == 1.0
    assert micro["recall"] == pytest.approx(1 - 1 / len(more.relations))
    assert scores["relations_strict"]["per_type"]["near"]["recall"] < 1.0


def test_a_table_names_protocols_types_and_intervals(evaluate, own):
    printed = evaluate("--data", own).stdout
    for word in ("ner_strict", "person", "100.0–100.0", "gold"):
        assert word in printed
    assert "person" not in evaluate("--data", own, "--no-per-type").stdout


def test_several_files_are_scored_as_one(evaluate, own, tmp_path):
    write_jsonl(toy_documents()[:3], tmp_path / "toy.jsonl")
    scores = json.loads(evaluate("--data", own, "--data", "toy.jsonl", "--json").stdout)
    assert scores["ner_strict"]["num_documents"] == 5


def test_another_schema_can_be_asked_for(evaluate, own, tmp_path):
    (tmp_path / "s.toml").write_text("[entities.person]\n")
    scores = json.loads(evaluate("--data", own, "--schema", "s.toml", "--json").stdout)
    assert scores["relations_strict"]["micro"]["num_predicted"] == 0


def test_facts_that_cannot_be_found_or_do_not_fit_are_told(evaluate, tmp_path):
    (tmp_path / "dev.txt").write_text("[Ann|person] met [Zoe|friend].\n> near: Ann -> Bob\n")
    (tmp_path / "s.toml").write_text("[entities.person]\n")
    told = evaluate("--data", "dev.txt", "--format", "brackets", "--schema", "s.toml").stderr
    assert "counted as missed, for the schema has no entity type 'friend': 1 facts" in told
    assert "'person'" not in told
    assert "not scored: 1 x" in told


def test_what_is_missing_is_refused(evaluate, own, tmp_path):
    with pytest.raises(AnnotationError, match=r"there is no file none\.jsonl"):
        evaluate("--data", "none.jsonl")
    with pytest.raises(ArtifactError, match="there is no model directory"):
        evaluate("--data", own, with_model=tmp_path / "none")
    with pytest.raises(SchemaError, match="cannot read the schema"):
        evaluate("--data", own, "--schema", "none.toml")
    with pytest.raises(UsageError, match="unknown format 'x'"):
        evaluate("--data", own, "--format", "x")
    (tmp_path / "empty.jsonl").write_text("")
    with pytest.raises(AnnotationError, match="holds no document"):
        evaluate("--data", "empty.jsonl")


# --- confidences and mistakes


def test_the_calibration_error_stands_beside_the_score(evaluate, own):
    scores = json.loads(evaluate("--data", own, "--json").stdout)
    fitted = scores["ner_strict"]["calibration"]
    assert fitted["kind"] == "entity"
    assert fitted["share_right"] == 1.0  # the model's own facts are gold here
    assert fitted["error"] == pytest.approx(1 - fitted["mean_confidence"])
    assert fitted["interval"][0] <= fitted["interval"][1]
    assert sum(part["num_facts"] for part in fitted["bins"]) == fitted["num_facts"]
    printed = evaluate("--data", own).stdout
    for word in ("error (ECE)", "by chance", "argument"):
        assert word in printed


def test_confidences_are_drawn(evaluate, own, tmp_path):
    evaluate("--data", own, "--plot", "out/r.png")
    assert (tmp_path / "out" / "r.png").read_bytes().startswith(b"\x89PNG")


def test_mistakes_are_written_as_a_page_and_as_lines(evaluate, tmp_path):
    empty = [AnnotatedDocument(id=f"李 {n}", text=text) for n, text in enumerate(TEXTS)]
    write_jsonl(empty, tmp_path / "d.jsonl")
    shown = evaluate("--data", "d.jsonl", "--errors", "m.html", "--errors", "m.jsonl", "--json")
    scores = json.loads(shown.stdout)
    lines = [json.loads(line) for line in (tmp_path / "m.jsonl").read_text("utf-8").splitlines()]
    for kind, protocol in {"entity": "ner_strict", "relation": "relations_strict"}.items():
        of_kind = [line for line in lines if line["kind"] == kind]
        assert len(of_kind) == scores[protocol]["micro"]["num_predicted"] > 0
        assert all(line["found"] and not line["gold"] for line in of_kind)
        assert {line["document"] for line in of_kind} <= {"李 0", "李 1"}
    page = (tmp_path / "m.html").read_text(encoding="utf-8")
    assert "Mistakes: m" in page
    assert "spurious" in page


def test_targets_that_cannot_be_are_refused_before_anything_is_read(evaluate, tmp_path):
    (tmp_path / "folder.html").mkdir()
    for arguments, sentence in [
        (("--errors", "m.txt"), r"cannot tell the form of m\.txt"),
        (("--errors", "folder.html"), r"folder\.html is a folder"),
        (("--plot", "plot.foo"), r"cannot tell the form of plot\.foo"),
        (("--errors", "m.html", "--errors", "./m.html"), r"m\.html is given twice"),
    ]:
        with pytest.raises(UsageError, match=sentence):
            evaluate("--data", "none.jsonl", *arguments)


def test_data_must_be_given():
    assert CliRunner().invoke(app, ["evaluate", "extractor"]).exit_code == 2
    assert SCHEMA.entities


def test_a_schema_that_asks_for_nothing_is_refused(evaluate, own, tmp_path):
    (tmp_path / "s.toml").write_text("")
    with pytest.raises(SchemaError, match="has no type of entity or event to ask for"):
        evaluate("--data", own, "--schema", "s.toml")
