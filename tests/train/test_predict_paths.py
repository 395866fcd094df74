"""What a tagger on vectors says: every word has a tag, with a share that is one."""

import numpy as np
import pytest
import torch

from lexloom.annotations.tags import decode_tags
from lexloom.batches.words import collate_words
from lexloom.train.predict import tag_texts, tag_words
from lexloom.train.predict_paths import tag_rows
from vector_doubles import TEXTS, tiny_tagger


@pytest.mark.parametrize("encoder", ["bilstm", "cnn"])
def test_rows_are_tagged_alike_alone_and_together(encoder):
    files = tiny_tagger(encoder)
    together = tag_rows(files, TEXTS)
    assert [len(row) for row in together] == [len(row) for row in TEXTS]
    for row, found in zip(TEXTS, together, strict=True):
        (alone,) = tag_rows(files, [row])
        assert [tag for tag, _, _ in alone] == [tag for tag, _, _ in found]
        shares = [[share for _, share, _ in side] for side in (alone, found)]
        assert np.allclose(*shares, atol=1e-4)


def test_the_share_of_a_tag_is_that_of_all_its_states():
    files = tiny_tagger()
    row = list("李明在上海")
    batch = collate_words([files.featurizer.encode(row)])
    with torch.no_grad():
        marginals = files.model.crf.marginals(files.model(batch), batch.mask_BT)[0].numpy()
    tags = np.array(files.config.state_tags)
    for place, (tag, share, std) in enumerate(tag_rows(files, [row])[0]):
        assert share == pytest.approx(marginals[place, tags == tag].sum(), abs=1e-5)
        assert std is None


def test_tags_are_those_of_whole_spans():
    for seed in range(3):
        for row in tag_rows(tiny_tagger(seed=seed), TEXTS):
            tags = [tag for tag, _, _ in row]
            for place, tag in enumerate(tags):
                if tag.startswith("I-"):
                    assert tags[place - 1][2:] == tag[2:]
                    assert place > 0
            list(decode_tags(tags))


def test_passes_with_dropout_show_doubt_and_are_the_same_each_time():
    files = tiny_tagger()
    before = torch.get_rng_state()
    first, again = (tag_rows(files, TEXTS[:1], num_passes=3) for _ in range(2))
    assert first == again
    assert torch.equal(before, torch.get_rng_state())
    assert any(std > 0 for _, _, std in first[0])
    assert not files.model.training


def test_long_rows_are_read_in_parts_and_every_word_has_a_tag():
    files = tiny_tagger()
    short = type(files)(files.model, files.featurizer, 4)
    ((*found,),) = tag_rows(short, [list("李明在上海工作。") * 3])
    assert len(found) == 24
    assert all(tag for tag, _, _ in found)


def test_the_way_in_is_that_of_every_tagger():
    files = tiny_tagger()
    assert tag_words(files, TEXTS) == tag_rows(files, TEXTS)
    (words,) = tag_texts(files, ["李明 😀Ann"])
    assert [(word.text, word.start) for word in words] == [
        ("李", 0),
        ("明", 1),
        ("😀", 3),
        ("Ann", 4),
    ]
    assert tag_texts(files, [""]) == [[]]
