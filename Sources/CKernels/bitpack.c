#include "bitpack.h"
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CLONES
#endif
#define INLINE static inline __attribute__((always_inline))

// One row of lanes at a time: `low` and `high` are the words that a row's values lie in.
#define UNPACK(T, BITS, LANES, OUT, EXPRESSION)                                        \
  INLINE void unpack##BITS##_##OUT(const T *restrict in, unsigned width, int64_t base, \
                                   uint32_t scale, OUT *restrict out) {                \
    const T mask = width == BITS ? (T)~(T)0 : (T)(((T)1 << width) - 1);                \
    (void)base;                                                                        \
    (void)scale;                                                                       \
    for (unsigned row = 0; row < BITS; row++) {                                        \
      unsigned bit = row * width, shift = bit % BITS;                                  \
      const T *restrict low = in + bit / BITS * LANES;                                 \
      OUT *restrict to = out + row * LANES;                                            \
      if (shift + width <= BITS) {                                                     \
        for (unsigned lane = 0; lane < LANES; lane++) {                                \
          T value = (T)(low[lane] >> shift) & mask;                                    \
          to[lane] = EXPRESSION;                                                       \
        }                                                                              \
      } else {                                                                         \
        unsigned rest = BITS - shift;                                                  \
        for (unsigned lane = 0; lane < LANES; lane++) {                                \
          T value = (T)((T)(low[lane] >> shift) | (T)(low[lane + LANES] << rest)) & mask; \
          to[lane] = EXPRESSION;                                                       \
        }                                                                              \
      }                                                                                \
    }                                                                                  \
  }

UNPACK(uint8_t, 8, 128, uint8_t, value)
UNPACK(uint8_t, 8, 128, uint32_t, value)
UNPACK(uint32_t, 32, 32, uint32_t, value)
UNPACK(uint32_t, 32, 32, int64_t, (int64_t)((uint64_t)value + (uint64_t)base))
UNPACK(uint64_t, 64, 16, int64_t, (int64_t)(value + (uint64_t)base))
typedef int64_t scaled;
UNPACK(uint32_t, 32, 32, scaled, (int64_t)((uint64_t)value * scale + (uint64_t)base))
UNPACK(uint64_t, 64, 16, scaled, (int64_t)(value * scale + (uint64_t)base))

// A width known at compile time unrolls into straight vector code.
#define CASE(BITS, OUT, W) \
  case W: unpack##BITS##_##OUT(packed, W, base, scale, values); return;
#define CASES8(BITS, OUT, W)                                                                \
  CASE(BITS, OUT, W + 1) CASE(BITS, OUT, W + 2) CASE(BITS, OUT, W + 3) CASE(BITS, OUT, W + 4) \
  CASE(BITS, OUT, W + 5) CASE(BITS, OUT, W + 6) CASE(BITS, OUT, W + 7) CASE(BITS, OUT, W + 8)

CLONES void ck_unpack8(const void *packed, unsigned width, uint8_t *values) {
  const int64_t base = 0;
  const uint32_t scale = 1;
  switch (width) {
    CASES8(8, uint8_t, 0)
  default: memset(values, 0, 1024);
  }
}

CLONES void ck_unpack8_to32(const void *packed, unsigned width, uint32_t *values) {
  const int64_t base = 0;
  const uint32_t scale = 1;
  switch (width) {
    CASES8(8, uint32_t, 0)
  default: memset(values, 0, 4096);
  }
}

CLONES void ck_unpack32(const void *packed, unsigned width, uint32_t *values) {
  const int64_t base = 0;
  const uint32_t scale = 1;
  switch (width) {
    CASES8(32, uint32_t, 0) CASES8(32, uint32_t, 8)
    CASES8(32, uint32_t, 16) CASES8(32, uint32_t, 24)
  default: memset(values, 0, 4096);
  }
}

CLONES void ck_unpack32_to64(const void *packed, unsigned width, int64_t base, int64_t *values) {
  const uint32_t scale = 1;
  switch (width) {
    CASES8(32, int64_t, 0) CASES8(32, int64_t, 8)
    CASES8(32, int64_t, 16) CASES8(32, int64_t, 24)
  default:
    for (unsigned i = 0; i < 1024; i++) values[i] = base;
  }
}

CLONES void ck_unpack64(const void *packed, unsigned width, int64_t base, int64_t *values) {
  if (width == 0 || width > 64) {
    for (unsigned i = 0; i < 1024; i++) values[i] = base;
    return;
  }
  unpack64_int64_t(packed, width, base, 1, values);
}

CLONES void ck_unpack32_scaled(const void *packed, unsigned width, int64_t base, uint32_t scale,
                               int64_t *values) {
  switch (width) {
    CASES8(32, scaled, 0) CASES8(32, scaled, 8)
    CASES8(32, scaled, 16) CASES8(32, scaled, 24)
  default:
    for (unsigned i = 0; i < 1024; i++) values[i] = base;
  }
}

CLONES void ck_unpack64_scaled(const void *packed, unsigned width, int64_t base, uint32_t scale,
                               int64_t *values) {
  if (width == 0 || width > 64) {
    for (unsigned i = 0; i < 1024; i++) values[i] = base;
    return;
  }
  unpack64_scaled(packed, width, base, scale, values);
}

// A multiple of 2^shift × odd, times the inverse of `odd` modulo 2^64, turned by `shift`, is the quotient; anything else comes to
// more than any quotient can be (Granlund and Montgomery 1994, section 9).
INLINE uint64_t exact_quotient(uint64_t value, uint64_t inverse, unsigned shift) {
  const uint64_t product = value * inverse;
  return product >> shift | product << ((64 - shift) & 63);
}

CLONES int ck_are_multiples64(const int64_t *values, size_t count, int64_t base, uint64_t inverse,
                              unsigned shift, uint64_t largest) {
  uint64_t others = 0;
  for (size_t i = 0; i < count; i++)
    others |= exact_quotient((uint64_t)values[i] - (uint64_t)base, inverse, shift) > largest;
  return others == 0;
}

CLONES void ck_divide64(const int64_t *values, size_t count, int64_t base, uint64_t inverse,
                        unsigned shift, int64_t *quotients) {
  for (size_t i = 0; i < count; i++)
    quotients[i] = (int64_t)exact_quotient((uint64_t)values[i] - (uint64_t)base, inverse, shift);
}

#define PACK(T, BITS, LANES, IN, EXPRESSION)                                            \
  INLINE void pack##BITS##_##IN(const IN *restrict in, int64_t base, unsigned width,    \
                                T *restrict out) {                                      \
    (void)base;                                                                         \
    if (width == 0) return;                                                             \
    memset(out, 0, width * 128);                                                        \
    for (unsigned row = 0; row < BITS; row++) {                                         \
      unsigned bit = row * width, shift = bit % BITS;                                   \
      T *restrict low = out + bit / BITS * LANES;                                       \
      const IN *restrict from = in + row * LANES;                                       \
      for (unsigned lane = 0; lane < LANES; lane++) {                                   \
        IN value = from[lane];                                                          \
        low[lane] |= (T)((T)(EXPRESSION) << shift);                                     \
      }                                                                                 \
      if (shift + width > BITS) {                                                       \
        unsigned rest = BITS - shift;                                                   \
        for (unsigned lane = 0; lane < LANES; lane++) {                                 \
          IN value = from[lane];                                                        \
          low[lane + LANES] |= (T)((T)(EXPRESSION) >> rest);                            \
        }                                                                               \
      }                                                                                 \
    }                                                                                   \
  }

PACK(uint8_t, 8, 128, uint8_t, value)
PACK(uint32_t, 32, 32, uint32_t, value)
PACK(uint32_t, 32, 32, int64_t, (uint64_t)value - (uint64_t)base)
PACK(uint64_t, 64, 16, int64_t, (uint64_t)value - (uint64_t)base)

CLONES void ck_pack8(const uint8_t *values, unsigned width, void *packed) {
  pack8_uint8_t(values, 0, width, packed);
}
CLONES void ck_pack32(const uint32_t *values, unsigned width, void *packed) {
  pack32_uint32_t(values, 0, width, packed);
}
CLONES void ck_pack64_to32(const int64_t *values, int64_t base, unsigned width, void *packed) {
  pack32_int64_t(values, base, width, packed);
}
CLONES void ck_pack64(const int64_t *values, int64_t base, unsigned width, void *packed) {
  pack64_int64_t(values, base, width, packed);
}

CLONES void ck_prefix16(int64_t *values, size_t first) {
  // The running sums stay in registers; through memory every row would wait for the one before.
  uint64_t sums[16];
  memcpy(sums, values + first - 16, sizeof sums);
  for (size_t row = first; row + 16 <= 1024; row += 16)
    for (size_t lane = 0; lane < 16; lane++) {
      sums[lane] += (uint64_t)values[row + lane];
      values[row + lane] = (int64_t)sums[lane];
    }
}

CLONES void ck_delta16(const int64_t *restrict values, size_t first, int64_t *restrict deltas) {
  for (size_t i = first; i < 1024; i++)
    deltas[i] = (int64_t)((uint64_t)values[i] - (uint64_t)values[i - 16]);
}

CLONES void ck_extremes64(const int64_t *values, size_t count, int64_t *smallest,
                          int64_t *largest) {
  int64_t low = values[0], high = values[0];
  for (size_t i = 1; i < count; i++) {
    low = values[i] < low ? values[i] : low;
    high = values[i] > high ? values[i] : high;
  }
  *smallest = low;
  *largest = high;
}

CLONES void ck_sum64(const int64_t *values, size_t count, uint64_t *low, int64_t *high) {
  // The halves apart cannot overflow below 2^32 values.
  uint64_t lows = 0;
  int64_t highs = 0;
  for (size_t i = 0; i < count; i++) {
    lows += (uint32_t)values[i];
    highs += values[i] >> 32;
  }
  __int128 sum = ((__int128)highs << 32) + lows;
  *low = (uint64_t)sum;
  *high = (int64_t)(sum >> 64);
}

CLONES int ck_is_sorted64(const int64_t *values, size_t count) {
  int64_t falls = 0;
  for (size_t i = 0; i + 1 < count; i++) falls += values[i] > values[i + 1];
  return falls == 0;
}

CLONES size_t ck_changes64(const int64_t *values, size_t count) {
  size_t changes = 0;
  for (size_t i = 0; i + 1 < count; i++) changes += values[i] != values[i + 1];
  return changes;
}

// MARK: masks

static void range_mask32_plain(const uint32_t *in, unsigned width, uint32_t low, uint32_t span,
                               uint64_t *mask) {
  uint32_t values[1024];
  ck_unpack32(in, width, values);
  for (unsigned word = 0; word < 16; word++) {
    uint64_t bits = 0;
    for (unsigned i = 0; i < 64; i++)
      bits |= (uint64_t)(values[word * 64 + i] - low <= span) << i;
    mask[word] = bits;
  }
}

static void range_mask64_plain(const int64_t *values, int64_t low, uint64_t span,
                               uint64_t *mask) {
  for (unsigned word = 0; word < 16; word++) {
    uint64_t bits = 0;
    for (unsigned i = 0; i < 64; i++)
      bits |= (uint64_t)((uint64_t)values[word * 64 + i] - (uint64_t)low <= span) << i;
    mask[word] = bits;
  }
}

static void table_mask8_plain(const uint8_t *codes, const uint8_t *table, uint64_t *mask) {
  for (unsigned word = 0; word < 16; word++) {
    uint64_t bits = 0;
    for (unsigned i = 0; i < 64; i++) bits |= (uint64_t)(table[codes[word * 64 + i]] != 0) << i;
    mask[word] = bits;
  }
}

static size_t mask_rows_plain(const uint64_t *mask, size_t words, uint16_t *rows) {
  uint16_t *next = rows;
  for (size_t word = 0; word < words; word++) {
    uint64_t bits = mask[word];
    uint16_t first = (uint16_t)(word * 64);
    for (; bits != 0; bits &= bits - 1) *next++ = (uint16_t)(first + __builtin_ctzll(bits));
  }
  return (size_t)(next - rows);
}

// Rows that are kept move down at most: what is read was not written over.
#define KEEP_PLAIN(name, type)                                                             \
  static void name(type *values, const uint64_t *mask, size_t words) {                     \
    type *to = values;                                                                     \
    for (size_t word = 0; word < words; word++)                                            \
      for (uint64_t rest = mask[word]; rest; rest &= rest - 1)                             \
        *to++ = values[word * 64 + (size_t)__builtin_ctzll(rest)];                         \
  }
KEEP_PLAIN(keep8_plain, uint8_t)
KEEP_PLAIN(keep32_plain, uint32_t)
KEEP_PLAIN(keep64_plain, int64_t)

static uint64_t extract_plain(uint64_t bits, uint64_t mask) {
  uint64_t kept = 0;
  for (unsigned to = 0; mask; mask &= mask - 1, to++)
    kept |= (bits >> __builtin_ctzll(mask) & 1) << to;
  return kept;
}

// `at` counts the bits before; words at and behind its own are not yet written.
static size_t append_bits(uint64_t *bits, size_t at, uint64_t kept, unsigned count) {
  unsigned shift = at & 63;
  if (shift == 0)
    bits[at >> 6] = kept;
  else
    bits[at >> 6] |= kept << shift;
  if (shift + count > 64) bits[(at >> 6) + 1] = kept >> (64 - shift);
  return at + count;
}

static void clear_bits(uint64_t *bits, size_t at, size_t words) {
  for (size_t word = (at + 63) >> 6; word < words; word++) bits[word] = 0;
}

static void keep_bits_plain(uint64_t *bits, const uint64_t *mask, size_t words) {
  size_t at = 0;
  for (size_t word = 0; word < words; word++)
    at = append_bits(bits, at, extract_plain(bits[word], mask[word]),
                     (unsigned)__builtin_popcountll(mask[word]));
  clear_bits(bits, at, words);
}

#if defined(__x86_64__)

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq")))
#define AVX512V __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi2,popcnt")))
#define AVX2 __attribute__((target("avx2,bmi,bmi2,popcnt")))

AVX512 static void range_mask32_v4(const uint32_t *in, unsigned width, uint32_t low,
                                   uint32_t span, uint64_t *mask) {
  const __m512i bits = _mm512_set1_epi32(width == 32 ? -1 : (int)((1u << width) - 1));
  const __m512i lows = _mm512_set1_epi32((int)low), spans = _mm512_set1_epi32((int)span);
  uint32_t *out = (uint32_t *)mask;
  for (unsigned row = 0; row < 32; row++) {
    unsigned bit = row * width, shift = bit & 31;
    const uint32_t *from = in + (bit >> 5) * 32;
    const __m128i right = _mm_cvtsi32_si128((int)shift);
    __m512i a = _mm512_srl_epi32(_mm512_loadu_si512(from), right);
    __m512i b = _mm512_srl_epi32(_mm512_loadu_si512(from + 16), right);
    if (shift + width > 32) {
      const __m128i left = _mm_cvtsi32_si128((int)(32 - shift));
      a = _mm512_or_si512(a, _mm512_sll_epi32(_mm512_loadu_si512(from + 32), left));
      b = _mm512_or_si512(b, _mm512_sll_epi32(_mm512_loadu_si512(from + 48), left));
    }
    a = _mm512_sub_epi32(_mm512_and_si512(a, bits), lows);
    b = _mm512_sub_epi32(_mm512_and_si512(b, bits), lows);
    out[row] = (uint32_t)_mm512_cmple_epu32_mask(a, spans) |
               (uint32_t)_mm512_cmple_epu32_mask(b, spans) << 16;
  }
}

AVX2 static inline uint32_t range8(__m256i value, __m256i bits, __m256i lows, __m256i spans) {
  value = _mm256_sub_epi32(_mm256_and_si256(value, bits), lows);
  __m256i within = _mm256_cmpeq_epi32(_mm256_min_epu32(value, spans), value);
  return (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(within));
}

AVX2 static void range_mask32_v3(const uint32_t *in, unsigned width, uint32_t low, uint32_t span,
                                 uint64_t *mask) {
  const __m256i bits = _mm256_set1_epi32(width == 32 ? -1 : (int)((1u << width) - 1));
  const __m256i lows = _mm256_set1_epi32((int)low), spans = _mm256_set1_epi32((int)span);
  uint32_t *out = (uint32_t *)mask;
  for (unsigned row = 0; row < 32; row++) {
    unsigned bit = row * width, shift = bit & 31;
    const uint32_t *from = in + (bit >> 5) * 32;
    const __m128i right = _mm_cvtsi32_si128((int)shift);
    const __m128i left = _mm_cvtsi32_si128((int)(32 - shift));
    uint32_t word = 0;
    for (unsigned part = 0; part < 4; part++) {
      __m256i v = _mm256_srl_epi32(_mm256_loadu_si256((const void *)(from + part * 8)), right);
      if (shift + width > 32)
        v = _mm256_or_si256(
            v, _mm256_sll_epi32(_mm256_loadu_si256((const void *)(from + 32 + part * 8)), left));
      word |= range8(v, bits, lows, spans) << (part * 8);
    }
    out[row] = word;
  }
}

AVX512 static void range_mask64_v4(const int64_t *values, int64_t low, uint64_t span,
                                   uint64_t *mask) {
  const __m512i lows = _mm512_set1_epi64(low), spans = _mm512_set1_epi64((int64_t)span);
  uint8_t *out = (uint8_t *)mask;
  for (unsigned i = 0; i < 128; i++) {
    __m512i value = _mm512_sub_epi64(_mm512_loadu_si512(values + i * 8), lows);
    out[i] = (uint8_t)_mm512_cmple_epu64_mask(value, spans);
  }
}

AVX512V static size_t mask_rows_v4(const uint64_t *mask, size_t words, uint16_t *rows) {
  __m512i low = _mm512_set_epi16(31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16,
                                 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  const __m512i step = _mm512_set1_epi16(32);
  size_t count = 0;
  for (size_t half = 0; half < words * 2; half++) {
    uint32_t bits = (uint32_t)(mask[half >> 1] >> ((half & 1) * 32));
    // Places kept so far are at most half * 32, so 32 more fit.
    _mm512_storeu_si512(rows + count, _mm512_maskz_compress_epi16(bits, low));
    count += (size_t)__builtin_popcount(bits);
    low = _mm512_add_epi16(low, step);
  }
  return count;
}

AVX512V static void keep8_v4(uint8_t *values, const uint64_t *mask, size_t words) {
  uint8_t *to = values;
  for (size_t word = 0; word < words; word++) {
    __m512i from = _mm512_loadu_si512(values + word * 64);
    _mm512_storeu_si512(to, _mm512_maskz_compress_epi8(mask[word], from));
    to += __builtin_popcountll(mask[word]);
  }
}

AVX512V static void keep32_v4(uint32_t *values, const uint64_t *mask, size_t words) {
  uint32_t *to = values;
  for (size_t part = 0; part < words * 4; part++) {
    __mmask16 bits = (__mmask16)(mask[part >> 2] >> (part & 3) * 16);
    __m512i from = _mm512_loadu_si512(values + part * 16);
    _mm512_storeu_si512(to, _mm512_maskz_compress_epi32(bits, from));
    to += __builtin_popcount(bits);
  }
}

AVX512V static void keep64_v4(int64_t *values, const uint64_t *mask, size_t words) {
  int64_t *to = values;
  for (size_t part = 0; part < words * 8; part++) {
    __mmask8 bits = (__mmask8)(mask[part >> 3] >> (part & 7) * 8);
    __m512i from = _mm512_loadu_si512(values + part * 8);
    _mm512_storeu_si512(to, _mm512_maskz_compress_epi64(bits, from));
    to += __builtin_popcount(bits);
  }
}

AVX2 static void keep_bits_v3(uint64_t *bits, const uint64_t *mask, size_t words) {
  size_t at = 0;
  for (size_t word = 0; word < words; word++)
    at = append_bits(bits, at, _pext_u64(bits[word], mask[word]),
                     (unsigned)__builtin_popcountll(mask[word]));
  clear_bits(bits, at, words);
}

AVX2 static void table_mask8_v3(const uint8_t *codes, const uint8_t *table, uint64_t *mask) {
  for (unsigned word = 0; word < 16; word++) {
    uint64_t bits = 0;
    for (unsigned i = 0; i < 64; i += 32) {
      uint8_t hits[32];
      for (unsigned j = 0; j < 32; j++) hits[j] = table[codes[word * 64 + i + j]];
      __m256i zero = _mm256_cmpeq_epi8(_mm256_loadu_si256((const void *)hits),
                                       _mm256_setzero_si256());
      bits |= (uint64_t)(uint32_t)~_mm256_movemask_epi8(zero) << i;
    }
    mask[word] = bits;
  }
}

static int has_v4(void) { return __builtin_cpu_supports("avx512bw") != 0 && __builtin_cpu_supports("avx512dq") != 0; }
static int has_vbmi2(void) { return has_v4() && __builtin_cpu_supports("avx512vbmi2") != 0; }
static int has_v3(void) { return __builtin_cpu_supports("avx2") != 0; }
#endif

void ck_range_mask32(const void *packed, unsigned width, uint32_t low, uint32_t high,
                     uint64_t *mask) {
  if (width == 0 || low > high) {
    memset(mask, width == 0 && low == 0 ? 0xff : 0, 128);
    return;
  }
#if defined(__x86_64__)
  if (has_v4()) { range_mask32_v4(packed, width, low, high - low, mask); return; }
  if (has_v3()) { range_mask32_v3(packed, width, low, high - low, mask); return; }
#endif
  range_mask32_plain(packed, width, low, high - low, mask);
}

void ck_range_mask64(const int64_t *values, int64_t low, int64_t high, uint64_t *mask) {
  if (low > high) {
    memset(mask, 0, 128);
    return;
  }
  uint64_t span = (uint64_t)high - (uint64_t)low;
#if defined(__x86_64__)
  if (has_v4()) { range_mask64_v4(values, low, span, mask); return; }
#endif
  range_mask64_plain(values, low, span, mask);
}

void ck_table_mask8(const uint8_t *codes, const uint8_t *table, uint64_t *mask) {
#if defined(__x86_64__)
  if (has_v3()) { table_mask8_v3(codes, table, mask); return; }
#endif
  table_mask8_plain(codes, table, mask);
}

size_t ck_mask_rows(const uint64_t *mask, size_t words, uint16_t *rows) {
#if defined(__x86_64__)
  if (has_vbmi2()) return mask_rows_v4(mask, words, rows);
#endif
  return mask_rows_plain(mask, words, rows);
}

#if defined(__x86_64__)
#define KEEP(name, fast, usable, plain, type)                        \
  void name(type *values, const uint64_t *mask, size_t words) {      \
    if (usable()) fast(values, mask, words);                         \
    else plain(values, mask, words);                                 \
  }
#else
#define KEEP(name, fast, usable, plain, type)                        \
  void name(type *values, const uint64_t *mask, size_t words) {      \
    plain(values, mask, words);                                      \
  }
#endif
KEEP(ck_keep8, keep8_v4, has_vbmi2, keep8_plain, uint8_t)
KEEP(ck_keep32, keep32_v4, has_vbmi2, keep32_plain, uint32_t)
KEEP(ck_keep64, keep64_v4, has_vbmi2, keep64_plain, int64_t)
KEEP(ck_keep_bits, keep_bits_v3, has_v3, keep_bits_plain, uint64_t)
