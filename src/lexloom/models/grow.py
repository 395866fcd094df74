"""Word embeddings that do not begin at random: a vocabulary that grows, vectors from elsewhere.

Vectors of another model are brought into this one's space by `translate`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lexloom.errors import ShapeError
from lexloom.models.bert import BertModel

WORDS = "embeddings.word_embeddings.weight"


def with_new_rows(weight_VD: Tensor, num_rows: int) -> Tensor:
    """Add rows drawn around the mean of the old ones, with their spread."""
    noise = torch.randn(num_rows, weight_VD.shape[1]) * weight_VD.std(0)
    return torch.cat([weight_VD, weight_VD.mean(0) + noise])


def with_vocab_size(model: BertModel, vocab_size: int) -> BertModel:
    """Give an encoder of at least so many words; the old ones are as they were.

    Published models may have more rows than their vocabulary has pieces.
    """
    num_rows = vocab_size - model.config.vocab_size
    if num_rows <= 0:
        return model
    config = replace(model.config, vocab_size=vocab_size)
    grown = BertModel(config, with_pooler=model.pooler is not None)
    values = model.state_dict()
    values[WORDS] = with_new_rows(values[WORDS], num_rows)
    grown.load_state_dict(values)
    return grown


def start_from_vectors(
    model: BertModel, pieces: Sequence[str], vectors: Mapping[str, NDArray[np.float32]]
) -> int:
    """Let the embeddings of pieces begin as word vectors, and give how many do.

    Vectors are centred and brought to the spread that embeddings start with; narrower ones than the
    model fill its first channels and leave the rest as drawn.

    Args:
        model: A new encoder, changed in place.
        pieces: The piece of each id.
        vectors: Word vectors by piece, each of shape ``(W,)`` with W at most the hidden size.

    Raises:
        ShapeError: If the vectors are wider than the model.
    """
    found = [number for number, piece in enumerate(pieces) if piece in vectors]
    if not found:
        return 0
    values_FW = torch.from_numpy(np.stack([vectors[pieces[number]] for number in found])).float()
    width, hidden_size = values_FW.shape[1], model.config.hidden_size
    if width > hidden_size:
        raise ShapeError(
            f"vectors of {width} channels do not fit a model of {hidden_size}",
            hint="train narrower vectors, or a wider model",
        )
    values_FW = values_FW - values_FW.mean(0)
    values_FW *= model.config.initializer_range / values_FW.std().clamp_min(1e-12)
    with torch.no_grad():
        model.get_parameter(WORDS)[torch.tensor(found), :width] = values_FW
    return len(found)


def translate(from_NE: Tensor, to_ND: Tensor, new_ME: Tensor, *, ridge: float = 0.1) -> Tensor:
    """Give vectors of one space in another, by a linear map between words that both hold.

    Ridge regression (Mikolov et al., 2013, arXiv:1309.4168, without the ridge), then each vector is
    lengthened to what the words of the other space have, for regression shrinks.

    Args:
        from_NE: Vectors of N words in the first space, of E channels.
        to_ND: Vectors of the same words in the other space, of D channels.
        new_ME: Vectors of the first space to translate.
        ridge: Penalty of the map, as a share of the mean variance of the first space.

    Returns:
        Shape ``(M, D)``.
    """
    from_E, to_D = from_NE.mean(0), to_ND.mean(0)
    x_NE, y_ND = from_NE - from_E, to_ND - to_D
    square_EE = x_NE.T @ x_NE
    penalty = ridge * square_EE.diagonal().mean() * torch.eye(len(from_E))
    map_ED = torch.linalg.solve(square_EE + penalty, x_NE.T @ y_ND)
    found_MD = (new_ME - from_E) @ map_ED
    length = found_MD.norm(dim=1, keepdim=True).clamp_min(1e-12)
    translated_MD: Tensor = to_D + found_MD / length * y_ND.norm(dim=1).mean()
    return translated_MD
