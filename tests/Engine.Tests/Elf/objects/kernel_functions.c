#include "bpf.h"

extern void bpf_rcu_read_lock(void) __attribute__((section(".ksyms")));
extern void bpf_rcu_read_unlock(void) __attribute__((section(".ksyms")));

SOCKETS(sockets, 8);

SEC("sk_reuseport")
int under_lock(context *ctx)
{
	__u32 slot = 2;
	long failed;

	bpf_rcu_read_lock();
	failed = select_socket(ctx, &sockets, &slot, 0);
	bpf_rcu_read_unlock();
	return failed ? SK_DROP : SK_PASS;
}

LICENCE("GPL");
