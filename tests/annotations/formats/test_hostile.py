"""What no importer may do, whatever a file holds: fail in another way than with one sentence."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lexloom.annotations.formats.table import IMPORTERS, import_dataset
from lexloom.annotations.report import ImportReport
from lexloom.errors import AnnotationError

PLACE = {"start_offset": 0, "end_offset": 3}
SAMPLES = {
    "jsonl": {
        "id": "a",
        "text": "Ann ran",
        "entities": [{"id": "T0", "type": "P", "text": "Ann", "start": 0, "end": 3}],
        "relations": [{"type": "r", "head": "T0", "tail": "T0"}],
        "events": [
            {
                "type": "run",
                "trigger": {"text": "ran", "start": 4, "end": 7},
                "arguments": [{"role": "who", "text": "Ann", "start": 0, "end": 3}],
            }
        ],
        "scope": {"known_pairs": [["T0", "T0"]], "entity_types": ["P"], "all_mentions": False},
    },
    "spert": {
        "tokens": ["Ann", "ran"],
        "entities": [{"type": "P", "start": 0, "end": 1}],
        "relations": [{"type": "r", "head": 0, "tail": 0}],
        "orig_id": 3,
    },
    "phee": {
        "id": "a",
        "context": "Ann ran",
        "annotations": [
            {
                "events": [
                    {
                        "event_type": "run",
                        "Trigger": {"text": [["ran"]], "start": [[4]], "entity_id": ["T1"]},
                        "Subject": {
                            "text": [["Ann"]],
                            "start": [[0]],
                            "Age": {"text": [["A"]], "start": [[0]]},
                        },
                    }
                ]
            }
        ],
    },
    "fewfc": {
        "id": "a",
        "content": "Ann ran",
        "events": [
            {"type": "run", "mentions": [{"word": "ran", "span": [4, 7], "role": "trigger"}]}
        ],
    },
    "iepile": {
        "task": "RE",
        "instruction": json.dumps({"schema": ["r"], "input": "Ann ran"}),
        "output": json.dumps({"r": [{"subject": "Ann", "object": "ran"}]}),
    },
    "semeval": {
        "token": ["Ann", "ran"],
        "h": {"pos": [0, 1]},
        "t": {"pos": [1, 2]},
        "relation": "r(e1,e2)",
    },
    "cluener": {"text": "Ann ran", "label": {"name": {"Ann": [[0, 2]]}}},
    "duie": {
        "text": "Ann ran",
        "spo_list": [
            {
                "predicate": "r",
                "subject": "Ann",
                "subject_type": "P",
                "object": {"@value": "ran"},
                "object_type": {"@value": "V"},
            }
        ],
    },
    "triples": {"text": "Ann ran", "triple_list": [["Ann", "r", "ran"]]},
    "casie": {
        "sourcefile": "a.txt",
        "content": "Ann ran",
        "cyberevent": {
            "hopper": [
                {
                    "events": [
                        {
                            "subtype": "run",
                            "realis": "Actual",
                            "nugget": {"startOffset": 4, "endOffset": 7, "text": "ran"},
                            "argument": [
                                {
                                    "startOffset": 0,
                                    "endOffset": 3,
                                    "text": "Ann",
                                    "type": "P",
                                    "role": {"type": "who"},
                                }
                            ],
                        }
                    ]
                }
            ]
        },
    },
    "duee": {
        "id": "a",
        "text": "Ann ran",
        "event_list": [
            {
                "event_type": "run",
                "trigger": "ran",
                "trigger_start_index": 4,
                "arguments": [
                    {"role": "who", "argument": "Ann", "argument_start_index": 0, "alias": ["A"]}
                ],
            }
        ],
    },
    "doccano": {
        "id": 1,
        "text": "Ann ran",
        "entities": [{"id": 1, "label": "P"} | PLACE],
        "relations": [{"from_id": 1, "to_id": 1, "type": "r"}],
        "Comments": ["x"],
    },
    "scierc": {
        "doc_key": "a",
        "sentences": [["Ann", "ran"]],
        "ner": [[[0, 0, "P"]]],
        "relations": [[[0, 0, 0, 0, "r"]]],
        "events": [[[[1, "run"], [0, 0, "who"]]]],
        "clusters": [[[0, 0]]],
    },
    "oneie": {
        "sent_id": "a",
        "sentence": "Ann ran",
        "tokens": ["Ann", "ran"],
        "entity_mentions": [
            {"id": "E", "entity_type": "P", "entity_subtype": "x", "start": 0, "end": 1}
        ],
        "relation_mentions": [
            {"relation_type": "r", "arguments": [{"entity_id": "E", "role": "Arg-1"}]}
        ],
        "event_mentions": [
            {
                "event_type": "run",
                "trigger": {"start": 1, "end": 2},
                "arguments": [{"entity_id": "E", "role": "who"}],
            }
        ],
    },
}  # fmt: skip
ARRAYS = {"spert", "triples"}
NOT_JSON = {
    "brackets": "[Ann|P] [ran|V]\n> r: Ann -> ran\n",
    "columns": "Ann B-PER\nran O\n",
    "columns-segmented": "李0 B-PER\n明1 I-PER\n",
    "conll04": "#doc 1\n0\tAnn\tB-P\t['r']\t[0]\n",
    "deepke": "sentence,relation,head,head_type,head_offset,tail,tail_type,tail_offset\n"
    "Ann ran,r,Ann,P,0,ran,V,4\n",
    "deepke-attributes": "sentence,attribute,entity,entity_offset,attribute_value,"
    "attribute_value_offset\nAnn ran,r,Ann,0,ran,4\n",
    "litbank": "Ann\tB-P\tB-Q\nran\tO\tI-Q\n",
    "litbank-events": "Ann\tO\nran\tEVENT\n",
    "ade": "7|Ann ran|ran|4|7|Ann|0|3\n",
    "semeval-text": '1\t"<e1>Ann</e1> <e2>ran</e2>"\nr(e1,e2)\nComment:\n',
    "ade-dosage": "7|Ann ran|ran|4|7|Ann|0|3\n",
    "ade-negative": "7 NEG Ann ran\n",
    "cec": "<a><Event><Time>Ann</Time><Denoter type='x'>ran</Denoter></Event></a>",
    "brat": "T1\tP 0 3\tAnn\nT2\trun 4 7\tran\nR1\tr Arg1:T1 Arg2:T1\nE1\trun:T2 Who:T1\n",
}  # fmt: skip
ODD = st.sampled_from(
    [
        None,
        True,
        -1,
        0,
        1,
        2,
        10**30,
        1.5,
        float("nan"),
        "",
        "Ann",
        "0",
        "9" * 5000,
        [],
        [[]],
        {},
        {"a": 1},
    ]
)


def places(value, path=()):
    """Gives the path to every value inside of a JSON value."""
    yield path
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(inner, (*path, key))


def replaced(value, path, new):
    if not path:
        return new
    copy = value.copy()
    copy[path[0]] = replaced(value[path[0]], path[1:], new)
    return copy


def read(path, format):
    report = ImportReport()
    documents, message = None, ""
    try:
        documents = list(import_dataset(path, format, report=report))
    except AnnotationError as error:
        message = str(error)
    assert "\n" not in message
    return documents, report


def write(folder, content, format):
    if format != "brat":
        path = folder / "a.txt"
        path.write_bytes(content)
        return path
    (folder / "a.txt").write_text("Ann ran")
    (folder / "a.ann").write_bytes(content)
    return folder


def test_every_format_has_a_sample_here():
    assert set(IMPORTERS) == {*SAMPLES, *NOT_JSON, "wiki80"}


@pytest.mark.parametrize("format", [*SAMPLES, *NOT_JSON])
def test_the_samples_are_of_their_formats(tmp_path, format):
    if format in NOT_JSON:
        content = NOT_JSON[format]
    else:
        content = json.dumps([SAMPLES[format]] if format in ARRAYS else SAMPLES[format])
    (document,), report = read(write(tmp_path, content.encode(), format), format)
    assert report.repaired.total == 0
    assert document.entities or document.events or format == "ade-negative"


@pytest.mark.parametrize("format", [format for format in SAMPLES if format != "casie"])
def test_an_array_and_lines_are_read_alike(tmp_path, format):
    sample = json.dumps(SAMPLES[format])
    lines, _ = read(write(tmp_path, f"{sample}\n{sample}\n".encode(), format), format)
    array, _ = read(write(tmp_path, f"[\n{sample},\n{sample}\n]\n".encode(), format), format)
    assert lines == array != []


@pytest.mark.parametrize("format", SAMPLES)
@settings(max_examples=60)
@given(data=st.data())
def test_any_value_in_the_place_of_another_is_read_counted_or_refused(
    tmp_path_factory, format, data
):
    sample = SAMPLES[format]
    for _ in range(data.draw(st.integers(1, 2))):
        path = data.draw(st.sampled_from(list(places(sample))))
        sample = replaced(sample, path, data.draw(ODD))
    content = json.dumps([sample] if format in ARRAYS else sample)
    read(write(tmp_path_factory.mktemp("hostile"), content.encode(), format), format)


ANSWERS = {
    "NER": {"P": ["Ann"]},
    "RE": {"r": [{"subject": "Ann", "object": "ran"}]},
    "SPO": {"r": [{"subject": "Ann", "object": "ran"}]},
    "EE": {"run": [{"trigger": "ran", "arguments": {"who": ["Ann"], "when": "NAN"}}]},
    "EET": {"run": ["ran"]},
    "KG": {"P": {"Ann": {"r": ["ran"]}}},
}


@pytest.mark.parametrize("task", ANSWERS)
@settings(max_examples=40)
@given(data=st.data())
def test_any_answer_of_an_instruction_is_read_counted_or_refused(tmp_path_factory, task, data):
    items = [
        "r",
        {"subject_type": "P", "predicate": "r", "object_type": "Q"},
        {"event_type": "run", "trigger": True, "arguments": ["who"]},
        {"entity_type": "P", "attributes": ["r"]},
    ]
    inner = {"schema": [data.draw(st.sampled_from(items))], "input": "Ann ran"}
    inner, output = (
        replaced(value, data.draw(st.sampled_from(list(places(value)))), data.draw(ODD))
        if data.draw(st.booleans())
        else value
        for value in (inner, ANSWERS[task])
    )
    row = {"task": task, "instruction": json.dumps(inner), "output": json.dumps(output)}
    read(write(tmp_path_factory.mktemp("hostile"), json.dumps(row).encode(), "iepile"), "iepile")


@pytest.mark.parametrize("format", NOT_JSON)
@settings(max_examples=60)
@given(data=st.data())
def test_any_damage_to_a_text_is_read_counted_or_refused(tmp_path_factory, format, data):
    content = NOT_JSON[format].encode()
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, min(len(content), start + 8)))
    odd = [b"", b"\t", b"\n", b" ", b"|", b'"', b"-9", b"9" * 5000, b"\xff", b"\0", "李🎉".encode()]
    damaged = content[:start] + data.draw(st.sampled_from(odd)) + content[end:]
    read(write(tmp_path_factory.mktemp("hostile"), damaged, format), format)


@pytest.mark.parametrize("format", SAMPLES)
@pytest.mark.parametrize("hostile", ["9" * 5000, "[" * 200_000])
def test_a_number_or_a_depth_without_end_is_refused(tmp_path, format, hostile):
    content = f'{{"id": {hostile}'
    content = f"[{content}" if format in ARRAYS else content
    documents, _ = read(write(tmp_path, content.encode(), format), format)
    assert documents is None


@pytest.mark.parametrize("format", [*SAMPLES, *NOT_JSON])
def test_two_encodings_in_one_file_are_refused_by_the_line(tmp_path, format):
    content = NOT_JSON.get(format) or json.dumps(SAMPLES[format]) + "\n"
    content = f"[{content.strip()},\n" if format in ARRAYS else content.rstrip("\n") + "\n"
    line = content.count("\n") + 1
    path = write(tmp_path, content.encode() + "李明\n".encode("gb18030"), format)
    with pytest.raises(AnnotationError, match=f"line {line}: not UTF-8") as caught:
        list(import_dataset(path, format, report=ImportReport()))
    assert "iconv" in caught.value.hint


def test_a_set_of_five_hundred_types_is_read(tmp_path):
    row = {"text": "Ann", "label": {f"类型{n}": {"Ann": [[0, 2]]} for n in range(500)}}
    (document,), report = read(write(tmp_path, json.dumps(row).encode(), "cluener"), "cluener")
    assert len(document.entities) == len(report.entities) == 500
