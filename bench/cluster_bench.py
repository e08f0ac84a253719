#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""How fast is the cluster: locks against corosync's own messages, commands against stock LVM2's local
ones, and how long nothing is granted when a node leaves, dies or joins. In the lab, as root.

    bench/cluster_bench.py [--build DIR] [--part locks|commands|recovery] [--repeat N]

The product must be installed (CLVM_PREFIX, see tests/lab/README.md) and the target cluster_bench
built in DIR (build/dev). Figures of virtual machines: only the ratios mean something, and each is
of one run on one node.
"""
import argparse
import os
import statistics
import sys
import time
import traceback

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
sys.path.insert(0, os.path.join(ROOT, "tests", "lab"))
import lab  # pylint: disable=wrong-import-position
from lab.node import STOCK_CONFIG  # pylint: disable=wrong-import-position

CLIENTS = (1, 4, 16)
TOKEN = 1000           # ms
EXEC = 'clvmd { fence = "exec" fence_program = "/lab/fence-lab" }\n'
LOCK_TARGET = 2.6      # ordered round trips of one lock, nobody else there
COMMAND_TARGET = 0.5   # of stock's local command, without both programs' --version
LOCAL = "/dev/ubdb"    # a disk of n1 alone, for stock


class Bench:
    def __init__(self, options):
        self.options = options
        self.programs = os.path.realpath(os.path.join(options.build, "bench"))
        self.speed = f"{self.programs}/cluster_speed"
        self.missed = []

    def row(self, what, value, target=None):
        verdict = "" if target is None else f"  (goal {target[1]} {target[0]:g})"
        if target and not (value <= target[0] if target[1] == "<=" else value >= target[0]):
            verdict += " MISSED"
            self.missed.append(what)
        print(f"  {what:58} {value:10.2f}{verdict}", flush=True)

    # ---- (a) ----

    def figures(self, node, words):
        one, each = node.ok(f"{self.speed} {words}", timeout=300).split()
        return int(one) / 1000, float(each) / 1000  # ms

    def locks(self, cluster):
        n1, n2 = cluster.nodes[:2]
        echo = n2.spawn(f"{self.speed} echo", timeout=600)
        trips, one_lock = [], []
        for _ in range(self.options.repeat):  # in turn: both see the same machine
            trips.append(self.figures(n1, "ring 300 1")[0])
            one_lock.append(self.figures(n1, "lock 200 1"))
        trip = statistics.median(trips)
        alone = statistics.median(lock[0] for lock in one_lock)
        print(f"\nLocks on {len(cluster.nodes)} nodes")
        self.row("ordered message, round trip (ms)", trip)
        self.row("lock + unlock, one client (ms)", alone)
        self.row("lock + unlock / round trip", alone / trip, (LOCK_TARGET, "<="))
        rates = {1: 1000 / statistics.median(lock[1] for lock in one_lock)}
        for clients in CLIENTS[1:]:
            rates[clients] = 1000 / self.figures(n1, f"lock {400 // clients} {clients}")[1]
        for clients, rate in rates.items():
            self.row(f"locks a second, {clients} clients", rate)
        self.row("throughput of 16 clients / of one", rates[16] / rates[1], (2, ">="))
        echo.signal("TERM")

    # ---- (b) ----

    def timed(self, node, words):
        code, wall, *_ = node.ok(f"{self.programs}/run_once {words}", timeout=120).split()
        if code != "0":
            raise RuntimeError(f"{words}: exit code {code}; again it says: {node(words).text}")
        return int(wall) / 1e6

    def suite(self, node, run, name):
        """Median times (ms) of lvcreate and lvextend of an active LV, without --version's."""
        times = {"version": [], "lvcreate": [], "lvextend": []}
        for _ in range(self.options.repeat):
            times["version"].append(self.timed(node, run("lvcreate", "--version")))
            times["lvcreate"].append(self.timed(node, run("lvcreate", f"-y -L 16M -n new {name}")))
            times["lvextend"].append(self.timed(node, run("lvextend", f"-L +16M {name}/new")))
            node.ok(run("lvremove", f"-y {name}/new"))
        median = {what: statistics.median(values) for what, values in times.items()}
        return {what: median[what] - median["version"] for what in ("lvcreate", "lvextend")}

    def commands(self, cluster):
        n1 = cluster.nodes[0]
        sbin = f"{cluster.prefix}/sbin"

        def ours(command, words):
            return f"{sbin}/{command} {words}"

        def stock(command, words):
            config = "" if words == "--version" else f" --config '{STOCK_CONFIG}'"
            return f"/usr/sbin/lvm {command} {words}{config}"

        n1.ok(stock("vgcreate", f"local {LOCAL}"))
        n1.ok(ours("vgcreate", "vg /dev/ubda"))
        theirs = self.suite(n1, stock, "local")
        mine = self.suite(n1, ours, "vg")
        print(f"\nCommands, the LV active on {len(cluster.nodes)} nodes")
        for what in ("lvcreate", "lvextend"):
            self.row(f"{what}, stock, local (ms)", theirs[what])
            self.row(f"{what}, clustered (ms)", mine[what])
            self.row(f"{what}, clustered / stock local", mine[what] / theirs[what],
                     (COMMAND_TARGET, "<=") if len(cluster.nodes) == 2 else None)
        n1.ok(f"{ours('vgremove', '-ff -y vg')}; {stock('vgremove', '-ff -y local')}")

    # ---- (c) ----

    def gap_while(self, node, action):
        """The longest wait for a lock (ms) on @node while @action() runs and until it runs again."""
        job = node.spawn(f"echo $$ >/run/gap; exec {self.speed} gap", timeout=600)
        lab.wait_for(lambda: node("test -s /run/gap && clvmd locks | grep -q V_bench_gap"), 60,
                     "the client to lock")
        action()
        node.ok(f"{self.speed} lock 1 1", timeout=120)
        node.ok("kill -TERM $(cat /run/gap)")
        return int(job.result().out) / 1000

    def started(self, cluster, node):
        begin = time.monotonic()
        cluster.start_clvmd([node], config=None)
        return (time.monotonic() - begin) * 1000

    def recovery(self, cluster):
        n1, n3 = cluster.nodes[0], cluster.nodes[-1]
        print(f"\nRecovery, {len(cluster.nodes)} nodes, token {TOKEN} ms")
        self.row("clean leave: longest wait for a lock elsewhere (ms)",
                 self.gap_while(n1, lambda: cluster.stop_clvmd(n3)))
        self.row("start with an empty table (ms)", self.started(cluster, n3))
        cluster.stop_clvmd(n3)
        many = self.options.transfer
        holder = n1.spawn(f"echo $$ >/run/hold; exec {self.speed} hold {many}",
                          timeout=900)
        begin = time.monotonic()
        lab.wait_for(lambda: int(n1.ok("clvmd locks | grep -c V_bench || true")) >= many,
                     600, f"{many} locks")
        print(f"  # {many} locks after {time.monotonic() - begin:.0f} s", flush=True)
        starts = []
        gap = self.gap_while(n1, lambda: starts.append(self.started(cluster, n3)))
        self.row(f"start with {many} locks in the table (ms)", starts[0])
        self.row("longest wait for a lock elsewhere meanwhile (ms)", gap)
        n1.ok("kill -TERM $(cat /run/hold)")
        holder.result()
        switch = lab.PowerSwitch(cluster)
        self.row("fenced crash: longest wait for a lock (ms)",
                 self.gap_while(n1, lambda: self.crash(n1, n3)))
        switch.close()

    @staticmethod
    def crash(witness, node):
        node.power_cut()
        lab.wait_for(lambda: "fenced" in witness.ok("clvmd status"), 120, f"{node.name} to be fenced")


def with_cluster(nodes, work):
    cluster = lab.Cluster(nodes, ("256M",), private_disks={"n1": ("256M",)})
    try:
        cluster.corosync(TOKEN)
        cluster.start_clvmd(config=EXEC)
        work(cluster)
    finally:
        cluster.close()


def run(options):
    bench = Bench(options)
    parts = [options.part] if options.part else ["locks", "commands", "recovery"]
    for nodes in (options.nodes,) if options.nodes else (2, 3):
        def work(cluster):
            if "locks" in parts:
                bench.locks(cluster)
            if "commands" in parts:
                bench.commands(cluster)
            if "recovery" in parts and nodes == 3:  # pylint: disable=cell-var-from-loop
                bench.recovery(cluster)
        if nodes == 3 or parts != ["recovery"]:
            with_cluster(nodes, work)
    if bench.missed:
        print(f"\nmissed: {'; '.join(bench.missed)}")
    return 1 if bench.missed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--build", default=os.path.join(ROOT, "build", "dev"))
    parser.add_argument("--part", choices=("locks", "commands", "recovery"))
    parser.add_argument("--nodes", type=int, choices=(2, 3), help="only this many")
    parser.add_argument("--transfer", type=int, default=10000, help="locks in the table")
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    lock = lab.isolate.enter()  # held until we end
    code = 1
    try:
        code = run(options)
    except Exception:  # pylint: disable=broad-exception-caught
        traceback.print_exc()
    finally:
        lock.close()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)  # pid 1 of the namespace: the kernel ends whatever is left


if __name__ == "__main__":
    main()
