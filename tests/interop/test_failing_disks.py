#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A disk that fails under a command: the VG is the old or the new one, and the exit code says which.

Each command runs with one of its disks failing all writes and flushes from the Nth on, for each disk
and each N; then the disk is well again. Readers, ours and stock's, must find what the exit code said:
0 is the new VG, anything else the old one; the failure names the device; a next command mends what is
left. What is looked at is test_crash.py's.

And readers: a disk that cannot be read, or is gone between listing and opening it, is told, and what
is on the others is shown.
"""
import os
import re
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from test_crash import LV, OUTDATED, VG, VG_SMALL, Case, Machine, Scenario, View  # noqa: E402

BLOCK = 512
SCENARIOS = {
    "vgcreate": Scenario(VG, moves=True),
    "vgextend": Scenario("vgextend vg %2", (VG_SMALL,), moves=True),
    "vgreduce": Scenario("vgreduce vg %2", (VG, LV), moves=True),
    "vgchange": Scenario("vgchange --addtag new vg", (VG, LV)),
    "lvcreate": Scenario(LV, (VG,)),
    "lvextend": Scenario("lvextend -l +50 vg/lv", (VG, LV)),
    "lvremove": Scenario("lvremove -f vg/lv", (VG, LV)),
}


class FailingCase(Case):
    """One command, on one layout, with one disk or the other failing."""

    def __init__(self, name, layout):
        super().__init__("lvcreate", layout, None)
        self.scenario, self.name = SCENARIOS[name], f"{name}/{layout}"
        self.codes = set()

    def allowed(self):
        """A PV that leaves and cannot be emptied is left behind, for vgck --updatemetadata."""
        patterns = super().allowed()
        if self.scenario.command.startswith("vgreduce"):
            patterns = [re.compile("|".join((pattern.pattern, *OUTDATED))) for pattern in patterns]
        return patterns

    def fail_at(self, disk, number):
        self.machine.put(self.base)
        major, minor = self.machine.devnos[disk]
        rc, out, error = self.machine.ours(
            self.command(self.scenario.command), 99,
            faults={"FAULT_FAIL": f"{major}:{minor}", "FAULT_FAIL_AT": str(number)})
        if self.machine.disks.devices[disk] not in error:
            raise AssertionError(f"rc {rc}, the device is not named: {out}{error}")
        view = View(self.machine)
        found = self.check_view(view)
        left_behind = "but what it holds still says that it belongs to it" in error
        if found != (0 if rc and not left_behind else len(self.legal) - 1):
            raise AssertionError(f"rc {rc}, and the VG is {'new' if found else 'old'}: {error}")
        self.codes.add(rc)
        self.check_next(view, found)

    def run(self, machine):
        self.machine = machine
        self.prepare()
        events = self.record()
        for disk in range(len(machine.devnos)):
            for number in range(1, sum(event[0] == disk for event in events) + 1):
                try:
                    self.fail_at(disk, number)
                except AssertionError as failure:
                    self.failures.append(f"disk {disk} fails from write {number} on: {failure}")


class FailingDisks(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        if os.access("/dev/shm", os.W_OK):
            tempfile.tempdir = "/dev/shm"  # a flush of a file there costs nothing
        cls.machine = Machine(BLOCK)
        cls.addClassCleanup(cls.machine.close)

    def run_case(self, name, layout):
        case = FailingCase(name, layout)
        case.run(self.machine)
        self.assertEqual(case.failures, [], case.name)
        self.assertLessEqual({0, 5}, case.codes, "it never failed, or never succeeded")

    def test_one_area(self):
        for name in SCENARIOS:
            with self.subTest(name):
                self.run_case(name, "one")

    def test_two_areas(self):
        for name in ("vgcreate", "vgreduce", "lvextend"):
            with self.subTest(name):
                self.run_case(name, "two")

    def prepared(self):
        case = FailingCase("lvextend", "one")
        case.machine = self.machine
        case.prepare()
        return View(self.machine)

    def test_a_disk_that_cannot_be_read(self):
        whole = self.prepared()
        major, minor = self.machine.devnos[1]
        rc, out, error = self.machine.ours("lvs --noheadings -o vg_name,lv_name", 1, faults={
            "FAULT_FAIL": f"{major}:{minor}", "FAULT_FAIL_READS": "1"})
        self.assertEqual(out.split(), ["vg", "lv"], error)
        self.assertIn(f"Error reading device {self.machine.disks.devices[1]} at 0", error)
        self.assertIn("WARNING: VG vg is missing PV", error)
        self.assertEqual(rc, 0)
        # Nothing may be written as if it were gone for good.
        rc, _, error = self.machine.ours("lvextend -l +1 vg/lv", 1, faults={
            "FAULT_FAIL": f"{major}:{minor}", "FAULT_FAIL_READS": "1"})
        self.assertEqual(rc, 5)
        self.assertIn("Cannot change VG vg while PVs are missing.", error)
        self.assertTrue(View(self.machine).same(whole))

    def test_a_disk_that_is_gone(self):
        self.prepared()
        gone = {"FAULT_GONE": self.machine.disks.devices[2]}
        rc, out, error = self.machine.ours("pvs --noheadings -o pv_name,vg_name", 1, faults=gone)
        self.assertEqual((rc, out.count(" vg")), (0, 3), error)
        self.assertIn("[unknown]", out)
        rc, _, error = self.machine.ours("vgreduce --removemissing vg", 1, faults=gone)
        self.assertEqual(rc, 0, error)
        self.assertIn("outdated PV", self.machine.ours("pvs")[2])


if __name__ == "__main__":
    unittest.main(verbosity=2)
