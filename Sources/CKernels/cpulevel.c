#include "cpulevel.h"
#include <stdatomic.h>

static int detected(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi") ||
      !__builtin_cpu_supports("bmi2") || !__builtin_cpu_supports("popcnt"))
    return CK_BASELINE;
  if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
      !__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512vl"))
    return CK_AVX2;
  return __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2") ? CK_VBMI
                                                                                       : CK_AVX512;
#else
  return CK_BASELINE;
#endif
}

// One more than the level; 0: not looked up yet. Two threads that look it up find the same.
static _Atomic int known;

int ck_cpu_level(void) {
  const int level = atomic_load_explicit(&known, memory_order_relaxed);
  if (__builtin_expect(level != 0, 1)) return level - 1;
  const int found = detected();
  atomic_store_explicit(&known, found + 1, memory_order_relaxed);
  return found;
}

void ck_limit_cpu(int level) {
  const int most = detected();
  atomic_store_explicit(&known, (level < most ? level : most) + 1, memory_order_relaxed);
}
