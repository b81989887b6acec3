#!/bin/sh
# Build what is committed twice, in folders of different names and with nothing cached of
# the first in the second, and say whether binary, bill of materials and package are the
# same to the byte. REPRO=binary leaves the package out, which needs nfpm.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'chmod -R u+w "$work" && rm -rf "$work"' EXIT
one=$work/a two=$work/another/folder
commit=$(git rev-parse HEAD) # whatever is committed meanwhile
for dir in "$one" "$two"; do
	git clone -q --no-checkout . "$dir"
	(
		cd "$dir"
		git checkout -q --detach "$commit"
		GOCACHE=$work/cache-$(basename "$dir") make -s build
		bin/webrunner version -o cyclonedx > bin/webrunner.cdx.json
		[ "${REPRO:-}" = binary ] || make -s -o build deb
		rm -rf bin/stage
	)
done
(cd "$one/bin" && sha256sum -- *) > "$work/first"
(cd "$two/bin" && sha256sum -- *) > "$work/second"
cat "$work/first"
if ! diff "$work/first" "$work/second" >&2; then
	echo "repro.sh: the two builds differ; above is what" >&2
	exit 1
fi
