import pytest
import torch

from doubles import SCHEMA, tiny_model, unit_tokenizer
from lexloom.annotations.document import AnnotatedDocument, Scope
from lexloom.annotations.labels import LabelSet
from lexloom.batches.spans import collate, collate_texts, make_examples
from lexloom.models.span_extractor import sparse_positive_loss
from lexloom.records import Argument, Entity, Event, Relation, Span
from lexloom.train.objectives import SpanObjective, known_spans

LABELS = LabelSet.of(SCHEMA)
PERSON, PLACE, MOVE, TALK, WHO, WHERE = range(6)
TEXT = "Ann left Rome for Paris."
ENTITIES = (Entity("a", "person", "Ann", 0, 3), Entity("r", "place", "Rome", 9, 13))
ANN, LEFT, ROME = (0, 0), (1, 1), (2, 2)
PARTLY = Scope(all_mentions=False, known_pairs=(("a", "r"),))
tokenizer = unit_tokenizer()


def document(**changes):
    values = {"id": "d", "text": TEXT, "entities": ENTITIES}
    values["relations"] = (Relation("near", "a", "r"),)
    return AnnotatedDocument(**values | changes)


MOVED = document(
    id="m",
    relations=(),
    events=(Event("move", Span.of(TEXT, 4, 8), (Argument("who", "Ann", 0, 3),)),),
)


def batch_of(*documents):
    return collate(
        make_examples(documents, tokenizer, LABELS),
        pad_token_id=0,
        num_pair_labels=len(LABELS.pair_labels),
    )


class Watch:
    """What the two scorers of a model saw and gave, and the gradients that came back."""

    def __init__(self, model):
        self.seen = {}
        model.spans.register_forward_hook(self.keep("spans"))
        model.pairs.register_forward_hook(self.keep("pairs"))

    def keep(self, name):
        def hook(_module, inputs, output):
            output.retain_grad()
            self.seen[name] = (inputs, output)

        return hook

    def gradient(self, name):
        return self.seen[name][1].grad

    @property
    def pairs(self):
        return [tuple(pair) for pair in self.seen["pairs"][0][1].tolist()]


def trained(*documents, num_proposals=4, negative_share=0.0):
    """Run one backward pass and give the losses and what was watched."""
    model = tiny_model().train()
    watch = Watch(model)
    objective = objective_of(model, num_proposals, negative_share)
    found = objective.losses(batch_of(*documents))
    sum(found.values()).backward()
    return {name: loss.detach() for name, loss in found.items()}, watch


def objective_of(model, num_proposals=4, negative_share=0.0, **settings):
    texts = list(dict.fromkeys(LABELS.texts))

    def places(labels):
        return torch.tensor([[texts.index(label.text)] for label in labels])

    settings = {
        "span_texts_CV": places(LABELS.span_labels),
        "pair_texts_KV": places(LABELS.pair_labels),
    } | settings
    return SpanObjective(
        model=model,
        label_texts=collate_texts(tokenizer.encode(texts), pad_token_id=0),
        num_proposals=num_proposals,
        negative_share=negative_share,
        **settings,
    )


# --- spans


def learned(watch):
    return {tuple(place) for place in watch.gradient("spans").nonzero().tolist()}


def test_a_fully_annotated_text_pushes_gold_up_and_every_other_real_span_down():
    _, watch = trained(document())
    gradient = watch.gradient("spans")[0]
    num_units = 6
    for label in range(6):
        for first in range(num_units):
            for last in range(num_units):
                value = float(gradient[label, first, last])
                if (label, first, last) in {(PERSON, *ANN), (PLACE, *ROME)}:
                    assert value < 0
                elif first <= last:
                    assert value > 0
                else:
                    assert value == 0


def test_a_partly_annotated_text_pushes_down_nothing_unmarked():
    _, watch = trained(document(scope=PARTLY))
    gradient = watch.gradient("spans")
    marked = {(0, label, *span) for label in range(6) for span in (ANN, ROME)}
    assert learned(watch) == marked
    assert gradient[0, PERSON, 0, 0] < 0
    assert gradient[0, PLACE, 2, 2] < 0
    # of a marked span the other types are known: it is none of them
    assert gradient[0, PLACE, 0, 0] > 0
    assert gradient[0, PERSON, 2, 2] > 0


def test_a_share_of_the_unmarked_spans_of_a_partly_annotated_text_is_taken_for_nothing():
    model = tiny_model()
    batch = batch_of(*[document(id=str(n), scope=PARTLY) for n in range(60)])
    with torch.no_grad():
        states = model.encode(batch.texts)
    shape = (60, 6, *[states.mask_BU.shape[1]] * 2)
    torch.manual_seed(0)
    known = known_spans(torch.zeros(shape), states, batch, negative_share=0.4)
    assert known[(slice(None), slice(None), *ANN)].all()
    assert known[(slice(None), slice(None), *ROME)].all()
    unmarked = 21 - 2
    share = (known[:, 0].sum() / 60 - 2) / unmarked
    assert 0.34 < share < 0.46  # four standard deviations
    _, watch = trained(document(scope=PARTLY), negative_share=1.0)
    assert len(learned(watch)) == 6 * 21


def test_a_type_that_is_partly_marked_beside_a_whole_one_learns_from_its_marks_alone():
    scope = Scope(entity_types=("person", "place"), partial_types=("person",), event_types=())
    batch = batch_of(document(scope=scope))
    with torch.no_grad():
        states = tiny_model().encode(batch.texts)
    shape = (1, 6, *[states.mask_BU.shape[1]] * 2)
    (known,) = known_spans(torch.zeros(shape), states, batch, negative_share=0.0)
    assert {tuple(span) for span in known[PERSON].nonzero().tolist()} == {ANN, ROME}
    counts = known.flatten(1).sum(1).tolist()
    assert sorted(counts) == [0, 0, 0, 0, 2, 21]


def test_labels_that_were_not_looked_for_get_no_gradient():
    scope = Scope(entity_types=("person",), event_types=())
    _, watch = trained(document(scope=scope), document(id="e", scope=scope))
    # only the one label that someone looked for is scored at all
    assert watch.gradient("spans").shape[1] == 1
    assert len(learned(watch)) == 2 * 21


def test_beside_a_text_that_knows_more_a_text_still_learns_nothing_about_unknown_labels():
    narrow = Scope(entity_types=("person",), event_types=())
    _, watch = trained(document(scope=narrow), document(id="full"))
    touched = {(row, label) for row, label, _, _ in learned(watch)}
    assert touched == {(0, PERSON), *((1, label) for label in range(6))}


def test_padding_gets_no_gradient():
    longer = AnnotatedDocument(id="l", text=TEXT + " Bob met Carl in Oslo.")
    _, watch = trained(document(), longer)
    assert watch.gradient("spans").shape[-1] > 6
    assert not watch.gradient("spans")[0, :, :, 6:].any()
    assert not watch.gradient("spans")[0, :, 6:].any()


def test_everything_real_is_known_of_a_whole_text_and_the_marked_spans_of_a_partly_read_one():
    model = tiny_model()
    batch = batch_of(document(), document(id="p", scope=PARTLY), MOVED)
    with torch.no_grad():
        states = model.encode(batch.texts)
    shape = (3, 6, *[states.mask_BU.shape[1]] * 2)
    known = known_spans(torch.zeros(shape), states, batch, negative_share=0.0)
    assert known[0].sum() == known[2].sum() == 6 * 21
    assert {tuple(p) for p in known[1].nonzero().tolist()} == {
        (label, *span) for label in range(6) for span in (ANN, ROME)
    }


# --- pairs


def test_known_pairs_learn_their_relations_and_no_other():
    _, watch = trained(document(), num_proposals=0)
    assert sorted(watch.pairs) == [(0, *ANN, *ROME), (0, *ROME, *ANN)]
    gradient = watch.gradient("pairs")
    near = watch.pairs.index((0, *ANN, *ROME))
    signs = [[1] * 4, [1] * 4]
    signs[near][1] = -1
    assert gradient.sign().tolist() == signs


@pytest.mark.parametrize("all_mentions", [True, False])
def test_a_text_whose_pairs_are_partly_known_is_shown_those_alone(all_mentions):
    scope = Scope(all_mentions=all_mentions, known_pairs=(("a", "r"),))
    _, watch = trained(document(scope=scope), num_proposals=4)
    assert watch.pairs == [(0, *ANN, *ROME)]


def test_likely_wrong_spans_are_shown_as_pairs_without_a_relation():
    _, watch = trained(document(), num_proposals=3)
    gold, added = watch.pairs[:2], watch.pairs[2:]
    assert sorted(gold) == [(0, *ANN, *ROME), (0, *ROME, *ANN)]
    assert len(added) == 3 * 2 * 2  # each with each gold end, as head and as tail
    ends = {ANN, ROME}
    for pair in added:
        assert len({pair[1:3], pair[3:]} & ends) == 1
    assert (watch.gradient("pairs")[2:] > 0).all()


def test_the_likeliest_wrong_spans_are_the_ones_that_are_shown():
    _, watch = trained(document(), num_proposals=2)
    scores = watch.seen["spans"][1].detach()[0].amax(0)
    wrong = {(i, j): float(scores[i, j]) for i in range(6) for j in range(i, 6)}
    del wrong[ANN], wrong[ROME]
    best = sorted(wrong, key=wrong.get)[-2:]
    shown = {end for pair in watch.pairs for end in (pair[1:3], pair[3:])} - {ANN, ROME}
    assert shown == set(best)


def test_wrong_spans_stay_in_their_own_text():
    _, watch = trained(document(), MOVED, num_proposals=4)
    first = {pair[0] for pair in watch.pairs}
    assert first == {0, 1}
    assert max(max(pair[1:]) for pair in watch.pairs) < 6


def test_unknown_relations_of_a_pair_learn_nothing():
    scope = Scope(relation_types=("near",), event_types=())
    other = Scope(relation_types=("lives_in",), event_types=())
    _, watch = trained(document(scope=scope), document(id="o", scope=other), num_proposals=2)
    gradient = watch.gradient("pairs")
    assert gradient.shape[1] == 2  # lives_in and near: no role is known to any text
    for pair, values in zip(watch.pairs, gradient, strict=True):
        assert (values != 0).tolist() == ([False, True] if pair[0] == 0 else [True, False])


# --- both


def test_the_loss_is_the_sum_over_labels_and_pairs_by_text():
    documents = (document(), MOVED)
    losses, watch = trained(*documents, num_proposals=0)
    scores = watch.seen["spans"][1].detach()
    batch = batch_of(*documents)
    expected = 0.0
    gold = {tuple(row) for row in batch.spans_S4.tolist()}
    for row in range(2):
        for label in range(6):
            places = [(i, j) for i in range(6) for j in range(i, 6)]
            flat = torch.stack([scores[row, label, i, j] for i, j in places])[None]
            targets = torch.tensor([[(row, label, i, j) in gold for i, j in places]])
            known = torch.ones_like(targets)
            expected += float(sparse_positive_loss(flat, targets.nonzero(), known))
    assert float(losses["spans"]) == pytest.approx(expected, rel=1e-4)
    pair_scores = watch.seen["pairs"][1].detach()
    by_pair = sparse_positive_loss(
        pair_scores, batch.pair_targets_PK.nonzero(), torch.ones_like(batch.pair_targets_PK)
    )
    assert float(losses["pairs"]) == pytest.approx(float(by_pair.sum()), rel=1e-4)


@pytest.mark.parametrize(
    ("scope", "names"),
    [
        (Scope(entity_types=(), event_types=()), {"spans", "pairs"}),
        (Scope(relation_types=(), event_types=()), {"spans"}),
        (Scope(entity_types=(), relation_types=(), event_types=()), {"spans"}),
    ],
)
def test_a_batch_in_which_little_was_looked_for_gives_a_finite_loss(scope, names):
    losses, _ = trained(document(scope=scope))
    assert losses.keys() == names
    assert all(loss.isfinite() for loss in losses.values())


def test_a_text_that_holds_nothing_teaches_that():
    losses, watch = trained(AnnotatedDocument(id="n", text=TEXT))
    assert losses.keys() == {"spans"}
    assert (watch.gradient("spans") >= 0).all()
    assert watch.gradient("spans").any()


def test_a_tiny_model_learns_its_two_texts():
    torch.manual_seed(0)
    model = tiny_model()
    objective, batch = objective_of(model), batch_of(document(), MOVED)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    losses = []
    for _ in range(30):
        optimizer.zero_grad()
        loss = sum(objective.losses(batch).values())
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.3 * losses[0]


# --- labels


def asked_texts(share, num_draws=200):
    """Watch by which of its texts, 0 to 2, the first label is asked for."""
    texts_CV = torch.tensor([[label, label + 6, label + 12] for label in range(6)])
    objective = objective_of(tiny_model(), paraphrase_share=share, span_texts_CV=texts_CV)
    torch.manual_seed(0)
    drawn = [objective._narrowed(batch_of(document()))[1] for _ in range(num_draws)]
    assert all(torch.equal(found % 6, torch.arange(6)) for found in drawn)
    return torch.stack(drawn)[:, 0] // 6


def test_labels_are_asked_for_by_their_first_text_unless_paraphrases_are_wanted():
    assert not asked_texts(0.0).any()


def test_a_share_of_the_labels_is_asked_for_by_any_of_their_texts():
    found = asked_texts(0.6, num_draws=1500)
    # 0.4 and a third of 0.6 the first one, a third of 0.6 each of the others
    for text, share in enumerate((0.6, 0.2, 0.2)):
        assert abs(float((found == text).float().mean()) - share) < 0.05  # four deviations
