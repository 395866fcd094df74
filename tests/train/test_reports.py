import dataclasses

import pytest

from lexloom.train.reports import Evaluation, StepReport


def test_reports_cannot_be_changed_by_those_who_read_them():
    step = StepReport(1, 0.5, {"a": 1.0}, 1e-3, 0.1, 10, 0.1)
    evaluation = Evaluation(1, 0.5, {"score": 1.0}, is_best=True)
    for report in (step, evaluation):
        with pytest.raises(dataclasses.FrozenInstanceError):
            report.step = 2
    assert evaluation.losses == {}
