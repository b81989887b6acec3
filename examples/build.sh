#!/bin/sh
# Builds the examples.
#
#   build.sh objects DIR   the objects that the binary carries, from gas/, nasm/ and hostile/
#   build.sh c DIR         the C sources, once for each compiler and set of options
#
# DIR is made when it is not there. Compilers that are missing are named and left out.
set -eu
cd "$(dirname "$0")"

usage() {
	sed -n '2,7s/^# \{0,1\}//p' "$0" >&2
	exit 2
}
[ $# -eq 2 ] || usage
out=$2
mkdir -p "$out"

have() {
	command -v "$1" >/dev/null 2>&1 || { echo "build.sh: $1 is not installed, left out" >&2; return 1; }
}

objects() {
	if have as; then
		for source in gas/*.s hostile/*.s; do
			as --64 -mx86-used-note=no -I gas -I hostile -o "$out/$(basename "$source" .s).o" "$source"
		done
	fi
	if have nasm; then
		for source in nasm/*.nasm; do
			nasm -f elf64 -o "$out/$(basename "$source" .nasm).o" "$source"
		done
	fi
}

# compile COMPILER NAME-OF-OPTIONS OPTION...
compile() {
	compiler=$1 label=$2
	shift 2
	for kernel in playground sdot sgemm; do
		"$compiler" -c "$@" -o "$out/$kernel-$compiler-$label.o" "c/$kernel.c"
	done
	"$compiler" -c "$@" -DMR=6 -DNR=16 -o "$out/sgemm_6x16-$compiler-$label.o" c/sgemm.c
}

c() {
	for compiler in gcc clang; do
		have "$compiler" || continue
		compile "$compiler" O2 -O2
		compile "$compiler" O2-pic -O2 -fPIC
		compile "$compiler" O2-nopic -O2 -fno-pic
		compile "$compiler" O3-native -O3 -march=native
		compile "$compiler" O3-native-pic -O3 -march=native -fPIC
		compile "$compiler" O3-native-nopic -O3 -march=native -fno-pic
	done
}

case $1 in
objects) objects ;;
c) c ;;
*) usage ;;
esac
