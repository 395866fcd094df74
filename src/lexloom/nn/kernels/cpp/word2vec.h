// A stretch of a corpus to learn from; `word2vec.py` has the same fields in the same order.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace lexloom {

struct Word2vecJob {
  const uint32_t* ids;  // of the corpus, with the mark of a sentence's end
  int64_t num_ids;
  int64_t start, stop;  // the sentences that begin here are learnt from
  float *inputs, *outputs;
  int64_t stride;               // floats of a row, a multiple of 16 lanes; the rest is zero
  const uint32_t* keep;         // of each word: a draw above this leaves it out
  const uint32_t* alias;        // of each word: the share of its own draws, and whose the others are
  int64_t num_words;
  const int64_t* path_starts;   // hierarchical softmax: of each word's path, and the last one's end
  const uint32_t* path_nodes;
  const float* path_labels;
  int64_t max_path;
  int64_t window, negative;
  int64_t is_cbow, is_mean, is_exact;
  double lr_start, lr_stop;
  uint64_t seed;
  double loss;  // what comes back
  int64_t num_predictions;
  int64_t num_trained_words;
};

}  // namespace lexloom
