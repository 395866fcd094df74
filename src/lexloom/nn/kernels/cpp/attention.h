// The shapes that the attention kernels share.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "cpu.h"
#include "lanes.h"

namespace lexloom {

struct Heads {
  size_t num_heads, head_dim;
};

struct Texts {
  const int64_t* offsets;
  size_t count;
};

// The same on the tile registers, for heads of a multiple of 32 channels; see attention_amx.cpp.
int attend_amx(const bf16* qkv, const Heads& heads, const Texts& texts, size_t max_length,
               bf16* out);

}  // namespace lexloom
