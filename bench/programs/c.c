/* QUIC: the worker is in the connection id (RFC 9000 §17), two bytes into it, and masked; a table says which slot it has. Every byte of the payload is read only
   after its presence was checked. Long headers carry a length before the id; a client's first flight has an id that nobody encoded, and goes by hash. */
#include "bench.h"

struct { __uint(type, ARRAY); __type(key, u32); __type(value, u64); __uint(max_entries, 64); } sockets SEC(".maps");
struct { __uint(type, ARRAY); __type(key, u32); __type(value, u64); __uint(max_entries, 256); } workers SEC(".maps");

PROGRAM int c(void *context)
{
    struct packet *packet = PACKET(context);
    u32 length = packet->length;
    u32 slot = 0, worker = 0;
    if (packet->protocol != 17 || length < 9 || length > 96)
        return 1;
    u8 first = packet->payload[0];
    if (!(first & 0x40))
        return 1;
    if (first & 0x80) {
        if (length < 22)
            return 1;
        u32 version = (u32)packet->payload[1] << 24 | (u32)packet->payload[2] << 16 | (u32)packet->payload[3] << 8 | packet->payload[4];
        u8 size = packet->payload[5];
        if (version != 1 && version != 0x6b3343cf)
            return 1;
        if (size < 8 || size > 15)
            return 1;
        if ((first & 0x30) == 0 || (first & 0x30) == 0x10) {
            slot = ((u64)packet->hash * packet->slots) >> 32;
            steer(context, &sockets, &slot);
            return 1;
        }
        worker = (packet->payload[8] ^ packet->payload[12]) | (packet->payload[9] ^ packet->payload[13]) << 8;
    } else {
        worker = (packet->payload[3] ^ packet->payload[7]) | (packet->payload[4] ^ packet->payload[8]) << 8;
    }
    u32 generation = worker >> 14;
    worker &= 0xff;
    u64 *entry = lookup(&workers, &worker);
    if (!entry || (*entry >> 32 & 3) != generation) {
        slot = ((u64)packet->hash * packet->slots) >> 32;
        steer(context, &sockets, &slot);
        return 1;
    }
    slot = (u32)*entry;
    steer(context, &sockets, &slot);
    return 1;
}
