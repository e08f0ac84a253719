#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sizes in percent, PV ranges and tags: whole commands, ours and stock LVM2's, on equal disks.

Random VGs and random commands; after each, both must have ended alike and placed every extent alike.
(test_alloc_differential.py compares the allocator itself, with sizes in extents, on many more.)

    test_percent_differential.py [--seed N] [--cases N] [--random]
"""
import argparse
import os
import random
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from side_by_side import STOCK, Disks  # noqa: E402

SKIP = 77
FIRST_SEED = 1
CASES = 8
STEPS = 14
MIB = 1 << 20
SIZES = (20, 33, 47, 64)
MAP = ("lvs", "--noheadings", "-o", "lv_name,lv_size,stripes,seg_pe_ranges")
FREE = ("pvs", "--noheadings", "-o", "pv_name,pv_pe_count,pv_pe_alloc_count,pv_tags")


class Case:
    def __init__(self, seed):
        self.seed, self.rng, self.lines, self.names = seed, random.Random(seed), [], []
        sizes = [self.rng.choice(SIZES) * MIB for _ in range(4)]
        self.pair = Disks(sizes), Disks(sizes)

    def close(self):
        for disks in self.pair:
            disks.close()

    def both(self, *words):
        self.lines.append(" ".join(words))
        mine, other = self.pair
        ours, stock = mine.ours(*words), other.stock(*words)
        where = f"seed {self.seed}:\n  " + "\n  ".join(self.lines)
        ours, stock = ((*result[:1], *map(disks.neutral, result[1:]))
                       for disks, result in ((mine, ours), (other, stock)))
        # stock tells of default stripe sizes and the like with -v only at some places
        assert ours[0] == stock[0], f"{where}\nours {ours}\nstock {stock}"
        if ours[0]:
            assert ours[2] == stock[2], f"{where}\nours {ours[2]}\nstock {stock[2]}"
        for report in (MAP, FREE):
            found = [disks.neutral(disks.stock(*report)[1]) for disks in self.pair]
            assert found[0] == found[1], f"{where}\nours {found[0]}\nstock {found[1]}"
        return ours[0]

    def pvs(self):
        """Where to: nothing, PVs, ranges of PVs, a tag."""
        kind = self.rng.choice(["all", "all", "some", "ranges", "tag"])
        if kind == "all":
            return []
        if kind == "tag":
            return [self.rng.choice(["@fast", "@slow"])]
        numbers = self.rng.sample(range(4), self.rng.randint(1, 3))
        if kind == "some":
            return [f"%{number}" for number in numbers]
        return [f"%{number}:{start}-{start + self.rng.randint(0, 30)}"
                for number in numbers for start in [self.rng.randint(0, 20)]]

    def percent(self, of):
        return f"{self.rng.choice([1, 5, 10, 25, 33, 50, 75, 100])}%{self.rng.choice(of)}"

    def create(self):
        name = f"lv{len(self.lines)}"
        stripes = self.rng.choice([[], [], [], ["-i", "2"]])
        if not self.both("lvcreate", "-an", "-Zn", "-Wn", "-n", name, "-l",
                         self.percent(["VG", "FREE", "PVS", "FREE"]), *stripes, "vg", *self.pvs()):
            self.names.append(name)

    def extend(self):
        sign = self.rng.choice(["+", ""])
        size = self.rng.choice([self.percent(["VG", "FREE", "PVS", "LV"])] * 3 +
                               [str(self.rng.randint(1, 20))])
        stripes = self.rng.choice([[], [], [], ["-i", "2"], ["-i", "1"]])
        self.both("lvextend", "-l", sign + size, *stripes, f"vg/{self.rng.choice(self.names)}",
                  *self.pvs())

    def reduce(self):
        sign = self.rng.choice(["-", ""])
        self.both("lvreduce", "-f", "-l", sign + self.percent(["VG", "LV", "FREE"]),
                  f"vg/{self.rng.choice(self.names)}")

    def remove(self):
        name = self.names.pop(self.rng.randrange(len(self.names)))
        self.both("lvremove", "-y", f"vg/{name}")

    def run(self):
        size = self.rng.choice(["1m", "512k", "4m"])
        self.both("vgcreate", "-s", size, "--alloc", self.rng.choice(["normal", "normal", "cling",
                                                                     "contiguous", "anywhere"]),
                  "vg", "%0", "%1", "%2", "%3")
        for number in range(4):
            self.both("pvchange", "--addtag", self.rng.choice(["fast", "slow"]), f"%{number}")
        for _ in range(STEPS):
            if not self.names:
                self.create()
            else:
                self.rng.choice([self.create, self.create, self.extend, self.extend, self.reduce,
                                 self.remove])()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=FIRST_SEED)
    parser.add_argument("--cases", type=int, default=CASES)
    parser.add_argument("--random", action="store_true", help="with a seed of its own choice")
    options = parser.parse_args()
    if os.geteuid() or not os.path.exists(STOCK):
        print("needs root and stock lvm2")
        return SKIP
    if options.random:
        options.seed = random.SystemRandom().randrange(1 << 31)
    failed = 0
    for seed in range(options.seed, options.seed + options.cases):
        case = Case(seed)
        try:
            case.run()
            print(f"ok   seed {seed}: {len(case.lines)} commands", flush=True)
        except AssertionError as failure:
            print(f"FAIL {failure}", flush=True)
            failed += 1
        finally:
            case.close()
    print(f"{options.cases} cases, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
