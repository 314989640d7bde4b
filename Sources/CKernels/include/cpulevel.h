#ifndef ALMANAC_CPULEVEL_H
#define ALMANAC_CPULEVEL_H

/// What kernels written for a CPU may use of it; each level has what those below it have.
///
/// Loops that the compiler cloned (`target_clones`) go by the CPU alone, whatever the limit.
enum {
  CK_BASELINE = 0,
  /// AVX2, BMI, BMI2 and popcnt: Haswell, Zen.
  CK_AVX2 = 1,
  /// AVX-512 F, BW, DQ and VL: Skylake-X.
  CK_AVX512 = 2,
  /// VBMI and VBMI2 too: Ice Lake, Zen 4.
  CK_VBMI = 3,
};

/// The level of this CPU, or the limit if that is lower.
int ck_cpu_level(void);

/// Makes kernels go by a lower level than the CPU's, so that tests reach each; CK_VBMI takes the limit back.
void ck_limit_cpu(int level);

#endif
