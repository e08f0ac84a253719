#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Archive and backup files of changes: made beside them, but never missing, half or left behind.

Where a folder cannot be written to, ours does what stock does: without an archive nothing is changed,
without a backup there is a warning.
"""
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from many_lvs import add_lvs  # noqa: E402
from side_by_side import Disks, metadata  # noqa: E402

MIB = 1 << 20
CREATE = ("lvcreate", "-an", "-Zn", "-l1", "-n", "new", "vg")
EXTEND = ("lvextend", "-l+1", "vg/new")  # has a volume that might be active: no backup beside it
REMOVE = ("lvremove", "-y", "vg/new")


def vg_part(text):
    """The VG in a file, without what tells when and by what the file was made."""
    return metadata(text[text.index("\nvg {"):])


class Files(unittest.TestCase):
    lv_count = 0

    def setUp(self):
        self.disks = Disks([32 * MIB] * 2)
        self.addCleanup(self.disks.close)
        self.folders = {name: f"{self.disks.directory}/{name}" for name in ("archive", "backup")}
        self.ok("pvcreate", "--metadatasize", "4m", *self.disks.devices)
        self.ok("vgcreate", "-s", "4k", "vg", *self.disks.devices)
        if self.lv_count:
            path = f"{self.disks.directory}/many"
            self.ok("vgcfgbackup", "-f", path, "vg")
            add_lvs(path, self.lv_count, 2)
            self.ok("vgcfgrestore", "-f", path, "vg")
        self.ok("vgchange", "--addtag", "first", "vg")

    def ok(self, *words):
        rc, out, err = self.disks.ours(*words)
        self.assertEqual(rc, 0, f"{words}: {out}{err}")
        return out

    def files(self, name):
        return sorted(os.listdir(self.folders[name]))

    def text(self, name, file):
        with open(f"{self.folders[name]}/{file}", encoding="ascii") as opened:
            return opened.read()

    def now(self):
        """What is on the disks, as a file of it says."""
        path = f"{self.disks.directory}/now"
        self.ok("vgcfgbackup", "-f", path, "vg")
        with open(path, encoding="ascii") as file:
            return file.read()

    def state(self):
        return self.ok("vgs", "--noheadings", "-o", "seqno,lv_count,vg_tags", "vg")

    def make_full(self, name):
        path = self.folders[name]
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", path], check=True)
        self.addCleanup(subprocess.run, ["umount", path], check=True)
        with open(f"{path}/fill", "wb", buffering=0) as file:
            file.write(bytes(64 << 10))

    def test_each_change_leaves_both(self):
        for words in (CREATE, EXTEND, REMOVE):
            before, archives = self.now(), self.files("archive")
            self.ok(*words)
            after = self.now()
            self.assertNotEqual(vg_part(before), vg_part(after))
            new = set(self.files("archive")) - set(archives)
            self.assertEqual(len(new), 1, new)
            archive, backup = self.text("archive", new.pop()), self.text("backup", "vg")
            self.assertEqual(vg_part(archive), vg_part(before))
            self.assertEqual(vg_part(backup), vg_part(after))
            self.assertIn(f"Created *before* executing '{words[0]}", archive.replace("lvm ", ""))
            self.assertIn(f"Created *after* executing '{words[0]}", backup.replace("lvm ", ""))
            self.assertEqual(self.files("backup"), ["vg"])
            self.assertTrue(all(name.endswith(".vg") for name in self.files("archive")))

    def test_without_an_archive_nothing_is_changed(self):
        self.ok(*CREATE)
        self.make_full("archive")
        state, backup = self.state(), self.text("backup", "vg")
        for words in (("vgchange", "--addtag", "t", "vg"), EXTEND, REMOVE):
            for suite in (self.disks.stock, self.disks.ours):
                rc, out, err = suite(*words)
                self.assertEqual(rc, 5, f"{suite}: {words}: {out}{err}")
                self.assertNotIn("successfully", out)
                self.assertIn("No space left on device", err)
                self.assertEqual(self.state(), state)
            self.assertIn(f'Volume group "vg" is not changed, because what it was could not be archived '
                          f'in {self.folders["archive"]}.', err)
        self.assertEqual(self.text("backup", "vg"), backup)
        self.assertEqual(self.disks.stock("vgck", "vg")[::2], (0, ""))

    def test_no_half_archive_is_left(self):
        self.ok(*CREATE)
        self.make_full("archive")
        self.assertEqual(self.disks.ours(*REMOVE)[0], 5)
        self.assertEqual(self.files("archive"), ["fill"])

    def test_without_a_backup_there_is_a_warning(self):
        self.make_full("backup")
        for words in (CREATE, EXTEND, REMOVE):
            rc, _, err = self.disks.ours(*words)
            self.assertEqual(rc, 0, err)
            self.assertIn("No space left on device", err)
            self.assertIn("WARNING: Backup of volume group vg metadata failed.", err)
            self.assertEqual(self.files("backup"), ["fill"])

    def test_a_folder_that_is_none(self):
        for name, code in (("archive", 5), ("backup", 0)):
            os.rename(self.folders[name], f"{self.folders[name]}.away")
            with open(self.folders[name], "wb"):
                pass
            rc, _, err = self.disks.ours(*CREATE)
            self.assertEqual(rc, code, err)
            self.assertIn(f"{self.folders[name]}", err)
            self.assertIn("Not a directory", err)
            os.unlink(self.folders[name])
            os.rename(f"{self.folders[name]}.away", self.folders[name])

    def test_none_where_none_is_wanted(self):
        for name in ("archive", "backup"):
            files = self.files(name)
            backup = self.text("backup", "vg")
            self.ok("vgchange", "--config", f"backup/{name}=0", "--addtag", name, "vg")
            if name == "archive":
                self.assertEqual(self.files(name), files)
            else:
                self.assertEqual(self.text("backup", "vg"), backup)


class FilesOfManyLvs(Files):
    """In pieces, and while a long text goes to two disks at once."""
    lv_count = 1500


if __name__ == "__main__":
    unittest.main()
