/* Nothing: what a call costs. */
#include "bench.h"

PROGRAM int e(void *context)
{
    return 1;
}
