from engine_functions import double_unless_three
from lexloom.engine.protocol import Failed, Ledger, apply


def test_a_function_that_raises_gives_its_sentence():
    assert apply(double_unless_three, 3) == Failed("ValueError: three is not to be had")
    assert apply(double_unless_three, 4) == 8


def test_an_exception_without_a_message_is_still_named():
    def fail(_):
        raise KeyError

    assert apply(fail, 1) == Failed("KeyError: no message")


def test_the_ledger_counts_results_apart_from_failures():
    ledger = Ledger(num_in=3, num_skipped=1)
    ledger.count("a result")
    assert not ledger.is_balanced
    ledger.count(Failed("why"))
    assert (ledger.num_done, ledger.num_failed) == (1, 1)
    assert ledger.is_balanced
