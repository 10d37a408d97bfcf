/* Arithmetic in one straight piece: some 840 instructions. */
#include "bench.h"

PROGRAM int a2(void *context)
{
    u64 x = PACKET(context)->hash, y = PACKET(context)->source;
#pragma unroll
    for (u32 i = 0; i < 76; i++) {
        x ^= y << 7;
        y += x >> 9;
        x = x * 0x2545f495 + i;
        y ^= x >> 13;
    }
    return (int)(x ^ y);
}
