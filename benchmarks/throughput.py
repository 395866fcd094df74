"""Claim: the whole path from text to records is fast, beside the same encoder in ``transformers``.

Sentences of 20 to 30 words from English novels, one document each, are read by

- ``whole``: text to records, as ``lexloom extract`` does;
- ``encoder``: our tokenizer and encoder alone, without heads, decoding and records;
- ``peer_encoder``: the same weights in the BertModel of ``transformers``, in the same number
  format, with its fast tokenizer, sorted by length, in padded batches of the size that was fastest;
- ``whole_peer``: our whole path with that BertModel in the place of our encoder.

Each round runs all four, one after the other; the first round is left out. A ratio is taken within
each round, and its median over the rounds given.
"""

import argparse
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import BertConfig as PeerConfig
from transformers import BertModel as PeerModel
from transformers import PreTrainedTokenizerFast

import lexloom
from figures import Figure, command, machine, print_figures, progress
from lexloom.annotations.schema import Schema
from lexloom.batches.spans import collate_texts, length_buckets
from lexloom.extract.extractor import EncoderExtractor
from lexloom.extract.files import load_extractor_files
from lexloom.models.bert import BertModel, BertOutput
from lexloom.models.checkpoint import bert_config_values
from lexloom.models.registry import resolve_model
from lexloom.nn.precision import choose_dtype
from lexloom.records import Document, Extraction
from prose import english_sentences

EXAMPLE = (
    "example: LEXLOOM_DATA=~/data python benchmarks/throughput.py --schema "
    "benchmarks/schema16.toml --threads 2"
)
MIN_WORDS, MAX_WORDS = 20, 30
BATCH_SIZES = (8, 16, 32, 64, 128)
RATIOS = (
    ("whole", "peer_encoder"),
    ("whole", "whole_peer"),
    ("encoder", "peer_encoder"),
    ("whole", "encoder"),
)

Run = Callable[[], object]


class PeerEncoder(nn.Module):
    """The BertModel of ``transformers``, called as ours is."""

    def __init__(self, peer: PeerModel) -> None:
        super().__init__()
        self.peer = peer

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor,
        *,
        features: Tensor | None = None,
        unpad: bool = False,
    ) -> BertOutput:
        """Encode a padded batch; `unpad` changes nothing, for the peer cannot."""
        embedded_BTD = self.peer.embeddings.word_embeddings(input_ids)
        if features is not None:
            embedded_BTD = embedded_BTD + features
        output = self.peer(inputs_embeds=embedded_BTD, attention_mask=attention_mask)
        return BertOutput(last_hidden_state=output.last_hidden_state, pooler_output=None)


def make_peer(bert: BertModel) -> PeerModel:
    """Give an encoder as a model of ``transformers``, in the same number format."""
    values = bert_config_values(bert.config)
    del values["model_type"], values["architectures"]
    peer = PeerModel(PeerConfig(**values), add_pooling_layer=False)
    peer.load_state_dict(bert.state_dict())
    return peer.to(bert.embeddings.word_embeddings.weight.dtype).eval()


def peer_tokenizer(extractor: EncoderExtractor) -> PreTrainedTokenizerFast:
    """Give a copy of the extractor's tokenizer as ``transformers`` wraps it."""
    copy = Tokenizer.from_str(extractor.reader.tokenizer.tokenizer.to_str())
    return PreTrainedTokenizerFast(tokenizer_object=copy, pad_token="[PAD]")


def run_whole(extractor: EncoderExtractor, texts: Sequence[str], schema: Schema) -> list[Any]:
    """Read texts to records."""
    documents = (Document(str(number), text) for number, text in enumerate(texts))
    return list(extractor.extract_many(documents, schema))


def run_encoder(extractor: EncoderExtractor, texts: Sequence[str]) -> None:
    """Tokenize and encode texts with our encoder."""
    reader = extractor.reader
    encoded = reader.tokenizer.encode(texts)
    pad_token_id = reader.model.config.encoder.pad_token_id
    lengths = [len(text.input_ids) for text in encoded]
    with torch.inference_mode():
        for batch in length_buckets(lengths, max_tokens=reader.max_batch_tokens):
            padded = collate_texts([encoded[number] for number in batch], pad_token_id=pad_token_id)
            reader.model.bert(padded.input_ids_BT, padded.attention_mask_BT, unpad=True)


def run_peer_encoder(
    peer: PeerModel, tokenizer: PreTrainedTokenizerFast, texts: Sequence[str], batch_size: int
) -> None:
    """Tokenize and encode texts with ``transformers``, sorted by length."""
    rows = tokenizer(list(texts), return_token_type_ids=False, return_attention_mask=False)
    ordered = sorted(rows["input_ids"], key=len)
    with torch.inference_mode():
        for start in range(0, len(ordered), batch_size):
            part = {"input_ids": ordered[start : start + batch_size]}
            peer(**tokenizer.pad(part, return_tensors="pt"))


def seconds(run: Run) -> float:
    """Give how long a run takes."""
    begin = time.perf_counter()
    run()
    return time.perf_counter() - begin


def best_batch_size(
    peer: PeerModel, tokenizer: PreTrainedTokenizerFast, texts: Sequence[str]
) -> dict[int, float]:
    """Give sentences a second of the peer by batch size, the better of two tries, fastest first."""
    rates = {}
    for size in BATCH_SIZES:
        tries = [seconds(lambda: run_peer_encoder(peer, tokenizer, texts, size)) for _ in range(2)]  # noqa: B023
        rates[size] = len(texts) / min(tries)
        progress(f"peer, batches of {size}: {rates[size]:.0f} sentences/s")
    return dict(sorted(rates.items(), key=lambda item: -item[1]))


def interleaved(runs: Mapping[str, Run], num_rounds: int) -> dict[str, list[float]]:
    """Time each run once a round; a first round is left out."""
    times_s: dict[str, list[float]] = {name: [] for name in runs}
    for number in range(num_rounds + 1):
        for name, run in runs.items():
            taken_s = seconds(run)
            progress(f"round {number} of {num_rounds}, {name}: {taken_s:.2f} s")
            if number:
                times_s[name].append(taken_s)
    return times_s


def rates_and_ratios(times_s: Mapping[str, Sequence[float]], num_sentences: int) -> list[Figure]:
    """Give sentences a second of each run, and the ratios within rounds."""
    figures: list[Figure] = []
    for name, taken_s in times_s.items():
        rates = [num_sentences / value for value in taken_s]
        figures.append({"protocol": f"{name}, sentences/s", **_spread(rates)})
    for ours, peer in RATIOS:
        pairs = zip(times_s[ours], times_s[peer], strict=True)
        ratios = [peer_s / ours_s for ours_s, peer_s in pairs]
        figures.append({"protocol": f"{ours} / {peer}, ratio of speeds", **_spread(ratios)})
    return figures


def _spread(values: Sequence[float]) -> Figure:
    return {"median": median(values), "min": min(values), "max": max(values)}


def parser() -> argparse.ArgumentParser:
    """Describe the arguments."""
    described = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    described.add_argument("--model", default="default", help="an extractor")
    described.add_argument("--schema", type=Path, help="what to ask for; else the model's own")
    described.add_argument("--sentences", type=int, default=2_000, help="how many")
    described.add_argument("--rounds", type=int, default=5, help="timed rounds")
    described.add_argument("--threads", type=int, default=2, help="processor threads")
    return described


def measure(
    model: str, schema_path: Path | None, texts: Sequence[str], num_rounds: int
) -> list[Figure]:
    """Give the figures."""
    ours, swapped = lexloom.load_extractor(model), lexloom.load_extractor(model)
    schema = Schema.load(schema_path) if schema_path else ours.schema
    # read again, for an extractor may have packed its encoder
    files = load_extractor_files(resolve_model(model), dtype=choose_dtype())
    peer, tokenizer = make_peer(files.model.bert), peer_tokenizer(ours)
    swapped.reader.model.bert = PeerEncoder(peer)
    sizes = best_batch_size(peer, tokenizer, texts)
    best = next(iter(sizes))
    runs: dict[str, Run] = {
        "whole": lambda: run_whole(ours, texts, schema),
        "peer_encoder": lambda: run_peer_encoder(peer, tokenizer, texts, best),
        "encoder": lambda: run_encoder(ours, texts),
        "whole_peer": lambda: run_whole(swapped, texts, schema),
    }
    figures = rates_and_ratios(interleaved(runs, num_rounds), len(texts))
    return [*figures, {"protocol": "peer_encoder, sentences/s by batch size", "rates": sizes}] + [
        {"protocol": f"{name}, facts found", **count_facts(run_whole(engine, texts, schema))}
        for name, engine in (("whole", ours), ("whole_peer", swapped))
    ]


def count_facts(found: Sequence[Extraction]) -> Figure:
    """Count what was found, for time goes into it and both encoders must find the same."""
    return {
        "num_entities": sum(len(item.entities) for item in found),
        "num_relations": sum(len(item.relations) for item in found),
        "num_events": sum(len(item.events) for item in found),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures."""
    given = parser().parse_args(arguments)
    # read when the tokenizer first runs
    os.environ["RAYON_NUM_THREADS"] = str(given.threads)
    torch.set_num_threads(given.threads)
    texts = english_sentences(given.sentences, min_words=MIN_WORDS, max_words=MAX_WORDS)
    figures = measure(given.model, given.schema, texts, given.rounds)
    common = {
        "benchmark": "throughput",
        "model": given.model,
        "schema": given.schema.name if given.schema else "the model's own",
        "num_sentences": len(texts),
        "mean_words": sum(len(text.split()) for text in texts) / len(texts),
        "precision": str(choose_dtype()).removeprefix("torch."),
        "num_threads": given.threads,
        "num_rounds": given.rounds,
        "command": command(__file__, arguments),
        "machine": machine(),
    }
    print_figures([common | figure for figure in figures])


if __name__ == "__main__":
    main()
