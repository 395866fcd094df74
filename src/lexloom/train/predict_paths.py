"""What a tagger on vectors says of rows of words: the best legal path, and how sure of each tag.

`predict` does this for models on an encoder, and is the way in to both.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lexloom.batches.spans import length_buckets
from lexloom.batches.words import RowPart, collate_words, encode_rows
from lexloom.models.vector_tagger import VectorTagger
from lexloom.models.vector_tagger_files import VectorTaggerFiles
from lexloom.nn.word_batch import WordBatch
from lexloom.seeds import derive

MAX_BATCH_WORDS = 8192
Tagged = tuple[str, float, float | None]
"""A tag, its probability, and that one's spread over passes."""


def tag_rows(
    files: VectorTaggerFiles, rows: Sequence[Sequence[str]], *, num_passes: int | None = None
) -> list[list[Tagged]]:
    """Give the tag of each word, its probability given all words, and that one's spread.

    With passes, the path is the best one by the mean of their scores.
    """
    parts = encode_rows(files.featurizer, rows, max_words=files.max_words)
    tags: list[list[Tagged]] = [[("", 0.0, None)] * len(row) for row in rows]
    lengths = [len(part.features) for part in parts]
    files.model.eval()
    for chosen in length_buckets(lengths, max_tokens=MAX_BATCH_WORDS):
        _tag_batch(files, [parts[number] for number in chosen], tags, num_passes)
    return tags


@torch.no_grad()
def _tag_batch(
    files: VectorTaggerFiles,
    parts: Sequence[RowPart],
    tags: list[list[Tagged]],
    num_passes: int | None,
) -> None:
    """Tag some parts, and write what was found into `tags`."""
    model, config = files.model, files.config
    batch = collate_words([part.features for part in parts]).to(model.classifier.weight.device)
    emissions = _emissions(model, batch, num_passes)
    mean_BTC = torch.stack(emissions).mean(0)
    path_BT = model.crf.decode(mean_BTC, batch.mask_BT).cpu().numpy()
    kinds = sorted(set(config.state_tags))
    kind_C = np.array([kinds.index(tag) for tag in config.state_tags])
    shares = np.stack([
        _shares(model.crf.marginals(scores_BTC, batch.mask_BT), kind_C, len(kinds))
        for scores_BTC in emissions
    ])  # fmt: skip
    for number, part in enumerate(parts):
        for place in range(len(part.features)):
            kind = kind_C[path_BT[number, place]]
            found = shares[:, number, place, kind]
            std = None if num_passes is None else float(found.std())
            tags[part.row][part.start + place] = (kinds[kind], float(found.mean()), std)


def _emissions(model: VectorTagger, batch: WordBatch, num_passes: int | None) -> list[Tensor]:
    """Give float32 scores of one pass, or of several with dropout, the same at each call."""
    if num_passes is None:
        return [model(batch).float()]
    found = []
    model.train()
    with torch.random.fork_rng(devices=[]):
        for number in range(num_passes):
            torch.manual_seed(derive(0, "pass", number))
            found.append(model(batch).float())
    model.eval()
    return found


def _shares(marginals_BTC: Tensor, kind_C: NDArray[np.int64], num: int) -> NDArray[np.float32]:
    """Add up the probabilities of the states that are written alike."""
    belongs_CK = torch.zeros(len(kind_C), num)
    belongs_CK[torch.arange(len(kind_C)), torch.from_numpy(kind_C)] = 1.0
    shares_BTK: NDArray[np.float32] = (marginals_BTC.cpu() @ belongs_CK).clamp(0.0, 1.0).numpy()
    return shares_BTK
