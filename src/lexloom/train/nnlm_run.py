"""From texts to a neural language model in a folder: words, contexts, network, task.

`nnlm` is the task that the trainer sees; here is what stands around it.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

from lexloom.batches.contexts import Contexts
from lexloom.config import to_mapping
from lexloom.errors import ArtifactError, ConfigError, InputError
from lexloom.models.nnlm import Nnlm, NnlmConfig, NnlmShape
from lexloom.seeds import derive
from lexloom.train.nnlm import NnlmTask, NnlmTrainConfig
from lexloom.train.nnlm_files import save as save_files
from lexloom.train.nnlm_model import NeuralModel
from lexloom.train.state import MODEL
from lexloom.vectors.keyed import WordVectors
from lexloom.vectors.ngram.config import GIVEN, NgramConfig, Unit
from lexloom.vectors.ngram.units import sentences
from lexloom.vectors.ngram.vocabulary import BEGIN_ID, Sentences, Vocabulary, read_corpus

CARD = "README.md"
DEV_SHARE = 0.05
"""Share of the sentences that is held out when no dev text is given."""
SENTENCES_OF_A_BLOCK = 10
"""Sentences that stay together when some are held out, for neighbours say the same."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NnlmRunConfig:
    """Settings of a neural language model and its training as a whole."""

    shape: NnlmShape = field(default_factory=NnlmShape)
    fit: NnlmTrainConfig = field(default_factory=NnlmTrainConfig)
    unit: Unit = "word"
    """`word`: words and marks, Chinese ones found by a segmenter; `token`: what white space parts,
    a sentence a line; `character`: characters."""
    lowercase: bool = False
    """Read the text in lower case."""
    min_count: int = 1
    """Units that are seen less often are all read as the one unknown word."""
    max_words: int | None = None
    """Most units in the vocabulary, the most frequent ones; None keeps all."""

    def __post_init__(self) -> None:
        """Check what is about the reading."""
        assert self.reading.smoothing == GIVEN

    @property
    def reading(self) -> NgramConfig:
        """How text is read, as n-gram models say it."""
        return NgramConfig(
            order=self.shape.context_size + 1,
            smoothing=GIVEN,
            unit=self.unit,
            lowercase=self.lowercase,
            min_count=self.min_count,
            max_words=self.max_words,
        )


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is about to be trained."""

    task: NnlmTask
    vocabulary: Vocabulary
    config: NnlmRunConfig
    fingerprint: str
    num_held_out: int
    """Sentences of the texts that are scored and not learnt; 0 where dev texts were given, or the
    texts are too short to hold any out, so that they are scored themselves."""
    num_started: int
    """Words whose vectors were given."""


def prepare(
    texts: Iterable[str],
    config: NnlmRunConfig,
    *,
    dev: Iterable[str] | None = None,
    vectors: Path | None = None,
) -> Prepared:
    """Read the texts, which are held as numbers, and make the network.

    Args:
        texts: What to learn from.
        config: How.
        dev: What to score on; some of the sentences are held out if it is left out.
        vectors: Word vectors to start from, in every form that `WordVectors` reads.

    Raises:
        InputError: If there are fewer than two different words, or no dev text.
        ArtifactError: If the vectors are damaged, or are of none of the words.
        ConfigError: If the vectors are wider than those of the network.
    """
    held: list[list[str]] = []
    units = (sentence for text in texts for sentence in sentences(text, config.reading))
    train = config.fit.train
    learnt = units if dev is not None else _hold_out(units, held, train.seed)
    vocabulary, corpus = read_corpus(learnt, config.reading)
    if dev is not None:
        held_out = [sentence for text in dev for sentence in sentences(text, config.reading)]
        if not held_out:
            raise InputError("the dev texts hold no sentence", hint="give text with words in it")
        scored = vocabulary.encode_sentences(held_out)
    else:
        scored = vocabulary.encode_sentences(held) if held else corpus
    module = _module(config, len(vocabulary))
    num_started = _use_vectors(module, vocabulary, vectors) if vectors is not None else 0
    size = config.shape.context_size
    contexts, dev_contexts = (Contexts(s.ids, s.starts, size) for s in (corpus, scored))
    return Prepared(
        NnlmTask(module, contexts, dev_contexts, config.fit),
        vocabulary,
        config,
        _fingerprint(config, vocabulary, module, (corpus, scored)),
        len(held),
        num_started,
    )


def _hold_out(units: Iterable[list[str]], held: list[list[str]], seed: int) -> Iterator[list[str]]:
    """Pass sentences on; those of blocks that are drawn go into `held` instead.

    The first block is always learnt, so that a short text is not held out whole.
    """
    for number, sentence in enumerate(units):
        block = number // SENTENCES_OF_A_BLOCK
        if block and derive(seed, "dev", block) < DEV_SHARE * 2**63:
            held.append(sentence)
        else:
            yield sentence


def _module(config: NnlmRunConfig, vocab_size: int) -> Nnlm:
    torch.manual_seed(derive(config.fit.train.seed, "model"))
    shape = to_mapping(config.shape)
    return Nnlm(NnlmConfig(vocab_size=vocab_size, bos_token_id=BEGIN_ID, **shape))


def _use_vectors(module: Nnlm, vocabulary: Vocabulary, path: Path) -> int:
    """Let word vectors begin as given ones, centred and brought to the spread of the others.

    Narrower ones fill the first numbers and leave the rest as drawn.
    """
    given = WordVectors.load(path)
    size = module.config.embedding_size
    if given.vector_size > size:
        raise ConfigError(
            f"the vectors in {path} have {given.vector_size} numbers, those of the model {size}",
            hint=f"set embedding_size={given.vector_size}",
        )
    found = [number for number, word in enumerate(vocabulary.words) if word in given]
    if not found:
        raise ArtifactError(
            f"no word of the texts has a vector in {path}",
            hint="give vectors of words written as in the texts; see lowercase",
        )
    rows = np.asarray(given.vectors)[[given.place(vocabulary.words[n]) for n in found]]
    rows = rows - rows.mean(0)
    rows *= module.config.initializer_range / max(float(rows.std()), 1e-12)
    with torch.no_grad():
        places = torch.tensor(found)
        module.body.word_embeddings.weight[places, : given.vector_size] = torch.from_numpy(rows)
    return len(found)


def _fingerprint(
    config: NnlmRunConfig, vocabulary: Vocabulary, module: Nnlm, corpora: Sequence[Sentences]
) -> str:
    values = json.dumps([to_mapping(config), vocabulary.words])
    digest = hashlib.sha256(values.encode())
    for corpus in corpora:
        digest.update(corpus.ids.tobytes())
    digest.update(module.body.word_embeddings.weight.detach().numpy().tobytes())
    return digest.hexdigest()


def finish(prepared: Prepared, out: Path) -> dict[str, float]:
    """Write the best model of a run to ``OUT/model``, with its card; give its dev scores."""
    task = prepared.task
    # what was trained in bfloat16, or in several parts, has all of its digits in the file
    module = Nnlm(task.model.config)
    module.load_state_dict(load_file(out / "best" / MODEL))
    task.model = module.to(task.model.device)
    scores = task.evaluate()
    config = prepared.config.reading
    model = NeuralModel(task.model, prepared.vocabulary, config, task.word_counts)
    save_files(model, out / "model", notices={CARD: _card(prepared, scores)})
    return scores


def _card(prepared: Prepared, scores: dict[str, float]) -> str:
    rows = "\n".join(f"| {name} | {value:.4f} |" for name, value in scores.items())
    what = "on held-out text" if prepared.task.has_own_dev else "on the text that was learnt"
    return (
        "# A neural language model trained with Lexloom\n\n"
        f"{len(prepared.vocabulary):,} words ({prepared.config.unit}); {what} (nats a token):\n\n"
        f"| score | |\n|---|---|\n{rows}\n"
    )
