#include "../bpf.h"

extern const int bpf_no_such_variable __attribute__((section(".ksyms")));

SEC("sk_reuseport")
int by_variable(context *ctx)
{
	return bpf_no_such_variable;
}

LICENCE("MIT");
