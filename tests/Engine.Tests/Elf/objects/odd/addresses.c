/* Loads, with a warning: the table of addresses stays zero. */
#include "../bpf.h"

int one = 1, two = 2;
int *const volatile table[2] = { &one, &two };

SEC("sk_reuseport")
int by_address(context *ctx)
{
	return table[ctx->hash & 1] ? SK_PASS : SK_DROP;
}

LICENCE("MIT");
