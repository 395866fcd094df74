// Vectors of W floats for every instruction set, by the compilers' vector extension, and what the
// kernels do with them. A function here has no target of its own: it takes that of its caller.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if !defined(__GNUC__)
#error "the kernels need a compiler with GCC's vector extension"
#endif

#define LEXLOOM_INLINE static inline __attribute__((always_inline))
#define LEXLOOM_EXPORT extern "C" __attribute__((visibility("default")))

namespace lexloom {

// The upper half of a float.
struct bf16 {
  uint16_t bits;
};

template <int W>
struct Lanes;

#define LEXLOOM_LANES(W)                                            \
  template <>                                                       \
  struct Lanes<W> {                                                 \
    typedef float Float __attribute__((vector_size(4 * W)));        \
    typedef int32_t Int __attribute__((vector_size(4 * W)));        \
    typedef uint32_t Bits __attribute__((vector_size(4 * W)));      \
    typedef uint16_t Half __attribute__((vector_size(2 * W)));      \
  };
LEXLOOM_LANES(1)
LEXLOOM_LANES(4)
LEXLOOM_LANES(8)
LEXLOOM_LANES(16)
#undef LEXLOOM_LANES

template <int W>
using Float = typename Lanes<W>::Float;

LEXLOOM_INLINE size_t round_up(size_t count, size_t step) { return (count + step - 1) / step * step; }

template <int W>
LEXLOOM_INLINE Float<W> load(const float* from) {
  Float<W> x;
  memcpy(&x, from, sizeof x);
  return x;
}

template <int W>
LEXLOOM_INLINE Float<W> load(const bf16* from) {
  typename Lanes<W>::Half half;
  memcpy(&half, from, sizeof half);
  typename Lanes<W>::Bits bits = __builtin_convertvector(half, typename Lanes<W>::Bits) << 16;
  Float<W> x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

template <int W>
LEXLOOM_INLINE void store(float* to, Float<W> x) {
  memcpy(to, &x, sizeof x);
}

// To the nearest, ties to even; what is no number stays none.
template <int W>
LEXLOOM_INLINE void store(bf16* to, Float<W> x) {
  typename Lanes<W>::Bits bits;
  memcpy(&bits, &x, sizeof bits);
  const typename Lanes<W>::Bits rounded = bits + 0x7fffu + ((bits >> 16) & 1u);
  bits = (x == x ? rounded : (bits | 0x400000u)) >> 16;
  const typename Lanes<W>::Half half = __builtin_convertvector(bits, typename Lanes<W>::Half);
  memcpy(to, &half, sizeof half);
}

LEXLOOM_INLINE float get(const float* from) { return *from; }

LEXLOOM_INLINE float get(const bf16* from) {
  const uint32_t bits = (uint32_t)from->bits << 16;
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

LEXLOOM_INLINE void put(float* to, float x) { *to = x; }

LEXLOOM_INLINE void put(bf16* to, float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  bits = x == x ? bits + 0x7fffu + ((bits >> 16) & 1u) : bits | 0x400000u;
  to->bits = (uint16_t)(bits >> 16);
}

template <int W>
LEXLOOM_INLINE Float<W> larger(Float<W> a, Float<W> b) {
  return a > b ? a : b;
}

template <int W>
LEXLOOM_INLINE float sum_of(Float<W> x) {
  float sum = 0.0f;
  for (int lane = 0; lane < W; ++lane) sum += x[lane];
  return sum;
}

template <int W>
LEXLOOM_INLINE float max_of(Float<W> x) {
  float largest = x[0];
  for (int lane = 1; lane < W; ++lane) largest = x[lane] > largest ? x[lane] : largest;
  return largest;
}

// e to the power of x <= 88, to 2 units in the last place; below -87 it stays at 1.6e-38.
// The powers of two are split off, the rest is Cephes' polynomial (Moshier, expf).
template <int W>
LEXLOOM_INLINE Float<W> exp_of(Float<W> x) {
  x = larger<W>(x, Float<W>{} - 87.0f);
  const float round_magic = 12582912.0f;  // adding it leaves no bit behind the point
  const Float<W> shifted = x * 1.44269504f + round_magic;
  const Float<W> power = shifted - round_magic;
  const Float<W> r = (x - power * 0.693359375f) + power * 2.12194440e-4f;
  Float<W> y = r * 1.9875691500e-4f + 1.3981999507e-3f;
  y = y * r + 8.3334519073e-3f;
  y = y * r + 4.1665795894e-2f;
  y = y * r + 1.6666665459e-1f;
  y = y * r + 5.0000001201e-1f;
  y = y * (r * r) + r + 1.0f;
  typename Lanes<W>::Int exponent, bits;
  memcpy(&exponent, &shifted, sizeof exponent);
  memcpy(&bits, &y, sizeof bits);
  bits += exponent << 23;  // the magic number's own bits are shifted out
  memcpy(&y, &bits, sizeof y);
  return y;
}

}  // namespace lexloom
