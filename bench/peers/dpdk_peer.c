/* DPDK's librte_bpf as a peer: see peer.h. */
#include <stdint.h>
#include <rte_bpf.h>
#include <rte_errno.h>

#define INSTRUCTION struct ebpf_insn
struct engine { struct rte_bpf *bpf; struct rte_bpf_jit jit; };
#include "peer.h"

static const struct rte_bpf_xsym symbols[] = {
    { .name = "lookup", .type = RTE_BPF_XTYPE_FUNC, .func = { .val = lookup, .nb_args = 2,
        .args = { { .type = RTE_BPF_ARG_RAW, .size = 8 }, { .type = RTE_BPF_ARG_PTR, .size = 4 } },
        .ret = { .type = RTE_BPF_ARG_PTR, .size = 64 } } },
    { .name = "select", .type = RTE_BPF_XTYPE_FUNC, .func = { .val = select_slot, .nb_args = 4,
        .args = { { .type = RTE_BPF_ARG_PTR, .size = packet_size }, { .type = RTE_BPF_ARG_RAW, .size = 8 }, { .type = RTE_BPF_ARG_PTR, .size = 4 }, { .type = RTE_BPF_ARG_RAW, .size = 8 } },
        .ret = { .type = RTE_BPF_ARG_RAW, .size = 8 } } },
};

static const char *prepare(struct program *program, INSTRUCTION *code, uint32_t count)
{
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
    program->engine.bpf = rte_bpf_load(&parameters);
    if (!program->engine.bpf)
        return strerror(rte_errno);
    if (rte_bpf_get_jit(program->engine.bpf, &program->engine.jit) != 0 || !program->engine.jit.func)
        return "not compiled";
    return NULL;
}

static void pass(const struct program *program, int compiled)
{
    uint64_t (*function)(void *) = program->engine.jit.func;
    for (current = 0; current < packet_count; current++) {
        void *packet = packets + current * packet_size;
        returned[current] = compiled ? function(packet) : rte_bpf_exec(program->engine.bpf, packet);
    }
}
