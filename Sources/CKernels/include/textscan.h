#ifndef ALMANAC_TEXTSCAN_H
#define ALMANAC_TEXTSCAN_H

// Structure and validity of delimited text, 64 bytes a step.
//
// Source of the bit tricks: Langdale and Lemire, "Parsing Gigabytes of JSON per Second", 2019; of the
// UTF-8 check: Keiser and Lemire, "Validating UTF-8 In Less Than One Instruction Per Byte", 2021.

#include <stddef.h>
#include <stdint.h>

/// What a scan found and what it hands to the next one.
typedef struct {
  /// Positions written.
  size_t positions;
  /// Structural newlines among them.
  size_t rows;
  /// Newline bytes, those inside quotes too.
  size_t newlines;
  /// Quote bytes seen (CSV) or backslashes (text).
  size_t quotes;
  /// CSV: 1 when the bytes end inside quotes. Text: 1 when they end behind an odd run of backslashes.
  uint64_t carry;
  /// Not 0 when a carriage return occurs anywhere.
  uint64_t returns;
} ck_scan_result;

/// Offsets of the delimiters and newlines outside quotes; a doubled quote toggles twice.
///
/// `text` has 64 readable bytes behind `count`; `positions` has room for `count` + 64. specials[i] becomes 1 when a quote is among
/// the 64 bytes from 64 * i on, else 0.
ck_scan_result ck_scan_csv(const uint8_t *text, size_t count, uint8_t delimiter, uint8_t quote,
                           uint8_t newline, uint32_t *positions, uint8_t *specials);

/// The same for COPY's text format: a byte behind a backslash is no structure; `specials` tells of backslashes.
ck_scan_result ck_scan_text(const uint8_t *text, size_t count, uint8_t delimiter, uint8_t newline,
                            uint32_t *positions, uint8_t *specials);

/// Where the first byte sequence that is no UTF-8, or a zero byte, begins (or shortly before it);
/// `count` when there is none. `text` has 64 readable bytes behind `count`.
size_t ck_utf8_check(const uint8_t *text, size_t count);

/// How many bytes equal `byte`.
size_t ck_count_byte(const uint8_t *text, size_t count, uint8_t byte);

#endif
