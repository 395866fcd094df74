import json

import pytest
from typer.testing import CliRunner

from lexloom.cli.tokenizer import app
from lexloom.errors import ArtifactError, ConfigError, InputError, ShapeError, UsageError
from lexloom.tokens.tokenizer import Tokenizer

TEXT = "The old house stood on the hill. 王芳在北京工作。\n" * 4


def run(*arguments, code=0, **options):
    result = CliRunner().invoke(app, [*map(str, arguments)], catch_exceptions=False, **options)
    assert result.exit_code == code, result.output
    return result


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.fixture
def trained(tmp_path, text):
    run("train", text, "--out", tmp_path / "tok", "--set", "vocab_size=400")
    return tmp_path / "tok"


def test_train_reports_and_the_settings_come_from_file_and_flags(tmp_path, text):
    (tmp_path / "c.toml").write_text('model = "wordpiece"\nvocab_size = 9\n')
    result = run(
        "train", text, "--out", tmp_path / "t", "--config", tmp_path / "c.toml",
        "--set", "vocab_size=60", "--json",
    )  # fmt: skip
    values = json.loads(result.stdout)
    tokenizer = Tokenizer.load(tmp_path / "t")
    assert values["sha256"] == tokenizer.sha256
    assert values["vocab_size"] == tokenizer.vocab_size <= 60
    assert tokenizer.roles["cls_token"] == "[CLS]"


def test_a_tokenizer_does_not_come_among_the_texts_that_it_is_learnt_from(tmp_path, text, trained):
    with pytest.raises(UsageError, match="whose files are all read"):
        run("train", tmp_path, "--out", tmp_path / "deep" / "t")
    with pytest.raises(UsageError, match="whose files are all read"):
        run("extend", tmp_path, "--tokenizer", trained, "--out", tmp_path / "t")


def test_encode_and_decode_are_inverse(trained):
    values = json.loads(
        run("encode", "王芳 the 😀", "--tokenizer", trained, "--no-special", "--json").stdout
    )
    assert len(values["input_ids"]) == len(values["offsets"]) == len(values["tokens"])
    back = run("decode", *values["input_ids"], "--tokenizer", trained)
    assert back.stdout == "王芳 the 😀\n"
    listed = run("decode", "-", "--tokenizer", trained, input=json.dumps(values["input_ids"]))
    assert listed.stdout == back.stdout


def test_encode_shows_a_table_and_reads_the_standard_input(trained):
    shown = run("encode", "-", "--tokenizer", trained, input="[b]house").stdout
    assert "<s>" in shown
    assert "'[b]" in shown or "'['" in shown


def test_decode_hides_special_tokens_unless_asked(trained):
    assert run("decode", "1", "--tokenizer", trained).stdout == "\n"
    assert run("decode", "1", "--tokenizer", trained, "--special").stdout == "<s>\n"


def test_extend_reports_what_is_new(tmp_path, text):
    run("train", text, "--out", tmp_path / "t", "--set", "model=characters")
    (tmp_path / "new.txt").write_text("龙龙凤凤", encoding="utf-8")
    arguments = ("extend", tmp_path / "new.txt", "--tokenizer", tmp_path / "t", "--out")
    values = json.loads(run(*arguments, tmp_path / "u", "--set", "coverage=1", "--json").stdout)
    assert set(values["added"]) == {"龙", "凤"}
    assert "2 of them new" in run(*arguments, tmp_path / "u").stdout


def test_stats_as_json_and_as_a_table(trained, text):
    values = json.loads(run("stats", text, "--tokenizer", trained, "--json").stdout)
    assert set(values["languages"]) == {"other", "zh"}
    assert values["all"]["unknown_share"] == 0
    assert "zh" in run("stats", text, "--tokenizer", trained).stdout


def test_what_cannot_be_read_is_said_and_the_exit_code_tells(tmp_path, text):
    result = run(
        "train", text, tmp_path / "none.txt", "--out", tmp_path / "t",
        "--set", "vocab_size=400", code=3,
    )  # fmt: skip
    assert "there is no file" in result.stderr
    assert (tmp_path / "t" / "tokenizer.json").is_file()


def test_statistics_of_nothing_readable_fail(tmp_path, trained):
    result = run("stats", tmp_path / "none.txt", "--tokenizer", trained, code=1)
    assert "there is no file" in result.stderr


@pytest.mark.parametrize(
    ("setting", "error"),
    [
        ("vocab=3", ConfigError),
        ("model=gpt", ConfigError),
        ("vocab_size=3", ConfigError),
        ("min_count=9" + "0" * 30, ConfigError),
        ("vocab_size=9" + "0" * 30, ConfigError),
    ],
)
def test_wrong_settings_are_refused(tmp_path, text, setting, error):
    with pytest.raises(error):
        run("train", text, "--out", tmp_path / "t", "--set", setting)
    assert not (tmp_path / "t").exists()


def test_nothing_readable_is_refused(tmp_path):
    with pytest.raises(InputError, match="no words"):
        run("train", tmp_path / "none.txt", "--out", tmp_path / "t")


def test_wrong_ids_and_tokenizers_are_refused(tmp_path, trained):
    with pytest.raises(UsageError, match="whole numbers"):
        run("decode", "a", "--tokenizer", trained)
    with pytest.raises(ShapeError, match="there is no token"):
        run("decode", "99999", "--tokenizer", trained)
    with pytest.raises(ArtifactError, match="there is no tokenizer"):
        run("encode", "a", "--tokenizer", tmp_path / "nowhere")
    with pytest.raises(InputError, match="not UTF-8"):
        run("encode", "-", "--tokenizer", trained, input=b"\xff\xfe")


def test_an_output_that_is_a_file_is_refused_before_the_work(tmp_path, text, trained):
    for more in (
        ("train", tmp_path / "none"),
        ("extend", tmp_path / "none", "--tokenizer", trained),
    ):
        with pytest.raises(ArtifactError, match="is a file"):
            run(*more, "--out", text)


def test_no_arguments_or_files_are_wrong_usage(trained):
    run("train", code=2)
    run("encode", "a", code=2)
