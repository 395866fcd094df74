// Which words stand near each other, counted word by word: all neighbours of a word are added up in
// a row as wide as the vocabulary, which the caches hold, and what is in the row is written down.
#include <stdlib.h>

#include "cooccurrence.h"
#include "cpu.h"
#include "lanes.h"

namespace lexloom {
namespace {

const uint32_t kSentenceEnd = 0xffffffffu;
const size_t kAhead = 12;  // places whose words are on their way from memory
const size_t kGroup = 16;  // columns that have one mark
const size_t kMarks = 8;   // marks that are read at once

// The sums of one word's row, zero but where a group of columns is marked.
struct Row {
  double* sums;
  uint8_t* marks;
  size_t num_marks;  // a multiple of kMarks; behind the last column lie zeros
};

LEXLOOM_INLINE size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

LEXLOOM_INLINE void add(const Row& row, uint32_t id, double weight) {
  row.sums[id] += weight;
  row.marks[id / kGroup] = 1;
}

// Add the words of the same sentence on both sides of a place.
LEXLOOM_INLINE void add_around(const CooccurrenceJob& job, size_t place, const Row& row) {
  const uint32_t* at = job.ids + place;
  const double* weights = job.weights - 1;
  const size_t window = (size_t)job.window;
  const size_t before = smaller(place, window);
  const size_t behind = smaller((size_t)job.num_ids - 1 - place, window);
  for (size_t d = 1; d <= before && at[-(ptrdiff_t)d] != kSentenceEnd; ++d)
    add(row, at[-(ptrdiff_t)d], weights[d]);
  for (size_t d = 1; d <= behind && at[d] != kSentenceEnd; ++d) add(row, at[d], weights[d]);
}

// Write down the columns of one group that are not zero, and make them zero; give how many.
LEXLOOM_INLINE size_t take_group(double* sums, size_t first, int32_t* columns, float* values) {
  size_t count = 0;
  for (size_t i = 0; i < kGroup; ++i) {
    // where nothing is, the next overwrites it
    columns[count] = (int32_t)(first + i);
    values[count] = (float)sums[i];
    count += sums[i] != 0.0;
    sums[i] = 0.0;
  }
  return count;
}

LEXLOOM_INLINE size_t take_row(const Row& row, int32_t* columns, float* values) {
  size_t count = 0;
  for (size_t from = 0; from < row.num_marks; from += kMarks) {
    uint64_t marks;
    memcpy(&marks, row.marks + from, sizeof marks);
    if (!marks) continue;
    for (size_t mark = from; mark < from + kMarks; ++mark) {
      if (!row.marks[mark]) continue;
      const size_t first = mark * kGroup;
      count += take_group(row.sums + first, first, columns + count, values + count);
      row.marks[mark] = 0;
    }
  }
  return count;
}

void count_rows(const CooccurrenceJob& job, const Row& row, int64_t* starts, int32_t* columns,
                float* values) {
  const uint32_t* places = job.places + job.place_starts[job.first];
  const uint32_t* const last = job.places + job.place_starts[job.last];
  size_t count = 0;
  starts[0] = 0;
  for (int64_t word = job.first; word < job.last; ++word) {
    const uint32_t* const end = job.places + job.place_starts[word + 1];
    for (; places < end; ++places) {
      if ((size_t)(last - places) > kAhead)
        __builtin_prefetch(job.ids + places[kAhead]);
      add_around(job, *places, row);
    }
    count += take_row(row, columns + count, values + count);
    starts[word - job.first + 1] = (int64_t)count;
  }
}

}  // namespace
}  // namespace lexloom

// Add to the counts of words how often each comes in [start, stop).
LEXLOOM_EXPORT int lexloom_word_counts(const uint32_t* ids, int64_t start, int64_t stop,
                                       int64_t num_words, int64_t* counts) {
  using namespace lexloom;
  for (int64_t at = start; at < stop; ++at) {
    if (ids[at] == kSentenceEnd) continue;
    if (ids[at] >= (uint64_t)num_words) return kOutOfRange;
    ++counts[ids[at]];
  }
  return kDone;
}

// Write where each word of [start, stop) stands to its next free place, which goes on by one each
// time. The words must have been counted.
LEXLOOM_EXPORT int lexloom_word_places(const uint32_t* ids, int64_t start, int64_t stop,
                                       int64_t* next, uint32_t* places) {
  for (int64_t at = start; at < stop; ++at)
    if (ids[at] != lexloom::kSentenceEnd) places[next[ids[at]]++] = (uint32_t)at;
  return lexloom::kDone;
}

// Give the rows [first, last) of the matrix of counts, sparse and with ascending columns. There is
// room for one entry more than there can be; `starts` has one number more than there are rows.
LEXLOOM_EXPORT int lexloom_cooccurrence(const lexloom::CooccurrenceJob* job, int64_t* starts,
                                        int32_t* columns, float* values) {
  using namespace lexloom;
  const size_t num_columns = round_up((size_t)job->num_words, kGroup * kMarks);
  const size_t num_marks = num_columns / kGroup;
  double* sums = (double*)calloc(num_columns * sizeof(double) + num_marks, 1);
  if (!sums) return kNoMemory;
  count_rows(*job, Row{sums, (uint8_t*)(sums + num_columns), num_marks}, starts, columns, values);
  free(sums);
  return kDone;
}
