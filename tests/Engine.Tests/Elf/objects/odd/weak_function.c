/* Loads: the call is replaced by one that is never reached, since the function's address is 0. */
#include "../bpf.h"

extern void bpf_no_such_function(int value) __attribute__((section(".ksyms"))) WEAK;

SEC("sk_reuseport")
int asks_first(context *ctx)
{
	if (bpf_no_such_function)
		bpf_no_such_function(1);
	return SK_PASS;
}

LICENCE("MIT");
