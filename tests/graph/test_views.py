import dataclasses
import json

import pytest

from lexloom.graph import views
from lexloom.graph.export import json_line

VIEWS = [value for value in vars(views).values() if dataclasses.is_dataclass(value)]


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.__name__)
def test_what_the_graph_answers_cannot_be_changed(view):
    assert view.__dataclass_params__.frozen


def test_every_answer_has_a_json_form_under_its_own_names(store, read):
    reading = read("d", [("Ada", "knows", "ADA")], events=[("met", {"who": "Ada"})])
    answers = [store.add(reading.extraction, reading.text), store.stats(), store.show("Ada")]
    answers += [store.neighbours("Ada"), store.merges()[0], store.documents()[0]]
    answers += [store.search("Ada")[0], store.forget("d")]
    for answer in answers:
        values = json.loads(json_line(answer))
        assert values == json.loads(json.dumps(dataclasses.asdict(answer)))
