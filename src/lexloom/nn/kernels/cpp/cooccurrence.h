// Rows of a matrix of counts; `cooccurrence.py` has the same fields in the same order.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace lexloom {

struct CooccurrenceJob {
  const uint32_t* ids;  // of whole sentences, with the mark of their ends; below num_words
  int64_t num_ids, num_words;
  const uint32_t* places;       // where each word stands, word by word
  const int64_t* place_starts;  // of each word's places, and the last one's end
  const double* weights;  // of words 1 to `window` places away; none is zero
  int64_t window;
  int64_t first, last;  // the rows
};

}  // namespace lexloom
