"""Teach a bilingual encoder the English of MiniLM, without losing its Chinese.

On English text the student's state of each word, through a linear map, is to be that of MiniLM; on
Chinese text its state of each character is to stay what it was at the start. States are compared
after a norm without parameters, by mean squared difference (Romero et al., 2015, arXiv:1412.6550).
Both tokenizers cut text into the same words, so that pieces need not be the same ones.
"""

import argparse
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lexloom.artifacts import sealed_directory
from lexloom.batches.pretraining import sorted_batches
from lexloom.config import from_mapping, parse_overrides, to_mapping
from lexloom.corpus.sentences import split_sentences
from lexloom.models.bert import BertModel
from lexloom.models.bert_pretraining import BertForPreTraining
from lexloom.models.checkpoint import load_bert, save_pretraining
from lexloom.models.registry import resolve_model
from lexloom.tokens.tokenizer import Tokenizer
from lexloom.tokens.units import EncodedText, UnitTokenizer, split_units
from lexloom.train import run
from lexloom.train.config import TrainConfig
from lexloom.train.reports import Evaluation
from lexloom.train.task import Share

MAX_CHARACTERS = {"en": 360, "zh": 90}
"""About 80 tokens of either language."""
MAX_TOKENS = 128
NUM_DEV = 512
CHINESE_SHARE = 0.3
SETTINGS = {
    "num_epochs": 1,
    "batch_size": 64,
    "learning_rate": 2e-4,
    "embedding_learning_rate": 5e-4,
    "head_learning_rate": 2e-3,
    "warmup_ratio": 0.05,
    "evaluate_every_steps": 200,
    "save_every_steps": 50,
}


def language(text: str) -> str:
    """Say whether a text is Chinese or English, by its characters."""
    chinese = sum("\u4e00" <= char <= "\u9fff" for char in text)
    return "zh" if chinese > CHINESE_SHARE * len(text) else "en"


def parts(text: str) -> Iterator[str]:
    """Cut a text into runs of whole sentences; a sentence too long is cut off."""
    limit = MAX_CHARACTERS[language(text)]
    start = end = 0
    for sentence_start, sentence_end in split_sentences(text):
        if sentence_end - start > limit and end > start:
            yield text[start:end]
            start = sentence_start
        end = min(sentence_end, start + limit)
    if end > start:
        yield text[start:end]


@dataclass(frozen=True, slots=True)
class Units:
    """Padded texts, and which unit each token is a piece of."""

    input_ids_BT: Tensor
    attention_mask_BT: Tensor
    unit_ids_N: Tensor
    """Number of the unit of each token of the flattened batch; the last one is no unit."""
    num_units: int

    @classmethod
    def of(cls, texts: Sequence[EncodedText]) -> "Units":
        """Pad texts, and number their units through."""
        shape = len(texts), max((len(text.input_ids) for text in texts), default=1)
        ids, mask = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
        num_units = sum(text.num_units for text in texts)
        units = np.full(shape, num_units, dtype=np.int64)
        first = 0
        for row, text in enumerate(texts):
            size = len(text.input_ids)
            ids[row, :size], mask[row, :size] = text.input_ids, 1
            units[row, :size] = np.where(text.unit_ids < 0, num_units, text.unit_ids + first)
            first += text.num_units
        flat = torch.from_numpy(units.reshape(-1))
        return cls(torch.from_numpy(ids), torch.from_numpy(mask), flat, num_units)

    def states(self, bert: BertModel) -> Tensor:
        """Give the mean of each unit's states, normed, shape ``(U, D)``."""
        h_BTD = bert(self.input_ids_BT, self.attention_mask_BT, None, unpad=True).last_hidden_state
        h_ND = h_BTD.flatten(0, 1).float()
        sums_UD = h_ND.new_zeros(self.num_units + 1, h_ND.shape[1])
        sums_UD = sums_UD.index_add(0, self.unit_ids_N, h_ND)
        counts_U = torch.bincount(self.unit_ids_N, minlength=self.num_units + 1)
        mean_UD = sums_UD[:-1] / counts_U[:-1, None].clamp_min(1)
        return F.layer_norm(mean_UD, mean_UD.shape[1:])


@dataclass(frozen=True, slots=True)
class Batch:
    """Texts for the student, and the English ones among them for MiniLM."""

    english: Units
    chinese: Units
    english_of_teacher: Units

    @property
    def num_tokens(self) -> int:
        """Tokens that the student reads."""
        masks = self.english.attention_mask_BT, self.chinese.attention_mask_BT
        return int(sum(mask.sum() for mask in masks))

    @property
    def num_targets(self) -> dict[str, int]:
        """Words and characters."""
        return {"en": self.english.num_units, "zh": self.chinese.num_units}


class Student(nn.Module):
    """The encoder, and the way from its states to MiniLM's."""

    def __init__(self, bert: BertModel, width: int) -> None:
        super().__init__()
        self.bert = bert
        self.to_teacher = nn.Linear(bert.config.hidden_size, width)


class DistillTask:
    """The trainer's view of student, teachers and texts: see `train.task.Task`."""

    encoder_prefix = "bert."

    def __init__(
        self,
        init: Path,
        teacher: Path,
        texts: Sequence[str],
        config: TrainConfig,
    ) -> None:
        self.config = config
        self.tokenizers = [UnitTokenizer.load(path / "tokenizer.json") for path in (init, teacher)]
        for tokenizer in self.tokenizers:
            split_units(tokenizer.tokenizer)
        self.teacher, self.before = load_bert(teacher).eval(), load_bert(init).eval()
        dtype = torch.bfloat16
        self.teacher.to(dtype)
        self.before.to(dtype)
        torch.manual_seed(config.seed)
        self.model = Student(load_bert(init), self.teacher.config.hidden_size)
        self.dev, self.train = list(texts[:NUM_DEV]), list(texts[NUM_DEV:])
        self.lengths = np.array([len(t) * (1 if language(t) == "en" else 4) for t in self.train])
        self._orders: dict[int, list[np.ndarray]] = {}

    def num_batches(self) -> int:
        """Give the number of steps of an epoch."""
        return len(self.train) // self.config.batch_size

    def batches(self, epoch: int, index: int, share: Share) -> list[Batch]:
        """Give a process's share of one step's batch."""
        if epoch not in self._orders:
            seed, size = self.config.seed, self.config.batch_size
            order = sorted_batches(self.lengths, seed=seed, epoch=epoch, batch_size=size)
            self._orders = {epoch: order}
        numbers = self._orders[epoch][index].tolist()
        return [self.collate([self.train[n] for n in part]) for part in share.parts(numbers)]

    def collate(self, texts: Sequence[str]) -> Batch:
        """Encode texts; those that the two tokenizers cut differently are left out."""
        own, other = (tokenizer.encode(texts) for tokenizer in self.tokenizers)
        english, same, chinese = [], [], []
        for text, mine, theirs in zip(texts, own, other, strict=True):
            if max(len(mine.input_ids), len(theirs.input_ids)) > MAX_TOKENS:
                continue
            if language(text) == "zh":
                chinese.append(mine)
            elif np.array_equal(mine.starts, theirs.starts):
                english.append(mine)
                same.append(theirs)
        return Batch(Units.of(english), Units.of(chinese), Units.of(same))

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """Give the summed mean squared difference of states, by language."""
        losses = {}
        student = self.model
        if batch.english.num_units:
            with torch.no_grad():
                wanted_UD = batch.english_of_teacher.states(self.teacher)
            found_UD = batch.english.states(student.bert)
            weight_DD, bias_D = student.to_teacher.weight, student.to_teacher.bias
            mapped_UD = F.linear(found_UD.to(weight_DD.dtype), weight_DD, bias_D).float()
            losses["en"] = (mapped_UD - wanted_UD).square().mean(1).sum()
        if batch.chinese.num_units:
            with torch.no_grad():
                wanted_UD = batch.chinese.states(self.before)
            found_UD = batch.chinese.states(student.bert)
            losses["zh"] = (found_UD - wanted_UD).square().mean(1).sum()
        return losses

    def evaluate(self) -> dict[str, float]:
        """Give the mean squared differences on held-out text; ``score`` is minus their sum."""
        self.model.eval()
        sums, counts = {"en": 0.0, "zh": 0.0}, {"en": 0, "zh": 0}
        with torch.no_grad():
            for start in range(0, len(self.dev), self.config.batch_size):
                batch = self.collate(self.dev[start : start + self.config.batch_size])
                for name, loss in self.losses(batch).items():
                    sums[name] += float(loss)
                    counts[name] += batch.num_targets[name]
        means = {name: sums[name] / max(1, counts[name]) for name in sums}
        return {"score": -sum(means.values()), **means}


def main() -> None:
    """Train, or go on, and write OUT/model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--text", type=Path, required=True, help="what prepare.py wrote")
    parser.add_argument("--init", type=Path, required=True, help="what cut.py wrote")
    parser.add_argument("--teacher", default="minilm-l6")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--set", dest="settings", action="append", default=[])
    arguments = parser.parse_args()
    settings = SETTINGS | parse_overrides(arguments.settings)
    config = from_mapping(TrainConfig, settings, where="--set")
    with arguments.text.open(encoding="utf-8") as stream:
        texts = [part for line in stream for part in parts(json.loads(line)["text"])]
    draw = np.random.default_rng(config.seed)
    texts = [texts[number] for number in draw.permutation(len(texts))]
    print(f"{len(texts):,} texts", flush=True)
    task = DistillTask(arguments.init, resolve_model(arguments.teacher), texts, config)
    values = [to_mapping(config), str(arguments.init), arguments.teacher, len(texts)]
    fingerprint = hashlib.sha256(json.dumps(values).encode()).hexdigest()
    for item in run.train(task, config, arguments.out, fingerprint=fingerprint):
        if isinstance(item, Evaluation):
            print(f"epoch {item.epoch:.3f}: {item.scores}", flush=True)
    bert = task.model.bert.float()
    model = BertForPreTraining(bert.config, with_pairs=False)
    model.bert.load_state_dict(bert.state_dict())
    with sealed_directory(arguments.out / "model") as directory:
        save_pretraining(model, directory)
        Tokenizer.load(arguments.init).save(directory)


if __name__ == "__main__":
    main()
