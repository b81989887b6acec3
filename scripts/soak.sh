#!/bin/sh
# Fire COUNT (100000) hostile requests at a real server, for at most TIME (24h),
# and compare what is left of it: scripts/soak.sh [COUNT [TIME]].
# Run by root it does so in a network namespace of its own whose default route
# leads to a bridge without ports: whatever anybody sends is counted there, and
# the test fails when it is more than nothing.
set -eu
cd "$(dirname "$0")/.."
count=${1:-100000} time=${2:-24h}
binary=$(mktemp)
trap 'rm -f "$binary"' EXIT
CGO_ENABLED=0 go test -c -o "$binary" ./internal/hostile
chmod 755 "$binary"
export WEBRUNNER_SOAK="$count" WEBRUNNER_SOAK_TIME="$time"
run="nice -n 10 $binary -test.run ^TestSoak\$ -test.v -test.timeout 0"
if [ "$(id -u)" = 0 ] && unshare -n ip link add out type bridge 2>/dev/null; then
	export WEBRUNNER_SOAK_NET=1
	unshare -n sh -ec "
		echo 1 2>/dev/null >/proc/sys/net/ipv6/conf/all/disable_ipv6 || :
		ip link set lo up
		ip link add out type bridge
		ip link set out multicast off
		ip addr add 192.0.2.1/24 dev out
		ip link set out up
		ip neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 dev out
		ip route add default via 192.0.2.2 dev out
		$run"
else
	echo "no network namespace with a bridge here: packets are not counted" >&2
	$run
fi
