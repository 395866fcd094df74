import pytest

from lexloom.extract.few import (
    AT_THE_END,
    MAX_STEPS,
    MAX_TEXTS,
    MIN_STEPS,
    few_shot_settings,
    is_extractor,
)


def num_steps(num_texts):
    settings = few_shot_settings(num_texts, has_dev=False)
    return settings["num_epochs"] * -(-num_texts // settings["batch_size"])


@pytest.mark.parametrize("num_texts", [1, 7, 50, 130, 200, 400, 999])
def test_the_steps_stay_within_minutes_but_for_the_end_of_an_epoch(num_texts):
    per_epoch = -(-num_texts // 8)
    assert MIN_STEPS <= num_steps(num_texts) < MAX_STEPS + per_epoch


def test_many_texts_are_left_to_the_usual_settings():
    assert few_shot_settings(MAX_TEXTS + 1, has_dev=True) == {}


def test_without_dev_texts_a_run_is_scored_at_its_end_only():
    assert few_shot_settings(50, has_dev=False)["evaluate_every_steps"] == AT_THE_END
    every = few_shot_settings(50, has_dev=True)["evaluate_every_steps"]
    assert every * 3 < MIN_STEPS


def test_an_extractor_is_told_from_an_encoder(tiny_bert, tiny_extractor_path):
    assert is_extractor(tiny_extractor_path)
    assert not is_extractor(tiny_bert)
