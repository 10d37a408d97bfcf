#define MORE u64 id_known, id_new, id_unknown;
#include "policy.h"

enum { OLD = SLOTS + 127 + SLOTS, WORKERS = 2 * OLD };

SEC("sk_reuseport") int steer(struct context *context)
{
    struct packet packet;
    struct { u8 free[3], type; u32 version; u8 length; } header = {};
    u8 id = 0;
    u32 slot;
    int go = begin(context, &packet);
    if (!go)
        return 1;
    if (go == 2)
        return leave_to_kernel(&packet);
    packet.count->otherwise++;
    if (context->ip_protocol != UDP || load(context, 8, &header.type, 1))
        goto fresh;
    if (header.type & 0x80) {
        if (load(context, 8, &header.type, 6))
            goto fresh;
        if (!(header.version == 0x01000000 && (header.type & 0x30) == 0x20) && !(header.version == 0xcf43336b && (header.type & 0x30) == 0x30))
            goto fresh;
        if (header.length != 8 || load(context, 8 + 6, &id, 1))
            goto unknown;
    } else if (load(context, 8 + 1, &id, 1)) {
        goto unknown;
    }
    if (id < SLOTS && try_entry(context, &packet, WORKERS + id, &slot) == SELECTED) {
        packet.count->id_known++;
        return selected(&slot);
    }
unknown:
    packet.count->id_unknown++;
    if (try_candidates(context, &packet, hash_flow(context, &packet), OLD, SLOTS, 127, SLOTS, &slot) == SELECTED)
        return selected(&slot);
    return leave_to_kernel(&packet);
fresh:
    packet.count->id_new++;
    if (try_candidates(context, &packet, hash_flow(context, &packet), 0, SLOTS, 127, SLOTS, &slot) == SELECTED)
        return selected(&slot);
    return leave_to_kernel(&packet);
}
