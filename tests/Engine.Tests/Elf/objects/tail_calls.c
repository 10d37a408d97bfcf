#include "bpf.h"

SOCKETS(sockets, 16);
int on_tcp(context *ctx);
int on_udp(context *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 20);
	__uint(key_size, 4);
	__array(values, int(context *));
} stages SEC(".maps") = { .values = { [6] = &on_tcp, [17] = &on_udp } };

SEC("sk_reuseport")
int by_protocol(context *ctx)
{
	tail_call(ctx, &stages, ctx->ip_protocol);
	return SK_DROP;
}

SEC("sk_reuseport")
int on_tcp(context *ctx)
{
	__u32 slot = 6;

	return select_socket(ctx, &sockets, &slot, 0) ? SK_DROP : SK_PASS;
}

SEC("sk_reuseport")
int on_udp(context *ctx)
{
	__u32 slot = 1;

	return select_socket(ctx, &sockets, &slot, 0) ? SK_DROP : SK_PASS;
}

LICENCE("MIT");
