#include "../bpf.h"

SEC("sk_reuseport")
static int nobody_finds_it(context *ctx)
{
	return SK_PASS;
}

SEC("sk_reuseport")
int beside(context *ctx)
{
	return SK_PASS;
}

LICENCE("MIT");
