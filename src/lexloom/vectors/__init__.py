"""Word vectors: the corpus they are learnt from, word2vec, and what is asked of them."""
