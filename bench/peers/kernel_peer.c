/*
 * The kernel at the other end of a pipe: programs as SCHED_CLS, repeated by BPF_PROG_TEST_RUN over one packet.
 *
 *   load NAME OBJECT TABLES      TABLES: u32 maps, and of each u32 value size, u32 entries, the values, in the order of their names
 *   run NAME PACKET REPEAT       PACKET: a file of 128 bytes; REPEAT: runs of one system call
 *
 *   load NAME OBJECT TABLES      also for an object of loop.h
 *   loop NAME PACKETS PASSES     PACKETS: a file of them all; PASSES: over all packets, one system call each
 *   calls NAME PACKETS PASSES    the same with a system call for each packet, of a program that is not of loop.h
 *
 * Answers: "loaded", "refused TEXT", or "NANOSECONDS MARK": thread CPU time of the call by REPEAT, and the slot that it left in skb->mark; for a loop and
 * for calls thread CPU time by packet, and the sum that peer.h computes, or 0 for calls.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

enum { packet_size = 128, packet_count = 4096, slot_offset = 28, most_programs = 32 };

static struct { char name[16]; int fd, all; } programs[most_programs];
static int program_count;

static int quiet(enum libbpf_print_level level, const char *format, va_list arguments)
{
    (void)level; (void)format; (void)arguments;
    return 0;
}

static uint32_t read_u32(FILE *file)
{
    uint32_t value = 0;
    if (fread(&value, sizeof value, 1, file) != 1)
        exit(3);
    return value;
}

static const char *load(const char *name, const char *path, const char *tables)
{
    struct bpf_object *object = bpf_object__open_file(path, NULL);
    FILE *file = fopen(tables, "rb");
    struct bpf_program *program;
    if (!object || !file || program_count == most_programs)
        return "no such file, or too many programs";
    program = bpf_object__next_program(object, NULL);
    bpf_program__set_type(program, BPF_PROG_TYPE_SCHED_CLS);
    if (bpf_object__load(object) != 0)
        return strerror(errno);
    for (uint32_t left = read_u32(file); left > 0; left--) {
        char map[16] = { 0 };
        if (fread(map, sizeof map, 1, file) != 1)
            exit(3);
        uint32_t size = read_u32(file), entries = read_u32(file);
        int fd = bpf_object__find_map_fd_by_name(object, map);
        char value[4096];
        for (uint32_t key = 0; key < entries; key++)
            if (size > sizeof value || fread(value, size, 1, file) != 1 || (fd >= 0 && bpf_map_update_elem(fd, &key, value, BPF_ANY) != 0))
                exit(3);
    }
    fclose(file);
    programs[program_count].all = bpf_object__find_map_fd_by_name(object, "all");
    snprintf(programs[program_count].name, sizeof programs[program_count].name, "%s", name);
    programs[program_count++].fd = bpf_program__fd(program);
    return NULL;
}

/* The duration that the kernel reports is in whole nanoseconds, which is too coarse. */
static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void run(int fd, const char *path, unsigned repeat)
{
    uint8_t packet[packet_size];
    struct __sk_buff context = { 0 };
    FILE *file = fopen(path, "rb");
    if (!file || fread(packet, packet_size, 1, file) != 1)
        exit(3);
    fclose(file);
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet, .data_size_in = packet_size, .ctx_in = &context, .ctx_size_in = sizeof context,
        .ctx_out = &context, .ctx_size_out = sizeof context, .repeat = (int)repeat);
    uint64_t start = now();
    int problem = bpf_prog_test_run_opts(fd, &options);
    uint64_t spent = now() - start;
    if (problem != 0)
        printf("refused %s\n", strerror(errno));
    else
        printf("%.4f %u\n", (double)spent / repeat, context.mark);
}

static void read_packets(const char *path, uint8_t packets[packet_count][packet_size])
{
    FILE *file = fopen(path, "rb");
    if (!file || fread(packets, packet_size, packet_count, file) != packet_count)
        exit(3);
    fclose(file);
}

static void calls(int fd, const char *path, unsigned passes)
{
    static uint8_t packets[packet_count][packet_size];
    read_packets(path, packets);
    uint64_t start = now();
    for (unsigned i = 0; i < passes * packet_count; i++) {
        LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packets[i % packet_count], .data_size_in = packet_size, .repeat = 1);
        if (bpf_prog_test_run_opts(fd, &options) != 0) {
            printf("refused %s\n", strerror(errno));
            return;
        }
    }
    printf("%.4f 0\n", (double)(now() - start) / ((double)passes * packet_count));
}

static void loop(int fd, int map, const char *path, unsigned passes)
{
    static struct { uint32_t count, first, unused[14]; uint8_t packets[packet_count][packet_size]; uint32_t returned[packet_count]; } all;
    uint8_t frame[packet_size] = { 0 };
    uint32_t zero = 0, none = 0xffffffff;
    read_packets(path, all.packets);
    all.count = packet_count;
    for (int i = 0; i < packet_count; i++)
        memcpy(all.packets[i] + slot_offset, &none, sizeof none);
    if (bpf_map_update_elem(map, &zero, &all, BPF_ANY) != 0)
        exit(3);
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = packet_size, .repeat = 1);
    uint64_t spent = 0;
    for (unsigned i = 0; i < passes; i++) {
        uint64_t start = now();
        int problem = bpf_prog_test_run_opts(fd, &options);
        spent += now() - start;
        if (problem != 0 || options.retval != 1) {
            printf("refused %s\n", strerror(errno));
            return;
        }
    }
    if (bpf_map_lookup_elem(map, &zero, &all) != 0)
        exit(3);
    uint64_t sum = 0xcbf29ce484222325;
    for (int i = 0; i < packet_count; i++) {
        uint32_t slot;
        memcpy(&slot, all.packets[i] + slot_offset, sizeof slot);
        sum = ((sum ^ slot) * 0x100000001b3 ^ all.returned[i]) * 0x100000001b3;
    }
    printf("%.4f %016" PRIx64 "\n", (double)spent / ((double)passes * packet_count), sum);
}

int main(void)
{
    char verb[16], name[16], path[4096], last[4096];
    libbpf_set_print(quiet);
    while (scanf("%15s %15s %4095s %4095s", verb, name, path, last) == 4) {
        if (strcmp(verb, "load") == 0) {
            const char *problem = load(name, path, last);
            printf(problem ? "refused %s\n" : "loaded\n", problem);
        } else {
            for (int i = 0; i < program_count; i++)
                if (strcmp(programs[i].name, name) == 0) {
                    unsigned count = (unsigned)strtoul(last, NULL, 10);
                    if (strcmp(verb, "loop") == 0)
                        loop(programs[i].fd, programs[i].all, path, count);
                    else if (strcmp(verb, "calls") == 0)
                        calls(programs[i].fd, path, count);
                    else
                        run(programs[i].fd, path, count);
                }
        }
        fflush(stdout);
    }
    return 0;
}
