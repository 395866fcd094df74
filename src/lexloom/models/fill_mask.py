"""What a model that was trained on masked words would write in place of ``[MASK]``.

Any BERT directory with a word head (``cls.predictions.*``) will do, as `bert_pretraining` and
transformers' BertForMaskedLM and BertForPreTraining save it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor

from lexloom.errors import ArtifactError, UsageError
from lexloom.models.bert import BertModel
from lexloom.models.bert_pretraining import PredictionTransform
from lexloom.models.checkpoint import bert_config, filled, read_config, read_tensors
from lexloom.seeds import derive
from lexloom.tokens.tokenizer import without_surrogates
from lexloom.tokens.units import load_tokenizer

MASK = "[MASK]"
HEAD = "cls.predictions."


@dataclass(frozen=True, slots=True)
class Candidate:
    """A word that could stand there."""

    word: str
    probability: float
    std: float | None
    """Standard deviation over passes with dropout; None where there was one pass without."""


@dataclass(frozen=True, slots=True)
class FilledMask:
    """One mask of a text, at code points ``[start, end)``, and its likeliest words in order."""

    start: int
    end: int
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class MaskFiller:
    """An encoder with its word head and tokenizer."""

    bert: BertModel
    transform: PredictionTransform
    words_VD: Tensor
    bias_V: Tensor
    tokenizer: Tokenizer

    @classmethod
    def load(cls, path: Path) -> "MaskFiller":
        """Read a model directory.

        Raises:
            ArtifactError: If it is missing or damaged, or its model has no word head.
            UnsafeArtifactError: If its weights are a pickle.
            ConfigError: If it is no BERT.
        """
        config = bert_config(read_config(path))
        tensors = {name: tensor.float() for name, tensor in read_tensors(path).items()}
        if f"{HEAD}transform.dense.weight" not in tensors:
            raise ArtifactError(
                f"the model in {path} has no word head, so it cannot fill masks",
                hint="give a BERT that was trained on masked words with its head",
            )
        encoder = _below(tensors, "bert.")
        encoder.pop("embeddings.position_ids", None)
        with_pooler = "pooler.dense.weight" in encoder
        bert = filled(lambda: BertModel(config, with_pooler=with_pooler), encoder, where=path)
        head = _below(tensors, f"{HEAD}transform.")
        transform = filled(lambda: PredictionTransform(config), head, where=path)
        embeddings = bert.get_parameter("embeddings.word_embeddings.weight").detach()
        words = tensors.get(f"{HEAD}decoder.weight", embeddings)
        bias = tensors.get(f"{HEAD}bias", tensors.get(f"{HEAD}decoder.bias"))
        if bias is None or words.shape != embeddings.shape or len(bias) != len(words):
            raise ArtifactError(
                f"the word head in {path} does not fit its encoder", hint="get the model again"
            )
        return cls(bert.eval(), transform.eval(), words, bias, _tokenizer(path))

    @torch.no_grad()
    def fill(self, text: str, *, top_k: int = 5, num_passes: int | None = None) -> list[FilledMask]:
        """Give the likeliest words of each mask, the other masks being left as they are.

        Args:
            text: Holds ``[MASK]`` once or more.
            top_k: How many words.
            num_passes: Average so many passes with dropout; None for one without.

        Raises:
            UsageError: If there is no mask.
            ShapeError: If the text is longer than the model reads.
        """
        encoding = self.tokenizer.encode(without_surrogates(text))
        mask_id = self.tokenizer.token_to_id(MASK)
        places = [place for place, id in enumerate(encoding.ids) if id == mask_id]
        if not places:
            raise UsageError(f"the text holds no {MASK}", hint=f'as in "Paris is the {MASK} of"')
        ids = torch.tensor([encoding.ids])
        mean_PV, std_PV = self._probabilities(ids, torch.tensor(places), num_passes)
        mean_PV = mean_PV[:, : self.tokenizer.get_vocab_size()]  # rows without a piece
        best = mean_PV.topk(min(top_k, mean_PV.shape[1]), dim=1).indices
        return [
            FilledMask(
                *encoding.offsets[place],
                tuple(
                    Candidate(
                        word=self.tokenizer.id_to_token(id) or "",
                        probability=float(mean_PV[row, id]),
                        std=None if std_PV is None else float(std_PV[row, id]),
                    )
                    for id in best[row].tolist()
                ),
            )
            for row, place in enumerate(places)
        ]

    def _probabilities(
        self, ids_1T: Tensor, places_P: Tensor, num_passes: int | None
    ) -> tuple[Tensor, Tensor | None]:
        if num_passes is None:
            return self._once(ids_1T, places_P), None
        self.bert.train()
        passes = []
        with torch.random.fork_rng(devices=[]):
            for number in range(num_passes):
                torch.manual_seed(derive(0, "pass", number))
                passes.append(self._once(ids_1T, places_P))
        self.bert.eval()
        stack = torch.stack(passes)
        return stack.mean(0), stack.std(0, unbiased=False)

    def _once(self, ids_1T: Tensor, places_P: Tensor) -> Tensor:
        h_PD = self.bert(ids_1T).last_hidden_state[0, places_P]
        return F.linear(self.transform(h_PD), self.words_VD, self.bias_V).softmax(-1)


def _below(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): t for k, t in tensors.items() if k.startswith(prefix)}


def _tokenizer(path: Path) -> Tokenizer:
    tokenizer = load_tokenizer(path / "tokenizer.json")
    tokenizer.no_truncation()
    tokenizer.no_padding()
    if tokenizer.token_to_id(MASK) is None:
        raise ArtifactError(f"the tokenizer in {path} has no {MASK}", hint="get the model again")
    tokenizer.add_special_tokens([MASK])  # to be found whole within a text
    return tokenizer
