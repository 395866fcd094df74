// Decimal numbers of a text file, read as fast as the file is.
#include <string.h>

#include "cpu.h"
#include "lanes.h"

namespace lexloom {
namespace {

const int kMaxPower = 22;  // the powers of ten that a double holds exactly
const double kPowers[kMaxPower + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                       1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                       1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
const uint64_t kMaxExact = (uint64_t)1 << 53;
const int kMaxExponent = 10000;

LEXLOOM_INLINE bool is_digit(const char* at, const char* end) {
  return at < end && (unsigned char)(*at - '0') < 10;
}

LEXLOOM_INLINE bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Read the digits of a number without their point; false where they do not fit.
LEXLOOM_INLINE bool read_digits(const char** at, const char* end, uint64_t* digits, int* power) {
  const char* start = *at;
  int count = 0;
  for (; is_digit(*at, end); ++*at, ++count) {
    if (*digits >= kMaxExact / 10) return false;
    *digits = *digits * 10 + (uint64_t)(**at - '0');
  }
  if (*at < end && **at == '.') {
    ++*at;
    for (; is_digit(*at, end); ++*at, ++count, --*power) {
      if (*digits >= kMaxExact / 10) return false;
      *digits = *digits * 10 + (uint64_t)(**at - '0');
    }
  }
  return count > 0 && *at > start;
}

LEXLOOM_INLINE bool read_exponent(const char** at, const char* end, int* power) {
  if (*at >= end || (**at | 32) != 'e') return true;
  ++*at;
  const bool is_negative = *at < end && **at == '-';
  if (*at < end && (**at == '-' || **at == '+')) ++*at;
  if (!is_digit(*at, end)) return false;
  int exponent = 0;
  for (; is_digit(*at, end); ++*at)
    if (exponent < kMaxExponent) exponent = exponent * 10 + (**at - '0');
  *power += is_negative ? -exponent : exponent;
  return true;
}

// One multiplication or division of exact doubles is rounded right.
LEXLOOM_INLINE bool read_number(const char** at, const char* end, float* number) {
  const bool is_negative = **at == '-';
  if (is_negative) ++*at;
  uint64_t digits = 0;
  int power = 0;
  if (!read_digits(at, end, &digits, &power) || !read_exponent(at, end, &power)) return false;
  if (*at < end && !is_space(**at)) return false;
  if (power > kMaxPower || power < -kMaxPower) return false;
  const double value = power < 0 ? (double)digits / kPowers[-power] : (double)digits * kPowers[power];
  *number = (float)(is_negative ? -value : value);
  return true;
}

}  // namespace
}  // namespace lexloom

// Read numbers between white space, at most `capacity`; `count` tells how many were read before the
// end, or before something that is no plain number: the caller reads on by other means.
LEXLOOM_EXPORT int lexloom_floats(const char* text, int64_t size, float* numbers, int64_t capacity,
                                  int64_t* count) {
  using namespace lexloom;
  const char *at = text, *end = text + size;
  for (*count = 0; *count < capacity; ++*count) {
    while (at < end && is_space(*at)) ++at;
    if (at == end || !read_number(&at, end, numbers + *count)) break;
  }
  while (at < end && is_space(*at)) ++at;
  return at == end ? kDone : kOutOfRange;
}
