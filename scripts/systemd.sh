#!/bin/sh
# Install the package in a small Debian, boot that under its own systemd, and hold the units
# to what they promise: systemd.sh PACKAGE.deb FOLDER
#
# Needs root, debootstrap and systemd-nspawn (systemd-container). FOLDER keeps the small
# Debian, which is made once; what is booted is a copy of it. The mirror is the one that apt
# uses here; MIRROR names another, SUITE another Debian.
set -eu
cd "$(dirname "$0")/.."
package=${1:?usage: systemd.sh PACKAGE.deb FOLDER} folder=${2:?usage: systemd.sh PACKAGE.deb FOLDER}
suite=${SUITE:-bookworm}
mirror=${MIRROR:-$(apt-get indextargets --format '$(SITE) $(LABEL)' | sed -n 's/ Debian$//p' | head -n 1)}
mkdir -p "$folder"
base=$folder/$suite
if ! [ -e "$base/complete" ]; then
	rm -rf "$base"
	debootstrap --variant=minbase --include=systemd,systemd-sysv,curl,dbus,procps "$suite" "$base" "$mirror"
	: > "$base/complete"
fi
root=$(mktemp -d "$folder/boot-XXXXXX")
trap 'rm -rf "$root"' EXIT
cp -a "$base/." "$root"
cp "$package" "$root/root/webrunner.deb"
cp examples/objects/playground.o examples/objects/socket_late.o "$root/root/"
cp scripts/systemd-inside.sh "$root/root/inside.sh"
# A watchdog that need not be waited for so long.
mkdir -p "$root/etc/systemd/system/webrunner.service.d"
printf '[Service]\nWatchdogSec=20s\nRestartSec=1\n' > "$root/etc/systemd/system/webrunner.service.d/soon.conf"
cat > "$root/etc/systemd/system/inside.service" <<'UNIT'
[Unit]
After=basic.target dbus.socket
[Service]
Type=oneshot
ExecStart=/bin/sh /root/inside.sh
StandardOutput=append:/root/report
StandardError=append:/root/report
ExecStopPost=/bin/systemctl --no-block poweroff
[Install]
WantedBy=multi-user.target
UNIT
ln -s ../inside.service "$root/etc/systemd/system/multi-user.target.wants/inside.service"
# Without a filter of nspawn's own, which has no landlock_*(2): the units have theirs.
export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 SYSTEMD_SECCOMP=0
timeout "${LIMIT:-900}" systemd-nspawn --quiet --register=no --keep-unit --private-network --console=passive \
	--directory="$root" --boot systemd.show_status=no </dev/null >"$folder/console" 2>&1 || true
if [ -e "$root/root/report" ]; then cat "$root/root/report"; else tail -n 40 "$folder/console"; fi
grep -q '^all is as promised$' "$root/root/report" || { echo "systemd.sh: the units do not do what they promise" >&2; exit 1; }
