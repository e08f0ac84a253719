#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""1,000 PVs and 20,000 LVs in one VG: commands of ours work on it, and stock LVM2 sees the same in it.

Two PVs have metadata areas, of 20 MiB: a text is 6 MiB long, and goes into half of an area. The LVs
come from a backup that is extended here.
"""
import os
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from loops import Loops  # noqa: E402
from many_lvs import add_lvs  # noqa: E402
from side_by_side import LVM_CONF, Disks  # noqa: E402

MIB = 1 << 20
PV_COUNT = 1000
LV_COUNT = 20000


class ManyDisks(Disks):
    def __init__(self, count, size):
        where = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self.directory = tempfile.mkdtemp(prefix="clvm-interop-", dir=where)
        os.mkdir(f"{self.directory}/lock")
        images = [f"{self.directory}/disk{number}" for number in range(count)]
        for image in images:
            with open(image, "wb") as file:
                file.truncate(size)
        self.loops = Loops(images)
        self.devices = self.loops.devices
        numbers = "|".join(device.removeprefix("/dev/loop") for device in self.devices)
        with open(f"{self.directory}/lvm.conf", "w", encoding="ascii") as conf:
            conf.write(LVM_CONF.format(accept=f'"a,^/dev/loop({numbers})$,",',
                                       directory=self.directory))

    def close(self):
        self.loops.close()
        shutil.rmtree(self.directory)


class Limits(unittest.TestCase):
    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        cls.disks = ManyDisks(PV_COUNT, 64 * MIB)
        cls.addClassCleanup(cls.disks.close)
        cls.must("pvcreate", "--metadatasize", "20m", *cls.disks.devices[:2])
        cls.must("vgcreate", "-s", "256k", "--pvmetadatacopies", "0", "vg", *cls.disks.devices)
        path = f"{cls.disks.directory}/many"
        cls.must("vgcfgbackup", "-f", path, "vg")
        add_lvs(path, LV_COUNT, PV_COUNT)
        cls.must("vgcfgrestore", "-f", path, "vg")

    @classmethod
    def must(cls, *words):
        rc, out, err = cls.disks.ours(*words)
        assert rc == 0, f"{words[:4]}: {err[-500:]}"
        return out

    def same(self, *words):
        """As read by stock, which has nothing to warn of."""
        ours, stock = self.disks.ours(*words), self.disks.stock(*words)
        self.assertEqual((stock[0], stock[2]), (0, ""), words)
        self.assertEqual((ours[0], ours[2]), (0, ""), words)
        mine, other = ours[1].splitlines(), stock[1].splitlines()
        self.assertEqual(len(mine), len(other), words)
        wrong = [pair for pair in zip(mine, other) if pair[0] != pair[1]]
        self.assertEqual(wrong[:3], [], words)
        return mine

    def counts(self):
        row = self.must("vgs", "--noheadings", "-o", "pv_count,lv_count,vg_free_count,seqno")
        return [int(word) for word in row.split()]

    def test_reports(self):
        self.assertEqual(len(self.same("pvs", "--noheadings", "-o+pv_uuid,pv_pe_alloc_count")),
                         PV_COUNT)
        self.assertEqual(len(self.same("lvs", "--noheadings", "-o+lv_uuid")),
                         self.counts()[1])
        self.assertEqual(self.same("vgck", "vg"), [])
        self.assertEqual(len(self.same("lvs", "--noheadings", "vg/lv19999")), 1)

    def test_changes(self):
        pvs, lvs, free, seqno = self.counts()
        last = self.disks.devices[-1]
        self.must("lvcreate", "-an", "-Zn", "-l", "600", "-n", "new", "vg")
        self.must("lvextend", "-l", "+300", "vg/lv5")
        self.must("lvremove", "-f", "vg/lv7", "vg/lv19998")
        self.must("lvrename", "vg/lv8", "vg/renamed")
        self.must("vgchange", "--addtag", "tag", "vg")
        rc, _, err = self.disks.ours("vgreduce", "vg", last)
        self.assertEqual((rc, err), (5, f'  Physical volume "{last}" still in use\n'))
        after = self.counts()
        self.assertEqual(after[:3], [pvs, lvs - 1, free - 600 - 300 + 2])
        self.assertGreaterEqual(after[3], seqno + 5)
        self.assertEqual(self.same("vgck", "vg"), [])
        self.same("vgs", "-o+seqno,vg_mda_free,vg_tags")
        self.same("lvs", "--segments", "-o+devices,seg_pe_ranges")
        self.same("pvs", "-o+pv_pe_alloc_count,pv_tags")

    def test_stock_changes_it_too(self):
        rc, _, err = self.disks.stock("lvcreate", "-an", "-Zn", "-l1", "-n", "by_stock", "vg")
        self.assertEqual((rc, err), (0, "  WARNING: Logical volume vg/by_stock not zeroed.\n"))
        self.must("lvremove", "-f", "vg/by_stock")
        self.assertEqual(self.same("vgck", "vg"), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
