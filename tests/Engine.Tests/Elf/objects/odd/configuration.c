#include "../bpf.h"

extern unsigned long CONFIG_HZ __attribute__((section(".kconfig")));

SEC("sk_reuseport")
int by_configuration(context *ctx)
{
	return CONFIG_HZ == 1000 ? SK_PASS : SK_DROP;
}

LICENCE("MIT");
