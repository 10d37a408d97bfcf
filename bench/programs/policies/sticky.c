#define MORE u64 not_syn, hit, create, remove, error;
#include "policy.h"

struct flow { u32 kind, addresses[8], ports; };
struct entry { u32 slot, generation; u64 time; };
struct { __uint(type, LRU_HASH); __uint(max_entries, 65536); __type(key, struct flow); __type(value, struct entry); } flows SEC(".maps");

enum { KEEPS = SLOTS + 127 + SLOTS };
#define IDLE 120000000000ll

static inline u32 keeps(struct packet *packet, u32 slot)
{
    u32 at = KEEPS + slot;
    u32 *generation = lookup(packet->table, &at);
    return generation ? *generation : 0;
}

SEC("sk_reuseport") int steer(struct context *context)
{
    struct packet packet;
    struct flow flow;
    u32 slot, opens = 1;
    int go = begin(context, &packet);
    if (!go)
        return 1;
    if (go == 2)
        return leave_to_kernel(&packet);
    if (context->ip_protocol == TCP) {
        u8 flags;
        if (load(context, 13, &flags, 1) == 0 && (flags & 0x17) != 2) {
            opens = 0;
            packet.count->not_syn++;
        }
    }
    packet.count->otherwise++;
    flow.kind = context->eth_protocol << 8 | context->ip_protocol;
    __builtin_memcpy(flow.addresses, packet.addresses, 32);
    flow.ports = packet.ports;
    struct entry *known = lookup(&flows, &flow);
    if (known) {
        slot = known->slot;
        if (keeps(&packet, slot) == known->generation) {
            u64 time = now();
            s64 age = time - known->time;
            if (age <= IDLE) {
                if (age > IDLE / 8)
                    known->time = time;
                if (select_slot(context, &seats, &slot, 0) == 0) {
                    packet.count->hit++;
                    return selected(&slot);
                }
                packet.count->miss++;
            }
        }
        delete(&flows, &flow);
        packet.count->remove++;
    }
    if (try_candidates(context, &packet, hash_flow(context, &packet), 0, SLOTS, 127, SLOTS, &slot) != SELECTED)
        return leave_to_kernel(&packet);
    struct entry fresh = { .slot = slot };
    if (!opens || !(fresh.generation = keeps(&packet, slot)))
        return selected(&slot);
    fresh.time = now();
    long error = update(&flows, &flow, &fresh, 1);
    if (error == 0) {
        packet.count->create++;
    } else if (error != -17) {
        packet.count->error++;
    } else if ((known = lookup(&flows, &flow))) {
        u32 other = known->slot;
        if (keeps(&packet, other) == known->generation && select_slot(context, &seats, &other, 0) == 0) {
            packet.count->hit++;
            slot = other;
        }
    }
    return selected(&slot);
}
