"""Words as counts and vectors: n-gram language models."""
