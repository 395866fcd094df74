import json

import pytest

from lexloom.vectors.formats import FORMS
from lexloom.vectors.keyed import WordVectors


@pytest.mark.parametrize("form", FORMS)
def test_vectors_are_written_in_each_form(lexloom, vectors, tmp_path, form):
    done = lexloom("vectors", "convert", vectors, "out", "--to", form, "--json")
    assert json.loads(done.stdout) == {"path": "out", "num_words": 8, "dim": 6}
    first, second = WordVectors.load(vectors), WordVectors.load(tmp_path / "out")
    assert first.index_to_key == second.index_to_key
    assert (first.vectors == second.vectors).all()


def test_an_unknown_form_is_said(lexloom, vectors):
    done = lexloom("vectors", "convert", vectors, "out", "--to", "csv", code=2)
    assert "there is no form 'csv' (the forms are safetensors, word2vec," in done.stderr
