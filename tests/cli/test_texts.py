import pytest
import typer

from lexloom.cli.texts import Texts, Watch


def left(*texts):
    with pytest.raises(typer.Exit) as leaving:
        texts[0].leave(*texts[1:])
    return leaving.value.exit_code


def test_what_cannot_be_read_is_named_and_decides_the_exit_code(tmp_path, capsys):
    (tmp_path / "a.txt").write_text("一 two", encoding="utf-8")
    good, bad = Texts([tmp_path / "a.txt"]), Texts([tmp_path / "b.txt", tmp_path / "a.txt"])
    assert list(good) == list(bad) == ["一 two"]
    assert "b.txt" in capsys.readouterr().err
    assert (left(good), left(good, None), left(bad), left(good, bad)) == (0, 0, 3, 3)


def test_the_exit_code_says_when_nothing_was_read(tmp_path, capsys):
    none = Texts([tmp_path / "b.txt"])
    assert list(none) == []
    assert "b.txt" in capsys.readouterr().err
    assert left(none) == 1


def test_nothing_is_shown_where_there_is_no_terminal(capsys):
    with Watch("reading") as watch:
        watch.words(5)
        watch.step("saving")
    assert capsys.readouterr() == ("", "")
