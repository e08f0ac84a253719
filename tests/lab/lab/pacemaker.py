# SPDX-License-Identifier: LGPL-2.1-or-later
"""Real pacemaker in the nodes, over the corosync that runs there."""
from .wait import wait_for

START = """install -d -o hacluster -g haclient -m 750 /run/crm /var/lib/pacemaker \
	/var/lib/pacemaker/cib /var/lib/pacemaker/pengine /var/lib/pacemaker/cores /var/log/pacemaker
cp /lab/fence_clvmlab /usr/sbin/
setsid pacemakerd >>/lab/$NODE/pacemaker.log 2>&1 </dev/null &"""
ONLINE_SECONDS = 180
MOVE_SECONDS = 240  # agents fork a lot, and a fork is slow here
# A node has one slow processor: else pacemaker does one thing at a time.
ALL_AT_ONCE = {"load-threshold": "1000%"}


def start(node):
    """Start it on one node; the lab's fence agent is there for it. Does not wait."""
    node.ok(START)


def monitor(node):
    return node("crm_mon -1", timeout=120).out


def wait_for_monitor(node, text, seconds=MOVE_SECONDS):
    """Until crm_mon on @node says @text."""
    wait_for(lambda: text in monitor(node), seconds, f"pacemaker on {node.name} to say {text}",
             interval=1)


def wait_online(nodes):
    """Until pacemaker on each of @nodes sees all of them."""
    names = " ".join(node.name for node in nodes)
    for node in nodes:
        wait_for_monitor(node, f"Online: [ {names} ]", ONLINE_SECONDS)


def set_property(node, name, value):
    node.ok(f"crm_attribute -t crm_config -n {name} -v {value}", timeout=120)
