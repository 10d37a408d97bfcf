#include "../bpf.h"

SEC("sk_reuseport")
NOINLINE int first(context *ctx)
{
	return ctx->hash & 1;
}

SEC("sk_reuseport")
int second(context *ctx)
{
	return first(ctx);
}

LICENCE("MIT");
