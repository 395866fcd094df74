"""Open whatever names, scores or tags texts: a head on an encoder, or a tagger on vectors."""

from pathlib import Path

from lexloom.models.head_files import HeadFiles, load_head
from lexloom.models.vector_tagger_files import (
    VectorTaggerFiles,
    is_vector_tagger,
    load_vector_tagger,
)

Labeller = HeadFiles | VectorTaggerFiles


def load_labeller(path: Path) -> Labeller:
    """Read a model directory, whose config says which kind it is.

    Raises:
        ArtifactError: If the directory is missing, incomplete, altered, or of another kind.
        UnsafeArtifactError: If its weights are a pickle.
        ConfigError: If its config asks for something that is not done here.
    """
    return load_vector_tagger(path) if is_vector_tagger(path) else load_head(path)
