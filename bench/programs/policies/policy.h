/* What the policies of this folder share: each does what the compiled policy of the same name does, decision by decision and counter by counter
   (docs/policy-reference.md), as one would write it by hand. They are compiled to count their instructions: bench -- policies-clang. */
#ifndef POLICY_H
#define POLICY_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long s64;

#define SEC(name) __attribute__((section(name), used))
#define inline inline __attribute__((always_inline))
#define __uint(name, value) int (*name)[value]
#define __type(name, value) typeof(value) *name
#define __array(name, value) typeof(value) *name[]
#define likely(x) __builtin_expect(!!(x), 1)

enum { ARRAY = 2, PERCPU_ARRAY = 6, LRU_HASH = 9, LPM_TRIE = 11, ARRAY_OF_MAPS = 12, SOCKARRAY = 20, INNER_MAP = 1 << 12 };
enum { SLOTS = 8, NONE = -1, CANDIDATES = 5, STANDBY = 2, IPV4 = 0x0008, TCP = 6, UDP = 17 };

struct context {
    u64 data, data_end;
    u32 len, eth_protocol, ip_protocol, bind_inany, hash, padding;
    u64 sk, migrating_sk;
};

static void *(*lookup)(void *map, const void *key) = (void *)1;
static long (*update)(void *map, const void *key, const void *value, u64 flags) = (void *)2;
static long (*delete)(void *map, const void *key) = (void *)3;
static u64 (*now)(void) = (void *)5;
static long (*load)(void *context, u32 offset, void *to, u32 length) = (void *)26;
static long (*load_net)(void *context, u32 offset, void *to, u32 length, u32 header) = (void *)68;
static long (*select_slot)(void *context, void *map, const void *key, u64 flags) = (void *)82;

#ifndef RULES
#define RULES 0
#endif
#ifndef MORE
#define MORE
#endif

struct counters {
    u64 epoch, not_covered, unreadable, kernel, reject, miss, otherwise;
    MORE
    u64 rule[RULES];
};

struct table {
    __uint(type, ARRAY);
    __uint(map_flags, INNER_MAP);
    __uint(max_entries, 1);
    __type(key, u32);
    __type(value, u32);
};

struct { __uint(type, SOCKARRAY); __uint(max_entries, 32768); __type(key, u32); __type(value, u64); } seats SEC(".maps");
struct { __uint(type, PERCPU_ARRAY); __uint(max_entries, 1); __type(key, u32); __type(value, struct counters); } counters SEC(".maps");
struct { __uint(type, PERCPU_ARRAY); __uint(max_entries, SLOTS); __type(key, u32); __type(value, u64); } slot_counters SEC(".maps");
struct { __uint(type, ARRAY_OF_MAPS); __uint(max_entries, 2); __type(key, u32); __array(values, struct table); } tables SEC(".maps");
volatile u32 epoch SEC(".data.epoch");

struct packet {
    struct counters *count;
    void *table;
    u32 bank;
    u32 addresses[8]; /* source, then destination: one word each, or four */
    u32 ports;
};

static inline u32 rol(u32 x, int k) { return x << k | x >> (32 - k); }

/* lookup3 */
static inline u32 hash_words(const u32 *words, int count, u32 seed)
{
    u32 a, b, c;
    a = b = c = 0xdeadbeef + (count << 2) + seed;
    while (count > 3) {
        a += words[0]; b += words[1]; c += words[2];
        a -= c; a ^= rol(c, 4); c += b;
        b -= a; b ^= rol(a, 6); a += c;
        c -= b; c ^= rol(b, 8); b += a;
        a -= c; a ^= rol(c, 16); c += b;
        b -= a; b ^= rol(a, 19); a += c;
        c -= b; c ^= rol(b, 4); b += a;
        count -= 3; words += 3;
    }
    if (count > 2) c += words[2];
    if (count > 1) b += words[1];
    a += words[0];
    c ^= b; c -= rol(b, 14);
    a ^= c; a -= rol(c, 11);
    b ^= a; b -= rol(a, 25);
    c ^= b; c -= rol(b, 16);
    a ^= c; a -= rol(c, 4);
    b ^= a; b -= rol(a, 14);
    c ^= b; c -= rol(b, 24);
    return c;
}

static inline u32 hash_flow(struct context *context, struct packet *packet)
{
    u32 words[9];
    if (context->eth_protocol == IPV4) {
        words[0] = packet->addresses[0];
        words[1] = packet->addresses[1];
        words[2] = packet->ports;
        return hash_words(words, 3, 0);
    }
    __builtin_memcpy(words, packet->addresses, 32);
    words[8] = packet->ports;
    return hash_words(words, 9, 0);
}

enum verdict { SELECTED, MISSED, GIVEN_UP };

/* Tries the slot of an entry; what it is comes back. */
static inline enum verdict try_entry(struct context *context, struct packet *packet, u32 entry, u32 *slot)
{
    u32 *found = lookup(packet->table, &entry);
    if (!found)
        return GIVEN_UP;
    *slot = *found;
    if (*slot == (u32)NONE)
        return GIVEN_UP;
    if (likely(select_slot(context, &seats, slot, 0) == 0))
        return SELECTED;
    packet->count->miss++;
    return MISSED;
}

/* main entries, then spare ones (0: every main entry has a slot), then those on standby */
static inline enum verdict try_candidates(struct context *context, struct packet *packet, u32 hash, u32 first, u32 count, u32 spare, u32 standby, u32 *slot)
{
    enum verdict verdict = MISSED;
#pragma clang loop unroll(disable)
    for (int i = 0; i < CANDIDATES; i++) {
        verdict = try_entry(context, packet, first + (u32)((u64)hash * count >> 32), slot);
        if (verdict == SELECTED)
            return SELECTED;
        if (verdict == GIVEN_UP && !spare)
            return GIVEN_UP;
        hash *= 2891336453u;
    }
    if (verdict == GIVEN_UP) {
        verdict = try_entry(context, packet, first + count + (u32)((u64)hash * spare >> 32), slot);
        if (verdict != MISSED)
            return verdict;
        hash *= 2891336453u;
    }
#pragma clang loop unroll(disable)
    for (int i = 0; i < STANDBY; i++) {
        verdict = try_entry(context, packet, first + count + spare + (u32)((u64)hash * standby >> 32), slot);
        if (verdict != MISSED)
            return verdict;
        hash *= 2891336453u;
    }
    return MISSED;
}

/* Counters, the bank's table, ports and addresses. 0 passes at once, 1 goes on, 2 leaves the choice to the kernel. */
static inline int begin(struct context *context, struct packet *packet)
{
    u32 zero = 0;
    packet->count = lookup(&counters, &zero);
    if (!packet->count)
        return 0;
    u32 current = epoch;
    packet->count->epoch = current;
    packet->bank = current & 1;
    packet->table = lookup(&tables, &packet->bank);
    if (!packet->table)
        return 2;
    if (load(context, 0, &packet->ports, 4))
        goto unreadable;
    __builtin_memset(&packet->addresses[2], 0, 24);
    if (context->eth_protocol == IPV4 ? load_net(context, 12, packet->addresses, 8, 1) : load_net(context, 8, packet->addresses, 32, 1))
        goto unreadable;
    return 1;
unreadable:
    packet->count->unreadable++;
    return 2;
}

static inline int leave_to_kernel(struct packet *packet)
{
    packet->count->kernel++;
    return 1;
}

static inline int selected(const u32 *slot)
{
    u64 *count = lookup(&slot_counters, slot);
    if (count)
        ++*count;
    return 1;
}

#endif
