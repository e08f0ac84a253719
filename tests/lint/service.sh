#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# systemd's own opinion of our units: what it cannot read, and how exposed the daemon is. The init
# script has a test in the lab; here it must only be a script.
# Usage: service.sh BUILD_DIR
set -eu

EXPOSURE_MAX=55 # of 100 (systemd's "5.5 MEDIUM"): it must reach devices, mounts and the network

if ! command -v systemd-analyze >/dev/null; then
	echo "systemd-analyze is not installed (scripts/install-packages)" >&2
	exit 1
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# Where it will be installed it may not be yet.
sed "s|=\(-\{0,1\}\)/[^ ]*/sbin/clvmd|=\1$1/clvmd/clvmd|" "$1/clvmd/clvmd.service" \
	>"$folder/clvmd.service"
for unit in activation availability; do
	sed "s|=\(-\{0,1\}\)/[^ ]*/sbin/[a-z-]*|=\1/bin/true|" "$1/services/clvm-$unit.service" \
		>"$folder/clvm-$unit.service"
done
for script in clvmd.init clvm-activate; do
	sh -n "$1/services/$script"
done
cd "$folder"
said=$(systemd-analyze verify --man=no ./*.service 2>&1 | grep clvm || true)
if [ -n "$said" ]; then
	echo "$said" >&2
	exit 1
fi
systemd-analyze security --no-pager --offline=true --threshold=$EXPOSURE_MAX ./clvmd.service \
	>"$folder/security" || {
	cat "$folder/security" >&2
	exit 1
}
tail -1 "$folder/security"
