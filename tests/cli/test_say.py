from lexloom.cli.say import say


def test_a_sentence_goes_to_stderr_and_steers_no_terminal(capsys):
    say("cannot read \x1b[31ma\u202eb\nc 李\ud800")
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "lexloom: cannot read �[31ma�b c 李�\n"
