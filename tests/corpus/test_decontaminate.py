import pytest

from lexloom.corpus.decontaminate import DecontaminateConfig, passages_removed, read_evaluation
from lexloom.corpus.grams import split_units
from lexloom.errors import ConfigError

QUESTION = " ".join(f"word{n}" for n in range(20))
FRAGE = "".join(chr(0x4E00 + 7 * n) for n in range(30))
CLEAN = "Something else that is not in the test at all.\n另外一段与测试无关的文字。"


def left(text, evaluation, **values):
    config = DecontaminateConfig(**values)
    return passages_removed(text, split_units(text), read_evaluation(evaluation, config), config)


def test_a_text_without_overlap_is_left_alone():
    assert left(CLEAN, [QUESTION, FRAGE]) is None
    assert left(CLEAN, []) is None
    assert left("", [QUESTION]) is None


@pytest.mark.parametrize("question", [QUESTION, FRAGE])
def test_a_document_with_a_common_run_goes(question):
    assert left(f"{question}。{question[::-1]}", [question]) == ""


def test_case_and_punctuation_do_not_hide_it():
    assert left(QUESTION.upper().replace(" ", ", "), [QUESTION]) == ""


def test_a_run_that_is_too_short_is_no_overlap():
    assert left(" ".join(QUESTION.split()[:12]), [QUESTION]) is None
    assert left(" ".join(QUESTION.split()[:13]), [QUESTION]) == ""
    assert left(FRAGE[:23] + "吗", [FRAGE]) is None
    assert left(FRAGE[:24] + "吗", [FRAGE]) == ""


def test_only_the_lines_that_overlap_go_if_that_is_asked_for():
    cut = QUESTION.replace(" word10", "\nword10")
    text = f"before it\n{cut} and more\nbehind it"
    assert left(text, [QUESTION], remove="passage") == "before it\nbehind it"


def test_evaluation_texts_that_cannot_be_found_are_counted():
    evaluation = read_evaluation([QUESTION, "short", FRAGE, "短"], DecontaminateConfig())
    assert (evaluation.num_texts, evaluation.num_too_short) == (4, 2)


def test_the_hash_is_that_of_the_n_grams():
    hashes = [read_evaluation(texts, DecontaminateConfig()).sha256() for texts in ([QUESTION], [QUESTION, QUESTION], [FRAGE])]  # fmt: skip  # noqa: E501
    assert hashes[0] == hashes[1] != hashes[2]


def test_settings_out_of_range_are_refused():
    with pytest.raises(ConfigError, match="gram_words must be at least 2, got 1"):
        DecontaminateConfig(gram_words=1)
