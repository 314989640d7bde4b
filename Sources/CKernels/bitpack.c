#include "bitpack.h"
#include "cpulevel.h"
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

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,popcnt")))
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

// AVX2 compares signed words only: both sides are moved by 2^63.
AVX2 static void range_mask64_v3(const int64_t *values, int64_t low, uint64_t span,
                                 uint64_t *mask) {
  const uint64_t half = 1ull << 63;
  const __m256i lows = _mm256_set1_epi64x((int64_t)((uint64_t)low + half));
  const __m256i spans = _mm256_set1_epi64x((int64_t)(span + half));
  for (unsigned word = 0; word < 16; word++) {
    uint64_t beyond = 0;
    for (unsigned i = 0; i < 64; i += 4) {
      __m256i value = _mm256_loadu_si256((const void *)(values + word * 64 + i));
      value = _mm256_cmpgt_epi64(_mm256_sub_epi64(value, lows), spans);
      beyond |= (uint64_t)(uint32_t)_mm256_movemask_pd(_mm256_castsi256_pd(value)) << i;
    }
    mask[word] = ~beyond;
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

// The places of the set bits of each byte, a byte each; of four bits those of both halves of a 64-bit value.
static uint64_t set_places[256], set_halves[16];

__attribute__((constructor)) static void fill_set_places(void) {
  for (unsigned bits = 0; bits < 256; bits++) {
    unsigned count = 0;
    for (unsigned place = 0; place < 8; place++)
      if (bits >> place & 1) set_places[bits] |= (uint64_t)place << (8 * count++);
  }
  for (unsigned bits = 0; bits < 16; bits++)
    for (unsigned i = 0; i < 4; i++) {
      const uint64_t place = set_places[bits] >> (8 * i) & 3;
      set_halves[bits] |= (place * 2 | (place * 2 + 1) << 8) << (16 * i);
    }
}

// So few bits of a word are taken one by one: a step of a vector takes about as long as two of them, and moves eight values or four.
#define FEW 8
#define FEW_LONG 20

#define WALK(bits, each)                       \
  for (uint64_t rest = bits; rest; rest &= rest - 1) { \
    const unsigned bit = (unsigned)__builtin_ctzll(rest); \
    each;                                      \
  }

AVX2 static size_t mask_rows_v3(const uint64_t *mask, size_t words, uint16_t *rows) {
  uint16_t *next = rows;
  for (size_t word = 0; word < words; word++) {
    const unsigned first = (unsigned)word * 64;
    if (__builtin_popcountll(mask[word]) <= FEW) {
      WALK(mask[word], *next++ = (uint16_t)(first + bit))
      continue;
    }
    for (unsigned i = 0; i < 64; i += 8) {
      const unsigned bits = (unsigned)(mask[word] >> i) & 255;
      const __m128i places = _mm_loadl_epi64((const void *)&set_places[bits]);
      // At most first + i rows are kept so far, so eight more fit.
      _mm_storeu_si128((void *)next, _mm_add_epi16(_mm_cvtepu8_epi16(places),
                                                   _mm_set1_epi16((int16_t)(first + i))));
      next += __builtin_popcount(bits);
    }
  }
  return (size_t)(next - rows);
}

// `step` values at a time go to where at most so many have been read.
#define KEEP_V3(name, type, step, few, move)                                  \
  AVX2 static void name(type *values, const uint64_t *mask, size_t words) {   \
    type *to = values;                                                        \
    for (size_t word = 0; word < words; word++) {                             \
      const type *from = values + word * 64;                                  \
      if (__builtin_popcountll(mask[word]) <= few) {                          \
        WALK(mask[word], *to++ = from[bit])                                   \
        continue;                                                             \
      }                                                                       \
      for (unsigned i = 0; i < 64; i += step, from += step) {                 \
        const unsigned bits = (unsigned)(mask[word] >> i) & ((1u << step) - 1); \
        move;                                                                 \
        to += __builtin_popcount(bits);                                       \
      }                                                                       \
    }                                                                         \
  }
KEEP_V3(keep8_v3, uint8_t, 8, FEW, {
  const __m128i places = _mm_loadl_epi64((const void *)&set_places[bits]);
  _mm_storel_epi64((void *)to, _mm_shuffle_epi8(_mm_loadl_epi64((const void *)from), places));
})
KEEP_V3(keep32_v3, uint32_t, 8, FEW, {
  const __m256i places = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const void *)&set_places[bits]));
  const __m256i eight = _mm256_loadu_si256((const void *)from);
  _mm256_storeu_si256((void *)to, _mm256_permutevar8x32_epi32(eight, places));
})
KEEP_V3(keep64_v3, int64_t, 4, FEW_LONG, {
  const __m256i halves = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const void *)&set_halves[bits]));
  const __m256i four = _mm256_loadu_si256((const void *)from);
  _mm256_storeu_si256((void *)to, _mm256_permutevar8x32_epi32(four, halves));
})

AVX512V static void keep8_v4(uint8_t *values, const uint64_t *mask, size_t words) {
  uint8_t *to = values;
  for (size_t word = 0; word < words; word++) {
    __m512i from = _mm512_loadu_si512(values + word * 64);
    _mm512_storeu_si512(to, _mm512_maskz_compress_epi8(mask[word], from));
    to += __builtin_popcountll(mask[word]);
  }
}

AVX512 static void keep32_v4(uint32_t *values, const uint64_t *mask, size_t words) {
  uint32_t *to = values;
  for (size_t part = 0; part < words * 4; part++) {
    __mmask16 bits = (__mmask16)(mask[part >> 2] >> (part & 3) * 16);
    __m512i from = _mm512_loadu_si512(values + part * 16);
    _mm512_storeu_si512(to, _mm512_maskz_compress_epi32(bits, from));
    to += __builtin_popcount(bits);
  }
}

AVX512 static void keep64_v4(int64_t *values, const uint64_t *mask, size_t words) {
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

// All codes are looked up before bits are made of them: a vector waits for bytes that were just stored one by one.
AVX2 static void table_mask8_v3(const uint8_t *codes, const uint8_t *table, uint64_t *mask) {
  uint8_t hits[1024];
  for (unsigned i = 0; i < 1024; i++) hits[i] = table[codes[i]];
  uint32_t *out = (uint32_t *)mask;
  for (unsigned half = 0; half < 32; half++) {
    const __m256i zero = _mm256_cmpeq_epi8(_mm256_loadu_si256((const void *)(hits + half * 32)),
                                           _mm256_setzero_si256());
    out[half] = ~(uint32_t)_mm256_movemask_epi8(zero);
  }
}

#endif

void ck_range_mask32(const void *packed, unsigned width, uint32_t low, uint32_t high,
                     uint64_t *mask) {
  if (width == 0 || low > high) {
    memset(mask, width == 0 && low == 0 ? 0xff : 0, 128);
    return;
  }
#if defined(__x86_64__)
  const int level = ck_cpu_level();
  if (level >= CK_AVX512) return range_mask32_v4(packed, width, low, high - low, mask);
  if (level >= CK_AVX2) return range_mask32_v3(packed, width, low, high - low, mask);
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
  const int level = ck_cpu_level();
  if (level >= CK_AVX512) return range_mask64_v4(values, low, span, mask);
  if (level >= CK_AVX2) return range_mask64_v3(values, low, span, mask);
#endif
  range_mask64_plain(values, low, span, mask);
}

void ck_table_mask8(const uint8_t *codes, const uint8_t *table, uint64_t *mask) {
#if defined(__x86_64__)
  if (ck_cpu_level() >= CK_AVX2) return table_mask8_v3(codes, table, mask);
#endif
  table_mask8_plain(codes, table, mask);
}

size_t ck_mask_rows(const uint64_t *mask, size_t words, uint16_t *rows) {
#if defined(__x86_64__)
  const int level = ck_cpu_level();
  if (level >= CK_VBMI) return mask_rows_v4(mask, words, rows);
  if (level >= CK_AVX2) return mask_rows_v3(mask, words, rows);
#endif
  return mask_rows_plain(mask, words, rows);
}

// `wide` is for CPUs of a level and higher ones, `narrow` for AVX2.
#if defined(__x86_64__)
#define KEEP(name, type, wide, wideLevel, narrow, plain)             \
  void name(type *values, const uint64_t *mask, size_t words) {      \
    const int level = ck_cpu_level();                                \
    if (level >= wideLevel) return wide(values, mask, words);        \
    if (level >= CK_AVX2) return narrow(values, mask, words);        \
    plain(values, mask, words);                                      \
  }
#else
#define KEEP(name, type, wide, wideLevel, narrow, plain)             \
  void name(type *values, const uint64_t *mask, size_t words) {      \
    plain(values, mask, words);                                      \
  }
#endif
KEEP(ck_keep8, uint8_t, keep8_v4, CK_VBMI, keep8_v3, keep8_plain)
KEEP(ck_keep32, uint32_t, keep32_v4, CK_AVX512, keep32_v3, keep32_plain)
KEEP(ck_keep64, int64_t, keep64_v4, CK_AVX512, keep64_v3, keep64_plain)
KEEP(ck_keep_bits, uint64_t, keep_bits_v3, CK_AVX2, keep_bits_v3, keep_bits_plain)
