#ifndef ALMANAC_TEXTFIND_H
#define ALMANAC_TEXTFIND_H
#include <stddef.h>
#include <stdint.h>

/// The offset of the first `needle` in `text`, or -1. An empty needle is found at 0.
///
/// Compares the first and the last byte of the needle at 32 places at once where the CPU has AVX2.
int64_t ck_find(const uint8_t *text, size_t textCount, const uint8_t *needle, size_t needleCount);

/// Sets the bits, 16 words, of rows that have `needle` (not empty) in them; row r has rowLengths[r] + shortest bytes,
/// one row lies after the other.
void ck_find_rows(const uint8_t *text, const uint32_t *rowLengths, uint32_t shortest, size_t rows,
                  const uint8_t *needle, size_t needleCount, uint64_t *mask);

#endif
