"""Text to numbers: tokenizers, and the units that spans are counted in; no torch here."""
