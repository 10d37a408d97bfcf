#!/bin/sh
# Makes the objects beside the sources (clang 14 or later, with BPF targets, and llvm-strip).
set -eu
cd "$(dirname "$0")"
compile() {
	clang -O2 -g -target "$1" -mcpu=v3 -Wall -Wno-unused -Wno-visibility -fdebug-compilation-dir=. -I/usr/include/$(uname -m)-linux-gnu -c "$2.c" -o "$3"
	llvm-strip -g "$3"
}
for source in *.c odd/*.c; do
	compile bpfel "${source%.c}" "${source%.c}.o"
done
# Without types.
clang -O2 -target bpfel -mcpu=v3 -I/usr/include/$(uname -m)-linux-gnu -c hash_select.c -o odd/no_types.o
compile bpfeb hash_select hash_select.eb.o
compile bpfeb subprograms subprograms.eb.o
