#include "../bpf.h"

SEC("kprobe/tcp_v4_rcv")
int watches(void *ctx)
{
	return 0;
}

SEC("my_section")
int unknown(void *ctx)
{
	return 0;
}

LICENCE("MIT");
