#include "textfind.h"
#include "cpulevel.h"
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

// The bytes between the first and the last one, which the caller has compared.
static inline int rest_matches(const uint8_t *text, const uint8_t *needle, size_t needleCount) {
  for (size_t i = 1; i + 1 < needleCount; i++)
    if (text[i] != needle[i]) return 0;
  return 1;
}

#define STEP(width, load, equal, both, mask_of, first, last)                                     \
  uint32_t mask = (uint32_t)mask_of(                                                             \
      both(equal(load((const void *)(text + place)), first),                                     \
           equal(load((const void *)(text + place + needleCount - 1)), last)));                  \
  while (mask) {                                                                                 \
    const size_t at = place + (size_t)__builtin_ctz(mask);                                       \
    if (rest_matches(text + at, needle, needleCount)) return (int64_t)at;                        \
    mask &= mask - 1;                                                                            \
  }

// Sixteen places a step; the last step overlaps the one before, so that no load leaves the text.
static int64_t find_sse2(const uint8_t *text, size_t textCount, const uint8_t *needle,
                         size_t needleCount) {
  const __m128i first = _mm_set1_epi8((char)needle[0]);
  const __m128i last = _mm_set1_epi8((char)needle[needleCount - 1]);
  const size_t end = textCount - needleCount + 1 - 16;
  for (size_t place = 0;; place += 16) {
    if (place > end) place = end;
    STEP(16, _mm_loadu_si128, _mm_cmpeq_epi8, _mm_and_si128, _mm_movemask_epi8, first, last)
    if (place == end) return -1;
  }
}

__attribute__((target("avx2"))) static int64_t find_avx2(const uint8_t *text, size_t textCount,
                                                          const uint8_t *needle,
                                                          size_t needleCount) {
  const __m256i first = _mm256_set1_epi8((char)needle[0]);
  const __m256i last = _mm256_set1_epi8((char)needle[needleCount - 1]);
  const size_t end = textCount - needleCount + 1 - 32;
  for (size_t place = 0;; place += 32) {
    if (place > end) place = end;
    STEP(32, _mm256_loadu_si256, _mm256_cmpeq_epi8, _mm256_and_si256, _mm256_movemask_epi8, first,
         last)
    if (place == end) return -1;
  }
}
#endif

int64_t ck_find(const uint8_t *text, size_t textCount, const uint8_t *needle, size_t needleCount) {
  if (needleCount == 0) return 0;
  if (needleCount > textCount) return -1;
#if defined(__x86_64__)
  const size_t places = textCount - needleCount + 1;
  if (places >= 64 && ck_cpu_level() >= CK_AVX2)
    return find_avx2(text, textCount, needle, needleCount);
  if (places >= 16) return find_sse2(text, textCount, needle, needleCount);
#endif
  return find_plain(text, textCount, needle, needleCount, 0);
}

void ck_find_rows(const uint8_t *text, const uint32_t *rowLengths, uint32_t shortest, size_t rows,
                  const uint8_t *needle, size_t needleCount, uint64_t *mask) {
  memset(mask, 0, 16 * sizeof(uint64_t));
  size_t total = 0;
  for (size_t row = 0; row < rows; row++) total += rowLengths[row];
  total += (size_t)shortest * rows;
  size_t row = 0, end = rows ? (size_t)rowLengths[0] + shortest : 0, from = 0;
  for (;;) {
    const int64_t hit = ck_find(text + from, total - from, needle, needleCount);
    if (hit < 0) return;
    const size_t place = from + (size_t)hit;
    while (end <= place) end += (size_t)rowLengths[++row] + shortest;
    if (place + needleCount <= end) {
      mask[row / 64] |= 1ull << (row % 64);
      from = end;
    } else {
      from = place + 1;  // it reaches into the next row
    }
  }
}
