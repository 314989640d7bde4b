#include "fsst.h"
#include "cpulevel.h"
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

static inline uint64_t load8(const uint8_t *bytes) {
  uint64_t word;
  memcpy(&word, bytes, 8);
  return word;
}

// Fewer than eight bytes, zeros behind.
static inline uint64_t load_short(const uint8_t *bytes, size_t count) {
  uint64_t word = 0;
  for (size_t i = 0; i < count; i++) word |= (uint64_t)bytes[i] << (8 * i);
  return word;
}

// MARK: Matching

#define SLOTS 2048

typedef struct {
  uint64_t symbol;
  uint64_t mask;
  uint32_t length;  // UINT32_MAX: free
  uint32_t code;
} slot;

// Symbols of three and more bytes stand in the slot of their first three bytes; shorter ones in tables
// of one and two bytes.
typedef struct {
  slot slots[SLOTS];
  uint16_t pairs[65536];  // code | length << 8
  uint16_t singles[256];
} matcher;

static inline size_t slot_of(uint64_t word) {
  const uint64_t hash = (word & 0xFFFFFF) * 2971215073ull;
  return (size_t)((hash ^ (hash >> 15)) & (SLOTS - 1));
}

size_t ck_fsst_matcher_bytes(void) { return sizeof(matcher); }

void ck_fsst_matcher_init(void *place, const uint64_t *symbols, const uint8_t *lengths,
                          size_t count) {
  matcher *const m = place;
  for (size_t i = 0; i < SLOTS; i++) m->slots[i] = (slot){0, 0, UINT32_MAX, 0};
  for (size_t i = 0; i < 256; i++) m->singles[i] = CK_FSST_ESCAPE | 1 << 8;
  for (size_t i = 0; i < count; i++)
    if (lengths[i] == 1) m->singles[symbols[i] & 255] = (uint16_t)(i | 1 << 8);
  for (size_t i = 0; i < 65536; i++) m->pairs[i] = m->singles[i & 255];
  for (size_t i = 0; i < count; i++) {
    if (lengths[i] == 2) m->pairs[symbols[i] & 0xFFFF] = (uint16_t)(i | 2 << 8);
    if (lengths[i] < 3) continue;
    // Of two symbols in one slot the first stays, so that the same table always gives the same codes.
    slot *const s = &m->slots[slot_of(symbols[i])];
    if (s->length != UINT32_MAX) continue;
    const uint64_t mask = lengths[i] >= 8 ? ~0ull : (1ull << (8 * lengths[i])) - 1;
    *s = (slot){symbols[i] & mask, mask, lengths[i], (uint32_t)i};
  }
}

size_t ck_fsst_encode(const void *place, const uint8_t *text, size_t count, uint8_t *codes) {
  const matcher *const m = place;
  uint8_t *out = codes;
  size_t rest = count;
  while (rest > 0) {
    uint64_t word;
    if (rest >= 8) {
      word = load8(text);
    } else if (count >= 8) {
      word = load8(text + rest - 8) >> (64 - 8 * rest);
    } else {
      word = load_short(text, rest);
    }
    const slot *const s = &m->slots[slot_of(word)];
    size_t length;
    if (((word & s->mask) == s->symbol) & (s->length <= rest)) {
      *out++ = (uint8_t)s->code;
      length = s->length;
    } else {
      uint16_t entry = m->pairs[word & 0xFFFF];
      if (rest == 1) entry = m->singles[word & 255];
      length = entry >> 8;
      // The byte behind an escape is written in any case and overwritten when there was none.
      out[0] = (uint8_t)entry;
      if ((entry & 255) == CK_FSST_ESCAPE) {
        out[1] = (uint8_t)word;
        out += 2;
      } else {
        out += 1;
      }
    }
    text += length;
    rest -= length;
  }
  return (size_t)(out - codes);
}

#if defined(__x86_64__)
#define AVX2 __attribute__((target("avx2,popcnt")))

// Sets of bytes for AVX2, which has no table look-up of 256 places: bit h % 8 of low[n] says whether byte 16 * h + n is in,
// for h below 8; high[n] says so for the others.
typedef struct {
  __m256i low, high;
} nibble_set;

// The bytes of which the table's entry has one of `bits`.
AVX2 static inline nibble_set load_set(const uint8_t *table, uint8_t bits) {
  const __m128i wanted = _mm_set1_epi8((char)bits), zero = _mm_setzero_si128();
  __m128i half[2] = {zero, zero};
  for (int h = 0; h < 16; h++) {
    const __m128i row = _mm_loadu_si128((const void *)(table + 16 * h));
    const __m128i isOut = _mm_cmpeq_epi8(_mm_and_si128(row, wanted), zero);
    half[h / 8] = _mm_or_si128(half[h / 8],
                               _mm_andnot_si128(isOut, _mm_set1_epi8((char)(1 << (h % 8)))));
  }
  return (nibble_set){_mm256_broadcastsi128_si256(half[0]), _mm256_broadcastsi128_si256(half[1])};
}

// What all sets need of the same 32 bytes.
typedef struct {
  __m256i low, high, bit;
} nibbles;

AVX2 static inline nibbles split(__m256i bytes) {
  // A shuffle gives 0 for an index whose highest bit is set: of each byte one of the two halves.
  const __m256i kept = _mm256_set1_epi8((char)0x8f), top = _mm256_set1_epi8((char)0x80);
  const __m256i bits = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128));
  const __m256i upper = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), _mm256_set1_epi8(15));
  const __m256i low = _mm256_and_si256(bytes, kept);
  return (nibbles){low, _mm256_xor_si256(low, top), _mm256_shuffle_epi8(bits, upper)};
}

// 255 for each byte that is in the set.
AVX2 static inline __m256i are_in(const nibble_set *set, nibbles bytes) {
  const __m256i rows = _mm256_or_si256(_mm256_shuffle_epi8(set->low, bytes.low),
                                       _mm256_shuffle_epi8(set->high, bytes.high));
  return _mm256_cmpeq_epi8(_mm256_and_si256(rows, bytes.bit), bytes.bit);
}
#endif

// MARK: Counting characters

static inline uint64_t count_row(const uint8_t *characters, const uint8_t *codes,
                                 const uint8_t *end) {
  uint64_t count = 0;
  while (codes < end) {
    const uint8_t code = *codes++;
    count += characters[code];
    if (__builtin_expect(code == CK_FSST_ESCAPE, 0) && codes < end)
      count += (*codes++ & 0xC0) != 0x80;
  }
  return count;
}

#if defined(__x86_64__)
// 64 codes a step: their counts are looked up in two halves of the table, and a byte behind an escape is
// counted by itself. Loads are masked, so nothing behind the codes is read.
__attribute__((target("avx512f,avx512bw,avx512vbmi"))) static void count_vbmi(
    const uint8_t *characters, const uint8_t *codes, const uint32_t *rowLengths, uint32_t shortest,
    size_t rows, int64_t *counts) {
  const __m512i a = _mm512_loadu_si512(characters), b = _mm512_loadu_si512(characters + 64),
                c = _mm512_loadu_si512(characters + 128), d = _mm512_loadu_si512(characters + 192);
  const __m512i escape = _mm512_set1_epi8((char)CK_FSST_ESCAPE);
  for (size_t row = 0; row < rows; row++) {
    const size_t length = (size_t)rowLengths[row] + shortest;
    __m512i sums = _mm512_setzero_si512();
    uint64_t count = 0, follows = 0;
    int isPlain = 1;
    for (size_t at = 0; at < length; at += 64) {
      const size_t left = length - at;
      const __mmask64 here = left >= 64 ? ~0ull : (1ull << left) - 1;
      const __m512i bytes = _mm512_maskz_loadu_epi8(here, codes + at);
      const __mmask64 escapes = _mm512_mask_cmpeq_epi8_mask(here, bytes, escape);
      const __mmask64 literals = ((escapes << 1) | follows) & here;
      // An escaped escape: the next byte would be taken for a literal, too.
      if (__builtin_expect((escapes & literals) != 0, 0)) {
        isPlain = 0;
        break;
      }
      follows = escapes >> 63;
      const __m512i low = _mm512_permutex2var_epi8(a, bytes, b);
      const __m512i high = _mm512_permutex2var_epi8(c, bytes, d);
      const __m512i known = _mm512_mask_blend_epi8(_mm512_movepi8_mask(bytes), low, high);
      const __m512i wanted = _mm512_maskz_mov_epi8(here & ~literals, known);
      sums = _mm512_add_epi64(sums, _mm512_sad_epu8(wanted, _mm512_setzero_si512()));
      if (literals != 0) {
        const __m512i top = _mm512_and_si512(bytes, _mm512_set1_epi8((char)0xC0));
        const __mmask64 begins =
            _mm512_mask_cmpneq_epi8_mask(literals, top, _mm512_set1_epi8((char)0x80));
        count += (uint64_t)__builtin_popcountll(begins);
      }
    }
    counts[row] = isPlain ? (int64_t)(count + (uint64_t)_mm512_reduce_add_epi64(sums))
                          : (int64_t)count_row(characters, codes, codes + length);
    codes += length;
  }
}

#define COUNT_TILE 4096

// Writes of each of `count` > 0 codes how many characters it stands for, a byte behind an escape being one or none; 0 where
// an escape may itself be escaped. `from` has 32 readable bytes behind its codes, `to` as much room.
AVX2 static int characters_v3(const nibble_set *sets, const uint8_t *from, size_t count,
                              uint8_t *to) {
  const __m256i escape = _mm256_set1_epi8((char)CK_FSST_ESCAPE), one = _mm256_set1_epi8(1);
  const __m256i top = _mm256_set1_epi8((char)0xC0), goes_on = _mm256_set1_epi8((char)0x80);
  __m256i twice = _mm256_setzero_si256();
  __m256i before = _mm256_setzero_si256();
  for (size_t at = 0; at < count; at += 32) {
    const __m256i codes = _mm256_loadu_si256((const void *)(from + at));
    const nibbles parts = split(codes);
    __m256i counted = _mm256_and_si256(are_in(&sets[0], parts), one);
    for (int bit = 1; bit < 4; bit++) {
      const __m256i weight = _mm256_set1_epi8((char)(1 << bit));
      counted = _mm256_or_si256(counted, _mm256_and_si256(are_in(&sets[bit], parts), weight));
    }
    const __m256i escapes = _mm256_cmpeq_epi8(codes, escape);
    const __m256i joined = _mm256_permute2x128_si256(before, escapes, 0x21);
    const __m256i literals = _mm256_alignr_epi8(escapes, joined, 15);
    twice = _mm256_or_si256(twice, _mm256_and_si256(escapes, literals));
    const __m256i continues = _mm256_cmpeq_epi8(_mm256_and_si256(codes, top), goes_on);
    const __m256i begins = _mm256_andnot_si256(continues, one);
    _mm256_storeu_si256((void *)(to + at), _mm256_blendv_epi8(counted, begins, literals));
    before = escapes;
  }
  return _mm256_testz_si256(twice, twice);
}

// The sum of `count` bytes; 32 more are readable.
AVX2 static inline int64_t sum_v3(const uint8_t *bytes, size_t count) {
  static const uint8_t window[64] = {
      255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
      255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
  const __m256i zero = _mm256_setzero_si256();
  __m256i sums = zero;
  for (;; bytes += 32, count -= 32) {
    __m256i block = _mm256_loadu_si256((const void *)bytes);
    const int isLast = count <= 32;
    if (isLast)
      block = _mm256_and_si256(block, _mm256_loadu_si256((const void *)(window + 32 - count)));
    sums = _mm256_add_epi64(sums, _mm256_sad_epu8(block, zero));
    if (isLast) break;
  }
  const __m128i half =
      _mm_add_epi64(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
  return _mm_cvtsi128_si64(half) + _mm_extract_epi64(half, 1);
}

// Whole rows of up to COUNT_TILE codes at a time: first what each code stands for, then sums over rows.
AVX2 static void count_v3(const uint8_t *characters, const uint8_t *codes,
                          const uint32_t *rowLengths, uint32_t shortest, size_t rows,
                          int64_t *counts) {
  // Symbols have at most eight bytes.
  nibble_set sets[4];
  for (int bit = 0; bit < 4; bit++) sets[bit] = load_set(characters, (uint8_t)(1 << bit));
  uint8_t tile[COUNT_TILE + 64], counted[COUNT_TILE + 64];
  size_t row = 0;
  while (row < rows) {
    const size_t first = row;
    size_t taken = 0;
    int isPlain = 1;
    while (row < rows && taken + rowLengths[row] + shortest <= COUNT_TILE) {
      taken += (size_t)rowLengths[row++] + shortest;
      // What is behind an escape would be of the next row.
      isPlain &= taken == 0 || codes[taken - 1] != CK_FSST_ESCAPE;
    }
    if (row > first && isPlain && taken > 0) {
      memcpy(tile, codes, taken);
      memset(tile + taken, 0, 32);
      isPlain = characters_v3(sets, tile, taken, counted);
    }
    const size_t end = row > first ? row : row + 1;
    const uint8_t *place = counted;
    for (size_t r = first; r < end; r++) {
      const size_t length = (size_t)rowLengths[r] + shortest;
      counts[r] = row > first && isPlain && taken > 0
                      ? sum_v3(place, length)
                      : (int64_t)count_row(characters, codes, codes + length);
      place += length;
      codes += length;
    }
    row = end;
  }
}
#endif

void ck_fsst_characters(const uint8_t *characters, const uint8_t *codes, const uint32_t *rowLengths,
                        uint32_t shortest, size_t rows, int64_t *counts) {
#if defined(__x86_64__)
  const int level = ck_cpu_level();
  if (level >= CK_VBMI)
    return count_vbmi(characters, codes, rowLengths, shortest, rows, counts);
  if (level >= CK_AVX2) return count_v3(characters, codes, rowLengths, shortest, rows, counts);
#endif
  // An escape counts far more than the characters of any row: a row that had one is counted again, code by code.
  const uint64_t escaped = 1ull << 40;
  uint64_t table[256];
  for (unsigned code = 0; code < 256; code++) table[code] = characters[code];
  table[CK_FSST_ESCAPE] = escaped;
  for (size_t row = 0; row < rows; row++) {
    const uint8_t *const end = codes + rowLengths[row] + shortest;
    uint64_t sums[4] = {0};
    const uint8_t *code = codes;
    for (; end - code >= 4; code += 4)
      for (unsigned i = 0; i < 4; i++) sums[i] += table[code[i]];
    for (; code < end; code++) sums[0] += table[*code];
    const uint64_t sum = sums[0] + sums[1] + sums[2] + sums[3];
    counts[row] = (int64_t)(sum < escaped ? sum : count_row(characters, codes, end));
    codes = end;
  }
}

// MARK: Decoding

#define OVERFLOW SIZE_MAX

// Decodes `count` codes to out + at, at most to out + capacity. offsets[i] is where code i begins.
// Returns the end, or OVERFLOW.
static inline size_t decode_flat(const uint64_t *symbols, const uint8_t *lengths,
                                 const uint8_t *codes, size_t count, uint8_t *out, size_t at,
                                 size_t capacity, uint32_t *offsets) {
  size_t i = 0;
  while (i < count) {
    if (i + 4 <= count && at + 32 <= capacity) {
      uint32_t four;
      memcpy(&four, codes + i, 4);
      const uint32_t inverted = ~four;
      if (((inverted - 0x01010101u) & four & 0x80808080u) == 0) {
        // All loads come before the stores, which may lead anywhere for all that the compiler knows.
        const uint8_t a = (uint8_t)four, b = (uint8_t)(four >> 8), c = (uint8_t)(four >> 16),
                      d = (uint8_t)(four >> 24);
        const uint64_t first = symbols[a], second = symbols[b], third = symbols[c],
                       fourth = symbols[d];
        const size_t atB = at + lengths[a], atC = atB + lengths[b], atD = atC + lengths[c],
                     end = atD + lengths[d];
        const uint32_t starts[4] = {(uint32_t)at, (uint32_t)atB, (uint32_t)atC, (uint32_t)atD};
        memcpy(offsets + i, starts, 16);
        memcpy(out + at, &first, 8);
        memcpy(out + atB, &second, 8);
        memcpy(out + atC, &third, 8);
        memcpy(out + atD, &fourth, 8);
        at = end;
        i += 4;
        continue;
      }
    }
    const uint8_t code = codes[i];
    offsets[i] = (uint32_t)at;
    if (code == CK_FSST_ESCAPE) {
      if (i + 1 < count) {
        if (at == capacity) return OVERFLOW;
        offsets[i + 1] = (uint32_t)at;
        out[at++] = codes[i + 1];
      }
      i += 2;
    } else {
      const size_t length = lengths[code];
      if (length > capacity - at) return OVERFLOW;
      memcpy(out + at, &symbols[code], length);
      at += length;
      i += 1;
    }
  }
  return at;
}

#define TILE 4096

size_t ck_fsst_decode(const uint64_t *symbols, const uint8_t *lengths, const uint8_t *codes,
                      const uint32_t *rowLengths, uint32_t shortest, size_t rows, uint8_t *out,
                      size_t capacity, uint32_t *ends) {
  uint32_t offsets[TILE + 2];
  size_t at = 0, row = 0;
  while (row < rows) {
    // Rows of up to TILE codes are decoded as one stream: no branch a row.
    const size_t first = row;
    size_t taken = 0;
    while (row < rows && taken + rowLengths[row] + shortest <= TILE)
      taken += (size_t)rowLengths[row++] + shortest;
    if (row > first) {
      at = decode_flat(symbols, lengths, codes, taken, out, at, capacity, offsets);
      if (at == OVERFLOW) return at;
      offsets[taken] = (uint32_t)at;
      size_t place = 0;
      for (size_t r = first; r < row; r++) {
        place += (size_t)rowLengths[r] + shortest;
        ends[r] = offsets[place];
      }
      codes += taken;
      continue;
    }
    // A row longer than that, in pieces; an escape at the end of a piece is left to the next one.
    taken = (size_t)rowLengths[row] + shortest;
    for (size_t done = 0; done < taken;) {
      size_t piece = taken - done < TILE ? taken - done : TILE;
      size_t escapes = 0;
      while (escapes < piece && codes[done + piece - 1 - escapes] == CK_FSST_ESCAPE) escapes++;
      if (done + piece < taken && piece > 1 && escapes % 2 == 1) piece -= 1;
      at = decode_flat(symbols, lengths, codes + done, piece, out, at, capacity, offsets);
      if (at == OVERFLOW) return at;
      done += piece;
    }
    ends[row++] = (uint32_t)at;
    codes += taken;
  }
  return at;
}

// MARK: Searching codes

static void pair_mask_plain(const uint8_t *codes, size_t count, const uint8_t *start,
                            const uint8_t *follow, uint64_t *mask) {
  for (size_t first = 0; first < count; first += 64) {
    const size_t end = count - first < 64 ? count - first : 64;
    const uint8_t *const c = codes + first;
    uint64_t word = 0;
    for (size_t i = 0; i < end; i++) {
      const uint8_t next = first + i + 1 < count ? follow[c[i + 1]] : 0;
      word |= (uint64_t)((start[c[i]] & (next | 128)) != 0) << i;
    }
    mask[first / 64] = word;
  }
}

#if defined(__x86_64__)

typedef struct {
  __m512i part[4];
} table256;

__attribute__((target("avx512f,avx512bw,avx512vbmi"))) static inline table256 load_table(
    const uint8_t *table) {
  table256 result;
  for (int i = 0; i < 4; i++) result.part[i] = _mm512_loadu_si512(table + 64 * i);
  return result;
}

__attribute__((target("avx512f,avx512bw,avx512vbmi"))) static inline __m512i look_up(
    const table256 *table, __m512i index) {
  const __m512i low = _mm512_permutex2var_epi8(table->part[0], index, table->part[1]);
  const __m512i high = _mm512_permutex2var_epi8(table->part[2], index, table->part[3]);
  return _mm512_mask_blend_epi8(_mm512_movepi8_mask(index), low, high);
}

__attribute__((target("avx512f,avx512bw,avx512vbmi"))) static void pair_mask_vbmi(
    const uint8_t *codes, size_t count, const uint8_t *start, const uint8_t *follow,
    uint64_t *mask) {
  const table256 starts = load_table(start), follows = load_table(follow);
  const __m512i always = _mm512_set1_epi8((char)128);
  size_t first = 0;
  for (; first + 65 <= count; first += 64) {
    const __m512i here = look_up(&starts, _mm512_loadu_si512(codes + first));
    const __m512i next = look_up(&follows, _mm512_loadu_si512(codes + first + 1));
    mask[first / 64] = _mm512_test_epi8_mask(here, _mm512_or_si512(next, always));
  }
  pair_mask_plain(codes + first, count - first, start, follow, mask + first / 64);
}

// Codes that may begin with any that may follow: of these the tables tell which do.
AVX2 static void pair_mask_v3(const uint8_t *codes, size_t count, const uint8_t *start,
                              const uint8_t *follow, uint64_t *mask) {
  const nibble_set starts = load_set(start, 255), alone = load_set(start, 128),
                   follows = load_set(follow, 255);
  size_t first = 0;
  for (; first + 65 <= count; first += 64) {
    uint64_t candidates = 0;
    for (unsigned half = 0; half < 64; half += 32) {
      const uint8_t *const c = codes + first + half;
      const nibbles here = split(_mm256_loadu_si256((const void *)c));
      const nibbles next = split(_mm256_loadu_si256((const void *)(c + 1)));
      const __m256i either = _mm256_or_si256(are_in(&alone, here), are_in(&follows, next));
      const __m256i both = _mm256_and_si256(are_in(&starts, here), either);
      candidates |= (uint64_t)(uint32_t)_mm256_movemask_epi8(both) << half;
    }
    uint64_t word = 0;
    for (; candidates; candidates &= candidates - 1) {
      const unsigned i = (unsigned)__builtin_ctzll(candidates);
      const uint8_t *const c = codes + first + i;
      word |= (uint64_t)((start[c[0]] & (follow[c[1]] | 128)) != 0) << i;
    }
    mask[first / 64] = word;
  }
  pair_mask_plain(codes + first, count - first, start, follow, mask + first / 64);
}
#endif

void ck_pair_mask(const uint8_t *codes, size_t count, const uint8_t *start, const uint8_t *follow,
                  uint64_t *mask) {
#if defined(__x86_64__)
  const int level = count > 64 ? ck_cpu_level() : CK_BASELINE;
  if (level >= CK_VBMI) return pair_mask_vbmi(codes, count, start, follow, mask);
  if (level >= CK_AVX2) return pair_mask_v3(codes, count, start, follow, mask);
#endif
  pair_mask_plain(codes, count, start, follow, mask);
}

static inline int accepts(const uint8_t *code, const uint8_t *end, const uint8_t *next,
                          const uint8_t *literals, const uint8_t *accepting, uint8_t start) {
  size_t state = start;
  while (code < end && state > 1) {
    if (literals && *code == CK_FSST_ESCAPE) {
      if (code + 1 == end) break;
      state = literals[state * 256 + code[1]];
      code += 2;
    } else {
      state = next[state * 256 + *code];
      code += 1;
    }
  }
  return accepting[state];
}

void ck_automaton_rows(const uint8_t *codes, const uint32_t *rowLengths, uint32_t shortest,
                       size_t rows, const uint64_t *flags, const uint8_t *next,
                       const uint8_t *literals, const uint8_t *accepting, uint8_t start,
                       uint64_t *mask) {
  memset(mask, 0, 16 * sizeof(uint64_t));
  if (!flags) {
    for (size_t row = 0; row < rows; row++) {
      const uint8_t *const end = codes + rowLengths[row] + shortest;
      if (accepts(codes, end, next, literals, accepting, start))
        mask[row / 64] |= 1ull << (row % 64);
      codes = end;
    }
    return;
  }
  size_t total = 0;
  for (size_t row = 0; row < rows; row++) total += rowLengths[row];
  total += (size_t)shortest * rows;
  size_t row = 0, begin = 0, end = rows ? (size_t)rowLengths[0] + shortest : 0;
  for (size_t word = 0; word * 64 < total; word++) {
    for (uint64_t bits = flags[word]; bits;) {
      const size_t place = word * 64 + (size_t)__builtin_ctzll(bits);
      if (place >= total) return;
      bits &= bits - 1;
      if (place < begin) continue;  // in a row that has been run
      while (end <= place) {
        row += 1;
        begin = end;
        end += (size_t)rowLengths[row] + shortest;
      }
      if (accepts(codes + begin, codes + end, next, literals, accepting, start))
        mask[row / 64] |= 1ull << (row % 64);
      begin = end;
      if (++row == rows) return;
      end += (size_t)rowLengths[row] + shortest;
    }
  }
}

void ck_equal_rows(const uint8_t *codes, const uint32_t *rowLengths, uint32_t shortest, size_t rows,
                   const uint8_t *wanted, size_t wantedCount, uint64_t *mask) {
  memset(mask, 0, 16 * sizeof(uint64_t));
  if (wantedCount < shortest) return;
  const uint32_t length = (uint32_t)(wantedCount - shortest);
  const uint8_t head = wantedCount ? wanted[0] : 0;
  size_t place = 0;
  for (size_t row = 0; row < rows; row++) {
    // The first byte is compared without a branch: in padding or the next row when this one is empty.
    const int isCandidate = (rowLengths[row] == length) & (codes[place] == head);
    if (__builtin_expect(isCandidate | (wantedCount == 0), 0) && rowLengths[row] == length &&
        memcmp(codes + place, wanted, wantedCount) == 0)
      mask[row / 64] |= 1ull << (row % 64);
    place += (size_t)rowLengths[row] + shortest;
  }
}
