import json

import pytest

from lexloom.vectors.ngram.language import NEURAL, is_neural


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (json.dumps({"model_type": NEURAL}), True),
        (json.dumps({"model_type": "bert"}), False),
        (json.dumps([NEURAL]), False),
        ("{", False),
        ("\udcff", False),
        (None, False),
    ],
)
def test_the_config_says_what_a_directory_holds(tmp_path, text, answer):
    if text is not None:
        (tmp_path / "config.json").write_text(text, encoding="utf-8", errors="surrogateescape")
    assert is_neural(tmp_path) is answer
