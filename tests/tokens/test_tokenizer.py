import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer as Library
from tokenizers import models, normalizers

from lexloom.errors import ArtifactError, ShapeError
from lexloom.tokens.learn import TokenizerConfig, train
from lexloom.tokens.tokenizer import Tokenizer

# letters, marks that compose, Hangul that composes, astral characters, spaces, half of a pair
hard = st.text(
    st.sampled_from(
        "aAeéİßﬁ\u0301\u0308 \n\t\u3000中国的法𠀀😀한\u1112\u1161\u11abΣς'<>s/[]1９\ud800"
    ),
    max_size=30,
)


@settings(deadline=None, max_examples=60)
@given(hard)
def test_bytes_tile_the_text_and_decode_gives_it_back(tokenizers, text):
    for name in ("bpe", "unigram"):
        ids, offsets = tokenizers[name].encode(text, add_special_tokens=False)
        clean = text.replace("\ud800", "\ufffd")
        assert tokenizers[name].decode(ids) == clean
        # spans tile: each begins where the last ended, or shares its characters
        end = 0
        for number, (start, stop) in enumerate(offsets.tolist()):
            shares = number and start < end
            assert start == end or (shares and [start, stop] == offsets[number - 1].tolist())
            end = max(end, stop)
        assert end == len(text)


@settings(deadline=None, max_examples=60)
@given(hard)
def test_offsets_lie_in_the_text_in_order(tokenizers, text):
    for tokenizer in tokenizers.values():
        ids, offsets = tokenizer.encode(text, add_special_tokens=False)
        assert len(ids) == len(offsets)
        assert (offsets[:, 0] < offsets[:, 1]).all()
        assert (np.diff(offsets, axis=0) >= 0).all()
        assert not len(offsets) or (offsets.min() >= 0 and offsets.max() <= len(text))


@pytest.mark.parametrize("model", ["bpe", "unigram", "characters", "wordpiece"])
@pytest.mark.parametrize("form", ["nfc", "nfkc"])
def test_offsets_point_into_the_raw_text_whatever_is_folded(model, form, texts):
    config = TokenizerConfig(
        model=model, vocab_size=900, lowercase=True, normalization=form, coverage=1
    )
    tokenizer = train([*texts, "é ë 한 à"], config)
    text = "A\u0301 𠀀E\u0301\u0308x한 \u1112\u1161\u11ab İ\ufb01 中e\u0308"
    _ids, offsets = tokenizer.encode(text, add_special_tokens=False)
    parts = {text[start:end].strip() for start, end in offsets.tolist()}
    assert {"𠀀", "中"} <= parts
    # what composes to one character is covered whole
    covered = {at for start, end in offsets.tolist() for at in range(start, end)}
    assert covered >= {at for at, char in enumerate(text) if not char.isspace()}


def test_lowercase_and_raw_text_give_the_same_ids(texts):
    tokenizer = train(texts, TokenizerConfig(model="wordpiece", vocab_size=220, lowercase=True))
    assert tokenizer.encode("THE Old HOUSE").input_ids.tolist() == (
        tokenizer.encode("the old house").input_ids.tolist()
    )


def test_what_looks_like_a_special_token_is_text(tokenizer):
    special = set(tokenizer.roles.values()) - {tokenizer.roles["unk_token"]}
    text = "the " + " ".join(special)
    ids = tokenizer.encode(text, add_special_tokens=False).input_ids.tolist()
    assert not {tokenizer.library.token_to_id(token) for token in special} & set(ids)


def test_special_tokens_stand_around_the_text_with_empty_spans(tokenizers):
    ids, offsets = tokenizers["wordpiece"].encode("the house")
    assert [tokenizers["wordpiece"].library.id_to_token(id) for id in (ids[0], ids[-1])] == [
        "[CLS]",
        "[SEP]",
    ]
    assert offsets[0].tolist() == offsets[-1].tolist() == [0, 0]


def test_saving_and_loading_changes_nothing(tokenizer, tmp_path, texts):
    tokenizer.save(tmp_path / "a")
    again = Tokenizer.load(tmp_path / "a")
    again.save(tmp_path / "b")
    assert again.sha256 == tokenizer.sha256
    assert again.roles == tokenizer.roles
    for name in ("tokenizer.json", "tokenizer_config.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    for text in texts:
        assert again.encode(text).input_ids.tolist() == tokenizer.encode(text).input_ids.tolist()


def test_transformers_opens_the_folder_and_gives_the_same_ids(tokenizer, tmp_path, texts):
    transformers = pytest.importorskip("transformers")
    tokenizer.save(tmp_path)
    for peer in (
        transformers.AutoTokenizer.from_pretrained(tmp_path),
        transformers.PreTrainedTokenizerFast.from_pretrained(tmp_path),
    ):
        for text in [*texts, "", " a", "e\u0301𠀀 中文。"]:
            given = peer(text, return_offsets_mapping=True)
            ours = tokenizer.encode(text)
            assert given["input_ids"] == ours.input_ids.tolist()
        assert peer.decode(given["input_ids"], skip_special_tokens=True) == tokenizer.decode(
            ours.input_ids
        )
        for role, token in tokenizer.roles.items():
            assert getattr(peer, role) == token


def test_a_batch_is_what_each_text_is_alone(tokenizer, texts):
    for alone, (ids, offsets) in zip(texts, tokenizer.encode_batch(texts), strict=True):
        expected = tokenizer.encode(alone)
        assert ids.tolist() == expected.input_ids.tolist()
        assert offsets.tolist() == expected.offsets.tolist()


def test_the_hash_does_not_hang_on_layout_or_padding_but_on_the_vocabulary(tokenizers, tmp_path):
    path = tmp_path / "tokenizer.json"
    values = json.loads(tokenizers["bpe"].library.to_str())
    values["padding"] = None
    path.write_text(json.dumps(values, indent=8, sort_keys=True), encoding="utf-8")
    assert Tokenizer.load(path).sha256 == tokenizers["bpe"].sha256
    assert len({tokenizer.sha256 for tokenizer in tokenizers.values()}) == len(tokenizers)


@pytest.mark.parametrize("data", [b"", b"{}", b"\x00\xff\xfe", b'{"model": {"type": "BPE"'])
def test_a_file_that_is_no_tokenizer_is_refused(tmp_path, data):
    (tmp_path / "tokenizer.json").write_bytes(data)
    with pytest.raises(ArtifactError, match="is no tokenizer"):
        Tokenizer.load(tmp_path)


def test_a_missing_tokenizer_is_refused(tmp_path):
    with pytest.raises(ArtifactError, match="there is no tokenizer"):
        Tokenizer.load(tmp_path)


@pytest.mark.parametrize(("data", "what"), [(b"{", "is damaged"), (b"[]", "holds no table")])
def test_damaged_settings_beside_a_tokenizer_are_refused(saved, data, what):
    (saved / "tokenizer_config.json").write_bytes(data)
    with pytest.raises(ArtifactError, match=what):
        Tokenizer.load(saved)


def test_roles_may_be_objects_and_unknown_tokens_are_no_roles(saved):
    config = {"eos_token": {"content": "</s>"}, "bos_token": "nowhere", "pad_token": 3}
    (saved / "tokenizer_config.json").write_text(json.dumps(config))
    tokenizer = Tokenizer.load(saved)
    assert tokenizer.roles == {"eos_token": "</s>"}
    assert tokenizer.token_id("eos_token") == tokenizer.library.token_to_id("</s>")
    assert tokenizer.token_id("bos_token") is None


@pytest.mark.parametrize("id", [-1, 10**6, 2**70])
def test_an_id_outside_of_the_vocabulary_is_refused(tokenizer, id):
    with pytest.raises(ShapeError, match="there is no token"):
        tokenizer.decode([id])


def test_saving_over_a_file_is_refused(tokenizer, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ArtifactError, match="is a file"):
        tokenizer.save(tmp_path / "file")


def test_a_tokenizer_without_unknown_token_has_no_unknown_id(tokenizers):
    assert tokenizers["bpe"].unknown_id is None
    for name in ("wordpiece", "unigram", "characters"):
        token = tokenizers[name].roles["unk_token"]
        assert tokenizers[name].unknown_id == tokenizers[name].library.token_to_id(token)


def test_marks_that_a_normalizer_composes_belong_to_their_letter():
    library = Library(models.BPE(vocab={"<unk>": 0, "é": 1, "a": 2}, merges=[], unk_token="<unk>"))
    library.normalizer = normalizers.NFC()
    offsets = Tokenizer(library).encode("ae\u0301a").offsets
    assert offsets.tolist() == [[0, 1], [1, 3], [3, 4]]


def test_pieces_stand_at_their_ids_with_gaps_between():
    vocabulary = {"[UNK]": 0, "a": 2, "b": 5}
    tokenizer = Tokenizer(Library(models.WordPiece(vocabulary, unk_token="[UNK]")))
    assert tokenizer.pieces == ["[UNK]", "", "a", "", "", "b"]
