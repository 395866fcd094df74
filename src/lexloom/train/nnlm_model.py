"""The neural language model as one that is asked in words: a `vectors.ngram.language` model.

`models.nnlm` computes, `nnlm_files` reads and writes it.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from lexloom.batches.contexts import Contexts
from lexloom.models.nnlm import Nnlm
from lexloom.vectors.keyed import WordVectors
from lexloom.vectors.ngram.config import NgramConfig
from lexloom.vectors.ngram.model import TokenScores
from lexloom.vectors.ngram.vocabulary import BEGIN_ID, Ids, Sentences, Vocabulary

TARGETS_AT_ONCE = 1 << 14


class NeuralModel:
    """A neural language model with its words."""

    def __init__(
        self,
        module: Nnlm,
        vocabulary: Vocabulary,
        config: NgramConfig,
        counts: NDArray[np.int64],
    ) -> None:
        """Set up.

        Args:
            module: The network, in the mode for evaluation from now on.
            vocabulary: Its words.
            config: How text is read; its order is that of the network.
            counts: How often each word came in the training text.
        """
        self.module = module.eval()
        self.vocabulary = vocabulary
        self.config = config
        self.counts = counts

    @property
    def order(self) -> int:
        """Words that a prediction hangs on, the predicted one with them."""
        return self.module.config.context_size + 1

    def score_tokens(self, sentences: Sentences) -> TokenScores:
        """Give the log probability (base 10) of each token; 0 where a sentence begins.

        The orders are how much of the context lies within the sentence.
        """
        contexts = Contexts(sentences.ids, sentences.starts, self.module.config.context_size)
        log_probs = np.zeros(len(sentences.ids))
        for first in range(0, len(contexts), TARGETS_AT_ONCE):
            places = contexts.targets[first : first + TARGETS_AT_ONCE]
            log_probs[places] = self._log_probs(contexts.before(places), sentences.ids[places])
        orders = np.minimum(contexts.depths + 1, self.order)
        orders[contexts.depths == 0] = 0
        return TokenScores(log_probs / np.log(10.0), orders.astype(np.int8))

    def _log_probs(self, context_BN: NDArray[np.int64], labels_B: Ids) -> NDArray[np.float64]:
        contexts = torch.from_numpy(context_BN).to(self.module.device)
        labels = torch.from_numpy(labels_B.astype(np.int64)).to(contexts.device)
        found: NDArray[np.float64] = self.module.log_probs(contexts, labels).double().cpu().numpy()
        return found

    def distribution(self, context: Ids | Sequence[int]) -> NDArray[np.float64]:
        """Give the probability of every word behind a context of ids, indexed by id.

        What lies before the beginning of the context is read as the beginning of a sentence.
        """
        size = self.module.config.context_size
        ids = [BEGIN_ID] * size + [int(id) for id in context]
        context_1N = torch.tensor([ids[-size:]], device=self.module.device)
        logs_V = self.module.log_distribution(context_1N)[0].double().cpu().numpy()
        probabilities: NDArray[np.float64] = np.exp(logs_V)
        probabilities /= probabilities.sum()
        return probabilities

    @property
    def vectors(self) -> WordVectors:
        """The word vectors that were learnt, those of the special words too."""
        weight = self.module.body.word_embeddings.weight.detach().float().cpu().numpy()
        return WordVectors(self.vocabulary.words, weight, self.counts)
