#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A metadata area that is full, by us and by stock LVM2: the same step is refused with the same words.

A text may take half of an area, so that old and new lie side by side. What does not fit is refused
before anything is written; and as soon as something is removed, it goes on.
"""
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import damage  # noqa: E402
from side_by_side import Disks, metadata  # noqa: E402

MIB = 1 << 20
SMALL = ["--dataalignment", "64k", "--metadatasize", "32k"]
FULL = r"  VG vg \d+ metadata on (\S+) \((\d+) bytes\) exceeds maximum metadata size " \
    r"\((\d+) bytes\)\n"


def tag(number):
    return f"{number:03}-{'x' * 996}"


class MetadataFull(unittest.TestCase):
    maxDiff = 4000

    def setUp(self):
        self.mine, self.other = Disks([64 * MIB] * 3), Disks([64 * MIB] * 3)
        self.addCleanup(self.mine.close)
        self.addCleanup(self.other.close)

    def both(self, *words):
        """The same by each; but stock goes on to the next area when one is full, and says so."""
        ours, stock = self.mine.ours(*words), self.other.stock(*words)
        self.assertEqual(self.told(self.mine, ours), self.told(self.other, stock), words)
        return ours

    @staticmethod
    def told(disks, result):
        """The length of a text, in which version and host are, may differ."""
        rc, out, err = result
        err = re.sub(r"(metadata on .*?) \(\d+ bytes\)", r"\1 (N bytes)", disks.neutral(err))
        first, _, rest = err.partition("\n")
        return rc, disks.neutral(out), first, "" if "exceeds" in first else rest

    def refused(self, *words):
        """By both with the same words, but stock may then say that it was done. Ours writes nothing."""
        before = self.contents()
        stock = self.told(self.other, self.other.stock(*words))
        rc, out, err = self.mine.ours(*words)
        mine = self.told(self.mine, (rc, out, err))
        self.assertEqual((rc, mine[2]), (5, stock[2]), words)
        self.assertEqual(mine[1], stock[1] if words[0] == "pvchange" else "", words)
        self.assertRegex(err, FULL)
        self.assertEqual(self.contents(), before, f"{words} wrote")
        self.sound()
        return re.search(FULL, err)

    def contents(self):
        """All bytes of the disks on which metadata can be: first and last areas."""
        return [damage.read(device, 0, damage.HEAD) + damage.read(device, 62 * MIB, 2 * MIB)
                for device in self.mine.devices]

    def sound(self):
        """Each suite finds nothing wrong in what ours has written, and reads the same in it."""
        for words in (["vgck", "vg"], ["vgs", "-o", "+seqno,vg_mda_free,vg_mda_size,vg_tags"],
                      ["pvs", "-o", "+pv_mda_free,pv_mda_size"], ["lvs", "-o", "+lv_tags"]):
            ours, stock = self.mine.ours(*words), self.mine.stock(*words)
            self.assertEqual(ours, stock)
            self.assertEqual((ours[0], ours[2]), (0, ""), words)

    def fill(self, *words):
        """Tags until no more fits; how many there are then, and what was said of the last."""
        for number in range(100):
            before = self.contents()
            ours = self.both(*words[:1], "--addtag", tag(number), *words[1:])
            if ours[0]:
                self.assertEqual(self.contents(), before, "the refused one wrote")
                self.assertRegex(ours[2], FULL)
                return number, re.search(FULL, ours[2])
        return self.fail("it is never full")

    def test_tags(self):
        self.both("vgcreate", *SMALL, "vg", "%0", "%1")
        count, said = self.fill("vgchange", "vg")
        size = damage.mda(self.mine.devices[0])[1]
        self.assertEqual(int(said[3]), (size - 512) // 2 - 512)
        self.assertGreater(int(said[2]), int(said[3]))
        self.assertGreater(count, 20)
        self.assertEqual(said[1], self.mine.devices[0])
        seqno = self.mine.ours("vgs", "--noheadings", "-o", "seqno", "vg")[1].split()
        self.assertEqual(seqno, [str(count + 1)])
        # Whatever makes it longer is refused, by whatever command.
        long = ["-an", "-Zn", "-l1", "--addtag", tag(99)]
        self.refused("lvcreate", *long, "-n", "l", "vg")
        self.assertEqual(self.mine.ours("lvs", "--noheadings", "vg"), (0, "", ""))
        self.refused("pvchange", "--addtag", tag(99), "%1")
        # With one gone there is room again, in a ring that ends soon.
        self.both("vgchange", "--deltag", tag(0), "vg")
        self.both("lvcreate", "-an", "-Zn", "-l1", "-n", "l", "vg")
        self.sound()
        self.refused("lvchange", "--addtag", tag(98), "--addtag", tag(99), "vg/l")
        self.both("vgchange", *(word for n in range(1, 11) for word in ("--deltag", tag(n))), "vg")
        self.both("lvchange", "--addtag", tag(99), "vg/l")
        self.sound()

    def test_what_is_refused_mends_nothing(self):
        """Nor does it say so: a copy that is behind is not said to be updated."""
        self.assertEqual(self.mine.ours("vgcreate", *SMALL, "vg", "%0", "%1")[0], 0)
        start, size = damage.mda(self.mine.devices[1])
        behind = damage.read(self.mine.devices[1], start, size)
        rc = number = 0
        while not rc:
            rc, _, err = self.mine.ours("vgchange", "--addtag", tag(number), "vg")
            number += 1
        damage.write(self.mine.devices[1], start, behind)
        self.assertIn("ignoring metadata seqno", self.mine.ours("vgs")[2])
        rc, _, err = self.mine.ours("vgchange", "--addtag", tag(number), "vg")
        self.assertEqual(rc, 5)
        self.assertRegex(err, FULL)
        self.assertNotIn("updating old metadata", err)
        rc, _, err = self.mine.ours("vgchange", "--deltag", tag(0), "vg")
        self.assertEqual(rc, 0)
        self.assertIn("updating old metadata", err)
        self.sound()

    def test_lvs(self):
        """As many as fit, each a little longer than the last bit of room."""
        self.both("vgcreate", *SMALL, "-s", "4k", "vg", "%0", "%1", "%2")
        made = []
        for number in range(100):
            name = f"l{number:02}-{'y' * 60}"
            words = ["lvcreate", "-an", "-Zn", "-n", name, "-l1", "--addtag", tag(number), "vg"]
            before = self.contents()
            rc, _, err = self.both(*words)
            if rc:
                self.assertEqual(self.contents(), before)
                self.assertRegex(err, FULL)
                break
            made.append(name)
        self.assertGreater(len(made), 15)
        self.assertLess(len(made), 99)
        self.sound()
        self.refused(*words)
        self.both("lvremove", "-f", f"vg/{made[3]}")
        self.both(*words)
        self.refused("lvchange", "--addtag", tag(99), f"vg/{made[0]}")
        self.both("lvremove", "-f", *(f"vg/{name}" for name in made[:3] + made[4:]))
        self.both("vgremove", "-f", "vg")
        self.both("pvs")

    def test_the_smallest_area_decides(self):
        """Stock goes on with the bigger ones, whose copies are then the only ones: we do not."""
        for words in (["pvcreate", "%0"], ["pvcreate", *SMALL, "--metadatacopies", "2", "%1"],
                      ["vgcreate", "vg", "%0", "%1"]):
            self.both(*words)
        many = [word for n in range(30) for word in ("--addtag", tag(n))]
        before = self.contents()
        rc, out, err = self.mine.ours("vgchange", *many, "vg")
        self.assertEqual((rc, out), (5, ""))
        self.assertEqual(re.fullmatch(FULL, err)[1], self.mine.devices[1])
        self.assertEqual(self.contents(), before)
        self.sound()
        # Stock has done it, and this is how one gets on: without the small ones.
        self.assertEqual(self.mine.stock("vgchange", *many, "vg")[0], 0)
        self.assertEqual(self.mine.ours("vgchange", "--addtag", "more", "vg")[:2], (5, ""))
        self.assertEqual(self.mine.ours("vgreduce", "vg", "%1")[0], 0)
        self.assertEqual(self.mine.ours("vgchange", "--addtag", "more", "vg")[::2], (0, ""))
        self.sound()

    def test_a_pv_whose_area_is_too_small_stays_out(self):
        self.both("vgcreate", "vg", "%0")
        self.both("vgchange", *(word for n in range(40) for word in ("--addtag", tag(n))), "vg")
        before = self.contents()
        for words in (["pvcreate", *SMALL, "%1"], ["vgextend", "vg", "%1"]):
            rc, _, err = self.mine.ours(*words)
        self.assertEqual(rc, 5)
        self.assertRegex(err, FULL)
        rc, _, err = self.mine.ours("vgextend", *SMALL, "vg", "%2")
        self.assertEqual(rc, 5)
        self.assertRegex(err, FULL)
        after = self.contents()
        self.assertEqual((after[0], after[2]), (before[0], before[2]))
        self.sound()
        self.both("pvcreate", "-y", "--metadatacopies", "0", "%1")
        self.both("vgextend", "vg", "%1")
        self.sound()

    def test_by_many_at_once(self):
        """One command that would need more than all of the ring, on a VG that is nearly empty."""
        self.both("vgcreate", *SMALL, "vg", "%0")
        self.refused("vgchange", *(word for n in range(99) for word in ("--addtag", tag(n))), "vg")
        self.both("vgcreate", *SMALL, "novg", "%1",
                  *(word for n in range(9) for word in ("--addtag", tag(n))))
        self.both("vgs", "-o+vg_tags")

    def test_a_backup_that_is_too_long(self):
        self.both("vgcreate", *SMALL, "vg", "%0")
        self.both("vgchange", "--addtag", "old", "vg")
        for disks, run in ((self.mine, self.mine.ours), (self.other, self.other.stock)):
            path = f"{disks.directory}/long"
            self.assertEqual(run("vgcfgbackup", "-f", path, "vg")[0], 0)
            with open(path, encoding="ascii") as file:
                text = file.read()
            tags = ", ".join(f'"{tag(number)}"' for number in range(60))
            with open(path, "w", encoding="ascii") as file:
                file.write(text.replace('"old"', tags))
            before = self.contents()
            rc, _, err = run("vgcfgrestore", "-f", path, "vg")
            self.assertEqual(rc, 5, err)
            self.assertRegex(err, r"exceeds maximum metadata size \(\d+ bytes\)")
            self.assertEqual(self.contents(), before)
        self.sound()

    def test_the_metadata_is_the_same(self):
        self.both("vgcreate", *SMALL, "vg", "%0", "%1")
        self.fill("vgchange", "vg")
        self.both("vgchange", "--deltag", tag(4), "vg")
        texts = []
        for disks in (self.mine, self.other):
            path = f"{disks.directory}/text"
            self.assertEqual(disks.stock("vgcfgbackup", "-f", path, "vg")[::2], (0, ""))
            with open(path, encoding="ascii") as file:
                texts.append(metadata(file.read()))
        self.assertEqual(*texts)


if __name__ == "__main__":
    unittest.main(verbosity=2)
