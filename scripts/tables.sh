#!/bin/sh
# Rebuild the event tables from Debian's source of Linux: tables.sh FOLDER
#
# Takes the newest linux-source-* that apt offers, unpacks its event lists
# without installing it, tells what differs from perf/events/data, leaves the
# rebuilt tables in FOLDER/data and tests the planner on them in the place of
# the embedded ones. A package that is there is kept.
set -eu

folder=${1:?usage: tables.sh FOLDER}
data=perf/events/data
mkdir -p "$folder/data"
folder=$(cd "$folder" && pwd)

package=$(apt-cache search --names-only '^linux-source-[0-9.]+$' | cut -d' ' -f1 | sort -V | tail -n 1)
test -n "$package" || { echo "tables.sh: apt offers no linux-source; run apt-get update" >&2; exit 1; }
version=$(apt-cache policy "$package" | sed -n 's/^ *Candidate: //p')
source=$folder/$package-$version
lists=$source/$package/tools/perf/pmu-events/arch/x86
if ! test -e "$lists/mapfile.csv"; then
	rm -rf "$source"
	mkdir -p "$source"
	(cd "$source" && apt-get -q -o APT::Sandbox::User= download "$package")
	dpkg-deb -x "$source"/*.deb "$source/tree"
	tar -xJf "$source/tree/usr/src/$package.tar.xz" -C "$source" --wildcards '*/tools/perf/pmu-events/arch/x86'
	rm -rf "$source"/*.deb "$source/tree"
fi

echo "$package $version"
${GO:-go} run ./perf/events/internal/maketables -linux "$lists" -out "$folder/data" "$data"
printf '{"Replace":{"%s":"%s"}}\n' "$PWD/$data/pmu-events.tsv.gz" "$folder/data/pmu-events.tsv.gz" > "$folder/overlay.json"
${GO:-go} test -count=1 -overlay "$folder/overlay.json" -run 'TestTableFor$|TestSelect$|TestSetsOfEveryTable$|TestPlanOfEveryTable' ./perf/events
