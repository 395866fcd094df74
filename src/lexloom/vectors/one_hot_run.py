"""Write the sentences of a corpus as sparse rows into a folder, laid out as other vectors are."""

from dataclasses import dataclass, field
from pathlib import Path

from lexloom.artifacts import sealed_directory, verify_directory, write_json
from lexloom.config import to_mapping
from lexloom.errors import ArtifactError
from lexloom.vectors.corpus import CorpusConfig, EncodedCorpus
from lexloom.vectors.one_hot import SparseRows, Weighting, sentence_rows
from lexloom.vectors.run_folder import CONFIG, MODEL, is_written
from lexloom.vectors.vocabulary import Vocabulary

ROWS = "rows.npz"
"""The matrix as scipy writes it: ``scipy.sparse.load_npz`` reads it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OneHotConfig:
    """The settings of ``lexloom vectors train --method onehot``."""

    corpus: CorpusConfig = field(default_factory=CorpusConfig)
    weighting: Weighting = "count"


@dataclass(frozen=True, kw_only=True, slots=True)
class OneHotRecord:
    """What such rows say about themselves."""

    weighting: Weighting
    corpus: CorpusConfig
    corpus_hash: str
    num_words: int
    """Words of the corpus, those that were not kept too."""


def write_rows(corpus: EncodedCorpus, config: OneHotConfig, folder: Path) -> None:
    """Write a row for each sentence; see `one_hot.sentence_rows`.

    Raises:
        UsageError: If the folder holds vectors of other settings.
    """
    record = OneHotRecord(
        weighting=config.weighting,
        corpus=corpus.record.config,
        corpus_hash=corpus.hash,
        num_words=corpus.record.num_words,
    )
    if is_written(folder, record):
        return
    from scipy.sparse import save_npz  # type: ignore[import-untyped]

    with sealed_directory(folder / MODEL) as temporary:
        save_npz(temporary / ROWS, sentence_rows(corpus, config.weighting).matrix)
        corpus.vocabulary.save(temporary)
        write_json(temporary / CONFIG, to_mapping(record))


def read_rows(folder: Path) -> SparseRows:
    """Read what `write_rows` wrote.

    Raises:
        ArtifactError: If it is missing or damaged.
    """
    from scipy.sparse import load_npz

    model = folder / MODEL if (folder / MODEL).is_dir() else folder
    verify_directory(model)
    if not (model / ROWS).is_file():
        raise ArtifactError(f"{model} has no {ROWS}", hint="give a folder of --method onehot")
    return SparseRows(load_npz(model / ROWS), Vocabulary.load(model).words)
