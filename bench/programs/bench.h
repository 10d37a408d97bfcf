/* What the programs of this folder share. They are compiled as they are, for engines that run bytecode on plain memory, and with
   -DKERNEL as SCHED_CLS programs, since the kernel can repeat a run (BPF_PROG_TEST_RUN) only of program types other than SK_REUSEPORT. loop.h is a third way. */
#ifndef BENCH_H
#define BENCH_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

#define SEC(name) __attribute__((section(name), used))
#define inline inline __attribute__((always_inline))
#define __uint(name, value) int (*name)[value]
#define __type(name, value) typeof(value) *name

enum { ARRAY = 2 };

/* One packet as a program sees it: what a steering program reads of its context, and the payload. 128 bytes. */
struct packet {
    u32 length;      /* of payload */
    u32 hash;
    u32 source;
    u32 destination;
    u16 source_port;
    u16 destination_port;
    u32 protocol;
    u32 slots;       /* workers to choose from */
    u32 reserved;
    u8 payload[96];
};

/* value = *lookup(map, &key), or null; select(packet, map, &slot, 0) gives the packet to a slot. */
static void *(*lookup)(void *map, const void *key) = (void *)1;

#if defined(LOOP)
/* A packet is its own context, and is told its slot in itself. */
enum { PACKETS = 4096, MMAPABLE = 1024 };
struct all { u32 count; u32 first; u32 reserved[14]; struct packet packets[PACKETS]; u32 returned[PACKETS]; };
struct { __uint(type, ARRAY); __uint(map_flags, MMAPABLE); __type(key, u32); __type(value, struct all); __uint(max_entries, 1); } all SEC(".maps");
static inline long steer(void *context, void *map, const u32 *slot) { ((struct packet *)context)->reserved = *slot; return 0; }
#define PACKET(context) ((struct packet *)context)
#define PROGRAM static inline
#elif defined(KERNEL)
struct skb { u32 len, pkt_type, mark, queue_mapping, protocol, vlan_present, vlan_tci, vlan_proto, priority, ingress_ifindex, ifindex, tc_index, cb[5], hash, tc_classid, data, data_end; };
static inline long steer(void *context, void *map, const u32 *slot) { ((struct skb *)context)->mark = *slot; return 0; }
#define PACKET(context) ({ struct packet *it = (void *)(long)((struct skb *)context)->data; if ((void *)(it + 1) > (void *)(long)((struct skb *)context)->data_end) return 0; it; })
#define PROGRAM SEC("tc")
#else
static long (*select_slot)(void *context, void *map, const void *key, u64 flags) = (void *)82;
static inline long steer(void *context, void *map, const u32 *slot) { return select_slot(context, map, slot, 0); }
#define PACKET(context) ((struct packet *)context)
#define PROGRAM SEC("sk_reuseport")
#endif

#endif
