#ifndef ALMANAC_FSST_H
#define ALMANAC_FSST_H

// Strings as codes of one byte, each for a symbol of 1...8 bytes.
// Source: Boncz, Neumann, Leis, "FSST: Fast Random Access String Compression", VLDB 2020.
//
// A symbol table is two arrays of 256: the symbols' bytes as a little-endian word, zeros behind, and
// their lengths. Code 255 escapes the byte behind it; codes without a symbol have length 0. C because
// the loops live from unaligned stores, table look-ups and, in `ck_pair_mask`, from byte
// permutations (AVX-512, sets of nibbles with AVX2).

#include <stddef.h>
#include <stdint.h>

#define CK_FSST_ESCAPE 255
#define CK_FSST_SYMBOLS_MAX 255

/// Chooses symbols for texts like the sample: rows one after the other, their lengths beside.
///
/// Writes symbols and lengths of 256 places; returns how many symbols there are, 0 for none. Depends
/// on the sample alone.
size_t ck_fsst_train(const uint8_t *sample, const uint32_t *rowLengths, size_t rows,
                     uint64_t *symbols, uint8_t *lengths);

/// Bytes of a matcher, which finds the longest symbol that a text begins with.
size_t ck_fsst_matcher_bytes(void);
/// Makes a matcher; it depends on the symbols alone.
void ck_fsst_matcher_init(void *matcher, const uint64_t *symbols, const uint8_t *lengths,
                          size_t count);
/// Encodes `count` bytes, always taking the longest symbol; `codes` needs room for 2 * count. Returns how
/// many codes were written.
size_t ck_fsst_encode(const void *matcher, const uint8_t *text, size_t count, uint8_t *codes);

/// Decodes rows of codes that lie one after the other, row r having rowLengths[r] + shortest codes.
///
/// Writes at most `capacity` bytes, below 4 GiB; ends[r] is where row r ends in them. Returns the end of the
/// last row, or SIZE_MAX when the codes stand for more.
size_t ck_fsst_decode(const uint64_t *symbols, const uint8_t *lengths, const uint8_t *codes,
                      const uint32_t *rowLengths, uint32_t shortest, size_t rows, uint8_t *out,
                      size_t capacity, uint32_t *ends);

/// Counts the characters of UTF-8 (bytes that continue none) of rows of codes as for `ck_fsst_decode`, without decoding.
///
/// characters[code] says how many begin in a symbol, 0 for the escape.
void ck_fsst_characters(const uint8_t *characters, const uint8_t *codes, const uint32_t *rowLengths,
                        uint32_t shortest, size_t rows, int64_t *counts);

/// One bit a code, ceil(count / 64) words: start[codes[i]] & (follow[codes[i + 1]] | 128) != 0; the last code is
/// followed by some other. Tables of 256; reads nothing past `count`.
void ck_pair_mask(const uint8_t *codes, size_t count, const uint8_t *start, const uint8_t *follow,
                  uint64_t *mask);

/// Runs an automaton over each of `rows` rows of codes and sets the bits of those it accepts, 16 words.
///
/// State s goes to next[s * 256 + code]; where `literals` is given, code 255 takes the byte behind it to
/// literals[s * 256 + byte]. State 0 is dead and state 1 accepts whatever follows; accepting[s] says
/// whether a row may end in s. With `flags` (a bit a code) only rows that have a set bit are run, all
/// others are rejected.
void ck_automaton_rows(const uint8_t *codes, const uint32_t *rowLengths, uint32_t shortest,
                       size_t rows, const uint64_t *flags, const uint8_t *next,
                       const uint8_t *literals, const uint8_t *accepting, uint8_t start,
                       uint64_t *mask);

/// Sets the bits of rows whose codes are `wanted`, 16 words.
void ck_equal_rows(const uint8_t *codes, const uint32_t *rowLengths, uint32_t shortest, size_t rows,
                   const uint8_t *wanted, size_t wantedCount, uint64_t *mask);

#endif
