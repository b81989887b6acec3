#!/bin/sh
# Put what the package is made of into a folder: stage.sh BINARY FOLDER VERSION UNIX-TIME
# It is the same from the same binary, wherever and whenever.
set -eu
binary=$1 stage=$2 version=$3 when=$4
rm -rf "$stage"
mkdir -p "$stage"
cp "$binary" "$stage/webrunner"
sed 's,/usr/local/sbin/webrunner,/usr/bin/webrunner,' deploy/webrunner.service > "$stage/webrunner.service"
"$binary" man | gzip -9n > "$stage/webrunner.1.gz"
"$binary" completion bash > "$stage/webrunner.bash"
"$binary" completion zsh > "$stage/_webrunner"
"$binary" completion fish > "$stage/webrunner.fish"
"$binary" version -o cyclonedx > "$stage/sbom.cdx.json"
cp deploy/deb/lintian deploy/webrunner.socket deploy/haproxy.cfg "$stage"
{
	echo "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/"
	echo "Upstream-Name: WebRunner"
	echo
	echo "Files: *"
	echo "Copyright: 2026 The WebRunner authors"
	echo "License: BSD-2-Clause"
	sed '1,4d; s/^$/./; s/^/ /' LICENSE
	echo
	echo "Comment: what else the binary contains"
	sed 's/^$/./; s/^/ /' NOTICE
} > "$stage/copyright"
{
	echo "webrunner ($version) unstable; urgency=medium"
	echo
	echo "  * The commits say what has changed."
	echo
	echo " -- The WebRunner authors <webrunner@localhost>  $(date -u -R -d "@$when")"
} | gzip -9n > "$stage/changelog.gz"
# Files in the package have the time of the commit.
find "$stage" -exec touch -d "@$when" {} +
