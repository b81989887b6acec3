#!/bin/sh
# Fetch Debian libraries with hand-written assembly, screen all their objects, and run functions of them.
#
#   scripts/corpus-assembly.sh DIR
#
# DIR receives static libraries and, where Debian has none, sources that are assembled (dav1d, isa-l); what is there is used again. Needs apt-get
# with source packages (deb-src), dpkg, dpkg-source, nasm, ar, gcc, ld; installs nothing.
set -eu

dir=${1:?usage: corpus-assembly.sh DIR}
here=$(cd "$(dirname "$0")/.." && pwd)

static="libssl-dev libgcrypt20-dev nettle-dev libgmp-dev libavcodec-dev libavutil-dev libswscale-dev libswresample-dev libavfilter-dev
libx264-dev libx265-dev libvpx-dev libaom-dev libzstd-dev libsodium-dev libipsec-mb-dev"

if [ ! -e "$dir/complete" ]; then
	mkdir -p "$dir/packages" "$dir/files" "$dir/sources" "$dir/dav1d" "$dir/isal"
	dir=$(cd "$dir" && pwd)
	cd "$dir/packages"
	for p in $static; do
		apt-get download "$p" || echo "corpus-assembly.sh: no package $p" >&2
	done
	for p in *.deb; do
		dpkg -x "$p" "$dir/files"
	done
	find "$dir/files" -name '*.a' -exec cp {} "$dir" \;

	cd "$dir/sources"
	apt-get source --download-only dav1d libisal2
	for p in *.dsc; do
		dpkg-source --no-check -x "$p"
	done
	cd "$dir/sources"/dav1d-*
	printf '%%define %s\n' 'ARCH_X86_32 0' 'ARCH_X86_64 1' 'FORCE_VEX_ENCODING 0' 'PIC 1' 'STACK_ALIGNMENT 16' 'private_prefix dav1d' >"$dir/config.asm"
	for f in src/x86/*.asm; do
		nasm -f elf64 -I "$dir/" -I src/ -I ./ -P "$dir/config.asm" -o "$dir/dav1d/$(basename "$f" .asm).o" "$f" ||
			echo "corpus-assembly.sh: $f is a part of others" >&2
	done
	ar rcs "$dir/libdav1d.a" "$dir"/dav1d/*.o
	cd "$dir/sources"/libisal-*
	find . -name '*.asm' | while read -r f; do
		nasm -f elf64 -I include/ -I igzip/ -I crc/ -I "$(dirname "$f")/" -D LINUX -D ELF_FORMAT -o "$dir/isal/$(basename "$f" .asm).o" "$f" 2>/dev/null ||
			echo "corpus-assembly.sh: $f is a part of others" >&2
	done
	ar rcs "$dir/libisal.a" "$dir"/isal/*.o
	touch "$dir/complete"
fi

cd "$here"
WEBRUNNER_ASSEMBLY=$(cd "$dir" && pwd)
export WEBRUNNER_ASSEMBLY CGO_ENABLED=0
go test -tags oracle -count 1 -v -run TestAssemblyObjects ./filter/screen
exec go test -tags oracle -count 1 -v -run TestAssemblyFunctions ./internal/child
