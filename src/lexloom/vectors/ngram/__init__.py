"""N-gram language models: trained by sorting, asked in batches, exchanged as ARPA files."""

from lexloom.vectors.ngram.config import NgramConfig
from lexloom.vectors.ngram.files import load, save
from lexloom.vectors.ngram.model import NgramModel
from lexloom.vectors.ngram.train import train

__all__ = ["NgramConfig", "NgramModel", "load", "save", "train"]
