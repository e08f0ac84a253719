#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The main job: what one node does, the other has at once, and volumes grow under load.

Nothing here waits for the other node: when a command has returned on n1, n2 shows it.
"""
import json

import lab

MIB = lab.MIB


class MainJob(lab.StoryCase):
    disks = ("1G", "512M")

    # ---- visible at once ----

    def test_pvcreate_and_pvremove(self):
        self.n1.ok("pvcreate /dev/ubda")
        self.assertEqual(self.pv_names(self.n2), {"/dev/ubda": ""})
        self.n1.ok("pvremove /dev/ubda")
        self.assertEqual(self.pv_names(self.n2), {})

    def test_vgcreate_vgextend_vgreduce_and_vgremove(self):
        self.n1.ok("vgcreate vg /dev/ubda")
        for node in self.nodes:
            row, = lab.report(node, "vgs", "vg_name,vg_attr,pv_count")
            self.assertEqual((row["vg_name"], row["vg_attr"], row["pv_count"]),
                             ("vg", "wz--nc", "1"))
        self.n1.ok("vgextend vg /dev/ubdb")
        self.assertEqual(self.pv_names(self.n2), {"/dev/ubda": "vg", "/dev/ubdb": "vg"})
        self.assertEqual(lab.report(self.n2, "vgs", "pv_count")[0]["pv_count"], "2")
        self.n1.ok("vgreduce vg /dev/ubdb")
        self.assertEqual(self.pv_names(self.n2), {"/dev/ubda": "vg", "/dev/ubdb": ""})
        self.n1.ok("vgremove vg")
        self.assertEqual(lab.report(self.n2, "vgs", "vg_name"), [])

    def test_lvcreate_lvextend_and_lvremove(self):
        self.n1.ok("vgcreate vg /dev/ubda")
        self.n1.ok("lvcreate -L 64M -n lv0 vg")
        self.assert_lv_everywhere("vg", "lv0", 64)
        self.n1.ok("lvextend -L +32M vg/lv0")
        self.assert_lv_everywhere("vg", "lv0", 96)
        self.n2.ok("lvextend -L 128M /dev/vg/lv0")
        self.assert_lv_everywhere("vg", "lv0", 128)
        self.n1.ok("lvremove -y vg/lv0")
        self.assert_no_lv_anywhere("vg", "lv0")

    def test_lvrename_and_names_with_hyphens(self):
        self.n1.ok("vgcreate vg-a /dev/ubda")
        self.n1.ok("lvcreate -L 16M -n lv-0 vg-a")
        self.assert_lv_everywhere("vg-a", "lv-0", 16)
        self.n2.ok("lvrename vg-a lv-0 other")
        self.assert_lv_everywhere("vg-a", "other", 16)
        self.assert_no_lv_anywhere("vg-a", "lv-0")

    def test_deactivation_and_activation(self):
        self.n1.ok("vgcreate vg /dev/ubda && lvcreate -L 16M -n lv0 vg")
        self.n2.ok("vgchange -an vg")
        for node in self.nodes:
            self.assertFalse(node("test -e /dev/vg/lv0"), node.name)
            self.assertEqual(self.lv_sizes(node), {"vg/lv0": 16 * MIB})
        self.n1.ok("lvchange -ay vg/lv0")
        self.assert_lv_everywhere("vg", "lv0", 16)

    def test_an_exported_vg_is_left_alone_on_all_nodes(self):
        self.n1.ok("vgcreate vg /dev/ubda && lvcreate -aey -L 16M -n lv0 vg")
        self.assertRegex(self.n2.ok("vgdisplay vg"), r"Clustered +yes")
        self.n2.fails("vgexport vg", 5, "has active logical volumes")
        self.n1.ok("vgchange -an vg")
        self.n2.ok("vgexport vg")
        self.assertEqual(lab.report(self.n1, "vgs", "vg_attr")[0]["vg_attr"], "wzx-nc")
        for command in ("vgchange -ay vg", "lvcreate -L 4M vg", "vgexport vg"):
            self.n1.fails(command, 5, "Volume group vg is exported")
        self.n2.ok("vgimport vg && pvchange -xn /dev/ubda")
        self.n1.fails("lvcreate -L 4M vg", 5, "Insufficient free space")
        self.n1.ok("pvchange -xy /dev/ubda && vgchange -ay vg")
        self.assert_lv_everywhere("vg", "lv0", 16)

    def test_what_one_node_writes_the_other_reads(self):
        self.n1.ok("vgcreate vg /dev/ubda && lvcreate -L 16M -n lv0 vg")
        self.n1.ok("yes one | head -c 4096 | dd of=/dev/vg/lv0 bs=4096 oflag=direct")
        self.assertEqual(self.n2.ok("dd if=/dev/vg/lv0 bs=4096 count=1 iflag=direct | head -c 4"),
                         "one\n")

    def test_a_volume_over_two_disks_and_striped(self):
        self.n1.ok("vgcreate vg /dev/ubda /dev/ubdb")
        self.n1.ok("lvcreate -L 1200M -n long vg")
        self.assert_lv_everywhere("vg", "long", 1200)
        self.n1.ok("lvremove -y vg/long && lvcreate -L 128M -i 2 -n striped vg")
        self.assert_lv_everywhere("vg", "striped", 128)

    def test_a_partition_made_after_the_other_node_booted(self):
        self.n1.ok("echo type=8e | sfdisk -q /dev/ubda")
        self.assertFalse(self.n2("test -e /dev/ubda1"))
        self.n1.ok("pvcreate /dev/ubda1")
        self.assertEqual(self.pv_names(self.n2), {"/dev/ubda1": ""})
        self.n1.ok("vgcreate vg /dev/ubda1 && lvcreate -L 64M -n lv0 vg")
        self.assert_lv_everywhere("vg", "lv0", 64)
        self.n2.ok("mkfs.ext4 -q /dev/vg/lv0")

    # ---- on-line extension ----

    def make_volume(self, mkfs=None):
        """vg on both disks, lv0 of 128 MiB; with @mkfs a file system mounted on n1. Its size."""
        self.n1.ok("vgcreate vg /dev/ubda /dev/ubdb && lvcreate -L 128M -n lv0 vg")
        for node in self.nodes:
            node.ok("mkdir -p /mnt/fs; rm -f /run/io-stop")
        if mkfs:
            self.n1.ok(f"{mkfs} /dev/vg/lv0 && mount /dev/vg/lv0 /mnt/fs", timeout=120)
            return self.df(self.n1)
        return None

    def df(self, node):
        """MiB of the file system on /mnt/fs."""
        return int(node.ok("df --output=size -m /mnt/fs | tail -n1"))

    def start_io(self, node):
        job = node.spawn("python3 /lab/io_loop.py /mnt/fs/data /run/io-stop", timeout=300)
        lab.wait_for(lambda: node("test -s /mnt/fs/data") or job.done(), 30, "the writer to write")
        return job

    def end_io(self, node, job):
        node.ok("touch /run/io-stop")
        result = job.result()
        self.assertEqual(result.rc, 0, repr(result))
        seen = json.loads(result.out)
        self.assertGreater(seen["written"], 0)
        self.assertEqual(seen["wrong"], 0)
        return seen

    def test_extend_under_io(self):
        before = self.make_volume("mkfs.ext4 -q")
        job = self.start_io(self.n1)
        for step in range(4):
            (self.n1 if step % 2 else self.n2).ok("lvextend -L +64M vg/lv0")
            self.assert_lv_everywhere("vg", "lv0", 128 + 64 * (step + 1))
        self.n1.ok("resize2fs /dev/vg/lv0", timeout=120)
        self.assertGreater(self.df(self.n1), before + 200)
        self.end_io(self.n1, job)
        self.n1.ok("umount /mnt/fs && e2fsck -fn /dev/vg/lv0")

    def test_resizefs_from_the_node_where_it_is_mounted(self):
        before = self.make_volume("mkfs.ext4 -q")
        job = self.start_io(self.n1)
        self.n1.ok("lvextend -r -L +128M vg/lv0", timeout=120)
        self.assert_lv_everywhere("vg", "lv0", 256)
        self.assertGreater(self.df(self.n1), before + 90)
        self.end_io(self.n1, job)

    def test_resizefs_from_the_node_where_it_is_not_mounted(self):
        before = self.make_volume("mkfs.ext4 -q")
        job = self.start_io(self.n1)
        self.n2.ok("lvextend -r -L +128M vg/lv0", timeout=120)
        self.assert_lv_everywhere("vg", "lv0", 256)
        self.assertGreater(self.df(self.n1), before + 90)
        self.end_io(self.n1, job)
        self.n1.ok("umount /mnt/fs && e2fsck -fn /dev/vg/lv0")

    def test_resizefs_of_xfs_from_the_other_node(self):
        before = self.make_volume("lvextend -q -L 384M vg/lv0 && mkfs.xfs -q")
        self.n2.ok("lvextend -r -L +128M vg/lv0", timeout=120)
        self.assert_lv_everywhere("vg", "lv0", 512)
        self.assertGreater(self.df(self.n1), before + 100)

    def test_resizefs_where_it_is_mounted_nowhere(self):
        self.make_volume()
        self.n1.ok("mkfs.ext4 -q /dev/vg/lv0")
        self.n2.ok("lvextend -r -L +128M vg/lv0", timeout=120)
        self.assert_lv_everywhere("vg", "lv0", 256)
        self.n2.ok("mount /dev/vg/lv0 /mnt/fs")
        self.assertGreater(self.df(self.n2), 200)

    def test_extend_onto_another_disk_under_io(self):
        self.make_volume("mkfs.ext4 -q")
        job = self.start_io(self.n1)
        self.n2.ok("lvextend -r -L +1200M vg/lv0", timeout=180)
        self.assert_lv_everywhere("vg", "lv0", 1328)
        self.end_io(self.n1, job)
        tables = [node.ok("dmsetup table vg-lv0") for node in self.nodes]
        self.assertEqual(*tables)
        self.assertGreater(len(tables[0].splitlines()), 1)

    def test_removal_is_refused_while_mounted_and_names_the_node(self):
        self.make_volume("mkfs.ext4 -q")
        for node in self.nodes:
            node.fails("lvremove -y vg/lv0", 5, "n1")
            node.fails("vgremove -y -f vg", 5, "n1")
        self.assert_lv_everywhere("vg", "lv0", 128)
        self.n1.ok("umount /mnt/fs && lvcreate -L 16M -n lv1 vg")
        said = self.n2.fails("lvremove vg", 5, stdin="n\nn\n").err
        self.assertLess(said.index("lv0 not removed."), said.index("remove active clustered "
                                                                   "logical volume vg/lv1?"))
        self.assertIn("lv1 not removed.", said)
        self.n2.ok("lvremove -y vg/lv0")
        self.assert_no_lv_anywhere("vg", "lv0")

    # ---- in use ----

    def open_for(self, node, seconds):
        """Something that looks at the volume, as udev does; it has it open when this returns."""
        job = node.spawn(f"exec 3</dev/vg/lv0 && echo >/run/open && sleep {seconds}")
        lab.wait_for(lambda: node("rm /run/open"), 30, "it to be open")
        return job

    def test_who_only_looks_is_waited_for(self):
        self.n1.ok("vgcreate vg /dev/ubda && lvcreate -L 16M -n lv0 vg")
        for command in ("vgchange -an vg", "lvchange -an vg/lv0", "lvremove -y vg/lv0"):
            self.n1.ok("vgchange -ay vg")
            looks = self.open_for(self.n2, 2)
            self.n1.ok(command)
            self.assertTrue(looks.result())

    def test_who_stays_is_not_waited_for_too_long(self):
        self.n1.ok("vgcreate vg /dev/ubda && lvcreate -L 16M -n lv0 vg")
        stays = [self.open_for(node, 60) for node in self.nodes]
        at_once = "--config activation/retry_deactivation=0"
        for command in ("lvremove -y vg/lv0", f"lvchange -an vg/lv0 {at_once}",
                        f"vgchange -an vg {at_once}"):
            refused = self.n1.fails(command, 5, "Logical volume vg/lv0 in use.",
                                    "It is open on n1.", "It is open on n2.")
            if at_once in command:
                self.assertLess(refused.seconds, 4)
        for job in stays:
            job.signal()
            job.result()
        self.n2.ok("dmsetup create above --table '0 8 linear /dev/vg/lv0 0'")
        refused = self.n1.fails("lvremove -y vg/lv0", 5, "is used by another device", "on n2")
        self.assertLess(refused.seconds, 4)
        self.n2.ok("dmsetup remove above")


if __name__ == "__main__":
    lab.run_tests()
