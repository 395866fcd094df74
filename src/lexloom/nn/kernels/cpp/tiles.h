// The tile registers: 16 rows of 64 bytes, as bfloat16 or as float32 sums.
#pragma once

#include "cpu.h"

#if defined(LEXLOOM_HAS_AMX)
#include <immintrin.h>

#include "lanes.h"

namespace lexloom {

constexpr size_t kTile = 16;       // rows and columns of sums
constexpr size_t kTileDepth = 32;  // products that one step sums

struct alignas(64) TileConfig {
  uint8_t palette, start_row, reserved[14];
  uint16_t row_bytes[16];
  uint8_t rows[16];
};

// All eight tiles whole, for as long as this lives; another user's setting is gone then.
class Tiles {
 public:
  LEXLOOM_AMX Tiles() {
    TileConfig config = {};
    config.palette = 1;
    for (int tile = 0; tile < 8; ++tile) config.row_bytes[tile] = 64, config.rows[tile] = kTile;
    _tile_loadconfig(&config);
  }
  LEXLOOM_AMX ~Tiles() { _tile_release(); }
};

LEXLOOM_INLINE LEXLOOM_AMX __m512 widen(__m256i half) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16));
}

LEXLOOM_INLINE LEXLOOM_AMX __m512 widen(const bf16* from) {
  return widen(_mm256_loadu_si256((const __m256i*)from));
}

LEXLOOM_INLINE LEXLOOM_AMX void narrow(bf16* to, __m512 x) {
  const __m256bh half = _mm512_cvtneps_pbh(x);
  memcpy(to, &half, sizeof half);
}

}  // namespace lexloom
#endif
