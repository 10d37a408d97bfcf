#include "../bpf.h"

struct old_map {
	unsigned int type, key_size, value_size, max_entries, map_flags;
};

struct old_map old SEC("maps") = { BPF_MAP_TYPE_ARRAY, 4, 4, 1, 0 };

SEC("sk_reuseport")
int by_old_map(context *ctx)
{
	__u32 key = 0;

	return lookup(&old, &key) ? SK_PASS : SK_DROP;
}

LICENCE("MIT");
