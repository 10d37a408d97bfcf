/*
 * DPDK's librte_bpf at the other end of a pipe: loads programs, runs them over the packets when told, says what each run cost.
 *
 *   dpdk_peer PACKETS            a file of 128-byte packets
 *   load NAME FILE               FILE: u32 instructions, the instructions; u32 maps, and of each u32 value size, u32 entries, the values
 *   run NAME jit|interpreter N   N passes over all packets, each its own call
 *
 * Answers: "loaded", "refused TEXT", or "NANOSECONDS CHECKSUM": thread CPU time of a call, and a sum over what each packet was given.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <rte_bpf.h>
#include <rte_errno.h>

enum { packet_size = 128, most_programs = 16, most_maps = 4 };

struct map { uint32_t value_size, entries; uint8_t *values; };
struct program { char name[16]; struct rte_bpf *bpf; struct rte_bpf_jit jit; struct map maps[most_maps]; };

static struct program programs[most_programs];
static int program_count;
static uint8_t *packets;
static size_t packet_count;
static uint32_t *slots;
static uint64_t *returned;
static size_t current;

static uint64_t lookup(uint64_t map, uint64_t key, uint64_t c, uint64_t d, uint64_t e)
{
    const struct map *table = (const struct map *)(uintptr_t)map;
    uint32_t index = *(const uint32_t *)(uintptr_t)key;
    (void)c; (void)d; (void)e;
    return index < table->entries ? (uintptr_t)(table->values + (size_t)index * table->value_size) : 0;
}

static uint64_t select_slot(uint64_t context, uint64_t map, uint64_t key, uint64_t flags, uint64_t e)
{
    const struct map *table = (const struct map *)(uintptr_t)map;
    uint32_t index = *(const uint32_t *)(uintptr_t)key;
    (void)context; (void)flags; (void)e;
    if (index >= table->entries)
        return (uint64_t)-ENOENT;
    slots[current] = index;
    return 0;
}

static const struct rte_bpf_xsym symbols[] = {
    { .name = "lookup", .type = RTE_BPF_XTYPE_FUNC, .func = { .val = lookup, .nb_args = 2,
        .args = { { .type = RTE_BPF_ARG_RAW, .size = 8 }, { .type = RTE_BPF_ARG_PTR, .size = 4 } },
        .ret = { .type = RTE_BPF_ARG_PTR, .size = 64 } } },
    { .name = "select", .type = RTE_BPF_XTYPE_FUNC, .func = { .val = select_slot, .nb_args = 4,
        .args = { { .type = RTE_BPF_ARG_PTR, .size = packet_size }, { .type = RTE_BPF_ARG_RAW, .size = 8 }, { .type = RTE_BPF_ARG_PTR, .size = 4 }, { .type = RTE_BPF_ARG_RAW, .size = 8 } },
        .ret = { .type = RTE_BPF_ARG_RAW, .size = 8 } } },
};

static uint32_t read_u32(FILE *file)
{
    uint32_t value = 0;
    if (fread(&value, sizeof value, 1, file) != 1)
        exit(3);
    return value;
}

static const char *load(const char *name, const char *path)
{
    struct program *program = &programs[program_count];
    FILE *file = fopen(path, "rb");
    if (!file || program_count == most_programs)
        return "no such file, or too many programs";
    uint32_t count = read_u32(file);
    struct ebpf_insn *code = calloc(count, sizeof *code);
    if (fread(code, sizeof *code, count, file) != count)
        exit(3);
    uint32_t map_count = read_u32(file);
    if (map_count > most_maps)
        return "too many maps";
    for (uint32_t i = 0; i < map_count; i++) {
        struct map *map = &program->maps[i];
        map->value_size = read_u32(file);
        map->entries = read_u32(file);
        map->values = calloc(map->entries, map->value_size);
        if (fread(map->values, map->value_size, map->entries, file) != map->entries)
            exit(3);
    }
    fclose(file);

    for (uint32_t i = 0; i < count; i++) {
        if (code[i].code == (BPF_LD | BPF_IMM | EBPF_DW)) {
            if (code[i].src_reg == 1) {
                uint64_t address = (uintptr_t)&program->maps[code[i].imm];
                code[i].src_reg = 0;
                code[i].imm = (int32_t)address;
                code[i + 1].imm = (int32_t)(address >> 32);
            }
            i++;
        } else if (code[i].code == (BPF_JMP | EBPF_CALL)) {
            code[i].imm = code[i].imm == 1 ? 0 : 1;
        }
    }

    struct rte_bpf_prm parameters = { .ins = code, .nb_ins = count, .xsym = symbols, .nb_xsym = RTE_DIM(symbols), .prog_arg = { .type = RTE_BPF_ARG_PTR, .size = packet_size } };
    program->bpf = rte_bpf_load(&parameters);
    free(code);
    if (!program->bpf)
        return strerror(rte_errno);
    if (rte_bpf_get_jit(program->bpf, &program->jit) != 0 || !program->jit.func)
        return "not compiled";
    snprintf(program->name, sizeof program->name, "%s", name);
    program_count++;
    return NULL;
}

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void run(const struct program *program, int compiled, unsigned passes)
{
    uint64_t (*function)(void *) = program->jit.func;
    memset(slots, 0xff, packet_count * sizeof *slots);
    uint64_t start = now();
    for (unsigned pass = 0; pass < passes; pass++)
        for (current = 0; current < packet_count; current++) {
            void *packet = packets + current * packet_size;
            returned[current] = compiled ? function(packet) : rte_bpf_exec(program->bpf, packet);
        }
    uint64_t spent = now() - start;
    uint64_t sum = 0xcbf29ce484222325;
    for (size_t i = 0; i < packet_count; i++)
        sum = ((sum ^ slots[i]) * 0x100000001b3 ^ (uint32_t)returned[i]) * 0x100000001b3;
    printf("%.4f %016" PRIx64 "\n", (double)spent / ((double)passes * (double)packet_count), sum);
}

int main(int argc, char **argv)
{
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    if (!file)
        return 2;
    fseek(file, 0, SEEK_END);
    packet_count = (size_t)ftell(file) / packet_size;
    rewind(file);
    packets = aligned_alloc(64, packet_count * packet_size);
    slots = calloc(packet_count, sizeof *slots);
    returned = calloc(packet_count, sizeof *returned);
    if (fread(packets, packet_size, packet_count, file) != packet_count)
        return 2;
    fclose(file);

    char verb[16], name[16], text[4096];
    while (scanf("%15s %15s %4095s", verb, name, text) == 3) {
        if (strcmp(verb, "load") == 0) {
            const char *problem = load(name, text);
            printf(problem ? "refused %s\n" : "loaded\n", problem);
        } else {
            unsigned passes = 0;
            const struct program *program = NULL;
            for (int i = 0; i < program_count; i++)
                if (strcmp(programs[i].name, name) == 0)
                    program = &programs[i];
            if (scanf("%u", &passes) != 1 || !program)
                return 2;
            run(program, strcmp(text, "jit") == 0, passes);
        }
        fflush(stdout);
    }
    return 0;
}
