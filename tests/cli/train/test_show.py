from lexloom.cli.train.show import Shown
from lexloom.train.config import TrainConfig
from lexloom.train.reports import Evaluation, StepReport


def step(number, epoch):
    return StepReport(number, epoch, {"a": 1.0}, 1e-3, 0.5, 100, 0.1)


def test_reports_are_passed_on_and_evaluations_printed(capsys):
    reports = [
        step(1, 0.5), step(2, 1.0),
        Evaluation(2, 1.0, {"score": 0.51234}, is_best=True), "something else",
    ]  # fmt: skip
    assert list(Shown(TrainConfig(num_epochs=1)).follow(reports)) == reports
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "epoch 1: dev score 0.5123  (best so far)\n"


def test_a_quiet_one_passes_on_and_says_nothing(capsys):
    shown = Shown(TrainConfig(), is_quiet=True)
    shown.say("training a tokenizer")
    reports = [step(1, 0.5), Evaluation(1, 0.5, {"score": 0.5}, is_best=True)]
    assert list(shown.follow(reports)) == reports
    assert capsys.readouterr() == ("", "")


def test_shares_can_be_shown_as_hundredths(capsys):
    shown = Shown(TrainConfig(), score_factor=100)
    list(shown.follow([Evaluation(3, 1.23456, {"f1": 0.51234}, is_best=False)]))
    assert capsys.readouterr().err == "epoch 1.235: dev f1 51.2\n"


def test_the_part_that_is_done_is_that_of_the_nearer_end():
    assert Shown(TrainConfig(num_epochs=4))._done(step(10, 1.0)) == 0.25
    assert Shown(TrainConfig(num_epochs=4, max_steps=20))._done(step(10, 1.0)) == 0.5
