#include "csystemshims.h"
