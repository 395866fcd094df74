import logging

import pytest

from lexloom import logs


@pytest.fixture(autouse=True)
def _restored():
    logger = logging.getLogger(logs.LOGGER_NAME)
    before = logger.handlers[:], logger.level, logger.propagate
    yield
    logger.handlers[:], logger.level, logger.propagate = before


def test_messages_go_to_stderr_and_never_to_stdout(capsys):
    logs.configure()
    logs.get_logger("lexloom.corpus").warning("one document was skipped")
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "WARNING lexloom.corpus: one document was skipped\n"


@pytest.mark.parametrize(("verbose", "shown"), [(False, False), (True, True)])
def test_details_are_shown_only_when_asked_for(capsys, verbose, shown):
    logs.configure(verbose=verbose)
    logs.get_logger("lexloom.train").debug("step 1")
    assert ("step 1" in capsys.readouterr().err) == shown


def test_configuring_twice_logs_once(capsys):
    logs.configure()
    logs.configure()
    logs.get_logger("lexloom.graph").warning("once")
    assert capsys.readouterr().err.count("once") == 1
