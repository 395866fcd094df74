// A few rows times a matrix, in float32.
#pragma once

#include "lanes.h"

namespace lexloom {

constexpr size_t kRows = 4;  // with two vectors of columns, their sums fill the registers

// sums[r] = weights[r] @ matrix: `count` weights a row, `width` columns.
template <int W>
LEXLOOM_INLINE void multiply(const float* weights, size_t weights_stride, const float* matrix,
                             size_t count, size_t width, float* sums, size_t sums_stride) {
  for (size_t column = 0; column < width; column += 2 * W) {
    Float<W> sum[kRows][2] = {};
    for (size_t i = 0; i < count; ++i) {
      const Float<W> left = load<W>(matrix + i * width + column);
      const Float<W> right = load<W>(matrix + i * width + column + W);
      for (size_t r = 0; r < kRows; ++r) {
        const float weight = weights[r * weights_stride + i];
        sum[r][0] += weight * left;
        sum[r][1] += weight * right;
      }
    }
    for (size_t r = 0; r < kRows; ++r) {
      store<W>(sums + r * sums_stride + column, sum[r][0]);
      store<W>(sums + r * sums_stride + column + W, sum[r][1]);
    }
  }
}

}  // namespace lexloom
