#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""With systemd-udevd in the nodes: who makes the links, and what activates by itself."""
import lab

RULES = ("56-clvm.rules", "69-clvm.rules")
STOCK_RULES = ("56-lvm.rules", "69-lvm.rules")


class Udev(lab.StoryCase):
    disks = ("256M", "256M")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for node in cls.nodes:
            for name in STOCK_RULES:
                node.ok(f"ln -sfn /dev/null /etc/udev/rules.d/{name}")
            for name in RULES:  # the prefix that was configured is not where the lab has it
                node.ok(f"sed -E 's:/[^ ]*/sbin/pvscan:{cls.cluster.prefix}/sbin/pvscan:' "
                        f"{cls.cluster.prefix}/lib/udev/rules.d/{name} >/etc/udev/rules.d/{name}")
            node.ok("mkdir -p /etc/lvm && : >/etc/lvm/lvm.conf")
            node.ok("/lib/systemd/systemd-udevd --daemon && udevadm control --ping && "
                    "udevadm trigger --subsystem-match=block && udevadm settle")
            # libdevmapper asks once in the life of a process whether udev runs.
            node.ok("clvmd restart", timeout=60)

    def links_of(self, node, device):
        """By udev's own database: those that it made, not those that we did."""
        name = node.ok(f"basename $(readlink -f {device})").strip()
        return node.ok(f"udevadm info -q symlink -n /dev/{name}").split()

    def settle(self):
        for node in self.nodes:
            node.ok("udevadm settle", timeout=60)

    def assert_settled(self):
        self.settle()
        for node in self.nodes:
            self.assertNotIn("0x", node.ok("dmsetup udevcookies"), node.name)

    def test_links_are_udevs_on_all_nodes(self):
        self.n1.ok("vgcreate vg-a /dev/ubda /dev/ubdb && lvcreate -L 32M -n data-1 vg-a")
        for node in self.nodes:
            self.assertIn("vg-a/data-1", self.links_of(node, "/dev/mapper/vg--a-data--1"))
            self.assertEqual(node.ok("readlink -f /dev/vg-a/data-1"),
                             node.ok("readlink -f /dev/mapper/vg--a-data--1"))
        self.n2.ok("mkfs.ext4 -q /dev/vg-a/data-1 && lvextend -r -L 64M vg-a/data-1")
        self.assert_lv_everywhere("vg-a", "data-1", 64)
        self.n1.ok("lvrename vg-a data-1 other")
        for node in self.nodes:
            self.assertIn("vg-a/other", self.links_of(node, "/dev/mapper/vg--a-other"))
            node.ok("test ! -e /dev/vg-a/data-1")
        self.n2.ok("lvremove -y vg-a/other")
        for node in self.nodes:
            node.ok("test ! -e /dev/vg-a/other && test ! -e /dev/mapper/vg--a-other")
        self.assert_settled()

    def test_many_at_once(self):
        self.n1.ok("vgcreate vg /dev/ubda")
        for number in range(6):
            self.n1.ok(f"lvcreate -an -Zn -L 8M -n lv{number} vg")
        self.n2.ok("vgchange -ay vg")
        for node in self.nodes:
            self.assertEqual(len(node.ok("ls /dev/vg").split()), 6)
        self.n1.ok("vgchange -an vg")  # although udev still looks at them
        for node in self.nodes:
            node.ok("test ! -e /dev/vg")
        self.assert_settled()

    def disk_comes(self, option):
        """The one disk of a VG whose volume is not active."""
        self.n1.ok(f"vgcreate {option} vg /dev/ubda && lvcreate -L 16M -n lv vg")
        self.n1.ok("vgchange -an vg && udevadm settle; test ! -e /dev/vg/lv")
        self.n1.ok("udevadm trigger --action=add /sys/class/block/ubda")

    def test_a_local_vg_is_activated_when_its_disk_comes(self):
        self.disk_comes("-cn")
        lab.wait_for(lambda: self.n1("test -e /dev/vg/lv"), 30, "the volume to be active")
        self.settle()
        self.assertIn("vg/lv", self.links_of(self.n1, "/dev/vg/lv"))
        self.n1.ok("vgchange -an vg")

    def test_a_clustered_vg_is_not(self):
        self.disk_comes("-cy")
        self.settle()  # udev's program has run
        self.assertEqual(self.n1.ok("lvs --noheadings -o lv_active_nodes vg/lv").strip(), "")


if __name__ == "__main__":
    lab.run_tests()
