// The gradient of self-attention within each of many texts; attention.cpp has the way there.
//
// With weights P = softmax(Q K'), of which dropout leaves P * F, and the gradient G of the result:
//   dV = (P * F)' G,   dP = F * (G V'),   dS = P * (dP - sum of P * dP over the row),
//   dQ = dS K,   dK = dS' Q.
// The weights are computed again, which is less work than to keep and fetch them.
#include <stdlib.h>

#include "attention.h"
#include "product.h"

namespace lexloom {
namespace {

// What one head of one text needs, in float32 and padded; T positions and H channels.
struct Scratch {
  size_t length, padded_length, padded_dim;
  float *turned_keys, *turned_values;            // H rows of T
  float *queries, *keys, *gradient;              // T rows of H; queries are scaled
  float *kept_weights, *score_gradient;          // T rows of T
  float* block;                                  // a few rows of H
};

size_t rows_of(size_t length) { return round_up(length, kRows); }

size_t scratch_floats(size_t max_length, size_t head_dim, size_t step) {
  const size_t length = round_up(max_length, step), dim = round_up(head_dim, step);
  return 2 * head_dim * length + 3 * rows_of(max_length) * dim +
         2 * rows_of(max_length) * length + kRows * dim;
}

template <int W>
LEXLOOM_INLINE Scratch lay_out(float* memory, size_t length, size_t head_dim) {
  Scratch s;
  s.length = length;
  s.padded_length = round_up(length, 2 * W), s.padded_dim = round_up(head_dim, 2 * W);
  const size_t turned = head_dim * s.padded_length, plain = rows_of(length) * s.padded_dim;
  const size_t square = rows_of(length) * s.padded_length;
  s.turned_keys = memory;
  s.turned_values = s.turned_keys + turned;
  s.queries = s.turned_values + turned;
  s.keys = s.queries + plain;
  s.gradient = s.keys + plain;
  s.kept_weights = s.gradient + plain;
  s.score_gradient = s.kept_weights + square;
  s.block = s.score_gradient + square;
  memset(memory, 0, (size_t)((char*)s.kept_weights - (char*)memory));
  return s;
}

template <int W, class T>
LEXLOOM_INLINE void widen_head(const T* qkv, const T* gradient, const Heads& heads, float scale,
                               const Scratch& s) {
  const size_t size = heads.num_heads * heads.head_dim;
  for (size_t t = 0; t < s.length; ++t) {
    const T *query = qkv + t * 3 * size, *key = query + size, *value = key + size;
    const size_t row = t * s.padded_dim;
    widen<W>(query, heads.head_dim, scale, s.queries + row);
    widen<W>(key, heads.head_dim, 1.0f, s.keys + row);
    widen<W>(value, heads.head_dim, 1.0f, s.block);
    widen<W>(gradient + t * size, heads.head_dim, 1.0f, s.gradient + row);
    for (size_t h = 0; h < heads.head_dim; ++h) {
      s.turned_keys[h * s.padded_length + t] = s.keys[row + h];
      s.turned_values[h * s.padded_length + t] = s.block[h];
    }
  }
}

// Turn a row's weights and the gradient of what dropout left of them into what is left, and the
// gradient of the scores.
template <int W>
LEXLOOM_INLINE void softmax_backward(float* weights, float* gradient, size_t padded_length) {
  Float<W> products = {};
  for (size_t t = 0; t < padded_length; t += W)
    products += load<W>(weights + t) * load<W>(gradient + t);
  const float sum = sum_of<W>(products);
  for (size_t t = 0; t < padded_length; t += W)
    store<W>(gradient + t, load<W>(weights + t) * (load<W>(gradient + t) - sum));
}

template <int W, class T>
LEXLOOM_INLINE void put_rows(const Scratch& s, const Heads& heads, size_t first, float scale,
                             T* out) {
  const size_t size = heads.num_heads * heads.head_dim;
  for (size_t r = 0; r < kRows && first + r < s.length; ++r)
    narrow<W>(s.block + r * s.padded_dim, heads.head_dim, scale, out + (first + r) * 3 * size);
}

template <int W, class T>
LEXLOOM_INLINE void backward_head(const T* qkv, const T* gradient, const Heads& heads,
                                  const Dropout& dropout, const Scratch& s, T* out) {
  const size_t size = heads.num_heads * heads.head_dim;
  const size_t length = s.length, padded = s.padded_length, dim = s.padded_dim;
  const float scale = 1.0f / __builtin_sqrtf((float)heads.head_dim);
  widen_head<W>(qkv, gradient, heads, scale, s);
  for (size_t first = 0; first < length; first += kRows) {
    float *weights = s.kept_weights + first * padded, *scores = s.score_gradient + first * padded;
    multiply<W>(s.queries + first * dim, dim, s.turned_keys, heads.head_dim, padded, weights,
                padded);
    multiply<W>(s.gradient + first * dim, dim, s.turned_values, heads.head_dim, padded, scores,
                padded);
    for (size_t r = 0; r < kRows && first + r < length; ++r) {
      float *row = weights + r * padded, *row_gradient = scores + r * padded;
      const size_t weight = (first + r) * length;
      softmax<W>(row, length, padded);
      dropout.apply(row_gradient, length, weight);
      softmax_backward<W>(row, row_gradient, padded);
      dropout.apply(row, length, weight);
    }
    multiply<W>(scores, padded, s.keys, length, dim, s.block, dim);
    put_rows<W>(s, heads, first, scale, out);
  }
  for (size_t first = 0; first < length; first += kRows) {
    multiply<W>(s.score_gradient + first, 1, s.queries, length, dim, s.block, dim, 0, padded);
    put_rows<W>(s, heads, first, 1.0f, out + size);
    multiply<W>(s.kept_weights + first, 1, s.gradient, length, dim, s.block, dim, 0, padded);
    put_rows<W>(s, heads, first, 1.0f, out + 2 * size);
  }
}

template <int W, class T>
LEXLOOM_INLINE void backward_texts(const void* qkv, const void* gradient, const Heads& heads,
                                   const Texts& texts, Dropout dropout, float* memory, void* out) {
  const size_t size = heads.num_heads * heads.head_dim;
  for (size_t b = 0; b < texts.count; ++b) {
    const size_t start = texts.offsets[b], length = texts.offsets[b + 1] - start;
    if (!length) continue;
    const Scratch scratch = lay_out<W>(memory, length, heads.head_dim);
    for (size_t n = 0; n < heads.num_heads; ++n, dropout.pass(length * length)) {
      const size_t head = n * heads.head_dim;
      backward_head<W>((const T*)qkv + start * 3 * size + head,
                       (const T*)gradient + start * size + head, heads, dropout, scratch,
                       (T*)out + start * 3 * size + head);
    }
  }
}

typedef void Backward(const void*, const void*, const Heads&, const Texts&, Dropout, float*, void*);

#define LEXLOOM_BACKWARD(NAME, TARGET, W)                                                 \
  template <class T>                                                                      \
  TARGET void NAME(const void* qkv, const void* gradient, const Heads& heads,             \
                   const Texts& texts, Dropout dropout, float* memory, void* out) {       \
    backward_texts<W, T>(qkv, gradient, heads, texts, dropout, memory, out);              \
  }
LEXLOOM_BACKWARD(backward_plain, , 4)
#if defined(LEXLOOM_X86)
LEXLOOM_BACKWARD(backward_avx2, LEXLOOM_AVX2, 8)
LEXLOOM_BACKWARD(backward_avx512, LEXLOOM_AVX512, 16)
#else
#define backward_avx2 backward_plain
#define backward_avx512 backward_plain
#endif
#undef LEXLOOM_BACKWARD

Backward* const kBackward[][2] = {
    {backward_plain<float>, backward_plain<bf16>},
    {backward_avx2<float>, backward_avx2<bf16>},
    {backward_avx512<float>, backward_avx512<bf16>},
};

}  // namespace
}  // namespace lexloom

// Give the gradient of attention at the queries, keys and values, (M, 3 * num_heads * head_dim).
//
// gradient: that of the result, (M, num_heads * head_dim). All else as in lexloom_attention.
LEXLOOM_EXPORT int lexloom_attention_backward(int dtype, const void* qkv, const void* gradient,
                                              const int64_t* offsets, int64_t count,
                                              int64_t num_heads, int64_t head_dim,
                                              const uint8_t* bytes, int num_dropped, void* out,
                                              int instruction_set) {
  using namespace lexloom;
  const Heads heads = {(size_t)num_heads, (size_t)head_dim};
  const Texts texts = {offsets, (size_t)count};
  void* memory = 0;
  const size_t size = scratch_floats(texts.longest(), heads.head_dim, 32) * sizeof(float);
  if (posix_memalign(&memory, 64, size + 64)) return kNoMemory;
  const int row = instruction_set > kAvx512 ? kAvx512 : instruction_set;
  kBackward[row][dtype](qkv, gradient, heads, texts, {bytes, num_dropped}, (float*)memory, out);
  free(memory);
  return kDone;
}
