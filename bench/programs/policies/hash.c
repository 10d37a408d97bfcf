#include "policy.h"

SEC("sk_reuseport") int steer(struct context *context)
{
    struct packet packet;
    u32 slot;
    int go = begin(context, &packet);
    if (!go)
        return 1;
    if (go == 2)
        return leave_to_kernel(&packet);
    packet.count->otherwise++;
    if (try_candidates(context, &packet, hash_flow(context, &packet), 0, SLOTS, 127, SLOTS, &slot) == SELECTED)
        return selected(&slot);
    return leave_to_kernel(&packet);
}
