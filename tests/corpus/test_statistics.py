import json

from lexloom.corpus.statistics import measure_corpus


def test_documents_are_counted_by_source_and_kind(tmp_path):
    path = tmp_path / "a.jsonl"
    rows = [
        ("a", "知识图谱", "laws", "zh"),
        ("b", "two words", "web", "en"),
        ("c", "法", "laws", "zh"),
    ]
    keys = ("id", "text", "source", "kind")
    lines = [json.dumps(dict(zip(keys, row, strict=True)), ensure_ascii=False) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    values = measure_corpus([path]).to_dict()
    assert (values["documents"], values["characters"], values["units"]) == (3, 14, 7)
    assert values["sources"]["laws"] == {"documents": 2, "characters": 5, "units": 5}
    assert values["kinds"]["en"] == {"documents": 1, "characters": 9, "units": 2}
    assert values["document_characters"] == {
        "shortest": 1,
        "median": 4,
        "nine in ten below": 4,
        "longest": 9,
    }


def test_nothing_is_measured_as_nothing(tmp_path):
    (tmp_path / "a.jsonl").touch()
    assert measure_corpus([tmp_path / "a.jsonl"]).to_dict()["documents"] == 0
