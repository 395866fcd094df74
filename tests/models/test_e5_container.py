import json
import struct

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lexloom.errors import ArtifactError
from lexloom.models.checkpoint import load_bert
from lexloom.models.e5_container import (
    BLOCK,
    choose_wordpieces,
    convert,
    dequantize,
    make_tokenizer,
    read_container,
)
from lexloom.tokens.tokenizer import Tokenizer

WIDTH, INNER, LAYERS, HEADS, ROWS, POSITIONS = 32, 64, 2, 2, 20, 16
PIECES = [
    "<s>", "<pad>", "</s>", "<unk>", "▁", "▁know", "ledge", "中", "国", "中国", "▁(", "(", ",",
    "▁a", "x", "...", "ly,", "<mask>",
]  # fmt: skip
SHAPES = {
    "q.w": (WIDTH, WIDTH), "q.b": (WIDTH,), "k.w": (WIDTH, WIDTH), "k.b": (WIDTH,),
    "v.w": (WIDTH, WIDTH), "v.b": (WIDTH,), "ao.w": (WIDTH, WIDTH), "ao.b": (WIDTH,),
    "aln.w": (WIDTH,), "aln.b": (WIDTH,), "fi.w": (INNER, WIDTH), "fi.b": (INNER,),
    "fo.w": (WIDTH, INNER), "fo.b": (WIDTH,), "oln.w": (WIDTH,), "oln.b": (WIDTH,),
}  # fmt: skip
PACKED = ("emb.word", "q.w", "k.w", "v.w", "ao.w", "fi.w", "fo.w")


def pack(values):
    """Round to four bits a weight as the format has it: 32 weights, a scale, halves of bytes."""
    data, rounded = b"", []
    for block in values.reshape(-1, 32):
        scale = np.float16(np.abs(block).max() / 7)
        levels = np.clip(np.round(block / np.float32(scale)), -8, 7).astype(int) + 8
        low, high = levels[:16], levels[16:]
        data += struct.pack("<e16B", scale, *(low | high << 4))
        rounded.append((levels - 8) * np.float32(scale))
    return data, np.concatenate(rounded).reshape(values.shape)


def write_container(path, *, rename=None, dtype=None):
    """Write a container as its engine reads it, and give the numbers it holds by name."""
    draw = np.random.default_rng(0)
    shapes = {
        "emb.word": (ROWS, WIDTH), "emb.pos": (POSITIONS, WIDTH), "emb.type": (2, WIDTH),
        "emb.ln.w": (WIDTH,), "emb.ln.b": (WIDTH,),
    }  # fmt: skip
    for layer in range(LAYERS):
        shapes |= {f"l{layer}.{name}": shape for name, shape in SHAPES.items()}
    if rename:
        shapes[f"l0.{rename}"] = (WIDTH,)
    text = [piece.encode() for piece in PIECES]
    ends = np.cumsum([0, *map(len, text)])
    head = b"E5S1" + struct.pack(
        "<I7ifi", 1, WIDTH, LAYERS, HEADS, INNER, ROWS, POSITIONS, 2, 1e-12, 32
    )
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, ends[-1])
    head += ends.astype("<u4").tobytes() + np.zeros(len(PIECES), "<f4").tobytes() + b"".join(text)
    replaced = struct.pack("<IBI", 0xA0, 1, 0x20)
    head += struct.pack("<iI", 1, len(replaced)) + replaced
    stored, numbers = {}, {}
    for name, shape in shapes.items():
        values = draw.normal(size=shape).astype(np.float32)
        if name.endswith(PACKED):
            data, values = pack(values)
            stored[name] = (1, data)
        else:
            stored[name] = (0, values.tobytes())
        numbers[name] = values
    at = len(head) + 4 + sum(2 + len(name) + 21 for name in shapes)
    table, body = struct.pack("<i", len(shapes)), b""
    for name, (kind, data) in stored.items():
        table += struct.pack("<H", len(name)) + name.encode()
        kind = kind if dtype is None else dtype
        table += struct.pack("<BIQQ", kind, numbers[name].size, at + len(body), len(data))
        body += data
    path.write_bytes(head + table + body)
    return numbers


def test_tensors_have_the_numbers_written_and_hugging_faces_names(tmp_path):
    numbers = write_container(tmp_path / "e5.bin")
    found = read_container(tmp_path / "e5.bin")
    assert found.pieces == PIECES
    assert found.config["layer_norm_eps"] == 1e-12
    names = {
        "emb.word": "embeddings.word_embeddings.weight",
        "l1.ao.w": "encoder.layer.1.attention.output.dense.weight",
        "l0.aln.b": "encoder.layer.0.attention.output.LayerNorm.bias",
        "l1.fi.w": "encoder.layer.1.intermediate.dense.weight",
        "l0.fo.w": "encoder.layer.0.output.dense.weight",
        "l1.oln.w": "encoder.layer.1.output.LayerNorm.weight",
    }
    assert len(found.tensors) == len(numbers)
    for short, full in names.items():
        np.testing.assert_array_equal(found.tensors[full], numbers[short])


@given(st.floats(-100, 100, width=16), st.binary(min_size=16, max_size=16))
def test_a_block_is_a_scale_and_two_halves_of_each_byte(scale, levels):
    data = struct.pack("<e", scale) + levels
    expected = [(byte % 16 - 8) * scale for byte in levels]
    expected += [(byte // 16 - 8) * scale for byte in levels]
    found = dequantize(np.frombuffer(data, BLOCK))
    np.testing.assert_array_equal(found, np.array(expected, np.float32))


def test_the_directory_opens_here_and_in_transformers_alike(tmp_path):
    from transformers import AutoModel, AutoTokenizer

    write_container(tmp_path / "e5.bin")
    convert(tmp_path / "e5.bin", tmp_path)
    model, theirs = load_bert(tmp_path).eval(), AutoModel.from_pretrained(tmp_path).eval()
    text = "knowledge 中国"
    batch = AutoTokenizer.from_pretrained(tmp_path)(text, return_tensors="pt")
    assert batch.input_ids.tolist() == [Tokenizer.load(tmp_path).encode(text).input_ids.tolist()]
    with torch.no_grad():
        found = model(batch.input_ids, batch.attention_mask).last_hidden_state
        expected = theirs(batch.input_ids, batch.attention_mask).last_hidden_state.float()
    torch.testing.assert_close(found, expected, atol=1e-2, rtol=1e-2)  # theirs may be float16


def test_each_word_piece_has_the_vector_of_its_unigram_piece(tmp_path):
    numbers = write_container(tmp_path / "e5.bin")
    convert(tmp_path / "e5.bin", tmp_path)
    tokenizer = Tokenizer.load(tmp_path)
    words = load_bert(tmp_path).embeddings.word_embeddings.weight.detach().numpy()
    sources = {
        "[PAD]": "<pad>", "[CLS]": "<s>", "[MASK]": "<mask>", "know": "▁know", "##ledge": "ledge",
        "ledge": "ledge", "中": "中", "(": "▁(", "（": "▁(", ",": ",", "，": ",", "…": "...",
        "a": "▁a", "##a": "▁a", "##x": "x", "x": "x",
    }  # fmt: skip
    for piece, source in sources.items():
        row = words[tokenizer.library.token_to_id(piece)]
        expected = numbers["emb.word"][PIECES.index(source)].astype(np.float16)
        np.testing.assert_array_equal(row, expected, err_msg=piece)
    left_out = {"中国", "##中国", "ly,", "##ly,", "##,", "##中", "", "##", "▁"}
    assert not left_out & tokenizer.library.get_vocab().keys()


def test_text_is_cut_into_words_characters_and_marks():
    tokenizer = make_tokenizer(list(choose_wordpieces(PIECES)))

    def cut(text):
        return [
            tokenizer.library.id_to_token(number) for number in tokenizer.encode(text).input_ids
        ]

    assert cut("knowledge") == ["[CLS]", "know", "##ledge", "[SEP]"]
    assert cut("中国") == ["[CLS]", "中", "国", "[SEP]"]
    assert cut("know,（ledge…") == ["[CLS]", "know", ",", "（", "ledge", "…", "[SEP]"]
    assert cut("Know")[1:-1] == ["[UNK]"], "case is kept"
    assert "[MASK]" not in cut("[MASK]"), "what looks like a special token is text"
    encoded = tokenizer.encode("knowledge 中")
    assert encoded.offsets.tolist() == [[0, 0], [0, 4], [4, 9], [10, 11], [0, 0]]


def test_a_file_cut_short_anywhere_is_refused(tmp_path):
    path = tmp_path / "e5.bin"
    write_container(path)
    whole = path.read_bytes()
    for size in [*range(0, 600, 7), *range(600, len(whole), 997), len(whole) - 1]:
        path.write_bytes(whole[:size])
        with pytest.raises(ArtifactError, match=r"is no whole model: .*fetch the model again"):
            read_container(path)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"dtype": 1}, "is no whole model"),
        ({"rename": "other.w"}, "is no whole model: 'other'"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path, changes, sentence):
    write_container(tmp_path / "e5.bin", **changes)
    with pytest.raises(ArtifactError, match=sentence):
        read_container(tmp_path / "e5.bin")


def test_what_is_no_number_is_refused(tmp_path):
    numbers = write_container(tmp_path / "e5.bin")
    data = (tmp_path / "e5.bin").read_bytes()
    one = numbers["emb.ln.b"][:1].tobytes()
    (tmp_path / "e5.bin").write_bytes(data.replace(one, struct.pack("<f", np.nan)))
    with pytest.raises(ArtifactError, match=r"emb\.ln\.b holds what is no number"):
        read_container(tmp_path / "e5.bin")


def test_something_else_or_nothing_is_refused(tmp_path):
    (tmp_path / "other.bin").write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(ArtifactError, match="it begins otherwise"):
        read_container(tmp_path / "other.bin")
    with pytest.raises(ArtifactError, match=r"cannot read .*: No such file"):
        read_container(tmp_path / "none.bin")


def test_the_tokenizer_says_which_special_tokens_it_has(tmp_path):
    make_tokenizer(list(choose_wordpieces(PIECES))).save(tmp_path)
    values = json.loads((tmp_path / "tokenizer_config.json").read_text())
    assert values["mask_token"] == "[MASK]"
    assert Tokenizer.load(tmp_path).token_id("pad_token") == 0
