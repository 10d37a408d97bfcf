/* 1000 rounds of 64-bit mixing: arithmetic in a loop. */
#include "bench.h"

PROGRAM int a(void *context)
{
    u64 state = PACKET(context)->hash;
#pragma nounroll
    for (u32 i = 0; i < 1000; i++) {
        state ^= state >> 30;
        state *= 0xbf58476d1ce4e5b9ULL;
        state ^= state >> 27;
        state *= 0x94d049bb133111ebULL;
        state += i;
    }
    return (int)(state ^ state >> 32);
}
