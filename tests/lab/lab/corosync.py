# SPDX-License-Identifier: LGPL-2.1-or-later
"""Real corosync in the nodes."""
import os
import re

from .wait import wait_for

CLUSTER_NAME = "westos"
FORM_SECONDS = 90
KEY = "/lab/authkey"

# An opening brace must end its line: corosync's parser knows no other form.
CONFIG = """totem {{
	version: 2
	cluster_name: {name}
	transport: knet
	crypto_cipher: {cipher}
	crypto_hash: {hash}
	token: {token}
}}
nodelist {{
{nodes}}}
quorum {{
	provider: corosync_votequorum
{quorum}}}
logging {{
	to_stderr: yes
	to_syslog: no
	timestamp: hires
}}
"""
NODE = """	node {{
		ring0_addr: {address}
		nodeid: {number}
		name: {name}
	}}
"""


def config(nodes, token, two_node, extra_quorum="", crypto=False):
    quorum = "\ttwo_node: 1\n\twait_for_all: 0\n" if two_node else ""
    return CONFIG.format(
        name=CLUSTER_NAME, token=token, quorum=quorum + extra_quorum,
        cipher="aes256" if crypto else "none", hash="sha256" if crypto else "none",
        nodes="".join(NODE.format(address=n.address, number=n.number, name=n.name)
                      for n in nodes))


def make_key(node):
    """The key that all nodes encrypt with: where start() finds it."""
    node.ok(f"corosync-keygen -l -k {KEY}")


def start(node, text):
    """Start it on one node with this configuration; does not wait for others."""
    if "crypto_cipher: none" not in text:
        node.ok(f"install -m 400 {KEY} /etc/corosync/authkey")
    node.write("/etc/corosync/corosync.conf", text)
    node.corosync_log_start = _log_size(node)
    node.ok(f"setsid corosync -f >>/lab/{node.name}/corosync.log 2>&1 </dev/null & "
            "echo $! >/run/lab-corosync.pid")


def _log_size(node):
    """Of what earlier ones of this node have written."""
    try:
        return os.stat(f"{node.folder}/corosync.log").st_size
    except FileNotFoundError:
        return 0


def stop(node, name="TERM"):
    """Ask it to end, or with "KILL" end it as a crash would."""
    node.ok(f"kill -{name} $(cat /run/lab-corosync.pid); "
            "while kill -0 $(cat /run/lab-corosync.pid) 2>/dev/null; do sleep 0.1; done")


def members(node):
    """How many members this node's corosync said it sees; 0 if it has not said yet.

    Read from its log, on the host: asking it in the node takes longer than what is waited for.
    """
    try:
        with open(f"{node.folder}/corosync.log", encoding="utf-8", errors="replace") as log:
            log.seek(node.corosync_log_start)
            said = re.findall(r"\[QUORUM\] Members\[(\d+)\]", log.read())
    except FileNotFoundError:
        return 0
    return int(said[-1]) if said else 0


def wait_formed(nodes, count=None):
    """Until each of @nodes sees @count members (default: as many as there are in the list)."""
    count = len(nodes) if count is None else count
    for node in nodes:
        wait_for(lambda node=node: members(node) == count, FORM_SECONDS,
                 f"corosync on {node.name} to see {count} members", interval=0.3)
