# SPDX-License-Identifier: LGPL-2.1-or-later
"""The lab's network, inside the run's own network namespace: one tap per node on bridges.

Node N is 10.99.0.N; the driver is 10.99.0.254 on every bridge, with one and the same MAC address.
Bridge 0 connects all nodes; a cut moves taps to other bridges. So nodes that are cut off from
each other still answer the driver, which does not forward between bridges. A tap is never taken
down: UML's network driver does not recover from the write errors that causes.
"""
import subprocess

HOST_ADDRESS = "10.99.0.254"
HOST_MAC = "02:00:00:00:00:fe"


def address(number):
    return f"10.99.0.{number}"


def mac(number):
    return f"02:00:00:00:00:{number:02x}"


def tap(number):
    return f"tap{number}"


def ip(*commands):
    """Run ip commands, all in one process."""
    subprocess.run(["ip", "-batch", "-"], input="\n".join(commands) + "\n", text=True, check=True,
                   stdout=subprocess.DEVNULL)


class Network:
    def __init__(self, numbers):
        """Taps for nodes of these numbers, all on bridge 0; bridge N is for N when cut off."""
        self.numbers = list(numbers)
        with open("/proc/sys/net/ipv4/ip_forward", "w", encoding="ascii") as forward:
            forward.write("0")
        commands = ["link set lo up"]
        for bridge in [0, *self.numbers]:
            commands += [f"link add br{bridge} address {HOST_MAC} type bridge mcast_snooping 0",
                         f"addr add {HOST_ADDRESS}/32 dev br{bridge}",
                         f"link set br{bridge} up"]
        for number in self.numbers:
            commands += [f"tuntap add dev {tap(number)} mode tap",
                         f"link set dev {tap(number)} up"]
        ip(*commands)
        self.heal()

    def move(self, number, bridge):
        """Put a node's cable into another bridge."""
        ip(f"link set dev {tap(number)} master br{bridge}",
           f"route replace {address(number)}/32 dev br{bridge} src {HOST_ADDRESS}",
           # The neighbour may be known on that bridge from before: it answers there again.
           f"neigh flush dev br{bridge}")

    def partition(self, *groups):
        """Only nodes in the same group of numbers reach each other; the rest is one more group."""
        grouped = {number for group in groups for number in group}
        for number in self.numbers:
            if number not in grouped:
                self.move(number, 0)
        for group in groups:
            for number in group:
                self.move(number, min(group))

    def heal(self):
        for number in self.numbers:
            self.move(number, 0)

    def close(self):
        ip(*[f"link del dev {tap(number)}" for number in self.numbers],
           *[f"link del dev br{bridge}" for bridge in [0, *self.numbers]])
