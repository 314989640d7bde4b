#ifndef ALMANAC_BITPACK_H
#define ALMANAC_BITPACK_H

// Packed groups: 1,024 unsigned values of `width` bits in width * 128 bytes, whatever the lane.
//
// A group of lanes of T bits has L = 1024 / T lanes. Value i sits in lane i % L, in row i / L of that
// lane, low bit first; word k of lane l is word k * L + l. So one shift and one mask serve a whole
// row of lanes, and the unpacked order is the order of rows.
//
// `packed` needs 8-byte alignment for 64-bit lanes, 4 for 32 and 1 for 8. No function reads past
// width * 128 bytes or writes past 1,024 values. C because Swift leaves the 64-bit forms scalar (four
// times slower) and has no compress store; `target_clones` picks AVX-512, AVX2 or plain at load.

#include <stddef.h>
#include <stdint.h>

/// Unpacks 8-bit lanes, width 0...8.
void ck_unpack8(const void *packed, unsigned width, uint8_t *values);
/// Unpacks 8-bit lanes into 32-bit values, width 0...8.
void ck_unpack8_to32(const void *packed, unsigned width, uint32_t *values);
/// Unpacks 32-bit lanes, width 0...32.
void ck_unpack32(const void *packed, unsigned width, uint32_t *values);
/// Unpacks 32-bit lanes and adds `base`, wrapping, width 0...32.
void ck_unpack32_to64(const void *packed, unsigned width, int64_t base, int64_t *values);
/// Unpacks 64-bit lanes and adds `base`, wrapping, width 0...64.
void ck_unpack64(const void *packed, unsigned width, int64_t base, int64_t *values);
/// Unpacks 32-bit lanes, width 0...32, to base + scale × value, wrapping.
void ck_unpack32_scaled(const void *packed, unsigned width, int64_t base, uint32_t scale,
                        int64_t *values);
/// The same for 64-bit lanes, width 0...64.
void ck_unpack64_scaled(const void *packed, unsigned width, int64_t base, uint32_t scale,
                        int64_t *values);

/// Whether every values[i] - base, unsigned, is a multiple of 2^shift × odd.
///
/// `inverse` is that of `odd` modulo 2^64, `largest` the largest 64-bit number divided by the divisor.
int ck_are_multiples64(const int64_t *values, size_t count, int64_t base, uint64_t inverse,
                       unsigned shift, uint64_t largest);
/// The quotients of multiples.
void ck_divide64(const int64_t *values, size_t count, int64_t base, uint64_t inverse,
                 unsigned shift, int64_t *quotients);

/// Packs into 8-bit lanes; values beyond `width` bits must not occur.
void ck_pack8(const uint8_t *values, unsigned width, void *packed);
/// Packs into 32-bit lanes.
void ck_pack32(const uint32_t *values, unsigned width, void *packed);
/// Packs `values[i] - base` into 32-bit lanes, width 0...32.
void ck_pack64_to32(const int64_t *values, int64_t base, unsigned width, void *packed);
/// Packs `values[i] - base` into 64-bit lanes, width 0...64.
void ck_pack64(const int64_t *values, int64_t base, unsigned width, void *packed);

/// Value `index` of a group of 32-bit lanes.
static inline uint32_t ck_packed32(const void *packed, unsigned width, unsigned index) {
  const uint32_t *words = (const uint32_t *)packed;
  unsigned bit = (index >> 5) * width, shift = bit & 31;
  if (width == 0) return 0;
  const uint32_t *word = words + (bit >> 5) * 32 + (index & 31);
  uint64_t pair = word[0];
  if (shift + width > 32) pair |= (uint64_t)word[32] << 32;
  return (uint32_t)((pair >> shift) & ((1ull << width) - 1));
}

/// Value `index` of a group of 64-bit lanes.
static inline uint64_t ck_packed64(const void *packed, unsigned width, unsigned index) {
  const uint64_t *words = (const uint64_t *)packed;
  unsigned bit = (index >> 4) * width, shift = bit & 63;
  if (width == 0) return 0;
  const uint64_t *word = words + (bit >> 6) * 16 + (index & 15);
  uint64_t value = word[0] >> shift;
  if (shift + width > 64) value |= word[16] << (64 - shift);
  return width == 64 ? value : value & ((1ull << width) - 1);
}

/// Value `index` of a group of 8-bit lanes.
static inline uint8_t ck_packed8(const void *packed, unsigned width, unsigned index) {
  const uint8_t *words = (const uint8_t *)packed;
  unsigned bit = (index >> 7) * width, shift = bit & 7;
  if (width == 0) return 0;
  const uint8_t *word = words + (bit >> 3) * 128 + (index & 127);
  unsigned pair = word[0];
  if (shift + width > 8) pair |= (unsigned)word[128] << 8;
  return (uint8_t)((pair >> shift) & ((1u << width) - 1));
}

/// values[i] += values[i - 16] for i from `first` (>= 16) to 1,023, wrapping.
void ck_prefix16(int64_t *values, size_t first);
/// deltas[i] = values[i] - values[i - 16] for i from `first` (>= 16) to 1,023, wrapping.
void ck_delta16(const int64_t *values, size_t first, int64_t *deltas);

/// One bit a value of a packed group of 32-bit lanes: low <= value <= high. Writes 16 words.
void ck_range_mask32(const void *packed, unsigned width, uint32_t low, uint32_t high,
                     uint64_t *mask);
/// One bit a value: low <= values[i] <= high; 1,024 values, writes 16 words.
void ck_range_mask64(const int64_t *values, int64_t low, int64_t high, uint64_t *mask);
/// One bit a code: table[codes[i]] != 0; 1,024 codes and a table of 256, writes 16 words.
void ck_table_mask8(const uint8_t *codes, const uint8_t *table, uint64_t *mask);
/// The places of the set bits of `words` words, ascending; may write 64 places past the last one
/// kept, never past words * 64. Returns how many.
size_t ck_mask_rows(const uint64_t *mask, size_t words, uint16_t *rows);

/// Moves the values whose bit is set to the front, in order: those of 64 rows a word of `mask`.
void ck_keep8(uint8_t *values, const uint64_t *mask, size_t words);
void ck_keep32(uint32_t *values, const uint64_t *mask, size_t words);
void ck_keep64(int64_t *values, const uint64_t *mask, size_t words);
/// The same for bits; those behind the last kept one become 0.
void ck_keep_bits(uint64_t *bits, const uint64_t *mask, size_t words);

/// Smallest and largest of `count` > 0 values.
void ck_extremes64(const int64_t *values, size_t count, int64_t *smallest, int64_t *largest);
/// The exact sum, as low and signed high half.
void ck_sum64(const int64_t *values, size_t count, uint64_t *low, int64_t *high);
/// Whether values[i] <= values[i + 1] for all.
int ck_is_sorted64(const int64_t *values, size_t count);
/// How often values[i] != values[i + 1].
size_t ck_changes64(const int64_t *values, size_t count);

#endif
