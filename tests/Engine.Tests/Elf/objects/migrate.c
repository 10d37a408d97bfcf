#include "bpf.h"

SOCKETS(sockets, 8);

SEC("sk_reuseport/migrate")
int pick_or_move(context *ctx)
{
	__u32 slot = ctx->migrating_sk ? 1 : 0;

	return select_socket(ctx, &sockets, &slot, 0) ? SK_DROP : SK_PASS;
}

SEC("xdp")
int left_out_of_the_group(struct xdp_md *ctx)
{
	return XDP_PASS;
}

SEC("kprobe/tcp_v4_rcv")
int not_for_sockets(void *ctx)
{
	return 0;
}

LICENCE("MIT");
