#pragma once
#include <stddef.h>
#include <stdint.h>

/// libFuzzer's loop as a function; the compiler's -sanitize=fuzzer brings the library.
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*callback)(const uint8_t *bytes, size_t count));
