// A few rows times a matrix, in float32.
#pragma once

#include "lanes.h"

namespace lexloom {

constexpr size_t kRows = 4;  // with two vectors of columns, their sums fill the registers

// sums[r] = weights[r] @ matrix, of N vectors of columns: `count` weights a row, `weights_step`
// apart.
template <int W, int N>
LEXLOOM_INLINE void multiply_columns(const float* weights, size_t weights_stride,
                                     size_t weights_step, const float* matrix, size_t count,
                                     size_t width, float* sums, size_t sums_stride) {
  Float<W> sum[kRows][N] = {};
  for (size_t i = 0; i < count; ++i) {
    Float<W> part[N];
    for (int n = 0; n < N; ++n) part[n] = load<W>(matrix + i * width + n * W);
    for (size_t r = 0; r < kRows; ++r) {
      const float weight = weights[r * weights_stride + i * weights_step];
      for (int n = 0; n < N; ++n) sum[r][n] += weight * part[n];
    }
  }
  for (size_t r = 0; r < kRows; ++r)
    for (int n = 0; n < N; ++n) store<W>(sums + r * sums_stride + n * W, sum[r][n]);
}

// sums[r] = weights[r] @ matrix, from the column `from` on: `count` weights a row, `width` columns.
// `from` and `width` are multiples of W. A matrix of weights is read turned with its stride as
// weights_step, and 1 as weights_stride.
template <int W>
LEXLOOM_INLINE void multiply(const float* weights, size_t weights_stride, const float* matrix,
                             size_t count, size_t width, float* sums, size_t sums_stride,
                             size_t from = 0, size_t weights_step = 1) {
  size_t column = from;
  for (; column + 2 * W <= width; column += 2 * W)
    multiply_columns<W, 2>(weights, weights_stride, weights_step, matrix + column, count, width,
                           sums + column, sums_stride);
  if (column < width)
    multiply_columns<W, 1>(weights, weights_stride, weights_step, matrix + column, count, width,
                           sums + column, sums_stride);
}

}  // namespace lexloom
