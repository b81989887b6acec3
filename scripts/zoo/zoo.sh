#!/bin/sh
# Compile one small function by every compiler, assembler and linker of Debian, and run it: the right function ran and its value is right, or
# the refusal names the cure. The outcome of each is held against the table of docs/validation/zoo.md.
#
#   scripts/zoo/zoo.sh [--install] [--print] [--only REGEXP]
#
# --install has apt-get install what is missing, each package by itself (some 6 GB in all; needs root). What is not there is named, and its rows
# are left out. --print writes the table instead of comparing it, --only REGEXP takes the rows whose toolchain matches. Needs bin/webrunner, and gcc for objcopy and ld.
set -u
cd "$(dirname "$0")/../.."
webrunner=$PWD/bin/webrunner
here=$PWD/scripts/zoo
document=$PWD/docs/validation/zoo.md
[ -x "$webrunner" ] || { echo "zoo.sh: no bin/webrunner (make build)" >&2; exit 2; }
printing='' only=.
while [ $# -gt 0 ]; do
	case $1 in
	--only) only=${2:?zoo.sh: --only REGEXP}; shift ;;
	--print) printing=1 ;;
	--install)
		for p in gcc-11 gcc-12 g++-11 g++-12 clang-13 clang-14 clang-15 clang-16 clang-19 clang-22 gfortran-11 gfortran-12 flang-16 flang-19 flang-22 gnat-11 \
			gdc-11 gdc-12 ldc rustc nim tcc pcc nasm yasm fasm gm2-11 gm2-12 gccgo-12 lld-19 mold gcc-mingw-w64-x86-64-win32 \
			ocaml-nox fp-compiler gnucobol ghc valac libglib2.0-dev gobjc-12 golang-go qemu-user; do
			dpkg -s "$p" >/dev/null 2>&1 || DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$p" >/dev/null 2>&1 ||
				echo "zoo.sh: cannot install $p" >&2
		done
		;;
	*) echo "usage: zoo.sh [--install] [--print] [--only REGEXP]" >&2; exit 2 ;;
	esac
	shift
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here"/testdata/* "$work"
cd "$work"
call='int f(const int a = 3, const int b = 5)'
pointers='int f(const int a[1] = {3}, const int b[1] = {5})'
: >table
: >missing

# row TOOLCHAIN OPTIONS COMMAND [FLAGS OF RUN]: makes k.o and runs it. The outcome is the value, or the class of the problem with what of its
# text a reader can act on.
row() {
	tool=${1%% *}
	echo "$tool" | grep -qE -- "$only" || return
	if ! command -v "$tool" >/dev/null 2>&1; then
		echo "$tool" >>missing
		return
	fi
	title="$1 | $2" build=$3
	shift 3
	[ $# -gt 0 ] || set -- --call "$call"
	rm -f k.o
	if ! sh -c "$build" >log 2>&1; then
		echo "| $title | not compiled |" >>table
		tail -2 log >&2
		return
	fi
	for _ in 1 2 3; do # a busy host may not get to it in time
		text=$("$webrunner" run k.o --effort quick -o json "$@" 2>&1)
		case $text in *'"timeout"'*) ;; *) break ;; esac
	done
	value=$(printf '%s' "$text" | sed -n 's/^ *"int": *\(-\{0,1\}[0-9]*\),\{0,1\}$/\1/p; s/.*"result":{"int":\(-\{0,1\}[0-9]*\)}.*/\1/p' | head -1)
	if [ -n "$value" ]; then
		symbol=$(printf '%s' "$text" | sed -n 's/.*"symbol": *"\([^"]*\)".*/\1/p' | head -1)
		echo "| $title | $value of $symbol |" >>table
		return
	fi
	class=$(printf '%s' "$text" | sed -n 's/.*"class": *"\([^"]*\)".*/\1/p' | head -1)
	cure=$(printf '%s' "$text" | grep -oE 'extern \\"C\\"|#\[no_mangle\]|compile without -flto|-m64|for AArch64|for i386|x32|--with|compile it first|build for x86_64-linux|--symbol|an archive|incbin|gunzip|a typo|gccgo|ar x' | sort -u | tr -d '\\' | paste -sd ';' - | sed 's/;/; /g')
	echo "| $title | $class: $cure |" >>table
}

for v in 11 12; do
	for o in -O0 "-O2 -g" "-O3 -march=native" -Os "-O2 -fPIC" "-O2 -mcmodel=large" "-O1 -ftrapv" "-O2 -fstack-protector-all" "-O0 -fsplit-stack" \
		"-O2 -fsanitize=undefined -fsanitize-undefined-trap-on-error" "-O2 -ffunction-sections -fcf-protection" "-O2 -flto -ffat-lto-objects" "-O2 -flto"; do
		row "gcc-$v" "$o" "gcc-$v $o -c f.c -o k.o"
	done
	row "g++-$v" 'extern "C"' "g++-$v -O2 -c c.cc -o k.o"
	row "g++-$v" "two functions" "g++-$v -O2 -c two.cc -o k.o"
	row "g++-$v" "two functions, --symbol" "g++-$v -O2 -c two.cc -o k.o" --call "$call" --symbol _Z1fii
	row "gfortran-$v" "bind(c)" "gfortran-$v -O2 -c c.f90 -o k.o"
	row "gfortran-$v" "by reference" "gfortran-$v -O2 -c r.f90 -o k.o" --call "$pointers" --symbol f_
	row "gdc-$v" "extern(C)" "gdc-$v -O2 -c f.d -o k.o"
	row "gm2-$v" "-O2" "gm2-$v -O2 -I. -c z.mod -o k.o" --call "$call" --symbol z_f
	row "gccgo-$v" "-O2" "gccgo-$v -O2 -c f.go -o k.o" --call "$call" --symbol go_0z.F
done
row gcc "-m32" "gcc -m32 -c f.c -o k.o"
row gcc "-mx32" "gcc -mx32 -c f.c -o k.o"
for v in 13 14 15 16 19 22; do
	row "clang-$v" "-O2 -g" "clang-$v -O2 -g -c f.c -o k.o"
	row "clang-$v" "-O3 -march=native" "clang-$v -O3 -march=native -c f.c -o k.o"
	row "flang-new-$v" "bind(c)" "flang-new-$v -O2 -c c.f90 -o k.o"
	row "flang-new-$v" "by reference" "flang-new-$v -O2 -c r.f90 -o k.o" --call "$pointers" --symbol f_
done
for v in 13 19; do
	for o in -O0 "-O2 -fPIC" "-O2 -mcmodel=large" "-O1 -ftrapv" "-O1 -fsanitize=undefined -fsanitize-trap=all" "-O2 -ffunction-sections" "-O2 -flto" \
		"-O2 --target=x86_64-unknown-freebsd" "-O2 --target=aarch64-linux-gnu" "-O2 --target=x86_64-pc-windows-gnu"; do
		row "clang-$v" "$o" "clang-$v $o -c f.c -o k.o"
	done
done
row tcc "" "tcc -c f.c -o k.o"
row pcc "-O" "pcc -O -c f.c -o k.o"
row gnatmake-11 "pragma Export" "gnatmake-11 -c -O2 z.adb && mv z.o k.o"
row ldc2 "-O" "ldc2 -O -c f.d -of=k.o"
row rustc "#[no_mangle]" "rustc -O --crate-type=lib --emit=obj -o k.o c.rs"
row rustc "two functions" "rustc -O --crate-type=lib --emit=obj -o k.o two.rs"
row nim "exportc" "nim c --noMain --noLinking --app:staticlib -d:danger --mm:none --nimcache:nimcache z.nim && cp nimcache/@mz.nim.c.o k.o"
row ocamlopt "-O3" "ocamlopt -O3 -c z.ml && mv z.o k.o"
row ocamlopt "a caller in assembly, ld -r" 'ocamlopt -O3 -c z.ml && s=$(nm z.o | grep -o "camlZ__f_[0-9]*") && sed "s/CALLEE/$s/" ocaml.s >o.s && as o.s -o o.o && ld -r o.o z.o -o k.o'
row fpc "cdecl, alias" "fpc -Cn -O2 p.pas && mv p.o k.o"
row cobc "-c" "cobc -c f.cob -o k.o" --call "$pointers"
row ghc "foreign export" "ghc -O -c H.hs -o k.o"
row valac "-c" "valac -c v.vala && mv v.vala.o k.o"
[ ! -x "$(gcc-12 -print-prog-name=cc1obj 2>/dev/null)" ] || row gcc-12 "Objective-C" "gcc-12 -O2 -c f.m -o k.o"
row go "tool asm" "go tool asm -p p -o k.o plan9.s"
row go "tool compile" "go tool compile -p z -o k.o f.go"
row nasm "-f elf64" "nasm -f elf64 f.asm -o k.o"
row nasm "-f bin" "nasm -f bin f.asm -o k.o"
row nasm "-f win64" "nasm -f win64 f.asm -o k.o"
row yasm "-f elf64" "yasm -f elf64 f.asm -o k.o"
fasm=fasm # a 32-bit program, which not every Linux starts
fasm >/dev/null 2>&1 || [ $? = 1 ] || fasm="qemu-i386 $(command -v fasm)"
row fasm "" "$fasm f.fasm k.o"
row as "" "as f.s -o k.o"
row x86_64-w64-mingw32-gcc "objcopy, --abi ms" "x86_64-w64-mingw32-gcc -O2 -c f.c -o w.obj && objcopy -I pe-x86-64 -O elf64-x86-64 w.obj k.o" --call "$call" --abi ms
row x86_64-w64-mingw32-gcc "as it is" "x86_64-w64-mingw32-gcc -O2 -c f.c -o k.o"
row gcc "ms_abi, --abi ms" "gcc -O2 -c ms.c -o k.o" --call "$call" --abi ms
for ld in ld.bfd ld.gold ld.lld-19 mold; do
	row "$ld" "-r" "gcc -O2 -c f.c -o a.o && gcc -O2 -c ms.c -Df=other -o b.o && $ld -r a.o b.o -o k.o"
done
row ar "rcs" "gcc -c f.c -o a.o && ar rcs k.o a.o"
row gzip "" "gcc -c f.c -o a.o && gzip -c a.o >k.o"
row gcc "the source" "cp f.c k.o"
row gcc "executable" "gcc -x c main.c -o k.o"

for m in $(sort -u missing); do
	echo "zoo.sh: $m is not there; its rows are left out" >&2
done
if [ -n "$printing" ]; then
	cat table
	exit
fi
failed=0
while IFS= read -r line; do
	grep -qxF -- "$line" "$document" || { failed=$((failed + 1)); echo "not in docs/validation/zoo.md: $line"; }
done <table
echo "$(wc -l <table) rows, $failed otherwise than docs/validation/zoo.md has them"
[ "$failed" = 0 ]
