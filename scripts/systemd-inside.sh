# What scripts/systemd.sh runs inside of the machine that it boots, as root.
failed=
url=http://127.0.0.1:8081

# check WHAT COMMAND...: say whether the command succeeds
check() {
	what=$1
	shift
	if "$@" >/tmp/out 2>&1; then echo "ok      $what"; else echo "FAILED  $what: $(tail -n 5 /tmp/out)"; failed=1; fi
}
is() { [ "$1" = "$2" ] || { echo "$1, not $2"; return 1; }; }
property() { systemctl show -P "$1" "${2:-webrunner.service}"; }

# eventually COMMAND...: wait until it succeeds, three minutes at most
eventually() {
	n=0
	until "$@"; do n=$((n + 1)); [ $n -lt 180 ] || return 1; sleep 1; done
}
fit() { curl -sf -o /dev/null --max-time 60 $url/m/monitor; }
answer() { curl -s --max-time 120 -H 'Content-Type: application/octet-stream' --data-binary "@/root/$1" "$url/m/run?kernel=playground&effort=quick"; }
runs() { answer playground.o | tee /tmp/answer | grep -q '^Cycles'; }
stops() { answer socket_late.o | tee /tmp/answer | grep -q 'forbidden-syscall'; }
restarted() { [ "$(property NRestarts)" -gt "$1" ]; }

echo "$(systemctl --version | head -n 1), Linux $(uname -r)"
check "the package installs" dpkg -i /root/webrunner.deb
check "the socket is enabled" systemctl is-enabled webrunner.socket
check "the socket listens" systemctl is-active webrunner.socket
check "the service waits for a client" is "$(property ActiveState)" inactive
check "the first client starts it" eventually fit
check "it has told systemd that it is ready" is "$(property ActiveState)/$(property SubState)" active/running
check "it was given the socket" sh -c 'journalctl -u webrunner -o cat | grep -q "passed the socket"'
pid=$(property MainPID)
check "it is not root's" sh -c "[ \$(stat -c %u /proc/$pid) != 0 ]"
check "it has no capability" grep -q '^CapEff:.0000000000000000$' /proc/$pid/status
limit=$(sed -n 's/^Max nice priority *\([0-9]*\).*/\1/p' "/proc/$pid/limits")
if [ "$limit" -ge 30 ] && [ "$(nproc)" -gt 1 ]; then
	check "it goes before its children" is "$(ps -o ni= -p "$pid" | tr -d ' ')" -10
else
	echo "skipped: it goes before its children, which takes two CPUs and a limit of priority of 30; here are $(nproc) and $limit"
fi
check "it has a network of its own" sh -c "[ \$(readlink /proc/$pid/ns/net) != \$(readlink /proc/1/ns/net) ]"
check "it runs an object" eventually runs
check "it stops an attack" eventually stops
layers=$(curl -s -o /dev/null -D - $url/m/monitor | tr -d '\r' | sed -n 's/^webrunner-layers: //Ip')
echo "layers  $layers"
for layer in capabilities rlimits no_new_privs landlock seccomp namespaces; do
	check "the layer $layer is in force" sh -c 'case "$1" in *"$2=enforced"*) ;; *) exit 1 ;; esac' - "$layers" "$layer"
done
systemd-analyze security --no-pager webrunner.service | tail -n 1
check "systemd's exposure is 1.5 at most" systemd-analyze security --threshold=15 --no-pager webrunner.service
check "reload does not restart it" systemctl reload webrunner.service
check "it is the same process" is "$(property MainPID)" "$pid"
check "it feeds the watchdog" sh -c "sleep 45; [ \$(systemctl show -P NRestarts webrunner.service) = 0 ]"
before=$(property NRestarts)
kill -STOP "$pid"
check "a server that hangs is started anew by the watchdog" eventually restarted "$before"
check "and serves" eventually fit
pid=$(property MainPID)
before=$(property NRestarts)
kill -KILL "$pid"
check "so is one that is killed" eventually restarted "$before"
check "and serves again" eventually fit
check "it stops well" systemctl stop webrunner.service
check "with exit code 0" is "$(property ExecMainStatus)" 0
check "the next client starts it again" eventually fit
check "the package can be removed" dpkg --purge webrunner
check "and nothing listens" sh -c "! curl -s --max-time 5 -o /dev/null $url/m/monitor"
check "nor is a file left" sh -c '! ls -d /usr/bin/webrunner /lib/systemd/system/webrunner* /etc/systemd/system/*/webrunner* 2>/dev/null | grep -v service.d'
[ -n "$failed" ] && journalctl -u webrunner -o cat --no-pager | tail -n 40
[ -z "$failed" ] && echo "all is as promised"
exit 0
