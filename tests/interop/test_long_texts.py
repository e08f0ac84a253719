#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Texts that are longer than the head of a disk which is read first: the second area of a VG is
compared with the text of the first one while it is read, in pieces. What differs must be seen
wherever it is, and a text that goes round the end of its area is one text all the same.
"""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import damage  # noqa: E402
from many_lvs import add_lvs  # noqa: E402
from side_by_side import Disks  # noqa: E402

MIB = 1 << 20
PIECE = 128 << 10  # SLOT_PIECE_BYTES
LV_COUNT = 4000  # 1.1 MB: LONG_TEXT_BYTES and more, which is read alone
HEADER = damage.SECTOR  # of an area, in front of the ring


class LongTexts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.disks = Disks([16 * MIB] * 2)
        cls.addClassCleanup(cls.disks.close)
        cls.must("pvcreate", "--metadatasize", "4m", *cls.disks.devices)
        cls.must("vgcreate", "-s", "4k", "vg", *cls.disks.devices)
        path = f"{cls.disks.directory}/many"
        cls.must("vgcfgbackup", "-f", path, "vg")
        add_lvs(path, LV_COUNT, 2)
        cls.must("vgcfgrestore", "-f", path, "vg")

    @classmethod
    def must(cls, *words):
        rc, out, err = cls.disks.ours(*words)
        assert rc == 0, f"{words}: {out}{err}"
        return out, err

    def location(self, number):
        """Where area and text of a disk are: (area, its size, offset in it, length)."""
        device = self.disks.devices[number]
        return (*damage.mda(device), *damage.slots(device)[0][:2])

    def change(self):
        self.must("vgchange", "--addtag", "t", "vg")
        self.must("vgchange", "--deltag", "t", "vg")

    def all_is_well(self):
        out, err = self.must("vgs", "--noheadings", "-o", "lv_count,vg_mda_count", "vg")
        self.assertEqual((out.split(), err), ([str(LV_COUNT), "2"], ""))
        self.assertEqual(self.disks.stock("vgck", "vg")[::2], (0, ""))

    def places(self, number):
        """Bytes of the text: at its ends, around those of the pieces in which it is read."""
        area, size, offset, length = self.location(number)
        for at in (0, PIECE - offset % damage.SECTOR - 1, PIECE - offset % damage.SECTOR, length // 2,
                   length - 2):
            place = offset + at
            yield area + (place if place < size else place - size + HEADER)

    def differences_are_seen(self):
        for number in (0, 1):
            device = self.disks.devices[number]
            for place in self.places(number):
                damage.flip(device, place)
                rc, out, err = self.disks.ours("vgs", "--noheadings", "-o", "lv_count", "vg")
                damage.flip(device, place)
                with self.subTest(disk=number, byte=place):
                    self.assertEqual((rc, out.split()), (0, [str(LV_COUNT)]), err)
                    self.assertIn(f"bad metadata text on {device} in mda1", err)

    def test_1_in_one_piece(self):
        self.all_is_well()
        self.differences_are_seen()

    def test_2_round_the_end(self):
        for number in range(10):
            _, size, offset, length = self.location(1)
            if offset + length > size:
                break
            self.must("vgchange", "--addtag", f"t{number}", "vg")
        else:
            self.fail("no text went round the end of its area")
        self.all_is_well()
        self.differences_are_seen()

    def test_3_what_differs_is_mended(self):
        damage.flip(self.disks.devices[1], list(self.places(1))[3])
        self.must("vgck", "--updatemetadata", "vg")
        self.all_is_well()

    def test_4_two_areas_of_different_texts(self):
        """The second is of another length and checksum: nothing is compared, the newer one counts."""
        first = self.disks.devices[0]
        area, size, _, _ = self.location(0)
        old = damage.read(first, area, size)
        self.must("vgchange", "--addtag", "newer", "vg")
        damage.write(first, area, old)
        out, err = self.must("vgs", "--noheadings", "-o", "vg_tags", "vg")
        self.assertIn("newer", out)
        self.assertIn("ignoring metadata seqno", err)
        self.change()
        self.all_is_well()


if __name__ == "__main__":
    unittest.main()
