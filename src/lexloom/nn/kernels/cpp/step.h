// One step of word2vec's gradient: M input rows against N output rows, in float32.
//
// The rows of a window's words all meet the same outputs, so their products are a small matrix that
// is kept in registers, block by block.
#pragma once

#include <math.h>

#include "lanes.h"

namespace lexloom {

constexpr int kOutputs = 6;  // in a block: their sums and rows fill the registers of AVX2

const size_t kLineFloats = 16;

// Rows that the next step needs. They are fetched bit by bit while this one is computed: all at
// once they would keep the processor waiting, and memory would be idle afterwards.
struct Ahead {
  float* const* rows;
  size_t num_rows;
};

LEXLOOM_INLINE void fetch(const Ahead& ahead, size_t k, size_t count) {
  for (size_t r = 0; r < ahead.num_rows; ++r)
    for (size_t at = k; at < k + count; at += kLineFloats)
      __builtin_prefetch(ahead.rows[r] + at, 1, 3);
}

// Part `number` of `count`, about as many rows in each.
LEXLOOM_INLINE Ahead part_of(const Ahead& all, size_t number, size_t count) {
  const size_t first = all.num_rows * number / count, last = all.num_rows * (number + 1) / count;
  return {all.rows + first, last - first};
}

#if defined(__clang__) || __GNUC__ >= 12
#define LEXLOOM_PICK(a, b, T, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define LEXLOOM_PICK(a, b, T, ...) __builtin_shuffle(a, b, T{__VA_ARGS__})
#endif

// Sums of pairs of lanes, within each four: of `a` and `b` in turn.
LEXLOOM_INLINE Float<4> fold(Float<4> a, Float<4> b) {
  typedef Lanes<4>::Int T;
  (void)sizeof(T);
  return LEXLOOM_PICK(a, b, T, 0, 4, 1, 5) + LEXLOOM_PICK(a, b, T, 2, 6, 3, 7);
}
LEXLOOM_INLINE Float<8> fold(Float<8> a, Float<8> b) {
  typedef Lanes<8>::Int T;
  (void)sizeof(T);
  return LEXLOOM_PICK(a, b, T, 0, 8, 1, 9, 4, 12, 5, 13) +
         LEXLOOM_PICK(a, b, T, 2, 10, 3, 11, 6, 14, 7, 15);
}
LEXLOOM_INLINE Float<16> fold(Float<16> a, Float<16> b) {
  typedef Lanes<16>::Int T;
  (void)sizeof(T);
  return LEXLOOM_PICK(a, b, T, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29) +
         LEXLOOM_PICK(a, b, T, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31);
}

// The same once more: each four lanes hold the parts of four sums.
LEXLOOM_INLINE Float<4> fold_twice(Float<4> a, Float<4> b) {
  typedef Lanes<4>::Int T;
  (void)sizeof(T);
  return LEXLOOM_PICK(a, b, T, 0, 1, 4, 5) + LEXLOOM_PICK(a, b, T, 2, 3, 6, 7);
}
LEXLOOM_INLINE Float<8> fold_twice(Float<8> a, Float<8> b) {
  typedef Lanes<8>::Int T;
  (void)sizeof(T);
  return LEXLOOM_PICK(a, b, T, 0, 1, 8, 9, 4, 5, 12, 13) +
         LEXLOOM_PICK(a, b, T, 2, 3, 10, 11, 6, 7, 14, 15);
}
LEXLOOM_INLINE Float<16> fold_twice(Float<16> a, Float<16> b) {
  typedef Lanes<16>::Int T;
  (void)sizeof(T);
  return LEXLOOM_PICK(a, b, T, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29) +
         LEXLOOM_PICK(a, b, T, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31);
}

// Add the fours of a vector.
LEXLOOM_INLINE Float<4> fours(Float<4> x) { return x; }
LEXLOOM_INLINE Float<4> fours(Float<8> x) {
  Float<4> half[2];
  memcpy(half, &x, sizeof half);
  return half[0] + half[1];
}
LEXLOOM_INLINE Float<4> fours(Float<16> x) {
  Float<8> half[2];
  memcpy(half, &x, sizeof half);
  return fours(half[0] + half[1]);
}

// products[i * N + j] = inputs[i] . outputs[j]; up to three floats behind them are written too.
template <int W, int M, int N>
LEXLOOM_INLINE void multiply_block(float* const* inputs, float* const* outputs, size_t size,
                                   float* products, const Ahead& ahead) {
  constexpr int count = M * N, padded = (count + 3) / 4 * 4;
  Float<W> sum[padded] = {};
  for (size_t k = 0; k < size; k += W) {
    fetch(ahead, k, W);
    Float<W> y[N];
#pragma GCC unroll 8
    for (int j = 0; j < N; ++j) y[j] = load<W>(outputs[j] + k);
#pragma GCC unroll 8
    for (int i = 0; i < M; ++i) {
      const Float<W> x = load<W>(inputs[i] + k);
#pragma GCC unroll 8
      for (int j = 0; j < N; ++j) sum[i * N + j] += x * y[j];
    }
  }
#pragma GCC unroll 8
  for (int s = 0; s < padded; s += 4)
    store<4>(products + s, fours(fold_twice(fold(sum[s], sum[s + 1]), fold(sum[s + 2], sum[s + 3]))));
}

template <int W, int N>
LEXLOOM_INLINE void multiply_rows(float* const* inputs, size_t num_inputs, float* const* outputs,
                                  size_t size, float* products, Ahead ahead) {
  constexpr int kInputs = W == 16 ? 4 : 2;  // their sums fill the registers
  size_t i = 0;
  for (; i + kInputs <= num_inputs; i += kInputs, ahead.num_rows = 0)
    multiply_block<W, kInputs, N>(inputs + i, outputs, size, products + i * N, ahead);
  if (kInputs > 2 && i + 2 <= num_inputs) {
    multiply_block<W, 2, N>(inputs + i, outputs, size, products + i * N, ahead);
    i += 2, ahead.num_rows = 0;
  }
  if (i < num_inputs) multiply_block<W, 1, N>(inputs + i, outputs, size, products + i * N, ahead);
}

// outputs[j] += sum over i of gradients[i * N + j] * inputs[i], and the same the other way round:
// for `changes`, or where there are none for the inputs themselves.
template <int W, int N>
LEXLOOM_INLINE void update_rows(float* const* inputs, size_t num_inputs, float* const* outputs,
                                size_t size, const float* gradients, float* changes,
                                const Ahead& ahead) {
  for (size_t k = 0; k < size; k += W) {
    fetch(ahead, k, W);
    Float<W> y[N], dy[N];
#pragma GCC unroll 8
    for (int j = 0; j < N; ++j) dy[j] = y[j] = load<W>(outputs[j] + k);
    for (size_t i = 0; i < num_inputs; ++i) {
      const Float<W> x = load<W>(inputs[i] + k);
      float* to = changes ? changes + i * size + k : inputs[i] + k;
      Float<W> dx = changes ? load<W>(to) : x;
#pragma GCC unroll 8
      for (int j = 0; j < N; ++j) {
        const float gradient = gradients[i * N + j];
        dx += gradient * y[j];
        dy[j] += gradient * x;
      }
      store<W>(to, dx);
    }
#pragma GCC unroll 8
    for (int j = 0; j < N; ++j) store<W>(outputs[j] + k, dy[j]);
  }
}

// log(1 + e^-|x|) summed: the factors are at most 2, so many of them fit into a float.
template <int W>
struct Loss {
  Float<W> linear, factors;
  int num_factors;
  double sum;
};

template <int W>
LEXLOOM_INLINE void start_loss(Loss<W>* loss) {
  loss->linear = Float<W>{}, loss->factors = Float<W>{} + 1.0f;
  loss->num_factors = 0, loss->sum = 0.0;
}

template <int W>
LEXLOOM_INLINE void collect_loss(Loss<W>* loss) {
  for (int lane = 0; lane < W; ++lane)
    loss->sum += (double)loss->linear[lane] + log((double)loss->factors[lane]);
  loss->linear = Float<W>{}, loss->factors = Float<W>{} + 1.0f, loss->num_factors = 0;
}

// Turn products into gradients of the log likelihood, times the learning rate; add to the loss.
// Both arrays have room for W - 1 more than `count`.
template <int W>
LEXLOOM_INLINE void gradients_of(float* products, const float* labels, size_t count, float lr,
                                 Loss<W>* loss) {
  if (loss->num_factors + (int)(count / W) + 1 > 120) collect_loss<W>(loss);
  for (size_t at = 0; at < count; at += W) {
    Float<W> lane;
    for (int l = 0; l < W; ++l) lane[l] = (float)l;
    const float left = (float)(count - at);
    const Float<W> zero = Float<W>{}, one = zero + 1.0f;
    const Float<W> mask = lane < left ? one : zero;
    const Float<W> label = load<W>(labels + at);
    Float<W> x = load<W>(products + at);
    const Float<W> size = larger<W>(x, -x);
    const Float<W> power = exp_of<W>(-size);  // of the side that cannot overflow
    const Float<W> share = one / (one + power);
    const Float<W> sigmoid = x < zero ? one - share : share;
    store<W>(products + at, lr * (label - sigmoid));
    const Float<W> wrong = label > zero ? -x : x;
    loss->linear += mask * larger<W>(wrong, zero);
    loss->factors *= one + mask * power;
    ++loss->num_factors;
  }
}

}  // namespace lexloom
