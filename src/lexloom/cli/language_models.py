"""The flags that name a language model, or two to be mixed, and the model that they name."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lexloom.errors import UsageError

if TYPE_CHECKING:
    from lexloom.vectors.ngram import NgramModel
    from lexloom.vectors.ngram.language import LanguageModel

ModelOption = Annotated[
    Path,
    typer.Option(
        "--model",
        help="A model's folder (of ngram train or train nnlm), or an ARPA file.",
        show_default=False,
    ),
]
MixOption = Annotated[
    Path | None, typer.Option("--mix", help="A second model, to mix its probabilities in.")
]
WeightOption = Annotated[
    float | None, typer.Option("--weight", help="Share of --model beside --mix; 0.5 if left out.")
]

TuneOption = Annotated[
    list[Path] | None,
    typer.Option("--tune", help="Text to choose the weight by, instead of --weight."),
]


def open_model(path: Path, mix: Path | None = None, weight: float | None = None) -> "LanguageModel":
    """Open a counted or a neural language model, or the mixture of two.

    Raises:
        ArtifactError: If a model is missing or damaged.
        UsageError: If a weight is given without a second model, or the two do not fit.
    """
    if mix is None:
        if weight is not None:
            raise UsageError("--weight is for a mixture", hint="give a second model with --mix")
        return _open(path)
    from lexloom.vectors.ngram.mixture import Mixture

    return Mixture(_open(path), _open(mix), 0.5 if weight is None else weight)


def tuned(model: "LanguageModel", texts: Iterable[str], weight: float | None) -> "LanguageModel":
    """Give a mixture with the weight that makes texts likeliest.

    Args:
        model: What `open_model` gave.
        texts: The texts of ``--tune``.
        weight: That of ``--weight``, which there must not be.

    Raises:
        UsageError: If the model is no mixture, or its weight was given.
    """
    from lexloom.vectors.ngram.mixture import Mixture
    from lexloom.vectors.ngram.units import sentences

    if not isinstance(model, Mixture) or weight is not None:
        raise UsageError(
            "--tune chooses the weight of a mixture",
            hint="give a second model with --mix, and leave --weight out",
        )
    units = [sentence for text in texts for sentence in sentences(text, model.config)]
    return model.with_weight(model.best_weight(model.vocabulary.encode_sentences(units)))


def open_counted(path: Path, only: str) -> "NgramModel":
    """Open a counted language model.

    Args:
        path: A model's folder, or an ARPA file.
        only: What only such a model can do, for the message.

    Raises:
        ArtifactError: If the model is missing or damaged.
        UsageError: If it is a neural one.
    """
    from lexloom.vectors.ngram import load
    from lexloom.vectors.ngram.language import is_neural

    if is_neural(path) or is_neural(path / "model"):
        raise UsageError(
            f"{only} by an n-gram model only",
            hint="give a folder of `lexloom ngram train`, or an ARPA file",
        )
    return load(path)


def _open(path: Path) -> "LanguageModel":
    from lexloom.vectors.ngram import load
    from lexloom.vectors.ngram.language import is_neural

    folder = path / "model" if is_neural(path / "model") else path
    if not is_neural(folder):
        return load(path)
    from lexloom.train import nnlm_files  # torch is for the neural one only

    return nnlm_files.load(folder)
