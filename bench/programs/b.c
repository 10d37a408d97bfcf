/* Steering by hash: Jenkins' hash (lookup3) of addresses and ports, modulo the number of workers, select. */
#include "bench.h"

struct { __uint(type, ARRAY); __type(key, u32); __type(value, u64); __uint(max_entries, 64); } sockets SEC(".maps");

static inline u32 rotate(u32 value, u32 by)
{
    return value << by | value >> (32 - by);
}

#define MIX(x, y, z) \
    x -= z; x ^= rotate(z, 4);  z += y; \
    y -= x; y ^= rotate(x, 6);  x += z; \
    z -= y; z ^= rotate(y, 8);  y += x; \
    x -= z; x ^= rotate(z, 16); z += y; \
    y -= x; y ^= rotate(x, 19); x += z; \
    z -= y; z ^= rotate(y, 4);  y += x

#define FINAL(x, y, z) \
    z ^= y; z -= rotate(y, 14); \
    x ^= z; x -= rotate(z, 11); \
    y ^= x; y -= rotate(x, 25); \
    z ^= y; z -= rotate(y, 16); \
    x ^= z; x -= rotate(z, 4);  \
    y ^= x; y -= rotate(x, 14); \
    z ^= y; z -= rotate(y, 24)

PROGRAM int b(void *context)
{
    struct packet *packet = PACKET(context);
    u32 x = 0xdeadbeef + 16, y = x, z = x;
    x += packet->source;
    y += packet->destination;
    z += packet->source_port;
    MIX(x, y, z);
    x += packet->destination_port;
    FINAL(x, y, z);
    u32 slot = z % packet->slots;
    steer(context, &sockets, &slot);
    return 1;
}
