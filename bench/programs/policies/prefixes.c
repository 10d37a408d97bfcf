#define RULES 1
#include "policy.h"

struct list_key { u32 length, family, address[4]; };
struct list { __uint(type, LPM_TRIE); __uint(max_entries, 1); __uint(map_flags, 1); __uint(key_size, sizeof(struct list_key)); __uint(value_size, 4); };
struct { __uint(type, ARRAY_OF_MAPS); __uint(max_entries, 2); __type(key, u32); __array(values, struct list); } lists SEC(".maps");

SEC("sk_reuseport") int steer(struct context *context)
{
    struct packet packet;
    struct list_key key = {};
    u32 slot;
    int go = begin(context, &packet);
    if (!go)
        return 1;
    if (go == 2)
        return leave_to_kernel(&packet);
    if (context->eth_protocol == IPV4) {
        key.length = 64;
        key.family = 4;
        key.address[0] = packet.addresses[0];
    } else {
        key.length = 160;
        key.family = 6;
        __builtin_memcpy(key.address, packet.addresses, 16);
    }
    void *list = lookup(&lists, &packet.bank);
    if (list && lookup(list, &key)) {
        packet.count->rule[0]++;
        if (try_entry(context, &packet, 0, &slot) == SELECTED)
            return selected(&slot);
    } else {
        packet.count->otherwise++;
    }
    if (try_candidates(context, &packet, hash_flow(context, &packet), 1, SLOTS, 127, SLOTS, &slot) == SELECTED)
        return selected(&slot);
    return leave_to_kernel(&packet);
}
