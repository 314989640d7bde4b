#include "textscan.h"
#include "cpulevel.h"
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define INLINE static inline __attribute__((always_inline))

/// Bit i is the parity of bits 0...i.
INLINE uint64_t prefix_xor(uint64_t x) {
  x ^= x << 1;
  x ^= x << 2;
  x ^= x << 4;
  x ^= x << 8;
  x ^= x << 16;
  x ^= x << 32;
  return x;
}

/// Writes the place of every set bit: always twelve (fields of five bytes), more only when there are more.
INLINE uint32_t *write_bits(uint64_t bits, uint32_t offset, uint32_t *out) {
  unsigned count = (unsigned)__builtin_popcountll(bits);
  uint64_t rest = bits;
  for (unsigned i = 0; i < 12; i++) {
    // The top bit keeps the count of zeros defined when nothing is left; such places are not kept.
    out[i] = offset + (uint32_t)__builtin_ctzll(rest | 1ull << 63);
    rest &= rest - 1;
  }
  if (__builtin_expect(count > 12, 0)) {
    for (unsigned i = 12; i < count; i++) {
      out[i] = offset + (uint32_t)__builtin_ctzll(rest);
      rest &= rest - 1;
    }
  }
  return out + count;
}

/// Bytes that stand behind an odd run of backslashes; `carry` is 1 when the block before ended in one.
INLINE uint64_t escaped_bytes(uint64_t slashes, uint64_t *carry) {
  const uint64_t even = 0x5555555555555555ull;
  if (slashes == 0) {
    uint64_t escaped = *carry;
    *carry = 0;
    return escaped;
  }
  slashes &= ~*carry;
  uint64_t follows = slashes << 1 | *carry;
  uint64_t odd_starts = slashes & ~even & ~follows;
  uint64_t ends_even;
  *carry = __builtin_add_overflow(odd_starts, slashes, &ends_even);
  uint64_t invert = ends_even << 1;
  return (even ^ invert) & follows;
}

#define SCAN_BODY(EQ64)                                                                        \
  ck_scan_result result = {0, 0, 0, 0, 0, 0};                                                  \
  uint32_t *next = positions;                                                                  \
  for (size_t offset = 0; offset < count; offset += 64) {                                      \
    const uint8_t *block = text + offset;                                                      \
    uint64_t inside_text = count - offset >= 64 ? ~0ull : (1ull << (count - offset)) - 1;      \
    uint64_t newlines = EQ64(block, newline) & inside_text;                                    \
    uint64_t delimiters = EQ64(block, delimiter) & inside_text;                                \
    uint64_t special = EQ64(block, quote) & inside_text;                                       \
    result.quotes += (size_t)__builtin_popcountll(special);                                    \
    specials[offset >> 6] = special != 0;                                                      \
    result.returns |= EQ64(block, '\r') & inside_text;                                         \
    uint64_t hidden;                                                                           \
    if (is_csv) {                                                                              \
      hidden = prefix_xor(special) ^ (0 - result.carry);                                       \
      result.carry = hidden >> 63;                                                             \
    } else {                                                                                   \
      hidden = escaped_bytes(special, &result.carry);                                          \
    }                                                                                          \
    result.newlines += (size_t)__builtin_popcountll(newlines);                                 \
    newlines &= ~hidden;                                                                       \
    result.rows += (size_t)__builtin_popcountll(newlines);                                     \
    next = write_bits((newlines | delimiters) & ~hidden, (uint32_t)offset, next);              \
  }                                                                                            \
  /* In a short last block the carry was taken behind the text: redo it at its end. */         \
  if (is_csv) result.carry = result.quotes & 1;                                                \
  result.positions = (size_t)(next - positions);                                               \
  return result;

INLINE uint64_t eq64_plain(const uint8_t *block, uint8_t byte) {
  uint64_t bits = 0;
  for (unsigned i = 0; i < 64; i++) bits |= (uint64_t)(block[i] == byte) << i;
  return bits;
}

static ck_scan_result scan_plain(const uint8_t *text, size_t count, uint8_t delimiter,
                                 uint8_t quote, uint8_t newline, int is_csv,
                                 uint32_t *positions, uint8_t *specials) {
  SCAN_BODY(eq64_plain)
}

#if defined(__x86_64__)
#define AVX2 __attribute__((target("avx2,bmi,bmi2,popcnt,lzcnt")))

AVX2 INLINE uint64_t eq64_avx2(const uint8_t *block, uint8_t byte) {
  __m256i wanted = _mm256_set1_epi8((char)byte);
  __m256i low = _mm256_cmpeq_epi8(_mm256_loadu_si256((const void *)block), wanted);
  __m256i high = _mm256_cmpeq_epi8(_mm256_loadu_si256((const void *)(block + 32)), wanted);
  return (uint64_t)(uint32_t)_mm256_movemask_epi8(low) |
         (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

AVX2 static ck_scan_result scan_csv_avx2(const uint8_t *text, size_t count, uint8_t delimiter,
                                         uint8_t quote, uint8_t newline, uint32_t *positions,
                                         uint8_t *specials) {
  const int is_csv = 1;
  SCAN_BODY(eq64_avx2)
}

AVX2 static ck_scan_result scan_text_avx2(const uint8_t *text, size_t count, uint8_t delimiter,
                                          uint8_t quote, uint8_t newline, uint32_t *positions,
                                          uint8_t *specials) {
  const int is_csv = 0;
  SCAN_BODY(eq64_avx2)
}
#endif

ck_scan_result ck_scan_csv(const uint8_t *text, size_t count, uint8_t delimiter, uint8_t quote,
                           uint8_t newline, uint32_t *positions, uint8_t *specials) {
#if defined(__x86_64__)
  if (ck_cpu_level() >= CK_AVX2)
    return scan_csv_avx2(text, count, delimiter, quote, newline, positions, specials);
#endif
  return scan_plain(text, count, delimiter, quote, newline, 1, positions, specials);
}

ck_scan_result ck_scan_text(const uint8_t *text, size_t count, uint8_t delimiter,
                            uint8_t newline, uint32_t *positions, uint8_t *specials) {
#if defined(__x86_64__)
  if (ck_cpu_level() >= CK_AVX2)
    return scan_text_avx2(text, count, delimiter, '\\', newline, positions, specials);
#endif
  return scan_plain(text, count, delimiter, '\\', newline, 0, positions, specials);
}

#if defined(__x86_64__)
__attribute__((target_clones("arch=x86-64-v3", "default")))
#endif
size_t ck_count_byte(const uint8_t *text, size_t count, uint8_t byte) {
  size_t found = 0;
  // At most 255 bytes a step, so that a step's count fits the byte lanes.
  while (count > 0) {
    size_t step = count < 255 ? count : 255;
    uint8_t part = 0;
    for (size_t i = 0; i < step; i++) part += text[i] == byte;
    found += part;
    text += step;
    count -= step;
  }
  return found;
}

// MARK: UTF-8

/// The first place from `i` on where no well-formed character begins.
static size_t utf8_check_plain(const uint8_t *text, size_t i, size_t count) {
  while (i < count) {
    uint8_t c = text[i];
    if (c < 0x80) {
      if (c == 0) return i;
      i++;
      continue;
    }
    size_t left = count - i;
    uint8_t second = left > 1 ? text[i + 1] : 0;
    if (c >= 0xc2 && c <= 0xdf) {
      if ((second & 0xc0) != 0x80) return i;
      i += 2;
    } else if ((c & 0xf0) == 0xe0) {
      uint8_t low = c == 0xe0 ? 0xa0 : 0x80, high = c == 0xed ? 0x9f : 0xbf;
      if (left < 3 || second < low || second > high || (text[i + 2] & 0xc0) != 0x80) return i;
      i += 3;
    } else if (c >= 0xf0 && c <= 0xf4) {
      uint8_t low = c == 0xf0 ? 0x90 : 0x80, high = c == 0xf4 ? 0x8f : 0xbf;
      if (left < 4 || second < low || second > high || (text[i + 2] & 0xc0) != 0x80 ||
          (text[i + 3] & 0xc0) != 0x80)
        return i;
      i += 4;
    } else {
      return i;
    }
  }
  return count;
}

#if defined(__x86_64__)
#define TABLE16(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p)                              \
  _mm256_setr_epi8(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, a, b, c, d, e, f, g, h, i, \
                   j, k, l, m, n, o, p)

/// Each byte with its predecessors, in three table look-ups; nonzero where something is wrong.
AVX2 INLINE __m256i utf8_errors(__m256i input, __m256i previous) {
  enum {
    too_short = 1, too_long = 2, overlong3 = 4, surrogate = 16, overlong2 = 32, two_conts = 128,
    too_large = 8, too_large_1000 = 64, overlong4 = 64,
    carry = too_short | too_long | two_conts
  };
  __m256i joined = _mm256_permute2x128_si256(previous, input, 0x21);
  __m256i before1 = _mm256_alignr_epi8(input, joined, 15);
  __m256i before2 = _mm256_alignr_epi8(input, joined, 14);
  __m256i before3 = _mm256_alignr_epi8(input, joined, 13);
  __m256i nibble = _mm256_set1_epi8(0x0f);
  __m256i high1 = _mm256_shuffle_epi8(
      TABLE16(too_long, too_long, too_long, too_long, too_long, too_long, too_long, too_long,
              (char)two_conts, (char)two_conts, (char)two_conts, (char)two_conts,
              too_short | overlong2, too_short, too_short | overlong3 | surrogate,
              too_short | too_large | too_large_1000 | overlong4),
      _mm256_and_si256(_mm256_srli_epi16(before1, 4), nibble));
  __m256i low1 = _mm256_shuffle_epi8(
      TABLE16((char)(carry | overlong3 | overlong2 | overlong4), (char)(carry | overlong2),
              (char)carry, (char)carry, (char)(carry | too_large),
              (char)(carry | too_large | too_large_1000), (char)(carry | too_large | too_large_1000),
              (char)(carry | too_large | too_large_1000), (char)(carry | too_large | too_large_1000),
              (char)(carry | too_large | too_large_1000), (char)(carry | too_large | too_large_1000),
              (char)(carry | too_large | too_large_1000), (char)(carry | too_large | too_large_1000),
              (char)(carry | too_large | too_large_1000 | surrogate),
              (char)(carry | too_large | too_large_1000),
              (char)(carry | too_large | too_large_1000)),
      _mm256_and_si256(before1, nibble));
  __m256i high2 = _mm256_shuffle_epi8(
      TABLE16(too_short, too_short, too_short, too_short, too_short, too_short, too_short,
              too_short,
              (char)(too_long | overlong2 | two_conts | overlong3 | too_large_1000 | overlong4),
              (char)(too_long | overlong2 | two_conts | overlong3 | too_large),
              (char)(too_long | overlong2 | two_conts | surrogate | too_large),
              (char)(too_long | overlong2 | two_conts | surrogate | too_large), too_short,
              too_short, too_short, too_short),
      _mm256_and_si256(_mm256_srli_epi16(input, 4), nibble));
  __m256i special = _mm256_and_si256(_mm256_and_si256(high1, low1), high2);
  __m256i third = _mm256_subs_epu8(before2, _mm256_set1_epi8((char)(0xe0 - 0x80)));
  __m256i fourth = _mm256_subs_epu8(before3, _mm256_set1_epi8((char)(0xf0 - 0x80)));
  __m256i must = _mm256_and_si256(_mm256_or_si256(third, fourth), _mm256_set1_epi8((char)0x80));
  return _mm256_xor_si256(must, special);
}

AVX2 static size_t utf8_check_avx2(const uint8_t *text, size_t count) {
  __m256i previous = _mm256_setzero_si256();
  const __m256i zero = _mm256_setzero_si256();
  size_t i = 0;
  for (; i + 32 <= count; i += 32) {
    __m256i input = _mm256_loadu_si256((const void *)(text + i));
    __m256i wrong = _mm256_cmpeq_epi8(input, zero);
    int ascii = _mm256_movemask_epi8(input) == 0;
    // An ASCII block behind an unfinished character is caught by the look at both blocks.
    if (!ascii || _mm256_movemask_epi8(previous) != 0)
      wrong = _mm256_or_si256(wrong, utf8_errors(input, previous));
    if (!_mm256_testz_si256(wrong, wrong)) break;
    previous = input;
  }
  // The first wrong byte may belong to a character that began up to three bytes before.
  size_t back = i < 3 ? i : 3;
  size_t from = i;
  for (size_t step = 1; step <= back; step++)
    if (text[i - step] >= 0xc0) {
      from = i - step;
      break;
    }
  return utf8_check_plain(text, from, count);
}
#endif

size_t ck_utf8_check(const uint8_t *text, size_t count) {
#if defined(__x86_64__)
  if (ck_cpu_level() >= CK_AVX2) return utf8_check_avx2(text, count);
#endif
  return utf8_check_plain(text, 0, count);
}
