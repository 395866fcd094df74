"""Make what ships of a trained extractor: thresholds, int8, confidences, card and licence."""

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parent))
import mixture
import settle
import written

from lexloom.annotations.document import AnnotatedDocument
from lexloom.annotations.labels import LabelSet
from lexloom.extract.decode import DecodeConfig, Decoder
from lexloom.extract.encoder import SpanReader
from lexloom.extract.files import ExtractorFiles, load_extractor_files, save_extractor
from lexloom.extract.recalibrate import recalibrate
from lexloom.models.grow import WORDS

HERE = Path(__file__).parent
SHIPPED = HERE.parents[1] / "src/lexloom/shipped/default"
MAX_BYTES = 24_000_000


def ship(files: ExtractorFiles, dev: Sequence[AnnotatedDocument], path: Path) -> None:
    """Write the form that ships.

    Args:
        files: What was trained.
        dev: The sets' dev shares.
        path: The directory to write.
    """
    schema = mixture.load_schema()
    # a reader wants one mention a stretch, and the rules of the hand-made test set say so
    rules = replace(files.decode, nested=False, several_types=False)
    files = replace(files, model=files.model.float(), decode=rules, schema=schema)
    hand_made = settle.hand_made()
    with tempfile.TemporaryDirectory() as folder:
        # chosen by what is shipped, whose weights are whole numbers
        save_extractor(files, Path(folder, "int8"), int8=True)
        decode = _settled(load_extractor_files(Path(folder, "int8")), hand_made, dev)
    print(f"chosen: {decode}", flush=True)
    card = (HERE / "MODEL_CARD.md").read_text(encoding="utf-8")
    licence = (HERE / "LICENSE").read_text(encoding="utf-8")
    notices = {"README.md": card, "LICENSE": licence}
    save_extractor(replace(files, decode=decode), path, notices=notices, int8=True)
    # confidences too, and sentence by sentence as ``lexloom extract`` reads
    fitted = recalibrate(path, [*dev, *hand_made])
    print(f"confidences fitted on dev: {fitted.to_dict()}", flush=True)
    size = sum(file.stat().st_size for file in path.iterdir())
    print(f"{path}: {size / 1e6:.1f} MB", flush=True)
    if size > MAX_BYTES:
        sys.exit(f"the shipped form has {size:,} bytes, more than {MAX_BYTES:,}")


def _settled(
    files: ExtractorFiles, hand_made: Sequence[AnnotatedDocument], dev: Sequence[AnnotatedDocument]
) -> DecodeConfig:
    reader = SpanReader(files.model, files.tokenizer)
    decoder = Decoder(files.schema, LabelSet.of(files.schema), files.decode, calibration=None)
    decode = settle.settled(reader, decoder, hand_made, dev)
    blocks = written.open_blocks(held_out=True)
    return settle.settled_for_free_types(reader, decode, files.schema, blocks)


def mean(first: ExtractorFiles, second: ExtractorFiles, share: float) -> ExtractorFiles:
    """Give the weighted mean of two extractors of one shape.

    Args:
        first: One.
        second: One that was trained on from it, and may have pieces behind those of the first,
            whose rows are its own.
        share: Weight of the second, in [0, 1].

    Raises:
        ValueError: If they differ in anything but such pieces.
    """
    ours, theirs = (files.model.float().state_dict() for files in (first, second))
    vocabularies = [files.tokenizer.tokenizer.get_vocab() for files in (first, second)]
    if not vocabularies[0].items() <= vocabularies[1].items() or ours.keys() != theirs.keys():
        raise ValueError("the second extractor was not trained on from the first")
    values = {}
    for name, value in theirs.items():
        values[name] = value.clone()
        known = values[name][: len(ours[name])] if name.endswith(WORDS) else values[name]
        if known.shape != ours[name].shape:
            raise ValueError(f"{name} has other shapes in the two extractors")
        known.copy_(torch.lerp(ours[name], known, share))
    second.model.load_state_dict(values)
    return second
