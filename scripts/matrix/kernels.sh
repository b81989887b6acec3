#!/bin/sh
# Fetch the kernels of scripts/matrix: kernels.sh FOLDER
#
# Takes Debian's kernel for clouds from each suite below, by apt with lists of
# its own, unpacks it without installing it, and leaves FOLDER/vmlinuz-NAME.
# The mirrors are those that apt uses here; MIRROR and SECURITY name others. A
# kernel that is there is kept.
set -eu

folder=${1:?usage: kernels.sh FOLDER}

# mirror ORIGIN-LABEL: where apt has the archive of that label from
mirror() {
	apt-get indextargets --format '$(SITE) $(LABEL)' | sed -n "s/ $1\$//p" | head -n 1
}

mirror=${MIRROR:-$(mirror Debian)}
security=${SECURITY:-$(mirror Debian-Security)}
keys=/usr/share/keyrings/debian-archive-keyring.gpg
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)

# fetch VERSION META-PACKAGE SOURCE-LINE
fetch() {
	test -s "$folder/vmlinuz-$1" && return
	dir=$folder/apt-$1
	mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial" "$dir/tree"
	echo "deb [signed-by=$keys] $3" > "$dir/sources.list"
	: > "$dir/status"
	apt="-q -o Dir::Etc::SourceList=$dir/sources.list -o Dir::Etc::SourceParts=- -o Dir::State::Lists=$dir/lists
		-o Dir::State::status=$dir/status -o Dir::Cache=$dir/cache -o APT::Sandbox::User= -o Acquire::Languages=none"
	# shellcheck disable=SC2086 # options are words
	apt-get $apt update &&
		image=$(depends "$2" linux-image) &&
		binary=$(depends "$image" linux-binary) && # newer ones have the image in a package of its own
		(cd "$dir" && apt-get $apt download "${binary:-$image}") &&
		dpkg-deb -x "$dir"/linux-*.deb "$dir/tree" &&
		cp "$(find "$dir/tree" -name 'vmlinuz*' | head -n 1)" "$folder/vmlinuz-$1" ||
		echo "kernels.sh: no kernel $1 from: $3" >&2
	rm -rf "$dir"
}

# depends PACKAGE PREFIX: the first dependency of PACKAGE that begins so
depends() {
	# shellcheck disable=SC2086
	apt-cache $apt depends "$1" | sed -n "s/^ *Depends: \($2-[^ ]*\)\$/\1/p" | head -n 1
}

fetch 6.1 linux-image-cloud-amd64 "$security bookworm-security main"
fetch 6.12 linux-image-6.12-cloud-amd64 "$security bookworm-security main"
fetch 5.10 linux-image-cloud-amd64 "$security bullseye-security main"
fetch newest linux-image-cloud-amd64 "$mirror trixie-backports main"
test -s "$folder/vmlinuz-6.1" # the others may be gone; their rows are then skipped
