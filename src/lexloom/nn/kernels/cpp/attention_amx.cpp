// Attention on the tile registers: a head of 32 channels is one step of them.
#include "attention.h"
#include "tiles.h"

#if defined(LEXLOOM_HAS_AMX)
#include <stdlib.h>

namespace lexloom {
namespace {

// Tiles of queries at a time: what one step of them writes has reached the cache when the next step
// reads it, for tile loads wait for vector stores and the other way round.
constexpr size_t kGroup = 4;

// One head of one text, as the tiles want it.
struct Scratch {
  size_t num_tiles;       // of the length
  size_t num_steps;       // of the head's channels
  size_t padded_length;   // a multiple of kTileDepth
  bf16 *queries;          // for each tile of queries and step: (16, 32)
  bf16 *keys;             // for each tile of keys and step: pairs of channels by keys
  bf16 *values;           // for each step of keys and 16 channels: pairs of keys by channels
  float *scores;          // for each tile of the group: (16, padded_length)
  bf16 *weights;          // for each tile of the group and step of keys: (16, 32)
  float *sums;            // for each tile of the group and 16 channels: (16, 16)
};

size_t scratch_bytes(size_t max_length, size_t head_dim) {
  const size_t length = round_up(max_length, kTileDepth);
  return length * head_dim * 3 * sizeof(bf16) +
         kGroup * kTile * (length * (sizeof(float) + sizeof(bf16)) + head_dim * sizeof(float));
}

LEXLOOM_INLINE Scratch lay_out(char* memory, size_t length, size_t head_dim) {
  Scratch s;
  s.num_tiles = round_up(length, kTile) / kTile;
  s.num_steps = head_dim / kTileDepth;
  s.padded_length = round_up(length, kTileDepth);
  const size_t head_bytes = s.padded_length * head_dim * sizeof(bf16);
  s.queries = (bf16*)memory;
  s.keys = (bf16*)(memory + head_bytes);
  s.values = (bf16*)(memory + 2 * head_bytes);
  memory += 3 * head_bytes;
  s.scores = (float*)memory;
  memory += kGroup * kTile * s.padded_length * sizeof(float);
  s.weights = (bf16*)memory;
  s.sums = (float*)(memory + kGroup * kTile * s.padded_length * sizeof(bf16));
  return s;
}

// Turn 16 rows of 16 words.
LEXLOOM_INLINE LEXLOOM_AMX void transpose(const __m512i* rows, __m512i* to) {
  __m512i a[16], b[16];
  for (int i = 0; i < 16; i += 2) {
    a[i] = _mm512_unpacklo_epi32(rows[i], rows[i + 1]);
    a[i + 1] = _mm512_unpackhi_epi32(rows[i], rows[i + 1]);
  }
  for (int i = 0; i < 16; i += 4) {
    b[i] = _mm512_unpacklo_epi64(a[i], a[i + 2]);
    b[i + 1] = _mm512_unpackhi_epi64(a[i], a[i + 2]);
    b[i + 2] = _mm512_unpacklo_epi64(a[i + 1], a[i + 3]);
    b[i + 3] = _mm512_unpackhi_epi64(a[i + 1], a[i + 3]);
  }
  for (int i = 0; i < 4; ++i) {
    a[i] = _mm512_shuffle_i32x4(b[i], b[i + 4], 0x88);
    a[i + 4] = _mm512_shuffle_i32x4(b[i], b[i + 4], 0xdd);
    a[i + 8] = _mm512_shuffle_i32x4(b[i + 8], b[i + 12], 0x88);
    a[i + 12] = _mm512_shuffle_i32x4(b[i + 8], b[i + 12], 0xdd);
  }
  for (int i = 0; i < 4; ++i) {
    _mm512_store_si512(to + i, _mm512_shuffle_i32x4(a[i], a[i + 8], 0x88));
    _mm512_store_si512(to + i + 4, _mm512_shuffle_i32x4(a[i + 4], a[i + 12], 0x88));
    _mm512_store_si512(to + i + 8, _mm512_shuffle_i32x4(a[i], a[i + 8], 0xdd));
    _mm512_store_si512(to + i + 12, _mm512_shuffle_i32x4(a[i + 4], a[i + 12], 0xdd));
  }
}

LEXLOOM_INLINE LEXLOOM_AMX __m512i row_or_zero(const bf16* from, size_t t, size_t stride,
                                               size_t length) {
  return t < length ? _mm512_loadu_si512(from + t * stride) : _mm512_setzero_si512();
}

LEXLOOM_INLINE LEXLOOM_AMX void lay_out_queries_and_keys(const bf16* qkv, const Heads& heads,
                                                         size_t length, const Scratch& s) {
  const size_t size = heads.num_heads * heads.head_dim;
  for (size_t tile = 0; tile < s.num_tiles; ++tile)
    for (size_t step = 0; step < s.num_steps; ++step) {
      const bf16* from = qkv + step * kTileDepth;
      const size_t at = (tile * s.num_steps + step) * kTile * kTileDepth;
      __m512i rows[kTile];
      for (size_t r = 0; r < kTile; ++r) {
        const size_t t = tile * kTile + r;
        _mm512_store_si512(s.queries + at + r * kTileDepth,
                           row_or_zero(from, t, 3 * size, length));
        rows[r] = row_or_zero(from + size, t, 3 * size, length);
      }
      transpose(rows, (__m512i*)(s.keys + at));
    }
}

LEXLOOM_INLINE LEXLOOM_AMX void lay_out_values(const bf16* qkv, const Heads& heads, size_t length,
                                               const Scratch& s) {
  const size_t size = heads.num_heads * heads.head_dim;
  const bf16* from = qkv + 2 * size;
  for (size_t pair = 0; pair < s.padded_length / 2; ++pair)
    for (size_t step = 0; step < s.num_steps; ++step) {
      const __m512i even = row_or_zero(from + step * kTileDepth, 2 * pair, 3 * size, length);
      const __m512i odd = row_or_zero(from + step * kTileDepth, 2 * pair + 1, 3 * size, length);
      for (int half = 0; half < 2; ++half) {
        const __m256i low = half ? _mm512_extracti64x4_epi64(even, 1) : _mm512_castsi512_si256(even);
        const __m256i high = half ? _mm512_extracti64x4_epi64(odd, 1) : _mm512_castsi512_si256(odd);
        const __m512i both = _mm512_or_si512(
            _mm512_cvtepu16_epi32(low), _mm512_slli_epi32(_mm512_cvtepu16_epi32(high), 16));
        const size_t columns = 2 * step + half, num_columns = 2 * s.num_steps;
        const size_t tile = pair / kTile * num_columns + columns;
        _mm512_store_si512(s.values + (tile * kTile + pair % kTile) * kTileDepth, both);
      }
    }
}

LEXLOOM_INLINE LEXLOOM_AMX void score(const Scratch& s, size_t query_tile, size_t in_group) {
  const size_t tile_size = kTile * kTileDepth;
  for (size_t key_tile = 0; key_tile < s.num_tiles; ++key_tile) {
    _tile_zero(0);
    for (size_t step = 0; step < s.num_steps; ++step) {
      _tile_loadd(1, s.queries + (query_tile * s.num_steps + step) * tile_size, 64);
      _tile_loadd(2, s.keys + (key_tile * s.num_steps + step) * tile_size, 64);
      _tile_dpbf16ps(0, 1, 2);
    }
    float* scores = s.scores + in_group * kTile * s.padded_length + key_tile * kTile;
    _tile_stored(0, scores, s.padded_length * sizeof(float));
  }
}

// Give one over the sum of the row's weights, which are written as bfloat16 and not yet divided.
LEXLOOM_INLINE LEXLOOM_AMX float weigh(const Scratch& s, size_t row, size_t length, float scale) {
  typedef Float<kTile> Sixteen;
  float* scores = s.scores + row * s.padded_length;
  for (size_t t = length; t < s.padded_length; ++t) scores[t] = -1e30f;
  Sixteen largest = load<kTile>(scores);
  for (size_t t = kTile; t < s.padded_length; t += kTile)
    largest = larger<kTile>(largest, load<kTile>(scores + t));
  const float most = _mm512_reduce_max_ps((__m512)largest) * scale;
  Sixteen sum = {};
  for (size_t t = 0; t < s.padded_length; t += kTile) {
    const Sixteen weight = exp_of<kTile>(load<kTile>(scores + t) * scale - most);
    sum += weight;
    const size_t tile = row / kTile * (s.padded_length / kTileDepth) + t / kTileDepth;
    narrow(s.weights + (tile * kTile + row % kTile) * kTileDepth + t % kTileDepth,
           (__m512)weight);
  }
  return 1.0f / _mm512_reduce_add_ps((__m512)sum);
}

LEXLOOM_INLINE LEXLOOM_AMX void average(const Scratch& s, size_t in_group, size_t channels) {
  const size_t tile_size = kTile * kTileDepth, num_channels = 2 * s.num_steps;
  const size_t num_steps = s.padded_length / kTileDepth;
  _tile_zero(0);
  _tile_zero(3);
  for (size_t step = 0; step < num_steps; ++step) {
    const bf16* values = s.values + (step * num_channels + channels) * tile_size;
    _tile_loadd(1, s.weights + (in_group * num_steps + step) * tile_size, 64);
    _tile_loadd(2, values, 64);
    _tile_dpbf16ps(0, 1, 2);
    _tile_loadd(4, values + tile_size, 64);
    _tile_dpbf16ps(3, 1, 4);
  }
  float* sums = s.sums + (in_group * num_channels + channels) * kTile * kTile;
  _tile_stored(0, sums, kTile * sizeof(float));
  _tile_stored(3, sums + kTile * kTile, kTile * sizeof(float));
}

LEXLOOM_INLINE LEXLOOM_AMX void write_row(const Scratch& s, size_t row, float share, bf16* out) {
  const size_t num_channels = 2 * s.num_steps;
  for (size_t channels = 0; channels < num_channels; ++channels) {
    const size_t tile = row / kTile * num_channels + channels;
    const float* sums = s.sums + (tile * kTile + row % kTile) * kTile;
    narrow(out + channels * kTile, _mm512_mul_ps(_mm512_load_ps(sums), _mm512_set1_ps(share)));
  }
}

LEXLOOM_INLINE LEXLOOM_AMX void attend_head(const bf16* qkv, const Heads& heads, size_t length,
                                            const Scratch& s, bf16* out) {
  const size_t size = heads.num_heads * heads.head_dim;
  const float scale = 1.0f / __builtin_sqrtf((float)heads.head_dim);
  lay_out_queries_and_keys(qkv, heads, length, s);
  lay_out_values(qkv, heads, length, s);
  for (size_t tile = 0; tile < s.num_tiles; tile += kGroup) {
    const size_t first = tile * kTile;
    const size_t num_tiles = s.num_tiles - tile < kGroup ? s.num_tiles - tile : kGroup;
    const size_t num_rows = length - first < kGroup * kTile ? length - first : kGroup * kTile;
    float shares[kGroup * kTile];
    for (size_t i = 0; i < num_tiles; ++i) score(s, tile + i, i);
    for (size_t r = 0; r < num_rows; ++r) shares[r] = weigh(s, r, length, scale);
    for (size_t i = 0; i < num_tiles; ++i)
      for (size_t channels = 0; channels < 2 * s.num_steps; channels += 2) average(s, i, channels);
    for (size_t r = 0; r < num_rows; ++r) write_row(s, r, shares[r], out + (first + r) * size);
  }
}

LEXLOOM_AMX void attend_texts(const bf16* qkv, const Heads& heads, const Texts& texts, char* memory,
                              bf16* out) {
  const size_t size = heads.num_heads * heads.head_dim;
  const Tiles tiles;
  for (size_t b = 0; b < texts.count; ++b) {
    const size_t start = texts.offsets[b], length = texts.offsets[b + 1] - start;
    if (!length) continue;
    const Scratch scratch = lay_out(memory, length, heads.head_dim);
    for (size_t n = 0; n < heads.num_heads; ++n)
      attend_head(qkv + start * 3 * size + n * heads.head_dim, heads, length, scratch,
                  out + start * size + n * heads.head_dim);
  }
}

}  // namespace

int attend_amx(const bf16* qkv, const Heads& heads, const Texts& texts, size_t max_length,
               bf16* out) {
  void* memory = 0;
  const size_t size = scratch_bytes(max_length, heads.head_dim);
  if (posix_memalign(&memory, 64, size + 64)) return kNoMemory;
  // weights of rows behind the last query are multiplied too: they must be numbers
  memset(memory, 0, size);
  attend_texts(qkv, heads, texts, (char*)memory, out);
  free(memory);
  return kDone;
}

}  // namespace lexloom
#endif
