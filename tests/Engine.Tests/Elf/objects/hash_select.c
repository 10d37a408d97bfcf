#include "bpf.h"

SOCKETS(sockets, 16);
const volatile __u32 count = 4;

SEC("sk_reuseport")
int by_hash(context *ctx)
{
	__u32 slot;

	if (count == 0)
		return SK_DROP;
	slot = ctx->hash % count;
	return select_socket(ctx, &sockets, &slot, 0) ? SK_DROP : SK_PASS;
}

LICENCE("MIT");
