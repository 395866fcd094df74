"""Claim: the encoder equals the BERT of ``transformers``, float32, to 1e-5 at real positions.

Twelve tiny random models, different in depth, heads, width, activation, norm and segments, are
saved by ``transformers`` and read here; random batches with padding go through both. Then the real
MiniLM reads English and Chinese sentences, padded into common batches. Every batch is computed with
its padding and, packed, without it; the greatest absolute difference of all is the figure.
"""

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

import torch
from torch import Tensor
from transformers import AutoModel
from transformers import BertConfig as PeerConfig
from transformers import BertModel as PeerModel
from transformers.utils.logging import disable_progress_bar

from figures import Figure, command, data_folder, print_figures, progress
from lexloom.annotations.formats.table import import_dataset
from lexloom.annotations.report import ImportReport
from lexloom.models import registry
from lexloom.models.bert import BertModel
from lexloom.models.checkpoint import load_bert
from lexloom.tokens.units import UnitTokenizer

EXAMPLE = "example: LEXLOOM_DATA=~/data python benchmarks/encoder_equality.py"
GOAL = 1e-5
SOURCES = (
    ("conll04/test.txt", "conll04"),
    ("resume_ner/test.char.bmes", "columns"),
)
SHAPES = ((1, 1, 8, 1), (2, 2, 32, 2), (3, 4, 64, 1))
"""Layers, heads, width and kinds of segments."""
ACTIVATIONS = (("gelu", 1e-12), ("relu", 1e-5), ("gelu_new", 1e-12), ("silu", 1e-6))
"""Activations, each with the smallest variance of the norms."""


def tiny_configs() -> Iterator[PeerConfig]:
    """Give twelve configs."""
    for (layers, heads, width, segments), (activation, eps) in product(SHAPES, ACTIVATIONS):
        yield PeerConfig(
            vocab_size=97,
            hidden_size=width,
            num_hidden_layers=layers,
            num_attention_heads=heads,
            intermediate_size=3 * width,
            hidden_act=activation,
            max_position_embeddings=48,
            type_vocab_size=segments,
            layer_norm_eps=eps,
            # large weights, so that differences would show
            initializer_range=0.2,
        )


def random_batch(vocab_size: int, seed: int) -> tuple[Tensor, Tensor]:
    """Give ids and mask of eight rows of different lengths."""
    generator = torch.Generator().manual_seed(seed)
    ids_BT = torch.randint(1, vocab_size, (8, 48), generator=generator)
    lengths_B1 = torch.randint(1, 49, (8, 1), generator=generator)
    mask_BT = (torch.arange(48) < lengths_B1).long()
    return ids_BT * mask_BT, mask_BT


def greatest_difference(ours: BertModel, peer: PeerModel, ids_BT: Tensor, mask_BT: Tensor) -> float:
    """Compare the last hidden state at real positions, packed and padded, and the pooler's."""
    real_BT = mask_BT.bool()
    with torch.inference_mode():
        expected = peer(input_ids=ids_BT, attention_mask=mask_BT)
        found = [ours(ids_BT, mask_BT, unpad=unpad) for unpad in (False, True)]
    differences = [
        output.last_hidden_state[real_BT] - expected.last_hidden_state[real_BT] for output in found
    ]
    differences += [
        output.pooler_output - expected.pooler_output
        for output in found
        if output.pooler_output is not None
    ]
    return max(float(difference.abs().max()) for difference in differences)


def compare_tiny() -> list[Figure]:
    """Give one figure a tiny config."""
    figures = []
    for number, config in enumerate(tiny_configs()):
        torch.manual_seed(number)
        peer = PeerModel(config).eval()
        with tempfile.TemporaryDirectory() as folder:
            peer.save_pretrained(folder)
            ours = load_bert(Path(folder)).eval()
        batches = [random_batch(config.vocab_size, seed) for seed in range(4)]
        figures.append(
            {
                "model": f"tiny {number}",
                "num_hidden_layers": config.num_hidden_layers,
                "num_attention_heads": config.num_attention_heads,
                "hidden_size": config.hidden_size,
                "hidden_act": config.hidden_act,
                "max_difference": max(greatest_difference(ours, peer, *batch) for batch in batches),
            }
        )
    return figures


def sentences(num_each: int) -> list[str]:
    """Give English and Chinese sentences in turn."""
    folder = data_folder()
    texts = [
        [d.text for d in import_dataset(folder / path, format, report=ImportReport())][:num_each]
        for path, format in SOURCES
    ]
    return [text for pair in zip(*texts, strict=True) for text in pair]


def padded_batches(
    tokenizer: UnitTokenizer, texts: Sequence[str], size: int = 16
) -> Iterator[tuple[Tensor, Tensor]]:
    """Encode texts in their order, so that long and short ones share a batch."""
    rows = [torch.from_numpy(text.input_ids).long() for text in tokenizer.encode(texts)]
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        ids_BT = torch.nn.utils.rnn.pad_sequence(part, batch_first=True)
        lengths_B1 = torch.tensor([[len(row)] for row in part])
        yield ids_BT, (torch.arange(ids_BT.shape[1]) < lengths_B1).long()


def compare_real(num_each: int) -> Figure:
    """Give the figure of MiniLM on real sentences."""
    path = registry.get("minilm-l6")
    ours, peer = load_bert(path).eval(), AutoModel.from_pretrained(path, dtype=torch.float32).eval()
    texts = sentences(num_each)
    batches = list(padded_batches(UnitTokenizer.load(path / "tokenizer.json"), texts))
    real = sum(int(mask_BT.sum()) for _, mask_BT in batches)
    return {
        "model": "minilm-l6",
        "num_sentences": len(texts),
        "num_tokens": real,
        "padding_share": 1 - real / sum(mask_BT.numel() for _, mask_BT in batches),
        "max_difference": max(greatest_difference(ours, peer, *batch) for batch in batches),
    }


def parser() -> argparse.ArgumentParser:
    """Describe the arguments."""
    described = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    described.add_argument(
        "--sentences", type=int, default=200, help="real sentences of each language"
    )
    described.add_argument("--threads", type=int, default=1, help="processor threads")
    return described


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures."""
    given = parser().parse_args(arguments)
    torch.set_num_threads(given.threads)
    disable_progress_bar()
    data_folder()
    progress("tiny models")
    figures = compare_tiny()
    progress("minilm-l6")
    figures.append(compare_real(given.sentences))
    common = {
        "benchmark": "encoder_equality",
        "protocol": "greatest absolute difference to transformers, float32, real positions",
        "goal": GOAL,
        "command": command(__file__, arguments),
    }
    print_figures([common | {"is_met": f["max_difference"] <= GOAL} | f for f in figures])


if __name__ == "__main__":
    main()
