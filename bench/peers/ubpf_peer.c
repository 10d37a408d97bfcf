/*
 * uBPF (github.com/iovisor/ubpf) as a peer: see peer.h. Its interpreter checks every access, values of maps by the callback that it has for memory outside
 * packet and stack; its JIT checks none.
 *
 * It is built apart, and REUSEPORTPS_UBPF names the folder that it is installed in:
 *
 *   cmake -S ubpf -B build -DCMAKE_BUILD_TYPE=Release -DUBPF_SKIP_EXTERNAL=1 -DUBPF_ENABLE_INSTALL=ON -DCMAKE_INSTALL_PREFIX=$REUSEPORTPS_UBPF
 *   cmake --build build --target ubpf && cmake --install build
 */
#include <stdbool.h>
#include <stdint.h>
#include <ubpf.h>

struct instruction { uint8_t code, registers; int16_t offset; int32_t immediate; };
#define INSTRUCTION struct instruction
struct engine { struct ubpf_vm *vm; ubpf_jit_fn jit; };
#include "peer.h"

enum { load_wide = 0x18, call = 0x85, map_reference = 1, lookup_number = 1, select_number = 2 };

static bool is_value(void *context, uint64_t address, uint64_t size)
{
    const struct program *program = context;
    for (uint32_t i = 0; i < program->map_count; i++) {
        const struct map *map = &program->maps[i];
        uint64_t length = (uint64_t)map->value_size * map->entries;
        uint64_t offset = address - (uintptr_t)map->values;
        if (offset < length && size <= length - offset)
            return true;
    }
    return false;
}

static const char *first_line(char *text)
{
    if (!text)
        return "no reason given";
    text[strcspn(text, "\n")] = 0;
    return text;
}

static const char *prepare(struct program *program, INSTRUCTION *code, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (code[i].code == load_wide) {
            if (code[i].registers >> 4 == map_reference) {
                uint64_t address = (uintptr_t)&program->maps[code[i].immediate];
                code[i].registers &= 0xf;
                code[i].immediate = (int32_t)address;
                code[i + 1].immediate = (int32_t)(address >> 32);
            }
            i++;
        } else if (code[i].code == call) {
            code[i].immediate = code[i].immediate == 1 ? lookup_number : select_number;
        }
    }

    char *problem = NULL;
    struct ubpf_vm *vm = program->engine.vm = ubpf_create();
    ubpf_register(vm, lookup_number, "lookup", as_external_function_t((void *)lookup));
    ubpf_register(vm, select_number, "select", as_external_function_t((void *)select_slot));
    ubpf_register_data_bounds_check(vm, program, is_value);
    if (ubpf_load(vm, code, count * (uint32_t)sizeof *code, &problem) != 0)
        return first_line(problem);
    program->engine.jit = ubpf_compile(vm, &problem);
    return program->engine.jit ? NULL : first_line(problem);
}

static void pass(const struct program *program, int compiled)
{
    for (current = 0; current < packet_count; current++) {
        void *packet = packets + current * packet_size;
        if (compiled)
            returned[current] = program->engine.jit(packet, packet_size);
        else if (ubpf_exec(program->engine.vm, packet, packet_size, &returned[current]) != 0)
            exit(4);
    }
}
