"""Count word vectors in a folder, laid out as `vectors.word2vec_run` lays its own out."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from lexloom.artifacts import sealed_directory, write_json
from lexloom.config import to_mapping
from lexloom.vectors.cooccurrence import CooccurrenceConfig, cooccurrence_vectors
from lexloom.vectors.corpus import CorpusConfig, EncodedCorpus
from lexloom.vectors.run_folder import CONFIG, MODEL, VECTORS, is_written, save_tensors


@dataclass(frozen=True, kw_only=True, slots=True)
class CountedConfig:
    """The settings of ``lexloom vectors train --method cooccurrence``."""

    corpus: CorpusConfig = field(default_factory=CorpusConfig)
    cooccurrence: CooccurrenceConfig = field(default_factory=CooccurrenceConfig)


@dataclass(frozen=True, kw_only=True, slots=True)
class CountedRecord:
    """What counted vectors say about themselves."""

    cooccurrence: CooccurrenceConfig
    corpus: CorpusConfig
    corpus_hash: str
    num_words: int
    """Words of the corpus, those that were not kept too."""


def count(
    corpus: EncodedCorpus,
    config: CountedConfig,
    folder: Path,
    *,
    on_numbers: Callable[[int], None] = lambda count: None,
) -> None:
    """Count and reduce; the vectors are in the folder at the end, or were already.

    Args:
        corpus: What is counted.
        config: How it is weighed and reduced.
        folder: Where the ``model`` is.
        on_numbers: Is told how many numbers of the corpus went by.

    Raises:
        UsageError: If the folder holds vectors of other settings.
    """
    record = CountedRecord(
        cooccurrence=config.cooccurrence,
        corpus=corpus.record.config,
        corpus_hash=corpus.hash,
        num_words=corpus.record.num_words,
    )
    if is_written(folder, record):
        return
    vectors_VD = cooccurrence_vectors(corpus, config.cooccurrence, on_numbers=on_numbers)
    with sealed_directory(folder / MODEL) as temporary:
        save_tensors(temporary / VECTORS, {"vectors": vectors_VD})
        corpus.vocabulary.save(temporary)
        write_json(temporary / CONFIG, to_mapping(record))
