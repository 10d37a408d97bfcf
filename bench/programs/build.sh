#!/bin/sh
# Compiles the programs: NAME.o for engines that run bytecode on plain memory, NAME.kernel.o for the kernel, NAME.loop.o for the kernel to run over all packets
# by itself. clang 14 or later.
# DPDK 22.11 knows neither 32-bit jumps nor loops, hence -mcpu=v2.
set -eu
cd "$(dirname "$0")"
for source in *.c; do
    name=${source%.c}
    clang -O2 -g -target bpf -mcpu=v2 -Wall -fdebug-prefix-map="$PWD=." -c "$source" -o "objects/$name.o"
    clang -O2 -g -target bpf -mcpu=v3 -DKERNEL -Wall -fdebug-prefix-map="$PWD=." -c "$source" -o "objects/$name.kernel.o"
    clang -O2 -g -target bpf -mcpu=v3 -DLOOP -DFILE="\"$source\"" -DENTRY="$name" -Wall -Wno-array-bounds -fdebug-prefix-map="$PWD=." -x c -c loop.h -o "objects/$name.loop.o"
    llvm-strip -g "objects/$name.o" "objects/$name.kernel.o" "objects/$name.loop.o"
done
