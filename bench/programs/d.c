/* Weights: the destination has a row of a table with eight weights and their sum; a point of the sum, by hash, falls to one of the eight. */
#include "bench.h"

struct route {
    u32 total;
    u32 first;
    u32 weight[8];
};

struct { __uint(type, ARRAY); __type(key, u32); __type(value, u64); __uint(max_entries, 64); } sockets SEC(".maps");
struct { __uint(type, ARRAY); __type(key, u32); __type(value, struct route); __uint(max_entries, 256); } routes SEC(".maps");

PROGRAM int d(void *context)
{
    struct packet *packet = PACKET(context);
    u32 key = packet->destination >> 24;
    struct route *route = lookup(&routes, &key);
    if (!route || route->total == 0)
        return 1;
    u32 hash = (packet->source ^ packet->source_port) * 0x9e3779b1;
    u32 point = ((u64)(hash ^ hash >> 15) * route->total) >> 32;
    u32 slot = 0;
#pragma unroll
    for (u32 i = 0; i < 8; i++) {
        if (point < route->weight[i]) {
            slot = i;
            break;
        }
        point -= route->weight[i];
    }
    slot += route->first;
    steer(context, &sockets, &slot);
    return 1;
}
