#include "bpf.h"

extern void bpf_rcu_read_lock(void) __attribute__((section(".ksyms")));
extern void bpf_rcu_read_unlock(void) __attribute__((section(".ksyms")));
extern void bpf_no_such_function(int value) __attribute__((section(".ksyms"))) WEAK;

SOCKETS(sockets, 8);

SEC("sk_reuseport")
int under_lock(context *ctx)
{
	__u32 slot = 2;
	long failed;

	bpf_rcu_read_lock();
	failed = select_socket(ctx, &sockets, &slot, 0);
	bpf_rcu_read_unlock();
	if (bpf_no_such_function)
		bpf_no_such_function(1);
	return failed ? SK_DROP : SK_PASS;
}

LICENCE("GPL");
