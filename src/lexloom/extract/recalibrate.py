"""Fit the confidences of a saved extractor anew, on texts read as its users have them read."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from lexloom.annotations.document import AnnotatedDocument
from lexloom.artifacts import check_replaceable
from lexloom.errors import AnnotationError, LexloomError
from lexloom.extract.calibrate import MIN_FACTS, NOT_FITTED, CalibrationReport, fit_calibration
from lexloom.extract.extractor import EncoderExtractor, Progress, extractor_path
from lexloom.extract.files import write_calibration
from lexloom.records import Document, Extraction, Failure


def recalibrate(
    name_or_path: str | Path,
    documents: Sequence[AnnotatedDocument],
    out: Path | None = None,
    *,
    on_characters: Progress | None = None,
) -> CalibrationReport:
    """Fit maps from scores to confidences, and write them into an extractor's directory.

    Thresholds, which are thresholds of scores, stay: the same facts are found. So does the map of a
    kind of which the texts tell too little.

    Args:
        name_or_path: The extractor.
        documents: Annotated texts that it was not trained on.
        out: The directory to write; the extractor's own if None.
        on_characters: Told how many characters have been read since the last call.

    Raises:
        ArtifactError: If there is no such extractor, or it cannot be written.
        AnnotationError: If the texts tell of too few facts that the extractor finds.
        UsageError: If `out` is something else than a directory that may be replaced.
    """
    path = extractor_path(name_or_path)
    check_replaceable(out or path)
    engine = EncoderExtractor.load(path)
    before, engine.calibration = engine.calibration, None
    texts = (Document(str(number), item.text) for number, item in enumerate(documents))
    found = engine.extract_many(texts, on_characters=on_characters)
    result = fit_calibration(zip(documents, _extractions(found), strict=True), before)
    if not result.fits:
        raise AnnotationError(
            "the texts tell of no fact that the model finds whether it is right",
            hint="give texts with facts of the types of the model's schema",
        )
    if all(fit.form == NOT_FITTED for fit in result.fits.values()):
        most = max(fit.num_facts for fit in result.fits.values())
        raise AnnotationError(
            f"the texts tell of {most} facts of one kind whether they are right, and {MIN_FACTS}"
            " are needed to fit confidences to",
            hint="give more annotated texts",
        )
    write_calibration(path, out or path, result.calibration)
    return result


def _extractions(found: Iterator[Extraction | Failure]) -> Iterator[Extraction]:
    for item in found:
        if isinstance(item, Failure):
            raise LexloomError(f"{item.id}: {item.reason}", hint=item.hint)
        yield item
