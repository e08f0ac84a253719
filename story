#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Build, and walk through the whole story on three virtual machines: iSCSI, corosync, pacemaker with
# fencing, a web server on a clustered volume that fails over, growth under load, GFS2.
#
#     ./story            all of it, a quarter of an hour
#     ./story --short    without what takes long, about five minutes
#
# As root on Debian 12. Prints every command, where it ran and what it said, and a table at the end.
# What it does is docs/ha-howto.md. Nothing is left running, also when interrupted.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")"

case ${1-} in
'' | --short) ;;
*) sed -n '3,12s/^# \{0,1\}//p' "$0"; [[ $1 == -h || $1 == --help ]]; exit ;;
esac
. scripts/build-for-show story
exec /usr/bin/python3 -B tests/lab/story.py "$@"
