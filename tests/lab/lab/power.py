# SPDX-License-Identifier: LGPL-2.1-or-later
"""A power switch for the lab's nodes, at the driver's address: what fencing programs talk to.

A line "off n2" comes in (also "on", "reboot", "status"), a line comes back: "ok", "on", "off" or
"error: ...". Nodes reach it whatever cables are cut: the driver is on every bridge.
"""
import socket
import threading
import time

from .network import HOST_ADDRESS
from .wait import wait_for

PORT = 7010
# Of clvmd.conf: fencing by a program that asks this switch.
EXEC = 'clvmd { fence = "exec" fence_program = "/lab/fence-lab" }\n'


class PowerSwitch:
    """Serves until close(). `log` has (seconds, who asked, action, node) in order.

    `broken`: names of nodes whose requests are answered with an error (the asker's switch is
    broken); `hanging`: that get no answer at all.
    """

    def __init__(self, cluster):
        self.cluster = cluster
        self.reset()
        self.lock = threading.Lock()  # one action at a time, as a real switch
        self.listener = socket.create_server((HOST_ADDRESS, PORT))
        threading.Thread(target=self._accept, daemon=True).start()

    def reset(self):
        self.log, self.broken, self.hanging = [], set(), set()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)  # wakes who waits in accept()
        self.listener.close()

    def node(self, name):
        return {node.name: node for node in self.cluster.nodes}.get(name)

    def actions(self, *wanted):
        """What was asked of it: (who, action, node)."""
        return [entry[1:] for entry in self.log if entry[2] in (wanted or entry[2])]

    def cut_until_fenced(self, node):
        """Pull a node's network cable; this switch does not hear it either. It is in again when the
        node was switched off by another one: for the next boot."""
        self.broken.add(node.name)
        seen = len(self.log)
        node.link_down()
        wait_for(lambda: any(name == node.name and action in ("off", "reboot")
                             for _, _, action, name in self.log[seen:]), 120,
                 f"{node.name} to be fenced")
        node.link_up()
        self.broken.discard(node.name)

    def _accept(self):
        while True:
            try:
                connection, (address, _) = self.listener.accept()
            except OSError:  # closed
                return
            threading.Thread(target=self._serve, args=(connection, address), daemon=True).start()

    def _serve(self, connection, address):
        who = next((n.name for n in self.cluster.nodes if n.address == address), address)
        with connection, connection.makefile("rw") as stream:
            action, _, name = stream.readline().strip().partition(" ")
            with self.lock:
                self.log.append((round(time.monotonic() - self.cluster.started, 1), who, action,
                                 name))
            if who in self.hanging:
                stream.read()  # until it gives up
                return
            stream.write((self._act(who, action, name)) + "\n")

    def _act(self, who, action, name):
        node, asker = self.node(name), self.node(who)
        if who in self.broken:
            return "error: the switch does not answer"
        if node is None:
            return f"error: no node {name}"
        with self.lock:
            if asker and not asker.alive():
                return "error: whoever asked is off by now"  # two that shoot at each other
            if action == "status":
                return "on" if node.alive() else "off"
            if action in ("off", "reboot"):
                node.power_cut()
            if action in ("on", "reboot") and not node.alive():
                node.start()
            return "ok" if action in ("on", "off", "reboot") else f"error: what is {action}?"
