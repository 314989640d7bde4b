#ifndef ALMANAC_TEXTCOUNT_H
#define ALMANAC_TEXTCOUNT_H
#include <stddef.h>
#include <stdint.h>

/// How many bytes of UTF-8 go on with a character: 10xxxxxx. Nothing outside of the text is read.
size_t ck_continuations(const uint8_t *text, size_t count);

/// Whether no byte has its highest bit set.
int ck_is_ascii(const uint8_t *text, size_t count);

#endif
