/* A program of this folder run over every packet within one run of the kernel, for a figure without what a run costs: -DLOOP -DFILE='"NAME.c"' -DENTRY=NAME. What is
   given and returned stands beside the packets. This is no program by itself. */
#include FILE

struct state { struct all *all; };

/* A call even where there is nothing to do. */
static __attribute__((noinline)) int run(struct packet *packet)
{
    asm volatile("" : "+r"(packet));
    return ENTRY(packet);
}

static long each(u32 index, struct state *state)
{
    struct all *all = state->all;
    index &= PACKETS - 1;
    all->returned[index] = run(&all->packets[index]);
    return 0;
}

SEC("tc") int loop(void *context)
{
    static long (*repeat)(u32 count, void *callback, void *context, u64 flags) = (void *)181;
    u32 zero = 0;
    struct state state = { .all = lookup(&all, &zero) };
    (void)context;
    if (!state.all)
        return 0;
    repeat(state.all->count, each, &state, 0);
    return 1;
}
