"""The benchmark scripts explain themselves, and the parts of them that are plain functions hold."""

import json
import random
import runpy
import tarfile
from pathlib import Path

import pytest

from lexloom.annotations.labelled import LabelledText
from lexloom.annotations.schema import Schema

FOLDER = Path(__file__).parents[1] / "benchmarks"
SCRIPTS = sorted(path.name for path in FOLDER.glob("*.py") if "def main" in path.read_text())


@pytest.fixture
def load(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    return lambda name: runpy.run_path(str(FOLDER / name), run_name="benchmark")


@pytest.mark.slow
@pytest.mark.parametrize("name", SCRIPTS)
def test_help_states_the_claim_and_an_example(name, load, capsys):
    pytest.importorskip("transformers")
    with pytest.raises(SystemExit) as stop:
        load(name)["main"](["--help"])
    shown = capsys.readouterr().out
    assert stop.value.code == 0
    assert "Claim" in shown
    assert f"python benchmarks/{name}" in shown


@pytest.mark.parametrize(("value", "reason"), [("", "not set"), ("/no/such/folder", "no folder")])
def test_a_missing_data_folder_is_said_in_one_sentence(value, reason, load, monkeypatch):
    monkeypatch.setenv("LEXLOOM_DATA", value)
    with pytest.raises(SystemExit, match=reason):
        load("figures.py")["data_folder"]()


def test_command_can_be_typed_again(load):
    shown = load("figures.py")["command"]("/elsewhere/finetune.py", ["--out", "a b"])
    assert shown == "python benchmarks/finetune.py --out 'a b'"


@pytest.mark.parametrize("count", [0, 1, 3])
def test_figures_are_one_list_of_json(count, load, capsys):
    figures = [{"set": "微博", "f1": number} for number in range(count)]
    load("figures.py")["print_figures"](iter(figures))
    assert json.loads(capsys.readouterr().out) == figures


def test_each_figure_is_printed_before_the_next_is_measured(load, capsys):
    def measured():
        yield {"f1": 0.5}
        shown.append(capsys.readouterr().out)
        yield {"f1": 0.25}

    shown = []
    load("figures.py")["print_figures"](measured())
    assert "0.5" in shown[0]


def test_schema16_asks_for_sixteen_types():
    assert len(Schema.load(FOLDER / "schema16.toml").entities) == 16


def test_recipe_trains_small_sets_longer_within_limits(load):
    recipe = load("finetune.py")["recipe"]
    found = [recipe("conll04", count, {}).train for count in (100, 3_200, 10_000, 50_000)]
    assert [config.num_epochs for config in found] == [30, 10, 8, 8]
    # eight epochs of the last would be 25,000 steps: it ends sooner and is looked at as often
    assert [config.max_steps for config in found] == [None, None, None, 8_000]
    assert found[-1].evaluate_every_steps == 1_000
    assert recipe("conll04", 50_000, {"max_steps": 10}).train.max_steps == 10


def test_hidden_types_leave_spans_as_they_are(load):
    from lexloom.annotations.document import AnnotatedDocument
    from lexloom.records import Entity

    entity = Entity("e0", "人物", "张伟", 0, 2)
    document = AnnotatedDocument(id="d", text="张伟", entities=(entity,))
    (hidden,) = load("gold_spans.py")["hide_types"](document).entities
    assert (hidden.type, hidden.start, hidden.end) == ("entity", 0, 2)


def test_verbatim_texts_are_the_same_for_a_seed_and_end_with_a_long_one(load):
    texts = load("verbatim.py")["texts"]
    first = list(texts(100, 0))
    assert first == list(texts(100, 0))
    assert len(first) == 100
    assert len(first[-1].encode("utf-8", "surrogatepass")) >= 100_000
    assert any("\r\n" in text for text in first[:-1])
    random.seed()  # the texts do not hang on the global generator
    assert first[50] == list(texts(100, 0))[50]


def test_coverage_is_read_from_the_end_of_a_long_line(load, tmp_path):
    line = (
        '{"entities": ["' + "x" * 100_000 + '"], "coverage": {"windows": 3, "skipped": []}, "p": 1}'
    )
    (tmp_path / "out.jsonl").write_text(line + "\n", encoding="utf-8")
    assert load("long_document.py")["coverage_of"](tmp_path / "out.jsonl")["windows"] == 3


def test_our_reading_of_knowlm_starts_again_at_the_last_sentence(load, tmp_path):
    import numpy as np

    from lexloom.tokens.indexed import TokenFile, write_index

    np.zeros(12, "<u2").tofile(tmp_path / "t.bin")
    with (tmp_path / "t.idx").open("wb") as stream:
        write_index(stream, 8, np.array([3, 3, 3, 3], np.int32), np.array([0, 4]))
    # sentences 0 1, then 1 2, then 2 3: two of them twice
    walk = load("tokens.py")["knowlm_walk"]
    assert walk(TokenFile.open(tmp_path / "t"), 7) == (3, 18, 12)


def test_the_corpus_benchmark_reads_what_each_side_kept(load):
    num_kept = load("corpus_build.py")["num_kept"]
    assert num_kept('{"total": {"kept": 7}}') == 7
    assert num_kept('a log line\n{"zho_Hani": 3, "eng_Latn": 4}\n') == 7


def test_the_corpus_benchmark_unpacks_the_first_texts_only(load, tmp_path):
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as tar:
        for name in ("b.md", "a.md", "c.txt", "d.md"):
            (tmp_path / name).write_text(name)
            tar.add(tmp_path / name, arcname=f"deep/{name}")
    load("corpus_build.py")["unpack"](tmp_path / "a.tar.gz", tmp_path / "out", ".md", 2)
    texts = {path.name: path.read_text() for path in (tmp_path / "out").iterdir()}
    assert texts == {"00000.md": "a.md", "00001.md": "b.md"}


def test_sentences_are_read_as_they_stand(load, tmp_path):
    heads = load("heads.py")
    files = {
        "read_msrp": b'\xef\xbb\xbfQuality\tid\tid\ta\tb\n1\t7\t8\tShe said "x\tshe\xc2\x85 did\n',
        "read_stsb": b'g\tf\t2012\t1\t3.800\t"A man\ta man\tsource\n',
        "read_sst2": b"0 caf\xe9 ain't \x85 it\n",
    }
    wanted = {
        "read_msrp": ('She said "x', "she\x85 did", "1"),
        "read_stsb": ('"A man', "a man", "3.800"),
        "read_sst2": ("café ain't \x85 it", None, "0"),
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
        (item,) = heads[name](tmp_path / name)
        assert (item.text, item.pair, item.label) == wanted[name]


def test_what_is_scored_later_is_not_learnt_first(load):
    met = [LabelledText("a", "b", "1", "1"), LabelledText("c", None, "1", "2")]
    pairs = ("a", "x"), ("x", "b"), ("b", "a"), ("x", "y"), ("z", None)
    items = [LabelledText(*pair, "0", "3") for pair in pairs]
    assert load("heads.py")["without"](items, met) == items[3:]


@pytest.mark.data
def test_the_sets_of_sentences_have_their_published_sizes(load):
    import os

    if not os.environ.get("LEXLOOM_DATA"):
        pytest.skip("LEXLOOM_DATA is not set")
    folder = Path(os.environ["LEXLOOM_DATA"])
    sizes = {
        name: [len(item.read(folder / path)) for path in item.files.values()]
        for name, item in load("heads.py")["SETS"].items()
    }
    assert sizes == {
        "msrp": [3576, 500, 1725], "stsb": [5749, 1500, 1379], "sst2": [6920, 872, 1821],
    }  # fmt: skip


def test_brown_is_split_by_words_and_its_rare_words_are_one(load, tmp_path, monkeypatch):
    import zipfile

    script = load("ngram.py")
    with zipfile.ZipFile(tmp_path / "brown.zip", "w") as archive:
        archive.writestr("brown/cats.txt", "ca01 news")
        archive.writestr("brown/cb01", "\n\n\tThe/at dog/nn 1/2/cd ./.\n\n\tThe/at end/nn")
        archive.writestr("brown/ca01", "The/at The/at The/at ./. ./. ./.")
    corpus = script["read_brown"](tmp_path / "brown.zip")
    assert [len(sentence) for sentence in corpus] == [6, 4, 2]
    assert corpus[1] == ["The", "dog", "1/2", "."]
    monkeypatch.setitem(script["split_brown"].__globals__, "NUM_TRAIN", 6)
    monkeypatch.setitem(script["split_brown"].__globals__, "NUM_VALID", 4)
    train, valid, test = script["split_brown"](corpus)
    assert train == [["The"] * 3 + ["."] * 3]
    assert valid == [["The", "<rare>", "<rare>", "."]]
    assert test == [["The", "<rare>"]]


def test_the_neural_benchmark_goes_from_text_to_figures(load, tmp_path):
    script = load("nnlm.py")
    sentence = ["the", "dog", "ran", "to", "the", "cat", "."]
    train = [sentence[:n] for n in range(2, 8)] * 10
    rows = ["context_size=2", "embedding_size=4", "hidden_size=4", "num_epochs=1"]
    settings = script["settings"]([*rows, "batch_size=64", "precision=fp32"])
    texts = {"train": train, "valid": train[:9], "test": train[3:20]}
    figures = script["measure"](texts, settings, tmp_path, [2, 3])
    protocols = [figure["protocol"] for figure in figures]
    assert protocols == ["2-gram", "3-gram", "neural", "neural and 3-gram"]
    mixed = figures[-1]
    assert 0 <= mixed["weight"] <= 1
    assert mixed["valid_perplexity"] <= min(f["valid_perplexity"] for f in figures[1:]) * 1.0001
    # a finished run is not done again
    assert script["measure"](texts, settings, tmp_path, [2, 3])[2] == figures[2]


@pytest.mark.slow
@pytest.mark.data
def test_kneser_ney_on_brown_has_the_perplexity_of_kenlm(load, tmp_path):
    import os

    if not os.environ.get("LEXLOOM_DATA"):
        pytest.skip("LEXLOOM_DATA is not set")
    script = load("ngram.py")
    folder = Path(os.environ["LEXLOOM_DATA"]) / "english_text" / "brown.zip"
    train, _, test = script["split_brown"](script["read_brown"](folder))
    text = script["write_lines"](train, tmp_path / "train.txt")
    for order, goal in script["GOALS"].items():
        model = script["train_file"](text, tmp_path / "model", order)
        assert model.perplexity(test) == pytest.approx(goal, rel=1e-3)


# --- confidences and false alarms


def test_relation_recall_stands_beside_false_alarms(load):
    from lexloom.annotations.document import AnnotatedDocument
    from lexloom.records import Entity, Relation

    script = load("gold_scores.py")
    ends = (Entity("a", "x", "ab", 0, 2), Entity("b", "x", "cd", 3, 5))
    some = AnnotatedDocument(
        id="d", text="ab cd", entities=ends, relations=(Relation("r", "a", "b"),)
    )
    none = AnnotatedDocument(id="d", text="ab cd", entities=ends)
    rows = script["scores"]([some, some], [some, none], ("relations_strict",))
    assert script["relation_recall"](rows) == 0.5
    rows = script["scores"]([none], [some], ("relations_strict",))
    assert script["relation_recall"](rows) is None
    alarms = script["false_relations"]([some, none, none, none], 0.5)
    assert (alarms["num_wrong"], alarms["share"], alarms["relation_recall"]) == (1, 0.25, 0.5)


def test_calibration_is_measured_by_set_and_of_all_sets_together(load, monkeypatch):
    import lexloom
    from doubles import eager, tiny_extractor
    from lexloom.annotations.document import AnnotatedDocument

    script = load("calibration.py")
    engine = tiny_extractor(decode=eager(0.15))
    monkeypatch.setattr(lexloom, "load_extractor", lambda name: engine)
    documents = [AnnotatedDocument(id=str(n), text="Ann lives in Paris.") for n in range(3)]
    parts = [("gold", "one", documents), ("gold", "two", documents[:1])]
    figures = script["measure"](iter(parts), "tiny", 2)
    counts = {row["texts"]: row["num_facts"] for row in figures if row["kind"] == "entity"}
    assert counts["one"] == 2 * counts["two"] > 0  # two of the three texts
    assert counts["all gold"] == 3 * counts["two"]
    for row in figures:
        assert row["share_right"] == 0.0
        assert row["error"] == pytest.approx(row["mean_confidence"])
        assert row["holds"] == (row["error"] <= 0.05)


def test_gold_parts_hold_the_sentences_without_a_relation_too(load):
    parts = {name: documents for _, name, documents in load("calibration.py")["gold_parts"]()}
    assert parts.keys() == {"gold_en", "gold_zh"}
    for documents in parts.values():
        assert sum(d.id.startswith("none") for d in documents) > 100


@pytest.mark.data
def test_scierc_has_57_test_sentences_with_entities_and_no_relation(load):
    import os

    if not os.environ.get("LEXLOOM_DATA"):
        pytest.skip("LEXLOOM_DATA is not set")
    read = []
    script = load("gold_scores.py")
    schema = Schema()
    alarms = script["scierc_alarms"](lambda documents: read.extend(documents) or documents, schema)
    assert alarms["num_sentences"] == len(read) == 57
    assert (alarms["num_wrong"], alarms["relation_recall"]) == (0, None)


# --- the tagger on vectors


def test_raw_text_is_its_lines_with_chinese_in_the_archives_own_order(load, tmp_path):
    import io

    script = load("raw_chinese.py")
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as tar:
        for name, text in (("b", '{"x": "北京很大"}\nno'), ("a", "Ａ上海ＢＣ\n上 海\n")):
            member = tarfile.TarInfo(name)
            data = text.encode()
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    (tmp_path / "c.json").write_text('["法律一", "法律二"]', encoding="utf-8")
    script["raw_lines"].__globals__["FILES"] = ("a.tar.gz", "c.json")
    assert list(script["raw_lines"](tmp_path, 4)) == ["北京很大", "法律一", "法律二"]
    assert list(script["raw_lines"](tmp_path, 9))[1] == "a上海bc"
    assert script["pairs_of"]("北京 大") == ["北京", "京大"]
    assert script["words_of"]("我 在北京") == ["我", "在", "北京"]


def test_vectors_are_learnt_from_lines_and_found_again(load, tmp_path):
    script = load("raw_chinese.py")
    from lexloom.vectors.word2vec import Word2VecConfig

    lines = ["北京很大", "上海很大"] * 50
    config = Word2VecConfig(dim=4, epochs=1)
    learnt = script["learn_vectors"]("pairs", lambda: lines, tmp_path / "pairs", config)
    assert set(learnt.index_to_key) == {"北京", "京很", "很大", "上海", "海很"}
    again = script["learn_vectors"]("pairs", lambda: [], tmp_path / "pairs", config)
    assert (again.vectors == learnt.vectors).all()


def test_msra_is_parted_where_its_test_begins(load, tmp_path, monkeypatch):
    import zipfile

    script = load("vector_tagger.py")
    monkeypatch.setitem(script["read_msra"].__globals__, "MSRA_TRAIN", 40)
    blocks = [f"{chr(0x4E00 + n)}\tB-LOC\n在\tO\n" for n in range(44)]
    blocks[3] = blocks[42]  # one sentence is in both
    (tmp_path / "msra_ner").mkdir()
    with zipfile.ZipFile(tmp_path / "msra_ner" / "dh_msra.zip", "w") as archive:
        archive.writestr("dh_msra.txt", "\n".join(blocks))
    splits = script["read_msra"](tmp_path)
    assert (len(splits.train), len(splits.dev), len(splits.test)) == (37, 2, 4)
    assert splits.test[2].words not in {item.words for item in splits.train + splits.dev}
    assert splits.test[0].tags == ("B-LOC", "O")


@pytest.mark.slow
@pytest.mark.data
def test_the_sets_of_the_tagger_have_their_published_sizes(load):
    import os

    if not os.environ.get("LEXLOOM_DATA"):
        pytest.skip("LEXLOOM_DATA is not set")
    script, folder = load("vector_tagger.py"), Path(os.environ["LEXLOOM_DATA"])
    resume = script["read_resume"](folder)
    assert [len(resume.train), len(resume.dev), len(resume.test)] == [3821, 463, 477]
    msra = script["read_msra"](folder)
    assert len(msra.test) == 4631
    assert sum(tag[0] == "B" for item in msra.test for tag in item.tags) == 6181
