#!/bin/sh
# Compare what gcc -O2 and gcc -O3 -march=native make of the plain C of ten functions, by
# webrunner compare and, in as many seconds, by runs that benchstat judges. It prints the
# table of docs/validation/compare.md. It needs gcc, bin/webrunner, and benchstat
# (go install golang.org/x/perf/cmd/benchstat@latest).
set -eu
cd "$(dirname "$0")/.."
webrunner=$PWD/bin/webrunner
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
echo "| function | compare: b/a, 95 % | floor | verdict | s | benchstat: b/a | p | runs |"
echo "|---|---|---|---|---|---|---|---|"
for name in saxpy conv3x3 dgemm4x8 base64 chacha20 dot_int8 popcount prefix_sum utf8 philox; do
	call=$(sed -n "s/^    webrunner run $name\.o --call '\(.*\)'\$/\1/p" docs/tutorial.md | head -1)
	gcc -O2 -c "examples/tutorial/${name}_ref.c" -o "$folder/a.o"
	gcc -O3 -march=native -c "examples/tutorial/${name}_ref.c" -o "$folder/b.o"
	began=$(date +%s%N)
	answer=$("$webrunner" compare "$folder/a.o" "$folder/b.o" --call "$call" --restore -o text 2>/dev/null | grep '^Cycles')
	took=$((($(date +%s%N) - began) / 1000000))
	verdict=$(echo "$answer" | sed 's/.*): \([a-z]*\) (b.a.*/\1/')
	ratio=$(echo "$answer" | sed 's/.*(b.a \([^,]*\), 95 %: \([^,]*\), floor.*/\1, \2/')
	floor=$(echo "$answer" | sed 's/.*floor \([^,]*\),.*/\1/')
	runs=0
	: >"$folder/a.txt"
	: >"$folder/b.txt"
	end=$(($(date +%s%N) / 1000000 + took))
	while [ "$(($(date +%s%N) / 1000000))" -lt "$end" ] || [ "$runs" -lt 4 ]; do
		for side in a b; do
			"$webrunner" run "$folder/$side.o" --call "$call" --restore --effort quick -o benchfmt >>"$folder/$side.txt" || true
		done
		runs=$((runs + 1))
	done
	stat=$(cd "$folder" && benchstat -format csv -ignore object,trust,integrity a.txt b.txt 2>/dev/null |
		awk -F, '/cycles-tsc-calibrated\/op/ { on = 1; next } /^,/ { next } /^$/ { on = 0 } on && $1 != "geomean" && $4 != "" { printf "%.4f | %s", $4 / $2, $7; exit }')
	echo "| $name | $ratio | $floor | $verdict | $(awk "BEGIN { printf \"%.1f\", $took / 1000 }") | ${stat:-- | -} | 2 × $runs |"
done
