// Self-attention of several heads within each of many texts, whose rows lie one behind the other.
// Vaswani et al., 2017, eq. 1; softmax and sums in float32.
#include "attention.h"

#include <stdlib.h>

#include "lanes.h"
#include "product.h"

namespace lexloom {
namespace {

// What one head of one text needs, in float32 and padded with zeros; see `scratch_floats`.
struct Scratch {
  size_t padded_length, padded_dim;
  float *keys, *values, *queries, *scores;
};

size_t scratch_floats(size_t max_length, size_t head_dim, size_t step) {
  const size_t length = round_up(max_length, step), dim = round_up(head_dim, step);
  return 2 * length * dim + kRows * (dim + length);
}

template <int W>
LEXLOOM_INLINE Scratch lay_out(float* memory, size_t length, size_t head_dim) {
  Scratch s;
  s.padded_length = round_up(length, 2 * W), s.padded_dim = round_up(head_dim, 2 * W);
  s.keys = memory;  // turned: one row for each channel
  s.values = s.keys + s.padded_length * s.padded_dim;
  s.queries = s.values + s.padded_length * s.padded_dim;
  s.scores = s.queries + kRows * s.padded_dim;
  return s;
}

template <class T>
LEXLOOM_INLINE void widen_head(const T* qkv, const Heads& heads, size_t length, Scratch s) {
  const size_t size = heads.num_heads * heads.head_dim;
  memset(s.keys, 0, 2 * s.padded_length * s.padded_dim * sizeof(float));
  for (size_t t = 0; t < length; ++t) {
    const T *key = qkv + t * 3 * size + size, *value = key + size;
    for (size_t h = 0; h < heads.head_dim; ++h) {
      s.keys[h * s.padded_length + t] = get(key + h);
      s.values[t * s.padded_dim + h] = get(value + h);
    }
  }
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
  const float share = 1.0f / sum_of<W>(sum);
  for (size_t t = 0; t < padded_length; t += W) store<W>(row + t, load<W>(row + t) * share);
}

template <int W, class T>
LEXLOOM_INLINE void attend_head(const T* qkv, const Heads& heads, size_t length, Scratch s, T* out) {
  const size_t size = heads.num_heads * heads.head_dim;
  const float scale = 1.0f / __builtin_sqrtf((float)heads.head_dim);
  widen_head(qkv, heads, length, s);
  memset(s.queries, 0, kRows * s.padded_dim * sizeof(float));
  for (size_t first = 0; first < length; first += kRows) {
    const size_t num_rows = length - first < kRows ? length - first : kRows;
    for (size_t r = 0; r < num_rows; ++r)
      for (size_t h = 0; h < heads.head_dim; ++h)
        s.queries[r * s.padded_dim + h] = get(qkv + (first + r) * 3 * size + h) * scale;
    multiply<W>(s.queries, s.padded_dim, s.keys, heads.head_dim, s.padded_length, s.scores,
                s.padded_length);
    for (size_t r = 0; r < kRows; ++r)
      softmax<W>(s.scores + r * s.padded_length, length, s.padded_length);
    // the queries are done with: their place takes the results
    multiply<W>(s.scores, s.padded_length, s.values, length, s.padded_dim, s.queries, s.padded_dim);
    for (size_t r = 0; r < num_rows; ++r)
      for (size_t h = 0; h < heads.head_dim; ++h)
        put(out + (first + r) * size + h, s.queries[r * s.padded_dim + h]);
  }
}

template <int W, class T>
LEXLOOM_INLINE void attend_texts(const void* qkv, const Heads& heads, const Texts& texts,
                                 float* memory, void* out) {
  const size_t size = heads.num_heads * heads.head_dim;
  for (size_t b = 0; b < texts.count; ++b) {
    const size_t start = texts.offsets[b], length = texts.offsets[b + 1] - start;
    if (!length) continue;
    const Scratch scratch = lay_out<W>(memory, length, heads.head_dim);
    for (size_t n = 0; n < heads.num_heads; ++n)
      attend_head<W>((const T*)qkv + start * 3 * size + n * heads.head_dim, heads, length, scratch,
                     (T*)out + start * size + n * heads.head_dim);
  }
}

typedef void Attend(const void*, const Heads&, const Texts&, float*, void*);

template <class T>
void attend_plain(const void* qkv, const Heads& heads, const Texts& texts, float* memory, void* out) {
  attend_texts<4, T>(qkv, heads, texts, memory, out);
}

#if defined(LEXLOOM_X86)
template <class T>
LEXLOOM_AVX2 void attend_avx2(const void* qkv, const Heads& heads, const Texts& texts,
                              float* memory, void* out) {
  attend_texts<8, T>(qkv, heads, texts, memory, out);
}

template <class T>
LEXLOOM_AVX512 void attend_avx512(const void* qkv, const Heads& heads, const Texts& texts,
                                  float* memory, void* out) {
  attend_texts<16, T>(qkv, heads, texts, memory, out);
}
#else
#define attend_avx2 attend_plain
#define attend_avx512 attend_plain
#endif

Attend* const kAttend[][2] = {
    {attend_plain<float>, attend_plain<bf16>},
    {attend_avx2<float>, attend_avx2<bf16>},
    {attend_avx512<float>, attend_avx512<bf16>},
};

}  // namespace
}  // namespace lexloom

// Attend within each text.
//
// qkv: queries, keys and values of all heads side by side, (M, 3 * num_heads * head_dim).
// offsets: where each of the count texts starts among the M rows, and the end of the last.
// out: (M, num_heads * head_dim).
LEXLOOM_EXPORT int lexloom_attention(int dtype, const void* qkv, const int64_t* offsets,
                                     int64_t count, int64_t num_heads, int64_t head_dim, void* out,
                                     int instruction_set) {
  using namespace lexloom;
  const Heads heads = {(size_t)num_heads, (size_t)head_dim};
  const Texts texts = {offsets, (size_t)count};
  size_t max_length = 0;
  for (size_t b = 0; b < texts.count; ++b) {
    const size_t length = offsets[b + 1] - offsets[b];
    max_length = length > max_length ? length : max_length;
  }
#if defined(LEXLOOM_HAS_AMX)
  if (instruction_set == kAmx && dtype == kBfloat16 && head_dim % 32 == 0)
    return attend_amx((const bf16*)qkv, heads, texts, max_length, (bf16*)out);
#endif
  void* memory = 0;
  const size_t size = scratch_floats(max_length, heads.head_dim, 32) * sizeof(float);
  if (posix_memalign(&memory, 64, size + 64)) return kNoMemory;
  const int row = instruction_set > kAvx512 ? kAvx512 : instruction_set;
  kAttend[row][dtype](qkv, heads, texts, (float*)memory, out);
  free(memory);
  return kDone;
}
