#!/bin/sh
# Fills the corpus of the loader's differential test (make oracle):
#
#   scripts/corpus-objects.sh DIR [LLD-TESTS]
#
# DIR/deb/PACKAGE/  the static libraries and start files of Debian -dev packages
# DIR/own/          loader/testdata/src through gcc, clang, nasm, yasm and rustc,
#                   over code models and options (loader/testdata/matrix.sh)
# DIR/lld/          if LLD-TESTS is given, the directory lld/test/ELF of a
#                   checkout of LLVM: its sources through llvm-mc and yaml2obj
#
# Nothing is installed: packages are downloaded and unpacked into DIR. Archives
# stay whole, the test reads their members itself. What is there is not fetched
# again.
set -eu

[ $# -eq 1 ] || [ $# -eq 2 ] || { echo "usage: $0 DIR [LLD-TESTS]" >&2; exit 2; }
here=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$1/deb" "$1/own"
corpus=$(cd "$1" && pwd)
[ $# -eq 1 ] || set -- "$1" "$(cd "$2" && pwd)"

packages='
libc6-dev libgcc-12-dev libstdc++-12-dev libgfortran-12-dev
libopenblas-pthread-dev libopenblas-serial-dev libblis-serial-dev libblis-pthread-dev libblas-dev
liblapack-dev libatlas-base-dev libfftw3-dev libgsl-dev libgmp-dev libmpfr-dev libmpc-dev
libavcodec-dev libavutil-dev libavformat-dev libavfilter-dev libswscale-dev libswresample-dev
libx264-dev libx265-dev libaom-dev libvpx-dev libopus-dev libvorbis-dev libmp3lame-dev
libssl-dev libsodium-dev nettle-dev libgcrypt20-dev libgpg-error-dev
zlib1g-dev libzstd-dev liblz4-dev liblzma-dev libbz2-dev libsnappy-dev libbrotli-dev
libjpeg62-turbo-dev libpng-dev libwebp-dev libtiff-dev
libxsmm-dev libsuitesparse-dev libmpfi-dev
libsqlite3-dev libglib2.0-dev libpcre2-dev libexpat1-dev libelf-dev libunwind-dev
'

cd "$corpus/deb"
for package in $packages; do
	[ -d "$package" ] && continue
	rm -rf part && mkdir part
	if ! (cd part && apt-get download -qq "$package" && dpkg-deb -x ./*.deb tree); then
		echo "skipped: $package is not to be had" >&2
		continue
	fi
	mkdir part/keep
	find part/tree -type f \( -name '*.a' -o -name '*.o' \) | while read -r file; do
		cp "$file" "part/keep/$(echo "${file#part/tree/}" | tr / _)"
	done
	mv part/keep "$package"
done
rm -rf part

"$here/loader/testdata/matrix.sh" "$corpus/own"

# Sources for other machines do not assemble and are left out.
if [ $# -eq 2 ]; then
	mkdir -p "$corpus/lld"
	cd "$2"
	find . -type f -name '*.s' | while read -r file; do
		object=$corpus/lld/$(echo "${file#./}" | tr / _).o
		llvm-mc -triple x86_64-pc-linux -filetype=obj "$file" -o "$object" 2>/dev/null || rm -f "$object"
	done
	find . -type f \( -name '*.test' -o -name '*.yaml' \) -exec grep -l EM_X86_64 {} + | while read -r file; do
		object=$corpus/lld/$(echo "${file#./}" | tr / _).o
		yaml2obj "$file" -o "$object" 2>/dev/null || rm -f "$object"
	done
fi
