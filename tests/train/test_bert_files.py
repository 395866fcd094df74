import pytest

from doubles import wordpiece
from lexloom.errors import ArtifactError, InputError, TrainingError, UsageError
from lexloom.tokens.learn import TokenizerConfig
from lexloom.tokens.tokenizer import Tokenizer
from lexloom.train.bert_files import MADE_WITH, Start, Texts, make_files, special_ids

SETTINGS = TokenizerConfig(model="wordpiece", vocab_size=100)


@pytest.fixture
def make(tmp_path, monkeypatch):
    """Makes the files of a run on texts; gives what was said."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text("Ann lives in Paris. 李明在北京工作。" * 3, encoding="utf-8")
    (tmp_path / "empty.txt").touch()

    def run(*paths, settings=SETTINGS, **start):
        said = []
        out = tmp_path / "run"
        make_files(Texts(train=[*map(tmp_path.__class__, paths)]), Start(**start), out, settings,
                   said.append)  # fmt: skip
        return said

    return run


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


def test_a_tokenizer_and_token_files_are_made_once(make, tmp_path):
    assert make("a.txt")[0] == "training a tokenizer"
    first = (tmp_path / "run/tokenizer/tokenizer.json").read_bytes()
    assert make("a.txt") == ["tokenizing into " + str(tmp_path / "run/tokens/train")]
    assert (tmp_path / "run/tokenizer/tokenizer.json").read_bytes() == first


def test_a_tokenizer_of_other_settings_or_texts_is_not_used(make, tmp_path):
    make("a.txt")
    with pytest.raises(TrainingError, match="of other texts or settings"):
        make("a.txt", settings=TokenizerConfig(model="wordpiece", vocab_size=99))
    with pytest.raises(TrainingError, match="of other texts or settings"):
        make("a.txt", "empty.txt")
    (tmp_path / "run/tokenizer" / MADE_WITH).write_text("{")
    with pytest.raises(TrainingError, match="of other texts or settings"):
        make("a.txt")


def test_a_tokenizer_that_was_half_written_is_made_again(make, tmp_path):
    make("a.txt")
    (tmp_path / "run/tokenizer" / MADE_WITH).unlink()
    (tmp_path / "run/tokenizer/tokenizer_config.json").unlink()
    assert "training a tokenizer" in make("a.txt")
    assert (tmp_path / "run/tokenizer/tokenizer_config.json").exists()


@pytest.mark.parametrize(
    ("path", "message"),
    [("none", "there is no file or folder none"), ("-", "the standard input cannot be")],
)
def test_a_path_that_cannot_be_trained_on_is_refused_at_once(make, tmp_path, path, message):
    with pytest.raises(UsageError, match=message):
        make("a.txt", path)
    assert not (tmp_path / "run").exists()


def test_what_could_not_be_read_is_said_before_there_is_nothing(make, tmp_path):
    said = []
    with pytest.raises(InputError, match="no words to learn from"):
        make_files(Texts(train=[tmp_path / "empty.txt"]), Start(), tmp_path / "run", SETTINGS,
                   said.append)  # fmt: skip
    assert said[0] == "training a tokenizer"
    assert "holds no text" in said[1]


def test_what_could_not_be_read_is_said_once(make):
    said = make("a.txt", "empty.txt")
    assert len([sentence for sentence in said if "empty.txt" in sentence]) == 1


def test_a_tokenizer_of_another_kind_is_refused_before_texts_are_read(make, tmp_path):
    values = wordpiece().to_str().replace("[CLS]", "[NONE]")
    (tmp_path / "tokenizer.json").write_text(values)
    with pytest.raises(ArtifactError, match="the tokenizer has no cls token"):
        make("a.txt", tokenizer=tmp_path / "tokenizer.json")
    assert not (tmp_path / "run").exists()
