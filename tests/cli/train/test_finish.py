"""The card of a trained model: a label in it is data and never markup."""

from types import SimpleNamespace

from lexloom.cli.train.finish import Job, card
from vector_doubles import tiny_tagger


def test_a_card_says_what_was_learnt_and_how_well():
    job = Job(SimpleNamespace(files=tiny_tagger()), iter(()), lambda path, notices: None, 1234, 56)
    text = card(job, {"f1": 0.51234})
    assert "Trained on 1,234 texts. It gives: `B-LOC`, `B-PER`" in text
    assert "Measured on 56 dev texts" in text
    assert "| f1 | 0.5123 |" in text


def test_labels_become_no_markup_and_many_are_cut_short():
    labels = ("a`b\n# c", *(str(number) for number in range(60)))
    config = SimpleNamespace(task="classifier", labels=labels)
    task = SimpleNamespace(files=SimpleNamespace(config=config, max_tokens=9))
    text = card(Job(task, iter(()), lambda path, notices: None, 1, 1), {})
    assert "`a'b # c`, `0`" in text
    assert "`48` ..." in text
    assert "`49`" not in text
