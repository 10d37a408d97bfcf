/* Functions of every linkage. The two programs call them in another order, so each links them in its own. */
#include "bpf.h"

SOCKETS(sockets, 64);

static NOINLINE __u32 twist(__u32 value)
{
	return value * 2654435761u;
}

static NOINLINE __u32 fold(__u32 value)
{
	return twist(value) ^ (twist(value + 1) >> 16);
}

NOINLINE int narrow(__u32 value)
{
	return (int)(fold(value) & 63);
}

WEAK NOINLINE int offset_of_family(__u32 protocol)
{
	return protocol == 17 ? 1 : 0;
}

HIDDEN NOINLINE int both(__u32 value, __u32 protocol)
{
	return (narrow(value) + offset_of_family(protocol)) & 63;
}

SEC("sk_reuseport")
int by_both(context *ctx)
{
	__u32 slot = both(ctx->hash, ctx->ip_protocol);

	return select_socket(ctx, &sockets, &slot, 0) ? SK_DROP : SK_PASS;
}

SEC("sk_reuseport")
int by_family(context *ctx)
{
	__u32 slot = offset_of_family(ctx->ip_protocol) + (fold(ctx->hash) & 31);

	return select_socket(ctx, &sockets, &slot, 0) ? SK_DROP : SK_PASS;
}

LICENCE("MIT");
