#include "textcount.h"
#include "cpulevel.h"
#include <string.h>

static size_t continuations_plain(const uint8_t *text, size_t count) {
  size_t found = 0;
  for (size_t i = 0; i < count; i++) found += (text[i] & 0xc0) == 0x80;
  return found;
}

static int is_ascii_plain(const uint8_t *text, size_t count) {
  uint64_t all = 0, word;
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    memcpy(&word, text + i, 8);
    all |= word;
  }
  for (; i < count; i++) all |= text[i];
  return (all & 0x8080808080808080ull) == 0;
}

#if defined(__x86_64__)
#include <immintrin.h>
#define AVX512 __attribute__((target("avx512f,avx512bw,popcnt")))
#define AVX2 __attribute__((target("avx2,popcnt")))

// As signed numbers the bytes 10xxxxxx are those below -64.
AVX512 static size_t continuations_v4(const uint8_t *text, size_t count) {
  const __m512i border = _mm512_set1_epi8(-64);
  size_t found = 0;
  for (size_t i = 0; i < count; i += 64) {
    const __mmask64 bytes = count - i >= 64 ? ~0ull : (1ull << (count - i)) - 1;
    const __m512i block = _mm512_maskz_loadu_epi8(bytes, text + i);
    found += (size_t)_mm_popcnt_u64(_mm512_cmplt_epi8_mask(block, border));
  }
  return found;
}

// A bit for each of 32 bytes that goes on with a character, or of 16.
AVX2 static inline uint32_t continue32(const uint8_t *text) {
  const __m256i block = _mm256_loadu_si256((const void *)text);
  return (uint32_t)_mm256_movemask_epi8(_mm256_cmpgt_epi8(_mm256_set1_epi8(-64), block));
}

AVX2 static inline uint32_t continue16(const uint8_t *text) {
  const __m128i block = _mm_loadu_si128((const void *)text);
  return (uint32_t)_mm_movemask_epi8(_mm_cmpgt_epi8(_mm_set1_epi8(-64), block));
}

// The last block overlaps the one before, whose bits are shifted out: texts are short, and single bytes slow.
AVX2 static size_t continuations_v3(const uint8_t *text, size_t count) {
  size_t found = 0, i = 0;
  if (count < 16) return continuations_plain(text, count);
  if (count < 32) {
    const uint32_t last = continue16(text + count - 16) >> (32 - count);
    return (size_t)_mm_popcnt_u32(continue16(text)) + (size_t)_mm_popcnt_u32(last);
  }
  for (; i + 32 <= count; i += 32) found += (size_t)_mm_popcnt_u32(continue32(text + i));
  if (i < count) {
    const uint32_t last = continue32(text + count - 32) >> (32 - (count - i));
    found += (size_t)_mm_popcnt_u32(last);
  }
  return found;
}

AVX512 static int is_ascii_v4(const uint8_t *text, size_t count) {
  for (size_t i = 0; i < count; i += 64) {
    const __mmask64 bytes = count - i >= 64 ? ~0ull : (1ull << (count - i)) - 1;
    if (_mm512_movepi8_mask(_mm512_maskz_loadu_epi8(bytes, text + i))) return 0;
  }
  return 1;
}

AVX2 static int is_ascii_v3(const uint8_t *text, size_t count) {
  if (count < 16) return is_ascii_plain(text, count);
  if (count < 32)
    return _mm_movemask_epi8(_mm_or_si128(
               _mm_loadu_si128((const void *)text),
               _mm_loadu_si128((const void *)(text + count - 16)))) == 0;
  __m256i all = _mm256_loadu_si256((const void *)(text + count - 32));
  for (size_t i = 0; i + 32 <= count; i += 32)
    all = _mm256_or_si256(all, _mm256_loadu_si256((const void *)(text + i)));
  return _mm256_movemask_epi8(all) == 0;
}
#endif

size_t ck_continuations(const uint8_t *text, size_t count) {
#if defined(__x86_64__)
  const int level = ck_cpu_level();
  if (level >= CK_AVX512) return continuations_v4(text, count);
  if (level >= CK_AVX2) return continuations_v3(text, count);
#endif
  return continuations_plain(text, count);
}

int ck_is_ascii(const uint8_t *text, size_t count) {
#if defined(__x86_64__)
  const int level = ck_cpu_level();
  if (level >= CK_AVX512) return is_ascii_v4(text, count);
  if (level >= CK_AVX2) return is_ascii_v3(text, count);
#endif
  return is_ascii_plain(text, count);
}
