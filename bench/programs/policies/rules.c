#define RULES 50
#include "policy.h"

/* One slot each, 0 to 7 in turn: entries 0 to 7 of the table. */
#define RULE(i) \
    if (packet.addresses[0] << 16 == (u32)((10 | (i) << 8) << 16) && v4 && packet.ports >> 16 == 0xbb01) { \
        packet.count->rule[i]++; \
        entry = (i) % SLOTS; \
        goto one; \
    }
#define RULES10(i) RULE(i) RULE((i) + 1) RULE((i) + 2) RULE((i) + 3) RULE((i) + 4) RULE((i) + 5) RULE((i) + 6) RULE((i) + 7) RULE((i) + 8) RULE((i) + 9)

SEC("sk_reuseport") int steer(struct context *context)
{
    struct packet packet;
    u32 slot, entry;
    int go = begin(context, &packet);
    if (!go)
        return 1;
    if (go == 2)
        return leave_to_kernel(&packet);
    int v4 = context->eth_protocol == IPV4;
    RULES10(0) RULES10(10) RULES10(20) RULES10(30) RULES10(40)
    packet.count->otherwise++;
    goto otherwise;
one:
    if (try_entry(context, &packet, entry, &slot) == SELECTED)
        return selected(&slot);
otherwise:
    if (try_candidates(context, &packet, hash_flow(context, &packet), SLOTS, SLOTS, 127, SLOTS, &slot) == SELECTED)
        return selected(&slot);
    return leave_to_kernel(&packet);
}
