#!/bin/sh
# Lays out what deploy/Containerfile makes, starts it as its command says by bubblewrap (no
# capability, a number for a user, nothing that can be written), with and without user
# namespaces of its own, and sees it serve, refuse, stop an attack and end. Needs bwrap and
# curl, and no container runtime. Usage: image.sh WEBRUNNER
set -eu
binary=$(realpath "$1")
cd "$(dirname "$0")/.."
work=$(mktemp -d)
pid=
trap 'test -z "$pid" || kill "$pid" 2>/dev/null; rm -rf "$work"' EXIT
fail() { echo "image.sh: $*" >&2; cat "$work/errors" >&2; exit 1; }

# All that is copied into the last stage, and no more.
mkdir -p "$work/image/etc/webrunner" "$work/image/proc" "$work/image/dev" "$work/etc"
sed -n '/^FROM scratch/,$p' deploy/Containerfile | grep -qx 'COPY --from=build /src/bin/webrunner /webrunner' || fail "the image has another program"
cp "$binary" "$work/image/webrunner"
for file in $(sed -n '/^FROM scratch/,$ s,^COPY \([A-Z ]*\) /$,\1,p' deploy/Containerfile); do cp "$file" "$work/image/"; done
user=$(sed -n 's/^USER \([0-9]*\):.*/\1/p' deploy/Containerfile)
command=$(sed -n 's/^CMD \[\(.*\)\]$/\1/p' deploy/Containerfile | tr -d '",')
token=token-of-the-test-of-the-image
echo "ci $token" > "$work/etc/tokens"
chmod 755 "$work" "$work/etc"
chmod 644 "$work/etc/tokens"
port=${PORT:-38081}

for how in --unshare-user --disable-userns; do
	flags=--unshare-user
	[ "$how" = --unshare-user ] || flags="--unshare-user --disable-userns"
	# shellcheck disable=SC2086 # words of the command
	bwrap --ro-bind "$work/image" / --ro-bind "$work/etc" /etc/webrunner --proc /proc --dev /dev $flags \
		--unshare-pid --unshare-ipc --unshare-uts --uid "$user" --gid "$user" --cap-drop ALL --clearenv --die-with-parent \
		/webrunner $(echo "$command" | sed "s/:8081/:$port/;s/0\.0\.0\.0/127.0.0.1/") > "$work/said" 2> "$work/errors" &
	pid=$!
	n=0
	until [ "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port/kubelet/monitor")" = 200 ]; do
		kill -0 "$pid" 2>/dev/null || fail "it ended"
		n=$((n + 1))
		[ "$n" -lt 600 ] || fail "monitor is not 200 within 5 minutes"
		sleep 0.5
	done
	layers=$(curl -s -D - -o /dev/null "http://127.0.0.1:$port/m/monitor" | tr -d '\r' | sed -n 's/^webrunner-layers: //Ip')
	ask() { curl -s -H 'Content-Type: application/octet-stream' --data-binary "@examples/objects/$1.o" "http://127.0.0.1:$port/m/run?kernel=$2&effort=quick" -H "Authorization: Bearer $3"; }
	ask sdot sdot nobody-knows-this-token | grep -q '^error: unauthorized' || fail "a wrong token is let in"
	ask sdot sdot "$token" | grep -q '^Cycles ' || fail "a good object does not run"
	ask socket_late playground "$token" | grep -q '^error: forbidden-syscall' || fail "an attack is not stopped"
	kill -TERM "$(pgrep -P "$(pgrep -P "$pid" | head -n 1)" | head -n 1)" # of the program
	wait "$pid" || fail "it did not end well"
	pid=
	echo "$flags: serves, refuses, stops an attack, ends; $layers"
done
