#include "../bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entires, 4);
	__type(key, __u32);
	__type(value, __u32);
} slip SEC(".maps");

SEC("sk_reuseport")
int by_slip(context *ctx)
{
	__u32 key = 0;

	return lookup(&slip, &key) ? SK_PASS : SK_DROP;
}

LICENCE("MIT");
