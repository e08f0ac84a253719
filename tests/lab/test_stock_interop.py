#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Local VGs, ours and stock LVM2 taking turns on one node with real device-mapper."""
import lab

MIB = lab.MIB


class Turns(lab.StoryCase):
    node_count = 1
    disks = ("256M", "128M")
    clustered = False

    def stock(self, command):
        result = self.n1.stock(command)
        self.assertEqual(result.rc, 0, repr(result))
        self.assertNotIn("WARNING", result.text, repr(result))
        return result.out

    def ours(self, command):
        result = self.n1(command)
        self.assertEqual(result.rc, 0, repr(result))
        self.assertNotIn("WARNING", result.text, repr(result))
        return result.out

    def same_reports(self):
        """Both read the same from the same bytes, down to the blanks."""
        for command in ("pvs", "vgs", "lvs", "vgs -o vg_all --units b", "pvs -o pv_all --units b",
                        "lvs -o lv_name,lv_uuid,lv_attr,seg_pe_ranges,devices --units b",
                        "vgdisplay -v", "vgdisplay -A", "lvdisplay -m", "lvdisplay -c",
                        "pvdisplay -m"):
            with self.subTest(command):
                self.assertEqual(self.ours(command), self.stock(command))

    def test_stock_makes_ours_reads_and_changes(self):
        self.stock("vgcreate vg /dev/ubda /dev/ubdb")
        self.stock("lvcreate -L 32M -n lv0 vg")
        self.stock("lvcreate -L 64M -i 2 -n striped vg")
        self.same_reports()
        self.ours("lvextend -L +32M vg/lv0")
        self.assertEqual(self.n1.sysfs_size("/dev/vg/lv0"), 64 * MIB)
        self.ours("lvcreate -L 16M -n ours vg")
        self.ours("lvrename vg striped renamed")
        self.ours("lvremove -y vg/renamed")
        self.same_reports()
        self.stock("vgck vg")
        self.stock("lvextend -L +4M vg/ours")
        self.stock("vgremove -ff -y vg")

    def test_ours_makes_stock_reads_and_changes(self):
        self.ours("pvcreate /dev/ubda /dev/ubdb")
        self.ours("vgcreate vg /dev/ubda")
        self.ours("lvcreate -L 32M -n lv0 vg")
        self.same_reports()
        self.stock("vgck vg")
        self.stock("pvck /dev/ubda")
        self.stock("vgextend vg /dev/ubdb")
        self.stock("lvextend -l +100%FREE vg/lv0")
        self.assertEqual(self.ours("vgs --noheadings -o vg_free_count vg").strip(), "0")
        self.stock("lvchange -an vg/lv0")
        self.stock("lvreduce -f -L 8M vg/lv0")
        self.stock("lvchange -ay vg/lv0")
        self.ours("lvcreate -L 8M -n second vg")
        self.same_reports()
        self.ours("vgremove -ff -y vg")
        self.assertEqual(self.stock("vgs --noheadings").strip(), "")

    def test_either_activates_and_deactivates_what_the_other_did(self):
        self.ours("vgcreate vg /dev/ubda && lvcreate -L 32M -n lv0 vg")
        table = self.n1.ok("dmsetup table --showkeys; dmsetup info -c --noheadings -o name,uuid")
        for first, second in ((self.ours, self.stock), (self.stock, self.ours)):
            first("vgchange -an vg")
            self.assertFalse(self.n1("test -e /dev/vg/lv0 || dmsetup info vg-lv0"))
            second("vgchange -ay vg")
            self.assertEqual(self.n1.sysfs_size("/dev/vg/lv0"), 32 * MIB)
            self.assertEqual(self.n1.ok("dmsetup table --showkeys; "
                                        "dmsetup info -c --noheadings -o name,uuid"), table)

    def test_data_survives_the_turns(self):
        self.stock("vgcreate vg /dev/ubda")
        self.ours("lvcreate -L 64M -n lv0 vg")
        self.n1.ok("mkfs.ext4 -q /dev/vg/lv0 && mkdir -p /mnt/d && mount /dev/vg/lv0 /mnt/d && "
                   "head -c 8M /dev/urandom >/mnt/d/file && sync && "
                   "sha256sum /mnt/d/file >/run/sum")
        self.stock("lvextend -L +32M vg/lv0")
        self.ours("lvextend -r -L +32M vg/lv0")
        self.n1.ok("sha256sum -c /run/sum && umount /mnt/d")
        self.ours("vgchange -an vg")
        self.stock("vgchange -ay vg")
        self.n1.ok("e2fsck -fn /dev/vg/lv0 && mount /dev/vg/lv0 /mnt/d && sha256sum -c /run/sum")

    def device(self, name, table, uuid=""):
        """A dm device that is no LV, for this test."""
        self.addCleanup(self.n1.ok, f"dmsetup remove {name}")
        self.n1.ok(f"dmsetup create {name} {uuid} --table '{table}' && dmsetup mknodes")
        return f"/dev/mapper/{name}"

    def test_a_path_of_a_multipath_device(self):
        """Ours alone: stock looks for paths among SCSI and NVMe disks only."""
        device = self.device("paths", f"0 {128 * MIB // 512} linear /dev/ubdb 0", "--uuid mpath-1")
        self.ours(f"vgcreate vg {device}")
        self.assertEqual(self.ours("pvs --noheadings -o pv_name").split(), [device])
        for command in ("pvcreate -ff -y /dev/ubdb", "vgextend vg /dev/ubdb"):
            result = self.n1(command)
            self.assertEqual(result.rc, 5, repr(result))
            self.assertIn("Cannot use /dev/ubdb: device is a multipath component", result.text)
        off = "--config devices/multipath_component_detection=0"
        self.assertIn("/dev/ubdb", self.n1(f"pvs {off}").text)
        self.ours("vgremove -y vg")
        self.ours(f"pvremove {device}")

    def test_data_begin_where_the_device_likes_it(self):
        """A striped device says that whole rows of 6 MiB are best."""
        # Behind where a label is looked for on the disks below.
        device = self.device("rows", "0 196608 striped 2 6144 /dev/ubda 8192 /dev/ubdb 8192")
        for options in ("", "--dataalignment 192k", "--dataalignmentoffset 7s",
                        "--metadatasize 9m", "--metadatacopies 2"):
            found = []
            for suite in (self.ours, self.stock):
                suite(f"pvcreate -ff -y {options} {device}")
                found.append(suite("pvs --noheadings --units s -o pe_start,pv_mda_size,pv_size "
                                   f"{device}").split())
            self.assertEqual(*found, options)
            self.assertEqual(found[0][0] == "12288S", not options or "copies" in options, found)
        self.ours(f"pvremove {device}")


if __name__ == "__main__":
    lab.run_tests()
