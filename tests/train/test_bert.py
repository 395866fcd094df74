import pytest

from doubles import tiny_config, wordpiece
from lexloom.errors import ArtifactError
from lexloom.models.bert import BertModel
from lexloom.models.checkpoint import save_bert
from lexloom.tokens.tokenizer import Tokenizer
from lexloom.train.bert import BertRunConfig, Start, Texts, prepare, special_ids

TEXT = "Ann lives in Paris. Bob met Carl in Oslo. 李明在北京工作。\n" * 40


@pytest.fixture
def start(tmp_path):
    """A tiny encoder with its tokenizer, and some text."""
    save_bert(BertModel(tiny_config(), with_pooler=False), tmp_path / "bert")
    Tokenizer(wordpiece()).save(tmp_path / "bert")
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    return tmp_path


def test_special_tokens_are_found_by_role_or_by_their_usual_name():
    plain = Tokenizer(wordpiece())
    named = Tokenizer(wordpiece(), roles={"cls_token": "a"})
    assert special_ids(plain).cls == 2
    assert special_ids(named).cls == plain.library.token_to_id("a")


def test_a_tokenizer_without_a_mask_is_refused():
    library = wordpiece()
    values = library.to_str().replace("[MASK]", "[NONE]")
    with pytest.raises(ArtifactError, match="the tokenizer has no mask token"):
        special_ids(Tokenizer(library.from_str(values)))


def test_another_model_or_other_text_has_another_fingerprint(start):
    def fingerprint(out, text="a.txt", **changes):
        texts = Texts(train=[start / text])
        config = BertRunConfig(**changes)
        return prepare(texts, Start(init=start / "bert"), start / out, config)[2]

    first = fingerprint("x")
    assert fingerprint("x") == first
    assert fingerprint("x", pairs="next") != first
    (start / "b.txt").write_text(TEXT * 2, encoding="utf-8")
    assert fingerprint("y", "b.txt") != first


def test_text_of_one_document_is_split_into_train_and_dev(start):
    task, _, _ = prepare(
        Texts(train=[start / "a.txt"]), Start(init=start / "bert"), start / "x", BertRunConfig()
    )
    assert len(list(task.dev_batches())) == 1
    assert task.num_batches() >= 1


def test_a_tokenizer_with_more_ids_than_the_model_is_refused(start):
    Tokenizer(wordpiece(["more", "words"] + [f"w{n}" for n in range(99)])).save(start / "other")
    with pytest.raises(ArtifactError, match="the tokenizer has ids up to"):
        prepare(
            Texts(train=[start / "a.txt"]),
            Start(init=start / "bert", tokenizer=start / "other"),
            start / "x",
            BertRunConfig(),
        )
