#include "textfind.h"
#include <string.h>

static int64_t find_plain(const uint8_t *text, size_t textCount, const uint8_t *needle,
                          size_t needleCount, size_t from) {
  const size_t last = textCount - needleCount;
  while (from <= last) {
    const uint8_t *hit = memchr(text + from, needle[0], last - from + 1);
    if (!hit) return -1;
    if (memcmp(hit, needle, needleCount) == 0) return hit - text;
    from = (size_t)(hit - text) + 1;
  }
  return -1;
}

#if defined(__x86_64__)
#include <immintrin.h>

__attribute__((target("avx2"))) static int64_t find_avx2(const uint8_t *text, size_t textCount,
                                                          const uint8_t *needle,
                                                          size_t needleCount) {
  const __m256i first = _mm256_set1_epi8((char)needle[0]);
  const __m256i last = _mm256_set1_epi8((char)needle[needleCount - 1]);
  size_t place = 0;
  // The load at the needle's last byte must end within the text.
  while (place + needleCount - 1 + 32 <= textCount) {
    const __m256i a = _mm256_loadu_si256((const __m256i *)(text + place));
    const __m256i b = _mm256_loadu_si256((const __m256i *)(text + place + needleCount - 1));
    uint32_t mask = (uint32_t)_mm256_movemask_epi8(
        _mm256_and_si256(_mm256_cmpeq_epi8(a, first), _mm256_cmpeq_epi8(b, last)));
    while (mask) {
      const size_t at = place + (size_t)__builtin_ctz(mask);
      if (needleCount <= 2 || memcmp(text + at + 1, needle + 1, needleCount - 2) == 0)
        return (int64_t)at;
      mask &= mask - 1;
    }
    place += 32;
  }
  return find_plain(text, textCount, needle, needleCount, place);
}
#endif

int64_t ck_find(const uint8_t *text, size_t textCount, const uint8_t *needle, size_t needleCount) {
  if (needleCount == 0) return 0;
  if (needleCount > textCount) return -1;
#if defined(__x86_64__)
  if (textCount >= 32 + needleCount && __builtin_cpu_supports("avx2"))
    return find_avx2(text, textCount, needle, needleCount);
#endif
  return find_plain(text, textCount, needle, needleCount, 0);
}
