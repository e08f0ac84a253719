#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""pvscan, vgscan, lvscan and lvmdiskscan by us and by stock LVM2, of the same disks."""
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from side_by_side import Disks  # noqa: E402

MIB = 1 << 20

LISTS = """
    pvscan
    pvscan -s
    pvscan -u
    pvscan -e
    pvscan -n
    pvscan -s -u
    pvscan -u -n
    pvscan -q
    vgscan
    vgscan --cache
    vgscan --notifydbus
    lvscan
    lvscan -a
    lvscan -b
    lvscan --cache --all --blockdevice
    lvmdiskscan
    lvmdiskscan -l
    lvmdiskscan --readonly"""
WRONG = """
    pvscan -e -n
    pvscan -aay
    pvscan %0
    vgscan vg
    lvscan vg
    lvmdiskscan %0
    lvmdiskscan -s
    pvscan -x"""


def size_of(device):
    return int(subprocess.run(["blockdev", "--getsize64", device], check=True,
                              capture_output=True).stdout)


def lines(text):
    return [line.split() for line in text.strip().splitlines()]


class ScanCommands(unittest.TestCase):
    maxDiff = 4000

    def both(self, disks, words):
        ours, stock = disks.ours(*words), disks.stock(*words)
        for kind, mine, other in zip(("exit code", "stdout", "stderr"), ours, stock):
            self.assertEqual(mine, other, f"{kind} of: {' '.join(words)}")
        return ours

    def lists(self, disks, commands=LISTS):
        for words in lines(commands):
            with self.subTest(" ".join(words)):
                self.both(disks, words)

    def make(self, disks, commands):
        for words in lines(commands):
            rc, _, err = disks.stock(*words)
            self.assertEqual(rc, 0, f"{words}: {err}")

    def test_nothing(self):
        with Disks([64 * MIB] * 2) as disks:
            self.lists(disks)

    def test_vgs_and_orphans(self):
        with Disks([64 * MIB, 100 * MIB, 1 << 40, 64 * MIB, 33 * MIB, 64 * MIB]) as disks:
            disks.devices.sort(key=size_of)  # 33M 64M 64M 64M 100M 1T
            self.make(disks, """
                vgcreate -s 1M vgb %1 %4
                vgcreate a %5
                vgcreate an-uncommonly-long-name %2
                pvcreate %0 %3
                lvcreate -an -Zn -n x -l 5 vgb
                lvcreate -an -Zn -n a-b -l 7 --alloc contiguous vgb
                lvcreate -an -Zn -n big -L 700G --alloc anywhere a
                lvcreate -an -Zn -n y -l 2 vgb""")
            self.lists(disks)
            self.make(disks, "vgexport vgb")
            self.lists(disks)
            self.make(disks, "vgexport an-uncommonly-long-name")
            self.lists(disks)

    def test_the_order_after_changes(self):
        with Disks([64 * MIB] * 5) as disks:
            self.make(disks, """
                vgcreate late %4
                vgcreate early %1
                vgextend late %0
                vgextend early %3 %2""")
            self.lists(disks)
            self.make(disks, """
                vgrename early another
                vgreduce late %4""")
            self.lists(disks)

    def test_a_missing_pv(self):
        with Disks([64 * MIB] * 3) as disks:
            self.make(disks, """
                vgcreate vg %0 %1
                lvcreate -an -Zn -n x -l 2 vg %1
                vgcreate other %2""")
            subprocess.run(["dd", "if=/dev/zero", f"of={disks.devices[1]}", "bs=4096", "count=2",
                            "oflag=direct", "status=none"], check=True)
            self.lists(disks)

    def test_wrong_command_lines(self):
        with Disks([64 * MIB]) as disks:
            for words in lines(WRONG):
                with self.subTest(" ".join(words)):
                    self.both(disks, words)

    def test_cache_is_accepted(self):
        """Ours has no files in /run/lvm to fill, and so nothing to say."""
        with Disks([64 * MIB] * 2) as disks:
            self.make(disks, "vgcreate vg %0")
            for words in ("--cache", "--cache %0"):
                self.assertEqual(disks.ours("pvscan", *words.split()), (0, "", ""))

    def test_mknodes_without_device_mapper(self):
        """Stock fails for want of a driver; ours has no nodes to make then."""
        with Disks([64 * MIB]) as disks:
            self.make(disks, "vgcreate vg %0")
            self.assertEqual(disks.ours("vgscan", "--mknodes"), disks.stock("vgscan"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
