# SPDX-License-Identifier: LGPL-2.1-or-later
"""Real iSCSI between nodes: tgt's daemon on one, open-iscsi's on others. (No systemd starts them.)"""
from .wait import wait_for

TARGET = """mkdir -p /run/tgtd
setsid tgtd -f >>/lab/$NODE/tgtd.log 2>&1 </dev/null &
while ! tgtadm --lld iscsi --op show --mode target >/dev/null 2>&1; do sleep 0.1; done"""
INITIATOR = """modprobe -a iscsi_tcp sd_mod
echo InitiatorName=iqn.2026-11.org.example:$NODE >/etc/iscsi/initiatorname.iscsi
setsid iscsid -f >>/lab/$NODE/iscsid.log 2>&1 </dev/null &"""


def start_target(node):
    """tgtd; targets are what /etc/tgt/conf.d and `tgt-admin -e` make."""
    node.ok(TARGET)


def start_initiator(node):
    """iscsid, with a name of the node's own."""
    node.ok(INITIATOR)


def wait_for_disk(node, device):
    """A login is done before the disks behind it are there."""
    wait_for(lambda: node(f"test -b {device}"), 30, f"{device} on {node.name}", interval=0.2)
