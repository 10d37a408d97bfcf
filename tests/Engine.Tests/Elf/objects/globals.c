/* Variables of every kind, and sections of variables with names of their own. */
#include "bpf.h"

SOCKETS(sockets, 16);

__u32 start = 3;
static volatile __u32 step = 5;
__u64 seen;
static __u64 passed[4];
const volatile __u8 table[8] = { 7, 6, 5, 4, 3, 2, 1, 0 };
const volatile __u32 mask SEC(".rodata.limits") = 7;
__u32 salt SEC(".data.secret") = 0x01020304;

SEC("sk_reuseport")
int by_table(context *ctx)
{
	__u32 slot = table[(start + ctx->hash * step + salt) & mask & 7];

	__sync_fetch_and_add(&seen, 1);
	if (select_socket(ctx, &sockets, &slot, 0))
		return SK_DROP;
	__sync_fetch_and_add(&passed[slot & 3], 1);
	return SK_PASS;
}

LICENCE("MIT");
