"""The sets that `benchmarks/finetune.py` trains on: their splits, their scores, and their table."""

import importlib
import json
import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.annotations.document import AnnotatedDocument, Scope
from lexloom.annotations.labels import LabelSet
from lexloom.annotations.schema import RelationType, Schema
from lexloom.extract.decode import DecodeConfig
from lexloom.records import Argument, Entity, Event, Relation, Span

FOLDER = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture
def script(monkeypatch):
    """Gives a module of the benchmarks by its name."""
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module


def document(text, id="d", **facts):
    return AnnotatedDocument(id=id, text=text, **facts)


def mention(text, word, id, type="entity"):
    start = text.index(word)
    return Entity(id, type, word, start, start + len(word))


# --- one relation a sentence


def test_the_official_scorer_counts_a_wrong_direction_as_wrong_twice(script):
    gold = ["A(e1,e2)", "A(e1,e2)", "A(e2,e1)", "B(e1,e2)", "Other", "Other"]
    answers = ["A(e1,e2)", "A(e2,e1)", "Other", "A(e1,e2)", "B(e2,e1)", "Other"]
    found = script("relation_answers").score_answers(gold, answers)
    # A: 1 right of 3 answered and 3 gold; B: 0 right of 1 answered and 1 gold
    assert found.precision == pytest.approx((1 / 3 + 0) / 2)
    assert found.recall == pytest.approx((1 / 3 + 0) / 2)
    assert found.macro_f1 == pytest.approx((1 / 3 + 0) / 2)
    assert found.accuracy == pytest.approx(2 / 6)


def test_precision_and_recall_are_averaged_over_the_relations_of_gold(script):
    gold = ["A(e1,e2)"] * 4 + ["B(e2,e1)"] * 2
    answers = ["A(e1,e2)", "A(e1,e2)", "Other", "C(e1,e2)", "B(e2,e1)", "A(e1,e2)"]
    found = script("relation_answers").score_answers(gold, answers)
    # A: P 2/3, R 2/4, F1 4/7; B: P 1, R 1/2, F1 2/3; C has no gold and is no row of the table
    assert found.precision == pytest.approx((2 / 3 + 1) / 2)
    assert found.recall == pytest.approx(1 / 2)
    assert found.macro_f1 == pytest.approx((4 / 7 + 2 / 3) / 2)


def test_labels_without_a_direction_and_no_answer_at_all(script):
    found = script("relation_answers").score_answers(["born", "died", "died"], ["born", None, "x"])
    assert (found.accuracy, found.precision, found.recall) == (1 / 3, 1 / 2, 1 / 2)
    assert found.macro_f1 == 1 / 2


LABELS = st.sampled_from(["Other", "A(e1,e2)", "A(e2,e1)", "B(e1,e2)", "B(e2,e1)"])


@given(pairs=st.lists(st.tuples(LABELS, LABELS), min_size=1, max_size=30))
def test_perfect_answers_score_one_and_intervals_hold_the_value(pairs):
    answers = importlib.import_module("relation_answers")
    gold, guessed = [list(column) for column in zip(*pairs, strict=True)]
    perfect = answers.score_answers(gold, gold, num_resamples=1)
    has_relation = any(label != "Other" for label in gold)
    assert (perfect.accuracy, perfect.macro_f1) == (1.0, float(has_relation))
    found = answers.score_answers(gold, guessed, num_resamples=50)
    assert 0 <= found.accuracy_interval.low <= found.accuracy_interval.high <= 1
    assert 0 <= min(found.precision, found.recall) <= max(found.precision, found.recall) <= 1


def pair_document(relation, first="T0", second="T1", known=2):
    text = "smoke from fire"
    pairs = (("T0", "T1"), ("T1", "T0"))[:known]
    relations = () if relation is None else (Relation(relation, first, second),)
    return document(
        text,
        entities=(mention(text, "smoke", "T0"), mention(text, "fire", "T1")),
        relations=relations,
        scope=Scope(known_pairs=pairs, all_mentions=False, event_types=()),
    )


def test_labels_say_the_direction_where_both_orders_are_known(script):
    label = script("gold_spans").gold_label
    assert label(pair_document("Cause")) == "Cause(e1,e2)"
    assert label(pair_document("Cause", "T1", "T0")) == "Cause(e2,e1)"
    assert label(pair_document(None)) == "Other"
    assert label(pair_document("Cause", known=1)) == "Cause"


def answering_task(*dev):
    schema = Schema(name="s", relations=(RelationType(name="Cause"), RelationType(name="Part")))
    return SimpleNamespace(labels=LabelSet.of(schema), dev=dev, decode=DecodeConfig())


def test_the_likeliest_label_is_the_answer_and_none_below_the_threshold(script):
    choose = script("gold_spans").choose_answers
    scores = [np.array([[0.1, -3], [-1, 2]]), np.array([[-1, -2], [-3, -0.5]]), None]
    some_without = answering_task(pair_document("Cause"), pair_document(None))
    assert choose(some_without, scores, 0.0) == ["Part(e2,e1)", "Other", "Other"]
    assert choose(some_without, scores, -1.0) == ["Part(e2,e1)", "Part(e2,e1)", "Other"]
    # where every pair has a relation one is named in any case, but not of what was not located
    always = answering_task(pair_document("Cause", known=1))
    assert choose(always, [np.array([[-5, -9]]), None], 0.0) == ["Cause", None]


# --- splits


def test_a_text_stays_in_the_latest_split_that_holds_it(script, monkeypatch, tmp_path):
    sets = script("extraction_sets")
    published = sets.Published(
        [document("A b"), document("c"), document("d"), document("e")],
        [document("C "), document("f")],
        [document("a\nB"), document("F")],
    )
    wanted = sets.DataSet(language="en", read=lambda folder, fold: published, split="", goals={})
    monkeypatch.setitem(sets.SETS, "own", wanted)
    found = sets.load_splits("own", tmp_path, None)
    texts = [[d.text for d in part] for part in (found.train, found.dev, found.test)]
    assert texts == [["d", "e"], ["C "], ["a\nB", "F"]]
    assert found.num_dropped == {"train": 2, "dev": 1}


def test_a_dev_split_is_carved_where_none_is_published_and_a_limit_reaches_all_over(
    script, monkeypatch, tmp_path
):
    sets = script("extraction_sets")
    train = [document(f"text {number}") for number in range(200)]
    train += [document(f"Text {number}") for number in range(200)]
    published = sets.Published(train, None, [document("test")])
    wanted = sets.DataSet(language="zh", read=lambda folder, fold: published, split="", goals={})
    monkeypatch.setitem(sets.SETS, "own", wanted)
    found = sets.load_splits("own", tmp_path, None)
    assert len(found.dev) == 40
    assert len(found.train) == 360 - found.num_dropped["train"]
    assert not {d.text.lower() for d in found.train} & {d.text.lower() for d in found.dev}
    limited = sets.load_splits("own", tmp_path, 10)
    assert [len(part) for part in (limited.train, limited.dev, limited.test)] == [10, 10, 1]
    assert limited.train[-1] in found.train[-70:]


def test_every_fold_is_test_once(script, tmp_path):
    sets = script("extraction_sets")
    rows = [
        f"{n}|Rash {n} after aspirin.|Rash|0|4|aspirin|{13 + len(str(n))}|99" for n in range(60)
    ]
    (tmp_path / "a.rel").write_text("\n".join(rows))
    read = sets.folds("ade", "a.rel")
    parts = [read(tmp_path, fold) for fold in range(sets.NUM_FOLDS)]
    assert sorted(d.text for part in parts for d in part.test) == sorted(
        row.split("|")[1] for row in rows
    )
    for part in parts:
        assert len(part.train) + len(part.test) == 60
        assert not {d.text for d in part.train} & {d.text for d in part.test}


def test_a_joined_file_is_cut_where_test_begins(script, tmp_path):
    import zipfile

    from lexloom.errors import AnnotationError

    sets = script("extraction_sets")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.txt", "王\tB-PER\n\n李\tB-PER\n\n北\tB-LOC\n京\tI-LOC\n")
    found = sets.joined("columns", "a.zip", "a.txt", 2)(tmp_path, 0)
    assert [d.text for d in found.train] == ["王", "李"]
    assert [d.text for d in found.test] == ["北京"]
    for archive, member in (("a.zip", "b.txt"), ("none.zip", "a.txt")):
        with pytest.raises(AnnotationError, match="cannot read"):
            sets.joined("columns", archive, member, 2)(tmp_path, 0)


def test_symmetric_relations_lead_from_what_stands_first(script):
    turn = script("extraction_sets").in_order_of_text
    text = "cats and dogs"
    entities = (mention(text, "dogs", "T0"), mention(text, "cats", "T1"))
    both = (Relation("And", "T0", "T1"), Relation("And", "T1", "T0"), Relation("Of", "T0", "T1"))
    found = turn(document(text, entities=entities, relations=both), frozenset({"And"}))
    assert [(r.type, r.head, r.tail) for r in found.relations] == [
        ("And", "T1", "T0"),
        ("Of", "T0", "T1"),
    ]
    same = document(text, entities=entities, relations=both)
    assert turn(same, frozenset()) is same


def test_windows_hold_the_facts_that_lie_in_them(script):
    first = "Ann paid Bob. " + "Nothing else took place on that long day. " * 10
    text = first + "Carl paid Dora."
    people = [mention(text, name, f"T{n}") for n, name in enumerate(("Ann", "Bob", "Carl", "Dora"))]
    trigger = Span.of(text, text.rindex("paid"), text.rindex("paid") + 4)
    arguments = tuple(Argument("who", e.text, e.start, e.end, entity=e.id) for e in people)
    whole = document(
        text,
        entities=tuple(people),
        relations=(Relation("r", "T0", "T1"), Relation("r", "T0", "T3")),
        events=(Event("pay", trigger, arguments),),
        scope=Scope(known_pairs=(("T0", "T1"), ("T0", "T3"))),
    )
    parts = script("cut_documents").cut_into_windows([whole])
    # that spans are verbatim is checked wherever a document is made
    assert [[e.text for e in part.entities] for part in parts if part.entities] == [
        ["Ann", "Bob"],
        ["Carl", "Dora"],
    ]
    assert [(r.head, r.tail) for part in parts for r in part.relations] == [("T0", "T1")]
    assert parts[0].scope.known_pairs == (("T0", "T1"),)
    (event,) = [event for part in parts for event in part.events]
    assert [a.text for a in event.arguments] == ["Carl", "Dora"]
    assert len({part.id for part in parts}) == len(parts)


# --- running and reporting

ROWS = {"Ann": "B-PER", "Oslo": "B-LOC", "Paris": "B-LOC", "Bob": "B-PER"}


def column_file(sentences):
    return "\n\n".join(
        "\n".join(f"{word}\t{ROWS.get(word, 'O')}" for word in sentence.split())
        for sentence in sentences
    )


@pytest.fixture
def tiny_sets(tmp_path, monkeypatch):
    """A folder with own data in the place of two sets: names, and relations of gold spans."""
    folder = tmp_path / "data"
    (folder / "wnut17").mkdir(parents=True)
    names = [f"{a} lives in {b}" for a in ("Ann", "Bob", "# Ann") for b in ("Oslo", "Paris")]
    for file, rows in (
        ("wnut17train.conll", names * 2),
        ("emerging.dev.conll", ["Ann left Oslo", "Bob saw Paris"]),
        ("emerging.test.annotated", ["Bob left Oslo", "# Bob saw Ann", "Bob lives in Oslo"]),
    ):
        (folder / "wnut17" / file).write_text(column_file(rows) + "\n")
    (folder / "semeval2010_task8").mkdir()
    labels = ["Cause-Effect(e1,e2)", "Cause-Effect(e2,e1)", "Other"]
    for file in ("train", "val", "test"):
        rows = [
            {"token": [file, str(n), "x", label[-3]], "h": {"pos": [0, 1]}, "t": {"pos": [2, 3]}}
            | {"relation": label}
            for n, label in enumerate(labels * 2)
        ]
        (folder / "semeval2010_task8" / f"{file}.txt").write_text("\n".join(map(json.dumps, rows)))
    monkeypatch.setenv("LEXLOOM_DATA", str(folder))
    return folder


@pytest.fixture
def finetune(script, tiny_bert, tiny_sets, tmp_path, capsys):
    """Runs the script on a tiny encoder; gives the figures and what was said on stderr."""

    def run(*arguments, epochs="1"):
        given = ["--init", str(tiny_bert), "--out", str(tmp_path / "runs"), *arguments]
        code = 0
        try:
            script("finetune").main([*given, "--try", f"num_epochs={epochs}"])
        except SystemExit as stop:
            code = stop.code
        captured = capsys.readouterr()
        return json.loads(captured.out or "[]"), captured.err, code

    return run


@pytest.mark.slow
def test_sets_are_run_one_after_the_other_and_finished_ones_passed_over(finetune, tmp_path):
    figures, said, code = finetune("--set", "wnut17", "semeval")
    assert code == 0
    assert {f["set"] for f in figures} == {"wnut17", "semeval"}
    assert "2 of train" in said  # a text of test stands twice in train
    protocols = {(f["set"], f["protocol"], f["split"]) for f in figures}
    assert ("wnut17", "ner_strict", "test") in protocols
    assert ("semeval", "relation_of_gold_spans_macro_f1", "test") in protocols
    goals = {f["protocol"]: f["goal"] for f in figures if f["split"] == "test" and f["goal"]}
    assert goals == {"ner_strict": 42, "relation_of_gold_spans_macro_f1": 82}
    assert (tmp_path / "runs" / "wnut17" / "model" / "config.json").is_file()
    before = (tmp_path / "runs" / "wnut17" / "figures.json").read_bytes()
    again, said, code = finetune("--set", "wnut17", "semeval")
    assert (again, code) == ([], 0)
    assert said.count("finished before") == 2
    assert (tmp_path / "runs" / "wnut17" / "figures.json").read_bytes() == before


@pytest.mark.slow
def test_dev_alone_is_not_finished_and_other_settings_are_not_passed_over(finetune):
    figures, _, _ = finetune("--set", "wnut17", "--dev-only")
    assert {f["split"] for f in figures} == {"dev"}
    figures, _, _ = finetune("--set", "wnut17")
    assert {f["split"] for f in figures} == {"dev", "test"}
    figures, said, code = finetune("--set", "wnut17", epochs="2")
    assert (figures, code) == ([], 1)
    assert "remove that folder" in said


@pytest.mark.slow
def test_a_set_that_is_not_there_does_not_stop_the_others(finetune):
    figures, said, code = finetune("--set", "resume", "wnut17")
    assert {f["set"] for f in figures} == {"wnut17"}
    assert code == 3
    assert "resume: there is no file" in said


def test_groups_folds_and_doubles_are_unfolded(script, tmp_path):
    finetune, sets = script("finetune"), script("extraction_sets").SETS

    def folders(*arguments):
        given = finetune.parser().parse_args([*arguments, "--out", str(tmp_path)])
        return [job.out.name for job in finetune.jobs(given)]

    assert folders("--set", "ade", "phee", "ade", "--fold", "0", "9") == ["ade-0", "ade-9", "phee"]
    assert len(folders("--set", "all")) == len(sets)
    assert sorted(folders("--set", "en", "zh")) == sorted(folders("--set", "all"))
    for wrong in (["--set", "nonsense"], ["--set", "ade", "--fold", "10"]):
        with pytest.raises(SystemExit):
            finetune.parser().parse_args(wrong)


def test_a_set_or_the_report_must_be_asked_for(script, capsys):
    with pytest.raises(SystemExit) as stop:
        script("finetune").main([])
    assert stop.value.code == 2
    assert "give --set, or --report" in capsys.readouterr().err


def score_row(set, protocol, split, f1, **more):
    ratios = {"precision": f1, "recall": f1, "f1": f1, "f1_interval": [f1 - 0.02, f1 + 0.01]}
    return {"set": set, "protocol": protocol, "split": split, **ratios, **more}


def test_the_report_is_a_table_of_what_is_finished(script, tmp_path, capsys):
    def write(folder, content):
        (tmp_path / folder).mkdir()
        text = content if isinstance(content, str) else json.dumps(content)
        (tmp_path / folder / "figures.json").write_text(text)

    for fold, f1 in ((0, 0.74), (1, 0.77)):
        rows = [score_row("ade", "relations_strict", s, f1, fold=fold) for s in ("dev", "test")]
        write(f"ade-{fold}", rows)
    write("msra", [score_row("msra", "ner_strict", "dev", 0.5, fold=None)])
    write("conll04", [score_row("conll04", "ner_strict", "test", 0.9, is_trial=True)])
    write("phee", "[{")
    write("other", {"no": "list"})
    write("strange", [score_row("unknown", "ner_strict", "test", 0.5)])
    script("finetune").main(["--report", "--out", str(tmp_path)])
    captured = capsys.readouterr()
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in captured.out.splitlines()]
    ade = ["ade relations, strict, fold 0", "74.0", "**74.0** (72.0–75.0)", "74.0", "74.0", "75"]
    assert [*ade, "missed"] in rows
    assert ["ade relations, strict, mean of 2 folds", "", "**75.5**", "", "", "75", "met"] in rows
    assert ["msra entities, strict", "50.0", "not read", "", "", "92", ""] in rows
    trial = ["conll04 entities, strict (trial)", "", "**90.0** (88.0–91.0)", "90.0", "90.0", "85"]
    assert [*trial, ""] in rows
    assert "Not finished: wnut17, scierc, phee" in captured.out
    assert captured.err.count("holds no figures") == 2


def test_an_empty_folder_gives_an_empty_table(script, tmp_path):
    table = script("finetune_report").markdown(tmp_path / "none")
    assert table.count("\n| ") == 0
    assert "Not finished: conll04" in table


# --- int8


@pytest.mark.slow
def test_int8_is_smaller_and_compared_form_by_form(script, tmp_path, tiny_sets, capsys):
    from doubles import SCHEMA, eager, tiny_files
    from lexloom.extract.files import save_extractor

    save_extractor(tiny_files(SCHEMA, eager()), tmp_path / "m")
    script("int8").main(
        ["--model", str(tmp_path / "m"), "--set", "wnut17", "--rounds", "1", "--limit", "3"]
    )
    figures = json.loads(capsys.readouterr().out)
    sizes = {f["form"]: f["size_bytes"] for f in figures if "size_bytes" in f}
    assert sizes["int8"] < sizes["fp32"]
    clocks = [f["protocol"] for f in figures if f["protocol"].startswith("reading")]
    assert "reading, ratio of processor time to int8's" in clocks
    assert all(f["median"] > 0 for f in figures if "median" in f)


def test_an_extractor_that_is_int8_already_is_refused(script, tmp_path):
    from doubles import tiny_files
    from lexloom.extract.files import save_extractor

    save_extractor(tiny_files(), tmp_path / "m", int8=True)
    with pytest.raises(SystemExit, match="is stored as int8 already"):
        script("int8").stored_forms(tmp_path / "m", tmp_path / "forms")


# --- the sets themselves

PUBLISHED = {
    # documents of train, dev and test as published; those that train and dev lose to a later split
    "conll04": ([910, 243, 288], [41, 2]),
    "wnut17": ([3394, 1009, 1287], [0, 0]),
    "scierc": ([1861, 275, 551], [0, 0]),
    "ade": ([3845, None, 427], [0]),  # fold 0 of 4,272
    "phee": ([2898, 961, 968], [0, 0]),
    "casie": ([700, 100, 200], [0, 0]),
    "semeval": ([6507, 1493, 2717], [17, 6]),
    "msra": ([50_658, None, 4631], [1]),
    "resume": ([3821, 463, 477], [7, 1]),  # stated: 3,822 in train
    "cluener": ([10_748, None, 1343], [0]),
    "weibo": ([1350, 270, 270], [80, 8]),
    "fewfc": ([2732, None, 1821], [94]),
    "deepke": ([4000, None, 1000], [2]),
}


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.parametrize("name", PUBLISHED)
def test_splits_have_their_published_sizes_and_no_text_in_common(script, monkeypatch, name):
    if not os.environ.get("LEXLOOM_DATA"):
        pytest.skip("LEXLOOM_DATA is not set")
    sets, data = script("extraction_sets"), Path(os.environ["LEXLOOM_DATA"])
    assert sets.SETS.keys() == PUBLISHED.keys()
    published = sets.SETS[name].read(data, 0)
    sizes, dropped = PUBLISHED[name]
    parts = (published.train, published.dev, published.test)
    assert [None if part is None else len(part) for part in parts] == sizes
    # read once, for the larger ones take a while
    kept = sets.replace(sets.SETS[name], read=lambda folder, fold: published)
    monkeypatch.setitem(sets.SETS, name, kept)
    found = sets.load_splits(name, data, None)
    assert list(found.num_dropped.values()) == dropped
    types = {relation.type for document in found.train for relation in document.relations}
    assert sets.SETS[name].symmetric <= types
    train, dev, test = (
        {sets.text_key(document.text) for document in part}
        for part in (found.train, found.dev, found.test)
    )
    assert not train & dev
    assert not train & test
    assert not dev & test
    assert len(found.test) == sizes[2]
    num_scored = len(found.train) + len(found.dev)
    assert num_scored == sum(size for size in sizes[:2] if size) - sum(dropped)
    if sizes[1] is None:
        assert len(found.dev) == pytest.approx(min(1_000, len(published.train) / 10), rel=0.05)
