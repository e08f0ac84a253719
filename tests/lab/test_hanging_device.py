#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A disk that does not answer: commands say so, do the rest, and come to an end.

The disk is a dm device over another one, which is suspended: reads of it wait for the resume, and
cannot be interrupted.
"""
import os
import sys
import tempfile

import lab

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../interop"))
import many_lvs  # pylint: disable=wrong-import-position

SECTORS = 2 * 2048 * 60
LIMIT = 20  # seconds for a command with a deadline of 2: well below what a hang would be
QUICK = "--config devices/read_timeout=2"


class HangingDevice(lab.StoryCase):
    """vg on /dev/ubda; slow on /dev/mapper/top, which lies over bottom, which is /dev/ubdb."""

    node_count = 1
    disks = ("128M", "128M", "64M")
    clustered = False

    def setUp(self):
        # What lies below would be a second device with the same PV.
        self.n1.ok("mkdir -p /etc/lvm")
        self.n1.write("/etc/lvm/lvm.conf", 'devices { filter = [ "a|^/dev/mapper/top$|", '
                      '"a|^/dev/ubda$|", "a|^/dev/mapper/more|", "r|.*|" ] }\n')
        self.n1.ok(f"dmsetup create bottom --table '0 {SECTORS} linear /dev/ubdb 0'")
        number = self.n1.ok("dmsetup info -c --noheadings --separator : -o major,minor bottom")
        self.n1.ok(f"dmsetup create top --table '0 {SECTORS} linear {number.strip()} 0' && "
                   "dmsetup mknodes")
        self.n1.ok("pvcreate /dev/mapper/top && vgcreate slow /dev/mapper/top && "
                   "lvcreate -an -l 4 -n lv slow && vgcreate vg /dev/ubda && lvcreate -l 4 -n lv0 vg")

    def tearDown(self):
        self.n1("dmsetup resume bottom")
        self.n1.ok("vgremove -ff -y vg slow; dmsetup remove top && dmsetup remove bottom")
        for disk in self.n1.disks:
            disk.clear()

    def run_quickly(self, command, rc=0):
        """Also when what it says is read from a pipe: nothing that hangs keeps that open."""
        result = self.n1(f"{command} 2>&1 | cat; exit ${{PIPESTATUS[0]}}", timeout=60)
        self.assertEqual(result.rc, rc, repr(result))
        self.assertLess(result.seconds, LIMIT, repr(result))
        return result.text

    def test_the_others_are_reported(self):
        before = self.run_quickly("vgs --noheadings -o vg_name").split()
        self.assertEqual(before, ["slow", "vg"])
        self.n1.ok("dmsetup suspend --nolockfs bottom")
        text = self.run_quickly(f"vgs --noheadings -o vg_name {QUICK}")
        self.assertIn("/dev/mapper/top: reading timed out after 2 s", text)
        self.assertEqual(text.split("\n")[-2].split(), ["vg"], text)
        self.run_quickly(f"lvextend -l +1 vg/lv0 {QUICK}")
        self.run_quickly(f"pvs {QUICK} /dev/ubda")
        self.n1.ok("dmsetup resume bottom")
        self.assertEqual(self.run_quickly("vgs --noheadings -o vg_name").split(), ["slow", "vg"])

    def test_among_many_devices(self):
        """So many are read at once, by asynchronous I/O; several of them hang."""
        for i in range(12):
            self.n1.ok(f"dmsetup create more{i:02} --table '0 8192 linear /dev/ubdc {i * 8192}'")
        self.n1.ok("dmsetup mknodes && pvcreate $(ls -d /dev/mapper/more*)")
        for name in ("low", "high"):
            below = self.n1.ok("dmsetup info -c --noheadings --separator : -o major,minor bottom")
            self.n1.ok(f"dmsetup create more-{name} --table '0 8192 linear {below.strip()} 0'")
        self.n1.ok("dmsetup mknodes && dmsetup suspend --nolockfs bottom")
        try:
            text = self.run_quickly(f"pvs --noheadings -o pv_name {QUICK}")
            self.assertEqual(text.count("timed out after 2 s"), 3, text)
            found = [line.strip() for line in text.splitlines() if "timed out" not in line]
            self.assertEqual(found, [f"/dev/mapper/more{i:02}" for i in range(12)] + ["/dev/ubda"])
        finally:
            self.n1("dmsetup resume bottom")
            self.n1.ok("for name in $(ls /dev/mapper/ | grep more); do "
                       "dmsetup remove --retry $name || exit 1; done")

    def test_in_the_middle_of_a_text(self):
        """The second area of a VG hangs while its text is compared with that of the first one; the
        third is compared all the same."""
        below = self.n1.ok("dmsetup info -c --noheadings --separator : -o major,minor bottom").strip()
        self.n1.ok("dmsetup create more-first --table '0 49152 linear /dev/ubdc 8192' && "
                   "dmsetup create more-last --table '0 49152 linear /dev/ubdc 57344'")
        pvs = " ".join(f"/dev/mapper/more-{name}" for name in ("first", "half", "last"))
        self.n1.ok("printf '0 2048 linear /dev/ubdc 0\n2048 47104 linear %s 2048\n' "
                   f"{below} | dmsetup create more-half && dmsetup mknodes")
        try:
            self.n1.ok(f"pvcreate --metadatasize 4m {pvs} && vgcreate -s 4k long {pvs} && "
                       "vgcfgbackup -f /tmp/long long")
            with tempfile.NamedTemporaryFile("r+", encoding="ascii") as file:
                file.write(self.n1.ok("cat /tmp/long"))
                file.flush()
                many_lvs.add_lvs(file.name, 4000, 3)  # 1.1 MB: it ends behind the first MiB
                with open(file.name, encoding="ascii") as changed:
                    self.n1.write("/tmp/long", changed.read())
            self.n1.ok("vgcfgrestore -f /tmp/long long")
            reports = "vgs --noheadings -o vg_name,lv_count,vg_missing_pv_count long"
            self.assertEqual(self.run_quickly(reports).split(), ["long", "4000", "0"])
            self.n1.ok("dmsetup suspend --nolockfs bottom")
            text = self.run_quickly(f"{reports} {QUICK}")
            self.assertIn("/dev/mapper/more-half: reading timed out after 2 s", text)
            self.assertEqual(text.split("\n")[-2].split(), ["long", "4000", "1"], text)
            self.assertNotIn("more-last", text)
            self.n1.ok("dmsetup resume bottom")
            lab.wait_for(lambda: self.n1("pgrep -x vgs").rc == 1, 10, "abandoned readers to end")
            self.assertEqual(self.run_quickly(reports).split(), ["long", "4000", "0"])
        finally:
            self.n1("dmsetup resume bottom")
            self.n1.ok("for name in half first last; do "
                       "dmsetup remove --retry more-$name || exit 1; done")

    def test_what_names_it_is_refused(self):
        self.n1.ok("dmsetup suspend --nolockfs bottom")
        for command in (f"pvcreate -y -ff {QUICK} /dev/mapper/top", f"pvs {QUICK} /dev/mapper/top",
                        f"vgextend {QUICK} vg /dev/mapper/top"):
            with self.subTest(command):
                self.assertIn("Cannot use /dev/mapper/top: device does not answer",
                              self.run_quickly(command, rc=5))
        self.assertIn('Volume group "slow" not found',
                      self.run_quickly(f"lvcreate -l 1 -n x slow {QUICK}", rc=5))

    def test_the_deadline_is_waited_for_once(self):
        self.n1.ok("dmsetup suspend --nolockfs bottom")
        result = self.n1("vgchange -an vg --config devices/read_timeout=6", timeout=60)
        self.assertEqual(result.rc, 0, repr(result))
        self.assertLess(result.seconds, 11, repr(result))
        self.assertEqual(result.err.count("timed out"), 1, repr(result))

    def test_readers_do_not_pile_up(self):
        """What was given up ends with the device's hang."""
        self.n1.ok("dmsetup suspend --nolockfs bottom")
        for _ in range(3):
            self.run_quickly(f"vgs {QUICK}")
        self.n1.ok("dmsetup resume bottom")
        lab.wait_for(lambda: self.n1("pgrep -x vgs").rc == 1, 10, "abandoned readers to end")


if __name__ == "__main__":
    lab.run_tests()
