/* What the programs of this folder need of BPF: sections, map attributes, helpers by their numbers (linux/bpf.h). */
#pragma once
#include <linux/bpf.h>

#define SEC(name) __attribute__((section(name), used))
#define NOINLINE __attribute__((noinline))
#define WEAK __attribute__((weak))
#define HIDDEN __attribute__((visibility("hidden")))

#define __uint(name, value) int(*name)[value]
#define __type(name, type) __typeof__(type) *name
#define __array(name, type) __typeof__(type) *name[]
#define __ulong(name, value) enum { unique(name, __LINE__) = value } name
#define unique(name, line) join(name, line)
#define join(name, line) value_of_##name##_##line

#define SOCKETS(name, count)                                  \
	struct {                                              \
		__uint(type, BPF_MAP_TYPE_REUSEPORT_SOCKARRAY); \
		__uint(max_entries, count);                   \
		__type(key, __u32);                           \
		__type(value, __u64);                         \
	} name SEC(".maps")

#define LICENCE(text) char licence[] SEC("license") = text

typedef struct sk_reuseport_md context;

static void *(*lookup)(void *map, const void *key) = (void *)1;
static long (*tail_call)(context *ctx, void *map, __u32 index) = (void *)12;
static long (*select_socket)(context *ctx, void *map, void *key, __u64 flags) = (void *)82;
static long (*probe_read_kernel)(void *to, __u32 size, const void *from) = (void *)113;
static void *(*current_task)(void) = (void *)35;
static long (*for_each)(void *map, void *callback, void *data, __u64 flags) = (void *)164;
static long (*loop)(__u32 count, void *callback, void *data, __u64 flags) = (void *)181;
