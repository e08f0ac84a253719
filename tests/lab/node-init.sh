#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# First program of a lab node. Its root is the host's, read-only: this lays an overlay in memory
# over it, so that each node has its own writable /etc, /var, /run and /tmp, and becomes the agent.
# What the driver wants to say comes as KEY=VALUE on the kernel command line. Every fork costs
# about 30 ms here, hence the few and the built-in words.
export PATH=/usr/sbin:/sbin:/usr/bin:/bin HOME=/root LC_ALL=C
mount -t proc proc /proc
node= nodeip= labdir= prefix= lower=/
for word in $(cat /proc/cmdline); do
	case $word in
	node=* | nodeip=* | labdir=* | prefix=* | lower=*) eval "${word%%=*}=\${word#*=}" ;;
	esac
done
release=$(uname -r)
modules=/usr/lib/uml/modules/$release

insmod "$modules/kernel/fs/overlayfs/overlay.ko"
mount -t tmpfs -o size=75% tmpfs /tmp
mkdir /tmp/upper /tmp/work /tmp/root
mount -t overlay -o lowerdir=$lower,upperdir=/tmp/upper,workdir=/tmp/work overlay /tmp/root
cd /tmp/root || exit 1
mkdir -p lib/modules lab
if [ "$lower" != / ]; then
	mkdir -p usr/lib/uml
	mount --bind /usr/lib/uml usr/lib/uml
fi
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t devtmpfs devtmpfs dev
mkdir -p dev/pts dev/shm
mount -t devpts devpts dev/pts
mount -t tmpfs tmpfs dev/shm
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs tmp
mkdir -p -m 755 run/lock/lvm run/lock/iscsi run/lvm etc/clvm etc/corosync var/lib/corosync \
	var/log/corosync mnt
ln -sfn "$modules" "lib/modules/$release"
mount -t hostfs -o "$labdir" none lab

# Nothing of the host's own LVM life: its archives, device lists and hints are not this node's.
rm -rf etc/lvm/backup etc/lvm/archive etc/lvm/devices
cat lab/hosts >etc/hosts
echo "$node" >etc/hostname
echo "$node" >/proc/sys/kernel/hostname
echo 1 >/proc/sys/kernel/sysrq
ip link set lo up
ip addr add "$nodeip/24" dev vec0
ip link set vec0 up
[ -e "$modules/modules.dep.bin" ] || chroot . depmod -a
chroot . modprobe dm-mod

path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
[ -z "$prefix" ] || path=$prefix/sbin:$prefix/bin:$path
exec chroot . /usr/bin/env -i PATH="$path" HOME=/root LC_ALL=C TERM=dumb NODE="$node" \
	/usr/bin/python3 -I -S /lab/agent.py
