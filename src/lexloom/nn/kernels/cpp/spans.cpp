// The spans of texts that score above their label's threshold, without the table of all scores.
#include <stdlib.h>

#include "cpu.h"
#include "lanes.h"
#include "product.h"

namespace lexloom {
namespace {

struct Units {
  const void *start, *end;    // (B, U, R)
  const float* start_scores;  // (B, U, C)
  const int64_t* num_units;   // of each text
  size_t max_units, rank;
};

struct Labels {
  const void *product, *end;  // (C, R)
  const float *widths;        // (C, U): of a span by its last unit's distance from its first
  const float *thresholds;    // (C)
  size_t count;
};

struct Found {
  int64_t* places;  // (capacity, 4): text, label, first unit, last unit
  float* scores;
  size_t capacity, count;  // more may be found than there is room for
};

LEXLOOM_INLINE void keep(Found* found, size_t text, size_t label, size_t first, size_t last,
                         float score) {
  if (found->count < found->capacity) {
    int64_t* place = found->places + 4 * found->count;
    place[0] = text, place[1] = label, place[2] = first, place[3] = last;
    found->scores[found->count] = score;
  }
  ++found->count;
}

// Score the spans that begin at one unit: `row` holds their products, by their last unit.
template <int W>
LEXLOOM_INLINE void keep_row(const float* row, size_t text, size_t label, size_t first,
                             const Units& units, const Labels& labels, Found* found) {
  const size_t num_units = units.num_units[text];
  const float* widths = labels.widths + label * units.max_units;
  const float threshold = labels.thresholds[label];
  const float start = units.start_scores[(text * units.max_units + first) * labels.count + label];
  for (size_t last = first; last < num_units; ++last) {
    const float score = row[last] + start + widths[last - first];
    if (score > threshold) keep(found, text, label, first, last, score);
  }
}

template <int W, class T>
LEXLOOM_INLINE void find_in_text(size_t text, const Units& units, const Labels& labels,
                                 float* memory, Found* found) {
  const size_t rank = units.rank, length = units.num_units[text];
  const size_t padded = round_up(length, W);
  float *ends = memory, *queries = ends + rank * padded, *rows = queries + kRows * rank;
  const T* start = (const T*)units.start + text * units.max_units * rank;
  const T* end = (const T*)units.end + text * units.max_units * rank;
  memset(ends, 0, rank * padded * sizeof(float));
  for (size_t u = 0; u < length; ++u)
    for (size_t r = 0; r < rank; ++r) ends[r * padded + u] = get(end + u * rank + r);
  for (size_t label = 0; label < labels.count; ++label) {
    const T* product = (const T*)labels.product + label * rank;
    const T* label_end = (const T*)labels.end + label * rank;
    for (size_t first = 0; first < length; first += kRows) {
      const size_t num_rows = length - first < kRows ? length - first : kRows;
      for (size_t i = 0; i < num_rows; ++i)
        for (size_t r = 0; r < rank; ++r)
          queries[i * rank + r] =
              get(start + (first + i) * rank + r) * get(product + r) + get(label_end + r);
      // no span ends before it begins
      multiply<W>(queries, rank, ends, rank, padded, rows, padded, first / W * W);
      for (size_t i = 0; i < num_rows; ++i)
        keep_row<W>(rows + i * padded, text, label, first + i, units, labels, found);
    }
  }
}

template <int W, class T>
LEXLOOM_INLINE void find_in_texts(size_t num_texts, const Units& units, const Labels& labels,
                                  float* memory, Found* found) {
  for (size_t text = 0; text < num_texts; ++text)
    if (units.num_units[text]) find_in_text<W, T>(text, units, labels, memory, found);
}

typedef void Find(size_t, const Units&, const Labels&, float*, Found*);

template <class T>
void find_plain(size_t num_texts, const Units& units, const Labels& labels, float* memory,
                Found* found) {
  find_in_texts<4, T>(num_texts, units, labels, memory, found);
}

#if defined(LEXLOOM_X86)
template <class T>
LEXLOOM_AVX2 void find_avx2(size_t num_texts, const Units& units, const Labels& labels,
                            float* memory, Found* found) {
  find_in_texts<8, T>(num_texts, units, labels, memory, found);
}

template <class T>
LEXLOOM_AVX512 void find_avx512(size_t num_texts, const Units& units, const Labels& labels,
                                float* memory, Found* found) {
  find_in_texts<16, T>(num_texts, units, labels, memory, found);
}
#else
#define find_avx2 find_plain
#define find_avx512 find_plain
#endif

Find* const kFind[][2] = {
    {find_plain<float>, find_plain<bf16>},
    {find_avx2<float>, find_avx2<bf16>},
    {find_avx512<float>, find_avx512<bf16>},
};

}  // namespace
}  // namespace lexloom

// Find the spans above threshold; the score of a span is
//   (start[first] * product[label] + label_end[label]) . end[last]
//   + start_scores[first, label] + widths[label, last - first].
// found_count tells how many there are; the first `capacity` of them are written, in the order of
// text, label, first and last unit.
LEXLOOM_EXPORT int lexloom_spans(int dtype, const void* start, const void* end,
                                 const float* start_scores, const int64_t* num_units,
                                 int64_t num_texts, int64_t max_units, int64_t rank,
                                 const void* product, const void* label_end, const float* widths,
                                 const float* thresholds, int64_t num_labels, int64_t* places,
                                 float* scores, int64_t capacity, int64_t* found_count,
                                 int instruction_set) {
  using namespace lexloom;
  const Units units = {start, end, start_scores, num_units, (size_t)max_units, (size_t)rank};
  const Labels labels = {product, label_end, widths, thresholds, (size_t)num_labels};
  Found found = {places, scores, (size_t)capacity, 0};
  void* memory = 0;
  const size_t padded = round_up(units.max_units, 32);
  const size_t size = (units.rank * padded + kRows * (units.rank + padded)) * sizeof(float);
  if (posix_memalign(&memory, 64, size + 64)) return kNoMemory;
  memset(memory, 0, size);
  const int row = instruction_set > kAvx512 ? kAvx512 : instruction_set;
  kFind[row][dtype]((size_t)num_texts, units, labels, (float*)memory, &found);
  free(memory);
  *found_count = (int64_t)found.count;
  return kDone;
}
