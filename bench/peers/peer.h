/*
 * What the peers that run bytecode on plain memory share: an engine of another project at the other end of a pipe, which loads programs, runs them over the
 * packets when told, and says what each run cost.
 *
 *   PEER PACKETS                 a file of 128-byte packets
 *   load NAME FILE               FILE: u32 instructions, the instructions; u32 maps, and of each u32 value size, u32 entries, the values
 *   run NAME jit|interpreter N   N passes over all packets, each its own call
 *
 * Answers: "loaded", "refused TEXT", or "NANOSECONDS CHECKSUM": thread CPU time of a call, and a sum over what each packet was given.
 *
 * A peer defines struct engine, its instruction type as INSTRUCTION, and prepare and pass.
 */
#ifndef PEER_H
#define PEER_H

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { packet_size = 128, most_programs = 16, most_maps = 4 };

struct map { uint32_t value_size, entries; uint8_t *values; };
struct program { char name[16]; struct engine engine; struct map maps[most_maps]; uint32_t map_count; };

static struct program programs[most_programs];
static int program_count;
static uint8_t *packets;
static size_t packet_count;
static uint32_t *slots;
static uint64_t *returned;
static size_t current;

/* Makes a program ready, its references to maps and helpers still as in the file; why it cannot, or NULL. */
static const char *prepare(struct program *program, INSTRUCTION *code, uint32_t count);

/* One run over every packet: sets current and returned. */
static void pass(const struct program *program, int compiled);

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
    INSTRUCTION *code = calloc(count, sizeof *code);
    if (fread(code, sizeof *code, count, file) != count)
        exit(3);
    program->map_count = read_u32(file);
    if (program->map_count > most_maps)
        return "too many maps";
    for (uint32_t i = 0; i < program->map_count; i++) {
        struct map *map = &program->maps[i];
        map->value_size = read_u32(file);
        map->entries = read_u32(file);
        map->values = calloc(map->entries, map->value_size);
        if (fread(map->values, map->value_size, map->entries, file) != map->entries)
            exit(3);
    }
    fclose(file);
    const char *problem = prepare(program, code, count);
    free(code);
    if (!problem) {
        snprintf(program->name, sizeof program->name, "%s", name);
        program_count++;
    }
    return problem;
}

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void run(const struct program *program, int compiled, unsigned passes)
{
    memset(slots, 0xff, packet_count * sizeof *slots);
    uint64_t start = now();
    for (unsigned i = 0; i < passes; i++)
        pass(program, compiled);
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

#endif
