// The passes of a CBOW step over its rows: they are summed, and the gradient goes to all of them.
// Several vectors of a row at a time, so that what is summed never leaves the registers.
#pragma once

#include "lanes.h"
#include "step.h"

namespace lexloom {

// What a step reads and changes; `mean` is of the inputs, or their sum.
struct CbowRows {
  float* const* inputs;
  size_t num_inputs;
  float* const* outputs;
  size_t num_outputs;
  float* mean;
};

// mean = share * sum of the inputs.
struct SumPass {
  const CbowRows& rows;
  float share;

  template <int W, int C>
  __attribute__((always_inline)) void part(size_t k) const {
    Float<W> sum[C] = {};
    for (size_t i = 0; i < rows.num_inputs; ++i)
#pragma GCC unroll 8
      for (int c = 0; c < C; ++c) sum[c] += load<W>(rows.inputs[i] + k + c * W);
#pragma GCC unroll 8
    for (int c = 0; c < C; ++c) store<W>(rows.mean + k + c * W, share * sum[c]);
  }
};

// outputs[j] += gradients[j] * mean; each input += factor * sum over j of gradients[j] * outputs[j].
struct SpreadPass {
  const CbowRows& rows;
  const float* gradients;
  float factor;

  template <int W, int C>
  __attribute__((always_inline)) void part(size_t k) const {
    Float<W> x[C], dx[C] = {};
#pragma GCC unroll 8
    for (int c = 0; c < C; ++c) x[c] = load<W>(rows.mean + k + c * W);
    for (size_t j = 0; j < rows.num_outputs; ++j) {
      const float gradient = gradients[j];
      float* y = rows.outputs[j] + k;
#pragma GCC unroll 8
      for (int c = 0; c < C; ++c) {
        const Float<W> value = load<W>(y + c * W);
        dx[c] += gradient * value;
        store<W>(y + c * W, value + gradient * x[c]);
      }
    }
    for (size_t i = 0; i < rows.num_inputs; ++i) {
      float* to = rows.inputs[i] + k;
#pragma GCC unroll 8
      for (int c = 0; c < C; ++c) store<W>(to + c * W, load<W>(to + c * W) + factor * dx[c]);
    }
  }
};

// Go over the width of the rows, and fetch meanwhile.
template <int W, class Pass>
LEXLOOM_INLINE void go_over(const Pass& pass, size_t size, const Ahead& ahead) {
  constexpr int kMost = W == 16 ? 8 : 4;  // vectors: two sums of each fill the registers
  size_t k = 0;
  for (; k + kMost * W <= size; k += kMost * W) {
    fetch(ahead, k, kMost * W);
    pass.template part<W, kMost>(k);
  }
  fetch(ahead, k, size - k);
  if (kMost > 4 && k + 4 * W <= size) pass.template part<W, 4>(k), k += 4 * W;
  if (k + 2 * W <= size) pass.template part<W, 2>(k), k += 2 * W;
  if (k + W <= size) pass.template part<W, 1>(k), k += W;
}

}  // namespace lexloom
