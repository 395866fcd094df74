// Which instructions the kernels may use.
#pragma once

#if defined(__x86_64__)
#define LEXLOOM_X86 1
#define LEXLOOM_AVX2 __attribute__((target("avx2,fma,f16c")))
#define LEXLOOM_AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")))
#if defined(__linux__) && (defined(__clang__) ? __clang_major__ >= 12 : __GNUC__ >= 11)
#define LEXLOOM_HAS_AMX 1
#define LEXLOOM_AMX                                                                         \
  __attribute__((target("amx-tile,amx-bf16,avx512f,avx512bw,avx512dq,avx512vl,avx512bf16," \
                        "avx2,fma")))
#endif
#endif

namespace lexloom {

// Each includes those before it.
enum InstructionSet { kPlain = 0, kAvx2 = 1, kAvx512 = 2, kAmx = 3 };

enum Dtype { kFloat32 = 0, kBfloat16 = 1 };

// What every kernel returns.
enum Status { kDone = 0, kNoMemory = 1, kNotHere = 2, kOutOfRange = 3 };

}  // namespace lexloom
