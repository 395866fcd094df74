"""Claim: stored as int8, an extractor loses at most 0.5 points of F1 and reads no slower.

One extractor is read in three forms: ``fp32`` (float32 as stored), ``bf16`` (the same file in the
format of the machine, where that is bfloat16) and ``int8`` (the form in which models are shipped,
one scale a row, widened when loaded, then in the format of the machine). Each form is scored on
dev and test of the sets named and, by the types that it knows, on the hand-made sentences of
``benchmarks/gold``; differences to the int8 form have paired bootstrap 95 % intervals over
documents. Reading is timed on the same texts, interleaved, by processor and by wall time, as ratios
of medians; so is loading. Give an extractor as `finetune` or ``lexloom train extractor`` leaves it:
one that is stored as int8 already has nothing left to lose.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import torch
from safetensors import safe_open

from extraction_sets import SETS, in_order_of_text, load_splits
from figures import Figure, command, data_folder, machine, print_figures, progress
from gold_scores import read as read_gold
from lexloom.annotations.document import AnnotatedDocument
from lexloom.annotations.report import ImportReport
from lexloom.annotations.restrict import restricted
from lexloom.annotations.schema import Schema
from lexloom.extract.extractor import EncoderExtractor
from lexloom.extract.files import load_extractor_files, save_extractor
from lexloom.extract.merge import MergedFacts
from lexloom.extract.score import compare
from lexloom.models.registry import resolve_model
from lexloom.nn.precision import choose_dtype
from lexloom.records import Extraction

EXAMPLE = "example: python benchmarks/int8.py --model runs/finetune/conll04 --set conll04"
PROTOCOLS = (
    "ner_strict",
    "relations_strict",
    "relations_boundaries",
    "events_trigger",
    "events_argument",
)
MAX_LOSS = 0.005
SCORED_SETS = [name for name, item in SETS.items() if not item.gold_spans]


@dataclass(frozen=True, slots=True)
class Form:
    """One way to store an extractor and to read with it."""

    path: Path
    dtype: torch.dtype

    def load(self) -> EncoderExtractor:
        """Load it anew."""
        return EncoderExtractor(load_extractor_files(self.path, dtype=self.dtype))


def stored_forms(model: Path, folder: Path) -> dict[str, Form]:
    """Store an extractor in each form; one of int8 is refused with a sentence."""
    for file in model.glob("*.safetensors"):
        with safe_open(file, framework="pt") as tensors:
            names = tensors.keys()
            if any(tensors.get_slice(name).get_dtype() == "I8" for name in names):
                sys.exit(f"{model} is stored as int8 already; give one before it was shrunk")
    # read for each, for a model that was saved once may have been packed
    for name in ("fp32", "int8"):
        save_extractor(load_extractor_files(model), folder / name, int8=name == "int8")
    fast = choose_dtype()
    forms = {
        "fp32": Form(folder / "fp32", torch.float32),
        "bf16": Form(folder / "fp32", fast),
        "int8": Form(folder / "int8", fast),
    }
    return forms if fast == torch.bfloat16 else {n: f for n, f in forms.items() if n != "bf16"}


def scored_parts(
    names: Sequence[str], schema: Schema, limit: int | None, fold: int
) -> dict[str, list[AnnotatedDocument]]:
    """Give the documents to score by what they are called."""
    parts: dict[str, list[AnnotatedDocument]] = {}
    for name in names:
        splits = load_splits(name, data_folder(), limit, fold)
        parts |= {f"{name} dev": splits.dev, f"{name} test": splits.test}
    for language in ("en", "zh"):
        known = [restricted(d, schema, ImportReport()) for d in read_gold(language)]
        if any(document.entities or document.events for document in known):
            parts[f"gold sentences {language}"] = known[:limit]
    return parts


def read_all(
    engine: EncoderExtractor, documents: Sequence[AnnotatedDocument], symmetric: frozenset[str]
) -> list[MergedFacts]:
    """Read documents as ``lexloom extract`` does."""
    results = engine.extract_many(document.document for document in documents)
    return [
        in_order_of_text(MergedFacts(r.entities, r.relations, r.events), symmetric)
        for r in results
        if isinstance(r, Extraction)
    ]


def measure_scores(
    engines: Mapping[str, EncoderExtractor], parts: Mapping[str, Sequence[AnnotatedDocument]]
) -> Iterator[Figure]:
    """Compare the int8 form with each other one, on each part by each protocol."""
    for name, documents in parts.items():
        wanted = SETS.get(name.partition(" ")[0])
        symmetric = wanted.symmetric if wanted else frozenset()
        found = {form: read_all(engine, documents, symmetric) for form, engine in engines.items()}
        progress(f"read {len(documents)} documents of {name} in {len(found)} forms")
        for form in (form for form in engines if form != "int8"):
            for protocol in PROTOCOLS:
                triples = zip(documents, found[form], found["int8"], strict=True)
                result = compare(triples, protocol)
                if not result.f1_a and not result.f1_b:
                    continue
                yield {
                    "protocol": protocol,
                    "on": name,
                    "num_documents": len(documents),
                    "against": form,
                    "f1": result.f1_a,
                    "f1_int8": result.f1_b,
                    "difference": result.difference,
                    "interval": [result.interval.low, result.interval.high],
                    "is_within_goal": result.difference >= -MAX_LOSS,
                }


def timed_rounds(
    engines: Mapping[str, EncoderExtractor],
    forms: Mapping[str, Form],
    documents: Sequence[AnnotatedDocument],
    num_rounds: int,
) -> list[Figure]:
    """Time reading and loading by turns; a first round is left out."""
    taken: dict[tuple[str, str, str], list[float]] = {}
    for number in range(num_rounds + 1):
        for form, engine in engines.items():
            for job in ("reading", "loading"):
                wall, processor = time.perf_counter(), time.process_time()
                if job == "reading":
                    read_all(engine, documents, frozenset())
                else:
                    forms[form].load()
                if number:
                    taken.setdefault((job, "wall", form), []).append(time.perf_counter() - wall)
                    taken.setdefault((job, "processor", form), []).append(
                        time.process_time() - processor
                    )
        progress(f"round {number} of {num_rounds}")
    return [
        {
            "protocol": f"{job}, ratio of {clock} time to int8's",
            "against": form,
            "median": median(times_s) / median(taken[job, clock, "int8"]),
            "by_round": [a / b for a, b in zip(times_s, taken[job, clock, "int8"], strict=True)],
            "num_documents": len(documents),
        }
        for (job, clock, form), times_s in taken.items()
        if form != "int8"
    ]


def sizes(forms: Mapping[str, Form]) -> Iterator[Figure]:
    """Give the size of each stored form."""
    for name in ("fp32", "int8"):
        size_bytes = sum(file.stat().st_size for file in forms[name].path.rglob("*"))
        yield {"protocol": "size of the directory", "form": name, "size_bytes": size_bytes}


def parser() -> argparse.ArgumentParser:
    """Describe the arguments."""
    described = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    described.add_argument("--model", required=True, help="an extractor that is not int8 yet")
    described.add_argument(
        "--set", nargs="+", default=[], choices=SCORED_SETS, help="sets whose dev and test to score"
    )
    described.add_argument("--fold", type=int, default=0, help="the fold that is test (ade)")
    described.add_argument("--rounds", type=int, default=5, help="timed rounds")
    described.add_argument(
        "--texts", type=int, default=500, help="texts to time, of the first part"
    )
    described.add_argument("--threads", type=int, default=1, help="processor threads")
    described.add_argument("--limit", type=int, help="try the script: so many texts a part")
    return described


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures."""
    given = parser().parse_args(arguments)
    torch.set_num_threads(given.threads)
    with tempfile.TemporaryDirectory() as place:
        forms = stored_forms(resolve_model(given.model), Path(place))
        engines = {name: form.load() for name, form in forms.items()}
        parts = scored_parts(given.set, engines["int8"].schema, given.limit, given.fold)
        if not parts:
            sys.exit("nothing to score: name a set that the model was trained on with --set")
        figures = [*sizes(forms), *measure_scores(engines, parts)]
        texts = next(iter(parts.values()))[: given.texts]
        figures += timed_rounds(engines, forms, texts, given.rounds)
    common = {
        "benchmark": "int8",
        "model": given.model,
        "format_of_the_machine": str(choose_dtype()).removeprefix("torch."),
        "command": command(__file__, arguments),
        "is_trial": given.limit is not None,
        "num_threads": given.threads,
        "machine": machine(),
    }
    print_figures([common | figure for figure in figures])


if __name__ == "__main__":
    main()
