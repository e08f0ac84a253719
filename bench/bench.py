#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whole commands, ours and stock LVM2's in turn, on the same devices and VG: how long and how much
memory. As root.

    bench/bench.py [--sbin DIR] [--out DIR] [--repeat N] [--lvs N,N...] [--pvs N,N...] [--quick]

Prints tables and writes results.json and a plot for each command (SVG) to the output directory
(build/bench). --quick: small sizes, few repetitions. Fails when a target of README.md is missed.
"""
import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import disks  # pylint: disable=wrong-import-position
import plot   # pylint: disable=wrong-import-position

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
LV_SWEEP_PVS = 2     # PVs of the VG whose LVs grow in number
PV_SWEEP_LVS = 100   # LVs of the VG whose PVs do

# Each leaves the VG as it was, but for lvextend.
COMMANDS = {
    "lvs": ["lvs", disks.VG],
    "vgs": ["vgs", disks.VG],
    "pvs": ["pvs"],
    "lvcreate": ["lvcreate", "-qq", "-an", "-Zn", "-l1", "-n", "new", disks.VG],
    "lvextend": ["lvextend", "-qq", "-l+1", f"{disks.VG}/new"],
    "lvremove": ["lvremove", "-qq", "-y", f"{disks.VG}/new"],
    "vgcfgbackup": ["vgcfgbackup", "-qq", "-f", "{directory}/backup.vg", disks.VG],
}

CHANGES = ["lvcreate", "lvextend", "lvremove"]  # together: what one makes the next one needs

# At 10,000 LVs: at most this part of LVM2's wall time.
TARGETS = {"lvcreate": 6, "lvremove": 6, "vgs": 5, "lvs": 4}
NET_LVS_TARGET = 10   # without the time of dm_report itself
MEMORY_TARGET = 2
GROWTH_TARGET = 12    # from 1,000 to 10,000 LVs
SUITES = ("stock", "ours")


class Bench:
    def __init__(self, options):
        self.options = options
        self.programs = os.path.join(options.out, "programs")
        os.makedirs(self.programs, exist_ok=True)
        source = os.path.join(ROOT, "bench")
        for name, libraries in (("run_once", []), ("report_floor", ["-ldevmapper"])):
            subprocess.run(["cc", "-O2", "-D_GNU_SOURCE", "-o", f"{self.programs}/{name}",
                            f"{source}/{name}.c", *libraries], check=True)

    def run_once(self, words, environment):
        done = subprocess.run([f"{self.programs}/run_once", *words], env=environment, check=True,
                              capture_output=True, text=True)
        code, wall, cpu, memory = map(int, done.stdout.split())
        if code:
            raise RuntimeError(f"{' '.join(words)} failed with {code}")
        return {"wall": wall / 1e6, "cpu": cpu / 1e6, "memory": memory}

    def words_of(self, suite, name, directory):
        command, *rest = (word.format(directory=directory) for word in COMMANDS[name])
        if suite == "stock":
            return [disks.STOCK, command, "--driverloaded", "n", *rest]
        return [f"{self.options.sbin}/lvm", command, *rest]

    def measure(self, lv_count, pv_count):
        """{command: {suite: {what: median}}}; lvcreate, lvextend and lvremove follow each other, all
        else is done by both in turn. With them what libdevmapper itself takes to lay out so many rows
        of lvs, as suite dm_report of that."""
        samples = {}
        floor = [f"{self.programs}/report_floor", str(lv_count)]
        rounds = [[name] for name in COMMANDS if name not in CHANGES] + [CHANGES]
        with disks.Disks(lv_count, pv_count) as vg:
            for names, suite in itertools.product(rounds * self.options.repeat, SUITES):
                for name in names:
                    words = self.words_of(suite, name, vg.directory)
                    samples.setdefault((name, suite), []).append(
                        self.run_once(words, vg.environment()))
                if (names, suite) == (["lvs"], SUITES[-1]):
                    samples.setdefault(("lvs", "dm_report"), []).append(
                        self.run_once(floor, vg.environment()))
        medians = {}
        for (name, suite), runs in samples.items():
            medians.setdefault(name, {})[suite] = {
                what: statistics.median(run[what] for run in runs)
                for what in ("wall", "cpu", "memory")}
        return medians


def print_table(title, results):
    print(f"\n{title}\n")
    print(f"{'N':>6}  {'command':<12} {'LVM2 ms':>9} {'ours ms':>9} {'time':>7} {'cpu':>7}"
          f" {'LVM2 MiB':>9} {'ours MiB':>9} {'memory':>7}")
    for count, commands in results.items():
        for name, suites in commands.items():
            stock, ours = suites["stock"], suites["ours"]
            print(f"{count:>6}  {name:<12} {stock['wall']:9.1f} {ours['wall']:9.1f}"
                  f" {'1/%.1f' % (stock['wall'] / ours['wall']):>7}"
                  f" {'1/%.1f' % (stock['cpu'] / ours['cpu']):>7}"
                  f" {stock['memory'] / 1024:9.1f} {ours['memory'] / 1024:9.1f}"
                  f" {'1/%.1f' % (stock['memory'] / ours['memory']):>7}")


def judge(results):
    """Lines about the targets, and whether all are met."""
    large, small = results.get(10000), results.get(1000)
    lines = []

    def add(text, value, limit):
        lines.append((value <= limit, f"{text}: {value:.2f}, at most {limit:.2f}"))

    if large:
        for name, part in TARGETS.items():
            walls = {suite: large[name][suite]["wall"] for suite in SUITES}
            add(f"{name}, part of LVM2's time", walls["ours"] / walls["stock"], 1 / part)
        walls = {suite: large["lvs"][suite]["wall"] - large["lvs"]["dm_report"]["wall"]
                 for suite in SUITES}
        add("lvs without dm_report", walls["ours"] / walls["stock"], 1 / NET_LVS_TARGET)
        for name, suites in large.items():
            add(f"{name}, part of LVM2's memory",
                suites["ours"]["memory"] / suites["stock"]["memory"], 1 / MEMORY_TARGET)
    if large and small:
        for name in COMMANDS:
            add(f"{name}, growth from 1,000 to 10,000 LVs",
                large[name]["ours"]["wall"] / small[name]["ours"]["wall"], GROWTH_TARGET)
    return lines


def counts(text):
    return [int(word) for word in text.split(",") if word]


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--sbin", default=os.path.join(ROOT, "build/check/sbin"))
    parser.add_argument("--out", default=os.path.join(ROOT, "build/bench"))
    parser.add_argument("--repeat", type=int, default=7)
    parser.add_argument("--lvs", type=counts, default=[10, 100, 1000, 10000])
    parser.add_argument("--pvs", type=counts, default=[10, 100, 1000])
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    if options.quick:
        options.lvs, options.pvs, options.repeat = [10, 100], [10], 3
    return options


def main():
    options = parse_options()
    bench = Bench(options)
    by_lvs = {count: bench.measure(count, LV_SWEEP_PVS) for count in options.lvs}
    by_pvs = {count: bench.measure(PV_SWEEP_LVS, count) for count in options.pvs}

    print_table(f"N LVs on {LV_SWEEP_PVS} PVs", by_lvs)
    print_table(f"{PV_SWEEP_LVS} LVs on N PVs", by_pvs)
    for count, commands in by_lvs.items():
        print(f"\ndm_report alone, {count} rows: {commands['lvs']['dm_report']['wall']:.1f} ms")
    with open(f"{options.out}/results.json", "w", encoding="ascii") as file:
        json.dump({"lvs": by_lvs, "pvs": by_pvs}, file, indent=1)
    for axis, results in (("LVs", by_lvs), ("PVs", by_pvs)):
        for name in COMMANDS if len(results) > 1 else ():
            plot.write(f"{options.out}/{name}-{axis}.svg", f"{name}: milliseconds over {axis}",
                       {suite: [(count, commands[name][suite]["wall"])
                                for count, commands in results.items()] for suite in SUITES})
    verdicts = judge(by_lvs)
    for met, text in verdicts:
        print("met   " if met else "MISSED", text)
    sys.exit(not all(met for met, _ in verdicts))


main()
