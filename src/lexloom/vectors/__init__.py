"""Words as counts and as vectors: n-gram models, word2vec, and what is asked of them."""
