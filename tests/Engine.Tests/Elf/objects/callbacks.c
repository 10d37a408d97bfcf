/* Functions whose address is taken: static ones by section and offset, global ones by symbol. */
#include "bpf.h"

SOCKETS(sockets, 16);

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u32);
} weights SEC(".maps");

struct search {
	__u32 best;
	__u32 slot;
};

static long heavier(void *map, const __u32 *key, const __u32 *value, struct search *search)
{
	if (*value > search->best) {
		search->best = *value;
		search->slot = *key;
	}
	return 0;
}

static long add(__u64 index, __u32 *sum)
{
	*sum += index;
	return 0;
}

SEC("sk_reuseport")
int by_weight(context *ctx)
{
	struct search search = {};
	__u32 sum = 0, slot;

	for_each(&weights, heavier, &search, 0);
	loop(4, add, &sum, 0);
	slot = (search.slot + sum) & 15;
	return select_socket(ctx, &sockets, &slot, 0) ? SK_DROP : SK_PASS;
}

LICENCE("GPL");
