#ifndef ALMANAC_CSYSTEMSHIMS_H
#define ALMANAC_CSYSTEMSHIMS_H
#include <stdint.h>
#endif
