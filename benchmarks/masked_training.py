"""Claim: masked-word training on two cores is several times as fast as with ``transformers``.

Both sides train the same shape from nothing with AdamW on the same English sentences, in batches of
the same number, every word of a sentence real, bf16 where the processor has it:

- ``ours``: the package's trainer: similar lengths together, padding left out, the word head at the
  hidden words alone, bf16 parameters with float32 masters;
- ``peer``: BertForMaskedLM in bf16 autocast with the library's own collator: batches in shuffled
  order, padded to their longest, fused AdamW, gradients cut;
- ``peer_fp32``: the same without autocast;
- ``peer_sorted``: ``peer`` given our batches, so that only the computing differs.

Each round times some steps of all, one after the other; the first round is left out. Speed counts
real tokens. A ratio is taken within each round, and its median over the rounds given.

With ``--losses`` it compares instead: the same weights and batches with the same words hidden, in
float32 and without dropout, step by step. The peer's gradient is then measured in float64 before it
is cut: torch's sum of so many squares in float32 is off in the fourth digit.
"""

import argparse
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from statistics import median

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import BertConfig as PeerConfig
from transformers import (
    BertForMaskedLM,
    DataCollatorForLanguageModeling,
    PreTrainedTokenizerFast,
)

from figures import Figure, command, machine, print_figures, progress
from lexloom.batches.masked import Masker, MaskingConfig
from lexloom.batches.pretraining import SingleTexts, SpecialIds
from lexloom.models.bert import BertConfig
from lexloom.models.bert_pretraining import BertForPreTraining
from lexloom.models.registry import resolve_model
from lexloom.nn.masked_batch import MaskedBatch
from lexloom.nn.precision import choose_dtype
from lexloom.train.config import TrainConfig
from lexloom.train.loop import Position, steps
from lexloom.train.optim import MasterAdamW
from lexloom.train.parallel import Parallel
from lexloom.train.pretrain import PretrainConfig, PretrainTask
from lexloom.train.task import Share
from prose import english_sentences

EXAMPLE = (
    "example: LEXLOOM_DATA=~/data python benchmarks/masked_training.py --shape small --threads 2"
)
SHAPES: Mapping[str, dict[str, int]] = {
    "tiny": {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2,
             "intermediate_size": 128},
    "small": {"hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 12,
              "intermediate_size": 1_536},
    "base": {},
}  # fmt: skip
SPECIAL_NAMES = {"cls": "[CLS]", "sep": "[SEP]", "pad": "[PAD]", "mask": "[MASK]", "unk": "[UNK]"}
MIN_WORDS, MAX_WORDS = 3, 60
LEARNING_RATE = 1e-4
RATIOS = (("ours", "peer"), ("ours", "peer_sorted"), ("ours", "peer_fp32"))

Advance = Callable[[int], int]
"""Takes so many steps and gives the real tokens of them."""
Cut = Callable[[Iterable[torch.Tensor], float], object]
"""Cuts the gradients of parameters to a length."""


class Sentences:
    """Encoded sentences, each a text."""

    def __init__(self, ids: Sequence[Sequence[int]]) -> None:
        self._ids = [np.array(row) for row in ids]
        self.lengths = np.array([len(row) for row in ids], dtype=np.int64)

    def sentences(self, number: int) -> list[np.ndarray]:
        """Give the one sentence."""
        return [self._ids[number]]


def make_task(
    tokenizer: Tokenizer, ids: Sequence[Sequence[int]], shape: str, batch_size: int, dropout: float
) -> PretrainTask:
    """Give our side: a new model on the sentences."""
    torch.manual_seed(0)
    vocabulary = tokenizer.get_vocab()
    special = SpecialIds(**{name: vocabulary[piece] for name, piece in SPECIAL_NAMES.items()})
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_dropout_prob=dropout,
        attention_probs_dropout_prob=dropout,
        **SHAPES[shape],
    )
    source = SingleTexts(Sentences(ids), special, max_length=128)
    pieces = sorted(vocabulary, key=lambda piece: vocabulary[piece])
    masker = Masker(
        MaskingConfig(), pieces, mask_id=special.mask,
        special_ids=[vocabulary[piece] for piece in SPECIAL_NAMES.values()],
    )  # fmt: skip
    train = TrainConfig(
        batch_size=batch_size, learning_rate=LEARNING_RATE, embedding_learning_rate=LEARNING_RATE,
        head_learning_rate=LEARNING_RATE, schedule="constant", warmup_ratio=0.0,
    )  # fmt: skip
    model = BertForPreTraining(config, with_pairs=False)
    return PretrainTask(model, source, source, masker, special, PretrainConfig(train=train))


def ours(task: PretrainTask, dtype: torch.dtype) -> Advance:
    """Give the package's way."""
    train = task.config.train
    task.model.to(dtype)
    optimizer = MasterAdamW(task.model, train, encoder_prefix=task.encoder_prefix)
    position = Position(step=0, steps_per_epoch=task.num_batches(), num_steps=10**9)
    loop = steps(task, optimizer, train, position, Parallel())
    return lambda count: sum(report.num_tokens for report in islice(loop, count))


def peer_model(task: PretrainTask) -> BertForMaskedLM:
    """Give the same shape, with our weights."""
    config = task.model.config
    names = ("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads",
             "intermediate_size", "hidden_dropout_prob",
             "attention_probs_dropout_prob")  # fmt: skip
    model = BertForMaskedLM(PeerConfig(**{name: getattr(config, name) for name in names}))
    values = {k: v.clone().float() for k, v in task.model.state_dict().items()}
    missing = model.load_state_dict(values, strict=False)
    assert not missing.unexpected_keys
    assert set(missing.missing_keys) <= {
        "cls.predictions.decoder.weight", "cls.predictions.decoder.bias"
    }  # fmt: skip
    return model.train()


def cut_exactly(parameters: Iterable[torch.Tensor], limit: float) -> None:
    """Cut the gradient as torch does, but by a length that was summed in float64."""
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    length = sum(float(gradient.double().square().sum()) for gradient in gradients) ** 0.5
    for gradient in gradients:
        gradient.mul_(min(1.0, limit / (length + 1e-6)))


class Peer:
    """The loop that the library's documentation shows."""

    def __init__(self, model: BertForMaskedLM, *, is_bf16: bool, cut: Cut | None = None) -> None:
        self.model, self.is_bf16 = model, is_bf16
        self.cut = cut or torch.nn.utils.clip_grad_norm_
        self.adamw = torch.optim.AdamW(
            model.parameters(), lr=LEARNING_RATE, weight_decay=0.01, fused=True
        )

    def step(self, batch: Mapping[str, torch.Tensor]) -> float:
        """Take one step and give the loss before it."""
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.is_bf16):
            loss = self.model(**batch).loss
        self.adamw.zero_grad()
        loss.backward()
        self.cut(self.model.parameters(), 1.0)
        self.adamw.step()
        return float(loss.detach())

    def follow(self, batches: Iterator[Mapping[str, torch.Tensor]]) -> Advance:
        """Give the way through some batches."""

        def advance(count: int) -> int:
            num_tokens = 0
            for batch in islice(batches, count):
                self.step(batch)
                num_tokens += int(batch["attention_mask"].sum())
            return num_tokens

        return advance


def collated(
    tokenizer: Tokenizer, ids: Sequence[Sequence[int]], batch_size: int
) -> Iterator[Mapping[str, torch.Tensor]]:
    """Give shuffled batches by the library's collator, without end."""
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        **{f"{name}_token": piece for name, piece in SPECIAL_NAMES.items()},
    )
    collate = DataCollatorForLanguageModeling(wrapped)
    cls, sep = wrapped.cls_token_id, wrapped.sep_token_id
    framed = [{"input_ids": [cls, *row[:126], sep]} for row in ids]
    draw = np.random.default_rng(0)
    while True:
        order = draw.permutation(len(framed))
        for start in range(0, len(order) - batch_size + 1, batch_size):
            yield collate([framed[number] for number in order[start : start + batch_size]])


def as_peer(batch: MaskedBatch) -> Mapping[str, torch.Tensor]:
    """Give one of our batches in the library's form."""
    labels = torch.full_like(batch.input_ids_BT, -100).flatten()
    labels[batch.positions_P] = batch.labels_P
    return {
        "input_ids": batch.input_ids_BT,
        "attention_mask": batch.attention_mask_BT,
        "labels": labels.view_as(batch.input_ids_BT),
    }


def our_batches(task: PretrainTask) -> Iterator[Mapping[str, torch.Tensor]]:
    """Give our batches in the library's form, without end."""
    step = 0
    while True:
        epoch, index = divmod(step, task.num_batches())
        yield as_peer(task.batches(epoch, index, Share())[0])
        step += 1


def measure_speed(
    runs: Mapping[str, Advance], *, num_rounds: int, num_steps: int
) -> list[dict[str, float]]:
    """Give the real tokens a second of each, round by round."""
    rounds = []
    for number in range(num_rounds + 1):
        speeds = {}
        for name, advance in runs.items():
            started = time.perf_counter()
            num_tokens = advance(num_steps)
            speeds[name] = num_tokens / (time.perf_counter() - started)
        progress(f"round {number}: " + "  ".join(f"{k} {v:,.0f}" for k, v in speeds.items()))
        rounds.append(speeds)
    return rounds[1:]


def compare_losses(task: PretrainTask, num_steps: int) -> dict[str, float]:
    """Give how far the losses of the two lie apart, step by step from the same weights."""
    peer = Peer(peer_model(task), is_bf16=False, cut=cut_exactly)
    train = task.config.train
    optimizer = MasterAdamW(task.model, train, encoder_prefix="")
    # theirs decays vectors too, as its plain AdamW does
    for group in (*optimizer.adamw.param_groups, *peer.adamw.param_groups):
        group["weight_decay"] = 0.0
    position = Position(step=0, steps_per_epoch=task.num_batches(), num_steps=num_steps)
    differences, last = [], 0.0
    batches = our_batches(task)
    for report in steps(task, optimizer, train, position, Parallel()):
        for group in peer.adamw.param_groups:
            group["lr"] = report.learning_rate
        expected = peer.step(next(batches))
        last = report.losses["masked"]
        differences.append(abs(last - expected))
        if report.step % 20 == 0:
            progress(
                f"step {report.step}: loss {last:.4f}, largest difference {max(differences):.2e}"
            )
    return {"max_difference": max(differences), "last_loss": last}


def parser() -> argparse.ArgumentParser:
    """Describe the arguments."""
    described = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    described.add_argument("--shape", choices=SHAPES, default="small")
    described.add_argument("--threads", type=int, default=2, help="processor threads")
    described.add_argument("--batch-size", type=int, default=32)
    described.add_argument("--sentences", type=int, default=4_000)
    described.add_argument("--rounds", type=int, default=5)
    described.add_argument("--steps", type=int, default=10, help="steps of each side a round")
    described.add_argument("--losses", action="store_true", help="compare losses instead")
    return described


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    given = parser().parse_args(arguments)
    torch.set_num_threads(given.threads)
    tokenizer = Tokenizer.from_file(str(resolve_model("minilm-l6") / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    texts = english_sentences(given.sentences, min_words=MIN_WORDS, max_words=MAX_WORDS)
    ids = [row.ids for row in tokenizer.encode_batch(texts, add_special_tokens=False)]
    dropout = 0.0 if given.losses else 0.1
    task = make_task(tokenizer, ids, given.shape, given.batch_size, dropout)
    common: Figure = {
        "benchmark": "masked_training",
        "command": command(__file__, arguments),
        "shape": given.shape,
        "batch_size": given.batch_size,
        **machine(),
    }
    if given.losses:
        print_figures([common | compare_losses(task, given.steps)])
        return
    runs = {
        "peer": Peer(peer_model(task), is_bf16=True).follow(
            collated(tokenizer, ids, given.batch_size)
        ),
        "peer_sorted": Peer(peer_model(task), is_bf16=True).follow(our_batches(task)),
        "peer_fp32": Peer(peer_model(task), is_bf16=False).follow(
            collated(tokenizer, ids, given.batch_size)
        ),
        "ours": ours(task, choose_dtype()),
    }
    rounds = measure_speed(runs, num_rounds=given.rounds, num_steps=given.steps)
    figures = []
    for one, other in RATIOS:
        ratios = [speeds[one] / speeds[other] for speeds in rounds]
        figures.append(
            common
            | {
                "ratio": f"{one} / {other}",
                "median": median(ratios),
                "min": min(ratios),
                "max": max(ratios),
                "tokens_per_s": {k: median(s[k] for s in rounds) for k in (one, other)},
            }
        )
    print_figures(figures)


if __name__ == "__main__":
    main()
