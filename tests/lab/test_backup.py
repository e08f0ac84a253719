#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Backups of a clustered volume group are on all members, and any member can restore from its own."""
import re

import lab

BACKUP = "/etc/lvm/backup/vg"


def body(text):
    """A backup without what says when, where and by what it was made."""
    return re.sub(r"^(# Generated|description|creation_).*\n", "", text, flags=re.M)


class Backup(lab.StoryCase):
    disks = ("256M", "256M")

    def setUp(self):
        for node in self.nodes:
            node.ok("rm -rf /etc/lvm/backup /etc/lvm/archive")
        self.n1.ok("vgcreate vg /dev/ubda")

    def seqno(self, node):
        return node.ok("vgs --noheadings -o seqno vg").strip()

    def backed_up(self, node):
        found = re.search(r"^\tseqno = (\d+)$", node(f"cat {BACKUP}").out, re.M)
        return found[1] if found else None

    def wait_for_backups(self):
        seqno = self.seqno(self.n1)
        for node in self.nodes:
            lab.wait_for(lambda: self.backed_up(node) == seqno, 20,
                         f"{node.name} to have a backup of seqno {seqno}, not {self.backed_up(node)}")
        texts = {body(node.ok(f"cat {BACKUP}")) for node in self.nodes}
        self.assertEqual(len(texts), 1, "backups differ")

    def test_every_kind_of_change_is_backed_up_everywhere(self):
        self.wait_for_backups()
        for node, change in ((self.n1, "lvcreate -L 16M -n lv0 vg"),
                             (self.n2, "lvextend -L +16M vg/lv0"),
                             (self.n1, "vgextend vg /dev/ubdb"),
                             (self.n2, "lvrename vg lv0 lv1"),
                             (self.n1, "vgchange --addtag t vg"),
                             (self.n2, "lvcreate -an -Zn -l 1 -n lv2 vg"),
                             (self.n1, "vgreduce vg /dev/ubdb"),
                             (self.n2, "lvremove -y vg/lv1")):
            with self.subTest(change):
                node.ok(change)
                self.wait_for_backups()

    def test_the_commands_own_node_names_the_command(self):
        self.n1.ok("lvcreate -L 16M -n lv0 vg")
        self.wait_for_backups()
        self.assertIn("executing 'lvcreate -L 16M -n lv0 vg'", self.n1.ok(f"cat {BACKUP}"))
        # an archive is of the node where the change was made
        self.assertIn("before", self.n1.ok("cat /etc/lvm/archive/vg_*.vg"))
        self.assertFalse(self.n2("ls /etc/lvm/archive/vg_*.vg"))

    def test_a_renamed_and_a_removed_vg(self):
        self.n1.ok("vgrename vg vg-other")
        lab.wait_for(lambda: self.n2("test -e /etc/lvm/backup/vg-other"), 20, "a backup of that name")
        self.n1.ok("vgremove vg-other")
        self.n1.ok("vgcreate vg /dev/ubda")
        self.wait_for_backups()
        for node in self.nodes:
            self.assertNotIn("Job of", node.syslog())

    def test_no_backup_when_none_is_wanted(self):
        self.wait_for_backups()
        before = self.seqno(self.n1)
        self.n1.ok("vgchange -An --addtag quiet vg")
        self.n2.ok("vgs vg; clvmd status")
        for node in self.nodes:
            self.assertEqual(self.backed_up(node), before, node.name)

    def test_a_member_without_backups_keeps_none(self):
        self.n2.write("/etc/lvm/lvm.conf", "backup { backup = 0 }\n")
        self.n2.ok("rm -rf /etc/lvm/backup")
        self.n1.ok("vgchange --addtag a vg")
        self.n2.ok("lvcreate -L 4M -n x vg")
        self.assertFalse(self.n2(f"test -e {BACKUP}"))
        self.n2.ok("rm /etc/lvm/lvm.conf")

    def test_another_member_restores_from_its_own_backup(self):
        self.n1.ok("lvcreate -L 16M -n lv0 vg")
        self.wait_for_backups()
        self.n2.ok(f"cp {BACKUP} /root/saved")
        self.n1.ok("lvremove -y vg/lv0")
        self.n2.ok("vgcfgrestore -f /root/saved vg")
        self.n1.ok("vgck vg && lvchange -asy vg/lv0")
        self.assert_lv_everywhere("vg", "lv0", 16)
        self.wait_for_backups()

    def test_restore_asks_when_a_volume_is_active_on_another_node(self):
        self.n1.ok("lvcreate -L 16M -n lv0 vg && vgchange -an vg")
        self.n2.ok("lvchange -aey vg/lv0")
        before = self.seqno(self.n1)
        self.n1.fails("vgcfgrestore vg", 5, "active volume: lv0", "n2",
                      "while 1 volume(s) are active", "Restore aborted.")
        self.assertEqual(self.seqno(self.n2), before)
        self.n2.ok("lvchange -an vg/lv0")
        self.n1.ok("vgcfgrestore vg")

    def test_restore_after_all_metadata_were_lost(self):
        self.n1.ok("lvcreate -L 16M -n lv0 vg && vgchange -an vg")
        self.wait_for_backups()
        uuid = self.n1.ok("pvs --noheadings -o pv_uuid /dev/ubda").strip()
        self.n1.ok("dd if=/dev/zero of=/dev/ubda bs=1M count=1 oflag=direct")
        self.assertNotIn("vg", self.n2.ok("vgs --noheadings -o vg_name"))
        self.n2.ok(f"pvcreate --uuid {uuid} --restorefile {BACKUP} /dev/ubda")
        self.n2.ok("vgcfgrestore vg")
        self.n1.ok("vgck vg && vgchange -ay vg")
        self.assert_lv_everywhere("vg", "lv0", 16)
        self.assertRegex(self.n1.ok("vgs --noheadings -o vg_attr vg"), "c")

    def test_repair_is_seen_by_all(self):
        self.n1.ok("vgextend vg /dev/ubdb")
        # the text of the second copy, somewhere behind its header
        self.n1.ok("printf x | dd of=/dev/ubdb bs=1 seek=4700 conv=notrunc,fsync")
        self.n2("vgs vg")
        self.assertIn("Checksum error", self.n2("vgs vg").err)
        self.n1.ok("vgck --updatemetadata vg")
        self.assertEqual(self.n2("vgck vg").text, "")


if __name__ == "__main__":
    lab.run_tests()
