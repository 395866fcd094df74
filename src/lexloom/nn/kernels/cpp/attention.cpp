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

template <int W, class T>
LEXLOOM_INLINE void widen_head(const T* qkv, const Heads& heads, size_t length, Scratch s) {
  const size_t size = heads.num_heads * heads.head_dim;
  memset(s.keys, 0, 2 * s.padded_length * s.padded_dim * sizeof(float));
  for (size_t t = 0; t < length; ++t) {
    const T *key = qkv + t * 3 * size + size, *value = key + size;
    float* row = s.values + t * s.padded_dim;
    widen<W>(key, heads.head_dim, 1.0f, row);
    for (size_t h = 0; h < heads.head_dim; ++h) s.keys[h * s.padded_length + t] = row[h];
    widen<W>(value, heads.head_dim, 1.0f, row);
  }
}

template <int W, class T>
LEXLOOM_INLINE void attend_head(const T* qkv, const Heads& heads, size_t length,
                                const Dropout& dropout, Scratch s, T* out) {
  const size_t size = heads.num_heads * heads.head_dim;
  const float scale = 1.0f / __builtin_sqrtf((float)heads.head_dim);
  widen_head<W>(qkv, heads, length, s);
  memset(s.queries, 0, kRows * s.padded_dim * sizeof(float));
  for (size_t first = 0; first < length; first += kRows) {
    const size_t num_rows = length - first < kRows ? length - first : kRows;
    for (size_t r = 0; r < num_rows; ++r)
      widen<W>(qkv + (first + r) * 3 * size, heads.head_dim, scale, s.queries + r * s.padded_dim);
    multiply<W>(s.queries, s.padded_dim, s.keys, heads.head_dim, s.padded_length, s.scores,
                s.padded_length);
    for (size_t r = 0; r < kRows; ++r)
      softmax<W>(s.scores + r * s.padded_length, length, s.padded_length);
    for (size_t r = 0; r < num_rows; ++r)
      dropout.apply(s.scores + r * s.padded_length, length, (first + r) * length);
    // the queries are done with: their place takes the results
    multiply<W>(s.scores, s.padded_length, s.values, length, s.padded_dim, s.queries, s.padded_dim);
    for (size_t r = 0; r < num_rows; ++r)
      narrow<W>(s.queries + r * s.padded_dim, heads.head_dim, 1.0f, out + (first + r) * size);
  }
}

template <int W, class T>
LEXLOOM_INLINE void attend_texts(const void* qkv, const Heads& heads, const Texts& texts,
                                 Dropout dropout, float* memory, void* out) {
  const size_t size = heads.num_heads * heads.head_dim;
  for (size_t b = 0; b < texts.count; ++b) {
    const size_t start = texts.offsets[b], length = texts.offsets[b + 1] - start;
    if (!length) continue;
    const Scratch scratch = lay_out<W>(memory, length, heads.head_dim);
    for (size_t n = 0; n < heads.num_heads; ++n, dropout.pass(length * length))
      attend_head<W>((const T*)qkv + start * 3 * size + n * heads.head_dim, heads, length, dropout,
                     scratch, (T*)out + start * size + n * heads.head_dim);
  }
}

typedef void Attend(const void*, const Heads&, const Texts&, Dropout, float*, void*);

#define LEXLOOM_ATTEND(NAME, TARGET, W)                                                    \
  template <class T>                                                                       \
  TARGET void NAME(const void* qkv, const Heads& heads, const Texts& texts, Dropout dropout, \
                   float* memory, void* out) {                                             \
    attend_texts<W, T>(qkv, heads, texts, dropout, memory, out);                           \
  }
LEXLOOM_ATTEND(attend_plain, , 4)
#if defined(LEXLOOM_X86)
LEXLOOM_ATTEND(attend_avx2, LEXLOOM_AVX2, 8)
LEXLOOM_ATTEND(attend_avx512, LEXLOOM_AVX512, 16)
#else
#define attend_avx2 attend_plain
#define attend_avx512 attend_plain
#endif
#undef LEXLOOM_ATTEND

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
// bytes, num_dropped: what is dropped of the weights, see Dropout; null drops nothing.
// out: (M, num_heads * head_dim).
LEXLOOM_EXPORT int lexloom_attention(int dtype, const void* qkv, const int64_t* offsets,
                                     int64_t count, int64_t num_heads, int64_t head_dim,
                                     const uint8_t* bytes, int num_dropped, void* out,
                                     int instruction_set) {
  using namespace lexloom;
  const Heads heads = {(size_t)num_heads, (size_t)head_dim};
  const Texts texts = {offsets, (size_t)count};
#if defined(LEXLOOM_HAS_AMX)
  if (instruction_set == kAmx && dtype == kBfloat16 && head_dim % 32 == 0 && !bytes)
    return attend_amx((const bf16*)qkv, heads, texts, texts.longest(), (bf16*)out);
#endif
  void* memory = 0;
  const size_t size = scratch_floats(texts.longest(), heads.head_dim, 32) * sizeof(float);
  if (posix_memalign(&memory, 64, size + 64)) return kNoMemory;
  const int row = instruction_set > kAvx512 ? kAvx512 : instruction_set;
  kAttend[row][dtype](qkv, heads, texts, {bytes, num_dropped}, (float*)memory, out);
  free(memory);
  return kDone;
}
