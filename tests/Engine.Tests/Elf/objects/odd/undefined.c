#include "../bpf.h"

extern int defined_elsewhere(int value);

SEC("sk_reuseport")
int by_other_file(context *ctx)
{
	return defined_elsewhere(1);
}

LICENCE("MIT");
