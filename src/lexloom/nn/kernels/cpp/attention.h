// What the attention kernels share.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "cpu.h"
#include "lanes.h"

namespace lexloom {

struct Heads {
  size_t num_heads, head_dim;
};

struct Texts {
  const int64_t* offsets;
  size_t count;

  size_t longest() const {
    size_t most = 0;
    for (size_t b = 0; b < count; ++b) {
      const size_t length = offsets[b + 1] - offsets[b];
      most = length > most ? length : most;
    }
    return most;
  }
};

// What is dropped of the attention weights (Srivastava et al., 2014): those whose random byte is
// below num_dropped, and the others grow. A byte for each weight, text by text, head by head, query
// by query; bytes is null where nothing is dropped.
struct Dropout {
  const uint8_t* bytes;
  int num_dropped;

  // Multiply a row with what its weights, from the given one on, are kept by.
  void apply(float* row, size_t length, size_t weight) const {
    if (!bytes) return;
    const uint8_t* drawn = bytes + weight;
    const int below = num_dropped;
    const float kept = 256.0f / (float)(256 - below);
    for (size_t t = 0; t < length; ++t) row[t] *= (float)(drawn[t] >= below) * kept;
  }
  void pass(size_t num_weights) {
    if (bytes) bytes += num_weights;
  }
};

// Copy a row in float32, times a factor.
template <int W, class T>
LEXLOOM_INLINE void widen(const T* from, size_t size, float factor, float* to) {
  size_t i = 0;
  for (; i + W <= size; i += W) store<W>(to + i, load<W>(from + i) * factor);
  for (; i < size; ++i) to[i] = get(from + i) * factor;
}

// Copy a row of sums into the result, times a factor.
template <int W, class T>
LEXLOOM_INLINE void narrow(const float* from, size_t size, float factor, T* to) {
  size_t i = 0;
  for (; i + W <= size; i += W) store<W>(to + i, load<W>(from + i) * factor);
  for (; i < size; ++i) put(to + i, from[i] * factor);
}

// Turn a row of scores into weights that sum to 1.
template <int W>
LEXLOOM_INLINE void softmax(float* row, size_t length, size_t padded_length) {
  for (size_t t = length; t < padded_length; ++t) row[t] = -1e30f;
  Float<W> largest = load<W>(row);
  for (size_t t = W; t < padded_length; t += W) largest = larger<W>(largest, load<W>(row + t));
  const float most = max_of<W>(largest);
  Float<W> sum = {};
  for (size_t t = 0; t < padded_length; t += W) {
    const Float<W> weight = exp_of<W>(load<W>(row + t) - most);
    store<W>(row + t, weight);
    sum += weight;
  }
  // not as small as they are, for sums of such numbers take a hundred times as long
  for (size_t t = length; t < padded_length; ++t) row[t] = 0.0f;
  const float share = 1.0f / sum_of<W>(sum);
  for (size_t t = 0; t < padded_length; t += W) store<W>(row + t, load<W>(row + t) * share);
}

// The same on the tile registers, for heads of a multiple of 32 channels; see attention_amx.cpp.
int attend_amx(const bf16* qkv, const Heads& heads, const Texts& texts, size_t max_length,
               bf16* out);

}  // namespace lexloom
