#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What strangers can put on a disk, and what is too much: refused with the reason and the place.

A good VG's text is changed and put into its metadata areas with checksums that are right, so that
only the contents tell. Commands must fail, or leave that VG out, without writing anything, and a VG
next to it must go on working.
"""
import os
import re
import struct
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import damage  # noqa: E402
from side_by_side import Disks  # noqa: E402

MIB = 1 << 20


def put_text(device, text, size=None, offset=None):
    """As the committed text of the first area, from its ring's start on."""
    start, _ = damage.mda(device)
    at = offset or damage.SECTOR
    damage.write(device, start + at, text)
    damage.set_slot(device, 0, (at, size or len(text), damage.crc(text), 0))


def text_of(device):
    start, _ = damage.mda(device)
    offset, size, _, _ = damage.slots(device)[0]
    return damage.read(device, start + offset, size)


def lv_section(text, name):
    """(begin, end) of the lines of an LV."""
    begin = text.index(b"\n" + name + b" {") + 1
    end = text.index(b"\n}\n}\n", begin) + 5
    return begin, end


def loop_of_lvs(text):
    """Two snapshots, each the other's origin."""
    lvs = b"".join(b"""%s {
id = "00000%d-0000-0000-0000-0000-0000-000000"
status = ["READ", "WRITE", "VISIBLE"]
flags = []
segment_count = 1
segment1 {
start_extent = 0
extent_count = 2
type = "mirror"
mirror_count = 1
mirrors = ["%s", 0]
}
}
""" % (name, number, other) for number, (name, other) in enumerate(((b"x", b"y"), (b"y", b"x"))))
    return text.replace(b"logical_volumes {\n", b"logical_volumes {\n" + lvs, 1)


def without_segments(text):
    begin, end = lv_section(text, b"b")
    section = text[begin:end]
    head = section[:section.index(b"segment_count")]
    return text[:begin] + head + b"segment_count = 0\n}\n" + text[end:]


def same_ids(text):
    ids = re.findall(rb'\n[ab] {\nid = "(.*?)"', text)
    return text.replace(ids[1], ids[0])


# what: (change of the text, what the reason says)
TEXTS = {
    "two LVs on one extent": (lambda t: t.replace(b'"pv0", 2', b'"pv0", 1'), "extent 1 of PV .* is used by LV a and LV b"),
    "extents outside the PV": (lambda t: t.replace(b'"pv0", 2', b'"pv0", 200'), "extent"),
    "an LV without segments": (without_segments, "segment"),
    "a giant count": (lambda t: t.replace(b"extent_count = 3", b"extent_count = 4294967295"), "extent"),
    "a negative count": (lambda t: t.replace(b"extent_count = 3", b"extent_count = -3"), "extent_count"),
    "a count of no number": (lambda t: t.replace(b"pe_count = 15", b"pe_count = 9" + b"9" * 30),
                             "pe_count|number|Parse|line"),
    "LVs that rest on each other": (loop_of_lvs, "rests on itself"),
    "a name of no UTF-8": (lambda t: t.replace(b"\nb {", b"\n\xff\xfe {"), "name|invalid|Parse|line"),
    "carriage returns": (lambda t: t.replace(b"\n", b"\r\n"), "Line 1 has a carriage return"),
    "no end": (lambda t: t[:len(t) // 2], "Parse|line|end"),
    "sections without end": (lambda t: t[:t.index(b"{") + 1] + b"a{" * 5000, "deep|nest|Parse|line"),
    "an unknown status": (lambda t: t.replace(b'"RESIZEABLE"', b'"FLYING"'), "FLYING|status"),
    "one id for two LVs": (same_ids, "UUID"),
    "a name that steers terminals": (lambda t: t.replace(b"\nb {", b'\n"b\x1b[2J" {'), "x1b"),
}


class Hostile(unittest.TestCase):
    """vg on disk 0 is what strangers changed; good on disk 1 must not suffer."""

    @classmethod
    def setUpClass(cls):
        cls.disks = Disks([64 * MIB] * 2)
        cls.addClassCleanup(cls.disks.close)
        for words in ("vgcreate vg %0", "lvcreate -an -Zn -n a -l 2 vg",
                      "lvcreate -an -Zn -n b -l 3 vg", "vgcreate good %1",
                      "lvcreate -an -Zn -n l -l 2 good"):
            rc, _, err = cls.disks.ours(*words.split())
            assert rc == 0, err
        cls.head = damage.read(cls.disks.devices[0], 0, damage.HEAD)
        cls.text = text_of(cls.disks.devices[0])

    def setUp(self):
        damage.write(self.disks.devices[0], 0, self.head)

    def refused(self, reason):
        """No command changes vg or what is on its disk; all tell why. The other VG works."""
        device = self.disks.devices[0]
        before = damage.read(device, 0, damage.HEAD)
        for words in ("vgs vg", "lvcreate -an -Zn -l 1 vg", "lvextend -l +1 vg/a", "vgck vg",
                      "vgchange --addtag x vg", "vgremove -f vg"):
            rc, out, err = self.disks.ours(*words.split())
            self.assertNotEqual(rc, 0, f"{words}: {out}")
            self.assertGreater(rc, 0, f"{words} died: {err}")
            self.assertRegex(err, reason, words)
            self.assertIn(device, err, f"{words}: the place")
            self.assertLess(len(err), 4000, words)
            self.assertNotIn("\x1b", err, words)
        self.assertEqual(damage.read(device, 0, damage.HEAD), before, "something was written")
        rc, _, err = self.disks.ours("vgchange", "--addtag", "t", "good")
        self.assertEqual(rc, 0, err)

    def test_a_text_of_64_mib_is_not_read(self):
        """Its length and checksum say so, but no area is that long."""
        damage.set_slot(self.disks.devices[0], 0, (512, 64 << 20, 1, 0))
        self.refused("metadata")

    def test_a_text_from_past_the_ring(self):
        size = damage.mda(self.disks.devices[0])[1]
        for offset, length in ((size, 100), (size + 512, 100), (1 << 63, 100), (512, size),
                               (100, 100), (size - 512, 1 << 63)):
            with self.subTest(f"{offset}+{length}"):
                damage.set_slot(self.disks.devices[0], 0, (offset, length, 1, 0))
                self.refused("metadata")

    def test_areas_past_the_end_of_the_device(self):
        device = self.disks.devices[0]
        sector = bytearray(damage.read(device, damage.LABEL, damage.SECTOR))
        for offset, length in ((60 * MIB, 64 * MIB), (1 << 62, MIB), ((1 << 64) - 4096, 1 << 63)):
            with self.subTest(f"{offset}+{length}"):
                struct.pack_into("<QQ", sector, 104, offset, length)
                damage.write(device, damage.LABEL, damage.seal_label(sector))
                rc, _, err = self.disks.ours("pvs", device)
                self.assertGreaterEqual(rc, 0, err)
                before = damage.read(device, 0, damage.HEAD)
                self.assertGreater(self.disks.ours("lvcreate", "-an", "-Zn", "-l1", "vg")[0], 0)
                self.assertEqual(damage.read(device, 0, damage.HEAD), before)


def add_test(what, change, reason):
    def test(self):
        changed = change(self.text)
        self.assertNotEqual(changed, self.text, "nothing was changed")
        put_text(self.disks.devices[0], changed)
        self.refused(reason)
    setattr(Hostile, f"test_{what.replace(' ', '_').replace('-', '_')}", test)


for text_name, (text_change, text_reason) in TEXTS.items():
    add_test(text_name, text_change, text_reason)


if __name__ == "__main__":
    unittest.main(verbosity=2)
