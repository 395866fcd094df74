// Which bytes of ASCII make words, many bytes at a time: a bit for each byte, and its lower case.
#pragma once

#include "cpu.h"
#include "lanes.h"

#if defined(LEXLOOM_X86)
#include <immintrin.h>
#endif

namespace lexloom {

const size_t kChunk = 4096;  // bytes that are looked at at once; a multiple of 64

// Of a chunk; bits and bytes behind its end are zero.
struct Classes {
  uint64_t letters[kChunk / 64];
  uint64_t others[kChunk / 64];  // what is neither a letter of ASCII nor just parts words
  uint8_t lower[kChunk + 64];    // of the letters; what else there is stands as it was
};

// A set of characters of ASCII: for each lower half of a byte, a bit for each upper half.
struct Set {
  uint8_t halves[16];
};

LEXLOOM_INLINE void add(Set* set, uint32_t code) {
  set->halves[code & 15] |= (uint8_t)(1u << (code >> 4));
}

// What a byte does that is no letter of ASCII.
enum Other : uint8_t { kParts = 0, kEndsLine = 1, kNeedsLook = 2 };

struct AsciiTable {
  uint8_t lower[128];  // of the letters, 0 for all else
  uint8_t other[256];
  Set letters, capitals, others;
  bool has_plain_case;  // lower case differs by one bit, the same for all capitals
};

// Make the sets, from what there is of ASCII.
LEXLOOM_INLINE void finish(AsciiTable* table) {
  memset(table->other + 128, kNeedsLook, 128);
  table->has_plain_case = true;
  for (uint32_t code = 0; code < 128; ++code) {
    const uint8_t lower = table->lower[code];
    if (lower) add(&table->letters, code);
    if (table->other[code]) add(&table->others, code);
    if (!lower || lower == code) continue;
    add(&table->capitals, code);
    if (lower != (code | 0x20)) table->has_plain_case = false;
  }
}

static inline void classify_plain(const AsciiTable& table, const uint8_t* text, size_t from,
                                  size_t size, Classes* classes) {
  for (size_t start = from; start < size; start += 64) {
    const size_t count = size - start < 64 ? size - start : 64;
    uint64_t letters = 0, others = 0;
    for (size_t i = 0; i < count; ++i) {
      const uint8_t byte = text[start + i];
      const uint8_t lower = byte < 128 ? table.lower[byte] : 0;
      classes->lower[start + i] = lower ? lower : byte;
      letters |= (uint64_t)(lower != 0) << i;
      others |= (uint64_t)(table.other[byte] != kParts) << i;
    }
    classes->letters[start / 64] = letters, classes->others[start / 64] = others;
  }
}

#if defined(LEXLOOM_X86)
__attribute__((target("avx2"), always_inline)) static inline __m256i halves_of(const Set& set) {
  return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i*)set.halves));
}

// Whole pieces of 64 bytes; `size` is a multiple of them.
__attribute__((target("avx2"))) static inline void classify_avx2(const AsciiTable& table,
                                                                 const uint8_t* text, size_t size,
                                                                 Classes* classes) {
  const __m256i letters = halves_of(table.letters), others = halves_of(table.others);
  const __m256i capitals = halves_of(table.capitals), low = _mm256_set1_epi8(15);
  const __m256i zero = _mm256_setzero_si256(), case_bit = _mm256_set1_epi8(0x20);
  const __m256i bits = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(1, 2, 4, 8, 16, 32, 64, (char)128, 0, 0, 0, 0, 0, 0, 0, 0));
  for (size_t start = 0; start < size; start += 64) {
    uint64_t found[2] = {0, 0};
    for (size_t half = 0; half < 64; half += 32) {
      const __m256i x = _mm256_loadu_si256((const __m256i*)(text + start + half));
      const __m256i lower_half = _mm256_and_si256(x, low);
      const __m256i upper_half = _mm256_and_si256(_mm256_srli_epi16(x, 4), low);
      const __m256i bit = _mm256_shuffle_epi8(bits, upper_half);
      const __m256i a = _mm256_and_si256(_mm256_shuffle_epi8(letters, lower_half), bit);
      const __m256i b = _mm256_and_si256(_mm256_shuffle_epi8(others, lower_half), bit);
      const __m256i c = _mm256_and_si256(_mm256_shuffle_epi8(capitals, lower_half), bit);
      const uint32_t none[] = {(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(a, zero)),
                               (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(b, zero))};
      const uint32_t beyond = (uint32_t)_mm256_movemask_epi8(x);
      found[0] |= (uint64_t)(~none[0]) << half;
      found[1] |= (uint64_t)(~none[1] | beyond) << half;
      const __m256i is_capital = _mm256_andnot_si256(_mm256_cmpeq_epi8(c, zero), case_bit);
      _mm256_storeu_si256((__m256i*)(classes->lower + start + half),
                          _mm256_or_si256(x, is_capital));
    }
    classes->letters[start / 64] = found[0], classes->others[start / 64] = found[1];
  }
}
#endif

// Look at up to kChunk bytes.
static inline void classify(const AsciiTable& table, int instruction_set, const uint8_t* text,
                            size_t size, Classes* classes) {
  size_t done = 0;
#if defined(LEXLOOM_X86)
  if (instruction_set >= kAvx2 && table.has_plain_case) {
    done = size / 64 * 64;
    classify_avx2(table, text, done, classes);
  }
#else
  (void)instruction_set;
#endif
  classify_plain(table, text, done, size, classes);
}

}  // namespace lexloom
