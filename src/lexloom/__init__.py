"""From words to knowledge, with language models you train and own.

`load_extractor` is the main way in; the command line ``lexloom`` mirrors it. Importing the package
loads no model and no torch.
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lexloom.extract.extractor import EncoderExtractor

__version__ = "0.1.0"


def load_extractor(name_or_path: str | Path = "default") -> "EncoderExtractor":
    """Read an extractor: the shipped one by its name, or any by its directory.

    Raises:
        ArtifactError: If there is none, or it is damaged.
    """
    from lexloom.extract.extractor import EncoderExtractor

    return EncoderExtractor.load(name_or_path)
