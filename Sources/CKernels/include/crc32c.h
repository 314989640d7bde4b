#ifndef ALMANAC_CRC32C_H
#define ALMANAC_CRC32C_H

// CRC-32C (Castagnoli polynomial, as in iSCSI, ext4 and RocksDB), reflected, the checksum of every
// frame and block on disk.
//
// C because Swift has no crc32 instruction. The instruction takes 8 bytes a cycle but answers after
// three, so long inputs run as three streams side by side. A stream is moved over the bytes behind
// it by one carry-less multiplication with x^(8n - 33) mod P; the product enters the next 8 bytes.
// Source: Gopal et al., "Fast CRC Computation for iSCSI Polynomial Using CRC32 Instruction", Intel 2011.

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
// Builtins, not <nmmintrin.h>: Swift's importer hides the headers' intrinsics in submodules.

#define CK_CRC_TARGET static inline __attribute__((target("sse4.2,pclmul")))

CK_CRC_TARGET uint64_t ck_crc_load(const uint8_t *bytes) {
  uint64_t word;
  memcpy(&word, bytes, 8);
  return word;
}

CK_CRC_TARGET uint64_t ck_crc_shift(uint32_t crc, uint32_t constant) {
  typedef long long pair __attribute__((vector_size(16)));
  pair product = __builtin_ia32_pclmulqdq128((pair){crc, 0}, (pair){constant, 0}, 0);
  return (uint64_t)product[0];
}

/// Three streams of `length` bytes; `over_two` and `over_one` are x^(16 length - 33) and x^(8 length - 33)
/// mod P.
CK_CRC_TARGET uint32_t ck_crc_three(uint32_t crc, const uint8_t *bytes, size_t length,
                                    uint32_t over_two, uint32_t over_one) {
  uint64_t a = crc, b = 0, c = 0;
  const uint8_t *second = bytes + length, *third = bytes + 2 * length;
  size_t last = length - 8;
  for (size_t i = 0; i < last; i += 8) {
    a = __builtin_ia32_crc32di(a, ck_crc_load(bytes + i));
    b = __builtin_ia32_crc32di(b, ck_crc_load(second + i));
    c = __builtin_ia32_crc32di(c, ck_crc_load(third + i));
  }
  a = __builtin_ia32_crc32di(a, ck_crc_load(bytes + last));
  b = __builtin_ia32_crc32di(b, ck_crc_load(second + last));
  uint64_t moved = ck_crc_shift((uint32_t)a, over_two) ^ ck_crc_shift((uint32_t)b, over_one);
  return (uint32_t)__builtin_ia32_crc32di(c, ck_crc_load(third + last) ^ moved);
}

/// Continues `crc` (0 at the start) over `count` bytes.
CK_CRC_TARGET uint32_t ck_crc32c(uint32_t crc, const void *start, size_t count) {
  const uint8_t *bytes = (const uint8_t *)start;
  crc = ~crc;
  for (; count >= 3 * 1024; count -= 3 * 1024, bytes += 3 * 1024)
    crc = ck_crc_three(crc, bytes, 1024, 0xa51b6135, 0x170076fa);
  for (; count >= 3 * 128; count -= 3 * 128, bytes += 3 * 128)
    crc = ck_crc_three(crc, bytes, 128, 0xb9e02b86, 0x0d3b6092);
  for (; count >= 8; count -= 8, bytes += 8)
    crc = (uint32_t)__builtin_ia32_crc32di(crc, ck_crc_load(bytes));
  for (; count > 0; count--, bytes++) crc = __builtin_ia32_crc32qi(crc, *bytes);
  return ~crc;
}

#else

/// Continues `crc` (0 at the start) over `count` bytes, four bits at a step.
static inline uint32_t ck_crc32c(uint32_t crc, const void *start, size_t count) {
  static const uint32_t nibbles[16] = {
      0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
      0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
      0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75};
  const uint8_t *bytes = (const uint8_t *)start;
  crc = ~crc;
  for (size_t i = 0; i < count; i++) {
    crc ^= bytes[i];
    crc = (crc >> 4) ^ nibbles[crc & 15];
    crc = (crc >> 4) ^ nibbles[crc & 15];
  }
  return ~crc;
}

#endif
#endif
