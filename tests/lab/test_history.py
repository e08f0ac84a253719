#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Locks under faults: clients on three nodes count under them, and what they logged is checked.

On every node clients take and release locks around a read-modify-write of counters on the shared
disk (programs/count_client.c), while nodes, daemons, links and clients fail. After each fault
clients on all nodes must get on; at the end lab/history.py goes through all events: no two
holders, no lost update. The order of faults is by a seed that is printed: CLVM_LAB_SEED repeats
it. CLVM_LAB_HISTORY_ROUNDS is how often each fault comes, CLVM_LAB_FAULTS which of them (names of
methods here; all).
"""
import json
import os
import random
import time

import lab
from lab import history

PROGRAM = os.environ["CLVM_LAB_PROGRAMS"] + "/count_client"
ROUNDS = int(os.environ.get("CLVM_LAB_HISTORY_ROUNDS", "1"))
SEED = int(os.environ.get("CLVM_LAB_SEED", str(time.time_ns() % 1000000)))
FAULTS = os.environ.get("CLVM_LAB_FAULTS", "").split()
CLIENTS = 2     # per node
COUNTERS = 2    # as in count_client.c
BLOCK = 4096
PROGRESS = 60   # seconds until all nodes get locks again
FROZEN = 30     # seconds that a node is frozen

# Runs clients one after the other in a region of the log; ends when it may not go on.
KEEP_RUNNING = """
while :; do
	{program} /dev/ubda /dev/ubdb {region} {regions} 2>>/run/count.err
	echo $? >>/run/count.codes
	[ -e /run/count.stop ] && exit
done
"""


class History(lab.TestCase):
    node_count = 3
    disks = ("1M", f"{64 * (1 + ROUNDS)}M")

    # ---- clients ----

    def start_clients(self, node):
        for i in range(CLIENTS):
            region = (node.number - 1) * CLIENTS + i
            script = KEEP_RUNNING.format(program=PROGRAM, region=region,
                                         regions=len(self.nodes) * CLIENTS)
            node.spawn(script, timeout=36000)

    def stop_clients(self):
        for node in self.nodes:
            node.ok("touch /run/count.stop")
            lab.wait_for(lambda node=node: node("pkill -KILL -x count_client").rc == 1, 20,
                         f"{node.name}'s clients to end")
            self.assertEqual(node("cat /run/count.err").out, "")
            codes = set(node.ok("cat /run/count.codes").split())
            self.assertLessEqual(codes, {"2", "137"}, f"{node.name}'s clients ended with {codes}")

    def region(self, number):
        size = self.cluster.disks[1].bytes // (len(self.nodes) * CLIENTS)
        size -= size % history.EVENT
        return history.parse_region(self.cluster.disks[1].read(number * size, size))

    def counts(self):
        """How many increments each node's clients know to be done."""
        return [sum(history.acknowledged(self.region(n * CLIENTS + i)) for i in range(CLIENTS))
                for n in range(len(self.nodes))]

    def wait_for_progress(self, what):
        before, began = self.counts(), time.monotonic()
        lab.wait_for(lambda: all(now > old + 1 for now, old in zip(self.counts(), before)),
                     PROGRESS, f"all nodes to get locks after {what}", interval=1)
        print(f"# {what}: all nodes get locks again after {time.monotonic() - began:.1f} s",
              flush=True)

    # ---- faults ----

    def state_of(self, seen_by, node):
        members = json.loads(seen_by.ok("clvmd status --json"))["members"]
        return {member["name"]: member["state"] for member in members}[node.name]

    def wait_unclean(self, seen_by, *nodes):
        for node in nodes:
            lab.wait_for(lambda node=node: self.state_of(seen_by, node) == "unclean", 60,
                         f"{seen_by.name} to see {node.name} as unclean")

    def others(self, node):
        return [other for other in self.nodes if other is not node]

    def clients_killed(self, node):
        for _ in range(5):
            self.choose.choice(self.nodes)("pkill -KILL -o -x count_client")

    def stop_with_a_lock(self, node):
        """Its clients stand still, and one of them has a lock."""
        def has_one():
            node("pkill -CONT -x count_client; sleep 0.05; pkill -STOP -x count_client")
            locks = json.loads(self.others(node)[0].ok("clvmd locks --json"))
            return [lock for lock in locks if lock["node"] == node.name
                    and lock["state"] == "granted" and lock["resource"].startswith("V_count")]
        lab.wait_for(has_one, 60, f"a client on {node.name} to have a lock")

    def client_stopped(self, node):
        """Whoever stands still with a lock keeps it."""
        self.stop_with_a_lock(node)
        node("sleep 2; pkill -CONT -x count_client")

    def daemon_killed(self, node):
        self.cluster.kill_clvmd(node)
        self.cluster.start_clvmd([node], config=None, wait=90)

    def daemon_killed_under_clients(self, node):
        """They stand still, one with a lock, which a new daemon has to know of."""
        self.stop_with_a_lock(node)
        self.daemon_killed(node)
        node("sleep 2; pkill -CONT -x count_client")

    def daemon_stopped(self, node):
        pid = node.ok("cat /run/clvm/clvmd.pid").strip()
        node.ok(f"kill -STOP {pid}; sleep 3; kill -CONT {pid}")

    def short_cut(self, node):
        """Shorter than the token timeout: nobody leaves."""
        node.link_down()
        time.sleep(1)
        node.link_up()

    def cut_and_healed(self, node):
        node.link_down()
        self.wait_unclean(self.others(node)[0], node)
        node.link_up()

    def all_alone(self, node):
        self.cluster.partition(*[[one] for one in self.nodes])
        self.wait_unclean(node, *self.others(node))
        self.cluster.heal()

    def frozen(self, node):
        node.freeze()
        began = time.monotonic()
        self.wait_unclean(self.others(node)[0], node)
        lab.wait_for(lambda: time.monotonic() - began > FROZEN, FROZEN + 5, "it to be long")
        node.thaw()

    def power_cut(self, node):
        node.power_cut()
        other = self.others(node)[0]
        self.wait_unclean(other, node)
        other.ok(f"clvmd fence-ack {node.name}")
        node.start()
        node.wait_until_up()
        lab.corosync.start(node, self.cluster.corosync_text)
        self.cluster.start_clvmd([node], wait=90)
        self.start_clients(node)

    def test_no_two_holders_and_no_lost_update(self):
        print(f"# CLVM_LAB_SEED={SEED}", flush=True)
        self.choose = random.Random(SEED)
        faults = [self.clients_killed, self.client_stopped, self.daemon_killed,
                  self.daemon_killed_under_clients, self.daemon_stopped, self.short_cut,
                  self.cut_and_healed, self.all_alone, self.frozen, self.power_cut]
        faults = [fault for fault in faults if not FAULTS or fault.__name__ in FAULTS] * ROUNDS
        self.choose.shuffle(faults)
        for node in self.nodes:
            self.start_clients(node)
        self.wait_for_progress("the start")
        for fault in faults:
            node = self.choose.choice(self.nodes)
            fault(node)
            self.wait_for_progress(f"{fault.__name__} on {node.name}")
        self.stop_clients()
        lab.assert_sound(self.nodes)
        self.check()

    def check(self):
        regions = {f"n{number // CLIENTS + 1}.{number % CLIENTS}": self.region(number)
                   for number in range(len(self.nodes) * CLIENTS)}
        finals = [int(self.disk.read(i * BLOCK, 20).strip(b"\0") or 0) for i in range(COUNTERS)]
        print(f"# {sum(map(len, regions.values()))} events, counters at {finals}", flush=True)
        self.assertEqual(history.violations(regions, finals), [])
        done = sum(map(history.acknowledged, regions.values()))
        self.assertGreaterEqual(sum(finals), done)
        self.assertGreater(done, 100)


if __name__ == "__main__":
    lab.run_tests()
