/* Every attribute that a map definition can have. */
#include "bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(key_size, 6);
	__uint(value_size, 12);
	__uint(max_entries, 100);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_NUMA_NODE);
	__uint(numa_node, 0);
	__uint(pinning, 1);
} a_map_with_a_long_name SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_BLOOM_FILTER);
	__uint(value_size, 8);
	__uint(max_entries, 1000);
	__uint(map_extra, 3);
} filter SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 5000);
} events SEC(".maps");

struct guarded {
	__u32 count;
	struct bpf_spin_lock lock;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct guarded);
} counters SEC(".maps");

SEC("sk_reuseport")
int count_all(context *ctx)
{
	__u32 zero = 0;
	struct guarded *counter = lookup(&counters, &zero);

	if (counter)
		__sync_fetch_and_add(&counter->count, 1);
	return SK_PASS;
}

__u32 built_for SEC("version") = 0x00061200;
LICENCE("MIT");
