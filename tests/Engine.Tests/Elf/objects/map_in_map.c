#include "bpf.h"

struct pool {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
};

struct pool day SEC(".maps");
struct pool night SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 3);
	__type(key, __u32);
	__array(values, struct pool);
} pools SEC(".maps") = { .values = { [0] = &day, [2] = &night } };

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 8);
	__type(key, __u32);
	__array(values, struct pool);
} by_protocol SEC(".maps") = { .values = { [6] = &day, [17] = &night } };

SOCKETS(sockets, 16);

SEC("sk_reuseport")
int by_pool(context *ctx)
{
	__u32 protocol = ctx->ip_protocol, zero = 0, *slot;
	void *pool = lookup(&by_protocol, &protocol);

	if (!pool)
		pool = lookup(&pools, &zero);
	if (!pool)
		return SK_DROP;
	slot = lookup(pool, &zero);
	if (!slot)
		return SK_DROP;
	return select_socket(ctx, &sockets, slot, 0) ? SK_DROP : SK_PASS;
}

LICENCE("MIT");
