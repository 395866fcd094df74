// The instruction sets of this machine, and what was compiled.
#include "cpu.h"
#include "lanes.h"

#if defined(LEXLOOM_HAS_AMX)
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace {

#if defined(LEXLOOM_HAS_AMX)
// Linux gives the tile registers to processes that ask for them; all threads have them then.
bool may_use_tiles() {
  const long request_permission = 0x1023, tile_data = 18;
  return syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
}

bool has_tiles() {
  unsigned a = 7, b = 0, c = 0, d = 0;
  __asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
  const bool amx_bf16 = d >> 22 & 1u, amx_tile = d >> 24 & 1u;
  a = 7, c = 1;
  __asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
  const bool avx512_bf16 = a >> 5 & 1u;
  return amx_bf16 && amx_tile && avx512_bf16;
}
#endif

}  // namespace

// Give the hash of the sources, which setup.py defines.
LEXLOOM_EXPORT const char* lexloom_sources() { return LEXLOOM_SOURCES; }

// Give the best instruction set that the kernels have and this machine too.
LEXLOOM_EXPORT int lexloom_instruction_set() {
#if defined(LEXLOOM_X86)
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return lexloom::kPlain;
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (!avx512) return lexloom::kAvx2;
#if defined(LEXLOOM_HAS_AMX)
  if (has_tiles() && may_use_tiles()) return lexloom::kAmx;
#endif
  return lexloom::kAvx512;
#else
  return lexloom::kPlain;
#endif
}
