#!/bin/sh
# Builds the sources beside it with every compiler and assembler that is
# installed, over optimisation, position independence, code model and options:
#
#   loader/testdata/matrix.sh DIR
#
# A combination that a compiler does not have is left out; the number of objects
# is printed at the end.
set -eu

[ $# -eq 1 ] || { echo "usage: $0 DIR" >&2; exit 2; }
src=$(cd "$(dirname "$0")/src" && pwd)
mkdir -p "$1"
cd "$1"

# build NAME COMMAND…: runs the command with -o NAME.o unless it is there.
build() {
	name=$(echo "$1" | tr -d ' =,' ).o
	shift
	[ -s "$name" ] || "$@" -o "$name" 2>/dev/null || rm -f "$name"
}

for compiler in gcc clang; do
	command -v "$compiler" >/dev/null || { echo "no $compiler" >&2; continue; }
	for file in kernels.c symbols.c threads.c ifunc.c objects.cc; do
		case $file in *.cc) cc=$(echo "$compiler" | sed 's/gcc/g++/; s/clang/clang++/') ;; *) cc=$compiler ;; esac
		for level in -O0 -O1 -O2 -O3 -Os; do
			for pic in -fPIC -fPIE -fno-pic; do
				for model in small medium large; do
					build "$compiler-$file$level$pic-$model" $cc -c $level $pic -mcmodel=$model "$src/$file"
				done
			done
		done
		for options in '-ffunction-sections -fdata-sections' -g '-g -gz' -fcommon -march=native '-O3 -march=x86-64-v4' \
			-fstack-protector-all -pg -fpatchable-function-entry=4,2 -fno-asynchronous-unwind-tables \
			-fcf-protection=full -fprofile-generate -fsanitize=undefined '-fno-plt -fPIC' '-fPIC -mtls-dialect=gnu2' \
			'-fPIC -ftls-model=initial-exec' -ftls-model=local-exec -flto '-flto -ffat-lto-objects' -m32 -mx32 \
			-mcmodel=kernel '-fno-jump-tables -fPIC' -ffast-math -fno-builtin '-Wa,-mrelax-relocations=no -fPIC' \
			'-fsplit-stack' '-fno-unique-section-names -ffunction-sections' '-fPIC -fvisibility=hidden' '-mlarge-data-threshold=8 -mcmodel=medium'; do
			build "$compiler-$file$options" $cc -c -O2 $options "$src/$file"
		done
	done
	for file in relocations.s sections.s large.s threads.s; do
		for options in '' -g '-Wa,-mrelax-relocations=no'; do
			build "$compiler-$file$options" $compiler -c $options "$src/$file"
		done
	done
done
for assembler in nasm yasm; do
	command -v "$assembler" >/dev/null || { echo "no $assembler" >&2; continue; }
	for options in '' -DPIC '-DPIC -gdwarf2' '-g dwarf2'; do
		build "$assembler-kernel$options" $assembler -f elf64 $options "$src/kernel.nasm"
	done
done
if command -v rustc >/dev/null; then
	for level in 0 1 2 3 s; do
		for model in small medium large; do
			for reloc in static pic pie dynamic-no-pic; do
				for panic in unwind abort; do
					build "rustc-$level-$model-$reloc-$panic" rustc --emit obj -C opt-level=$level -C code-model=$model \
						-C relocation-model=$reloc -C panic=$panic -C codegen-units=1 "$src/kernel.rs"
				done
			done
		done
	done
	find "$(rustc --print sysroot)/lib" -name '*.rlib' -exec cp -n {} . \;
fi
if command -v go >/dev/null; then
	find "$(go env GOROOT)/src" -name '*_linux_amd64.syso' -o -name 'race_linux.syso' | while read -r file; do
		cp "$file" "$(echo "${file##*/src/}" | tr / _)"
	done
fi
echo "$(find . -type f | wc -l) files"
