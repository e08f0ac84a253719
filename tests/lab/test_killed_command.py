#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Commands that are killed at random moments: the old or the new state, and nothing left behind.

A command is run once to its end to measure how long it takes; then again and again, and ended by
SIGKILL (sometimes SIGTERM or Ctrl-C's SIGINT) at a moment anywhere in that time. lv0 is active on
both nodes. The seed is printed; CLVM_LAB_SEED repeats it, CLVM_LAB_KILLS is the number of moments.
"""
import os
import random
import time

import lab

KILLS = int(os.environ.get("CLVM_LAB_KILLS", "14"))
SEED = int(os.environ.get("CLVM_LAB_SEED", str(time.time_ns() % 1000000)))
SIGNALS = ("KILL", "KILL", "KILL", "TERM", "INT")


class Trial:
    """A command, how its result is undone, and what may be seen when it was cut short."""

    def __init__(self, command, prepare="", undo="", needs=""):
        self.command, self.prepare, self.undo, self.needs = command, prepare, undo, needs
        self.seconds = 0.0


TRIALS = (
    Trial("lvcreate -y -L 8M -n new vg", undo="lvremove -y vg/new", needs="vg/new"),
    Trial("lvextend -L +4M vg/lv0"),
    Trial("lvremove -y vg/gone", prepare="lvcreate -y -L 8M -n gone vg",
          undo="lvremove -y vg/gone", needs="vg/gone"),
    Trial("vgextend vg /dev/ubdc", undo="vgreduce vg /dev/ubdc", needs="/dev/ubdc"),
    Trial("vgreduce vg /dev/ubdc", prepare="vgextend vg /dev/ubdc",
          undo="vgreduce vg /dev/ubdc", needs="/dev/ubdc"),
    Trial("vgchange -an vg", undo="vgchange -ay vg"),
    Trial("vgchange -ay vg", prepare="vgchange -an vg", undo="vgchange -ay vg"),
)


class Killed(lab.StoryCase):
    disks = ("128M", "128M", "64M")

    def setUp(self):
        self.n1.ok("vgcreate vg /dev/ubda /dev/ubdb && lvcreate -y -L 16M -n lv0 vg && "
                   "pvcreate /dev/ubdc")
        self.extended = 16

    def is_there(self, what):
        if what.startswith("/dev"):
            return self.pv_names(self.n2).get(what) == "vg"
        return what in self.lv_sizes(self.n2)

    def put_back(self, trial):
        """By the other node: its next command must work at once."""
        if trial.undo and (not trial.needs or self.is_there(trial.needs)):
            self.n2.ok(trial.undo, timeout=90)

    def measure(self, trial):
        if trial.prepare:
            self.n1.ok(trial.prepare)
        trial.seconds = float(self.n1.ok(f"TIMEFORMAT=%R; {{ time {trial.command} "
                                         ">/dev/null 2>&1; } 2>&1"))
        self.put_back(trial)

    def run_killed(self, trial, name, after):
        if trial.prepare:
            self.n1.ok(trial.prepare)
        result = self.n1(f"timeout --foreground -k 60 -s {name} {after:.3f} {trial.command}",
                         timeout=120)
        self.assertNotEqual(result.rc, 255, repr(result))
        return result

    def check(self, trial, size_before):
        lab.assert_sound(self.nodes)
        size = self.lv_sizes(self.n2)["vg/lv0"]
        grown = trial.command.startswith("lvextend")
        self.assertIn(size, (size_before, size_before + grown * 4 * lab.MIB))
        self.put_back(trial)
        self.assert_lv_everywhere("vg", "lv0", size // lab.MIB)
        self.assertEqual(self.is_there(trial.needs) if trial.needs else False, False)
        return size

    def test_killed_at_random_moments(self):
        print(f"# CLVM_LAB_SEED={SEED}", flush=True)
        choose = random.Random(SEED)
        for trial in TRIALS:
            self.measure(trial)
        size = self.lv_sizes(self.n2)["vg/lv0"]
        for number in range(KILLS):
            trial = TRIALS[number % len(TRIALS)]
            name = choose.choice(SIGNALS)
            after = max(0.001, choose.uniform(0, 1.1 * trial.seconds))
            result = self.run_killed(trial, name, after)
            with self.subTest(number=number, command=trial.command, signal=name,
                              after=f"{after:.3f} of {trial.seconds:.3f} s", rc=result.rc):
                size = self.check(trial, size)


if __name__ == "__main__":
    lab.run_tests()
