#include "../bpf.h"

static SOCKETS(sockets, 4);

SEC("sk_reuseport")
int by_static_map(context *ctx)
{
	__u32 slot = 0;

	return select_socket(ctx, &sockets, &slot, 0) ? SK_DROP : SK_PASS;
}

LICENCE("MIT");
