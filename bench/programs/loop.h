/* A program of this folder run over every packet within one run of the kernel, for a figure without what a run costs: -DLOOP -DFILE='"NAME.c"' -DENTRY=NAME. What is
   given and returned stands beside the packets. What is around the program is kept as short as it can be, since it overlaps with the program and is still taken off: no
   calls, four packets for one turn of the loop. This is no program by itself. */
#include FILE

#define NEXT \
    do { \
        index &= PACKETS - 1; \
        struct packet *packet = &every->packets[index]; \
        asm volatile("" : "+r"(packet)); \
        every->returned[index] = ENTRY(packet); \
        index++; \
    } while (0)

SEC("tc") int loop(void *context)
{
    u32 zero = 0;
    struct all *every = lookup(&all, &zero);
    (void)context;
    if (!every)
        return 0;
    /* From memory, because the verifier would walk a loop over numbers that it knows turn by turn. */
    u32 index = every->first;
    for (;;) {
        /* The kernel's own bound of a loop (may_goto, Linux 6.9), which clang 14 has no name for. */
        asm volatile goto("1: .byte 0xe5; .byte 0; .long ((%l[out] - 1b - 8) / 8) & 0xffff; .short 0" :::: out);
        NEXT;
        NEXT;
        NEXT;
        NEXT;
        if (index >= every->count)
            break;
    }
out:
    return 1;
}
