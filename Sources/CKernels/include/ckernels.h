#ifndef ALMANAC_CKERNELS_H
#define ALMANAC_CKERNELS_H
#include <stddef.h>
#include <stdint.h>

#include "bitpack.h"
#include "cpulevel.h"
#include "crc32c.h"
#include "fsst.h"
#include "textscan.h"
#include "textcount.h"
#include "textfind.h"

/// Asks the CPU to fetch the cache line at `address`; never faults.
static inline void ck_prefetch(const void *address) { __builtin_prefetch(address); }

#endif
