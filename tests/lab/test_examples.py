#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The scripts in examples/ do what they say; and volume groups of clvmd 2.02 and of lvmlockd, to
ours and back, as docs/upgrade.md has it."""
import lzma
import os

import lab

TOP = os.path.dirname(os.path.dirname(lab.cluster.HERE))
EXAMPLES = f"{TOP}/examples"
GOLDEN = f"{TOP}/tests/data/golden"


class Examples(lab.StoryCase):
    disks = ("256M", "256M")

    def test_create_grow_move(self):
        self.n1.ok("vgcreate vg0 /dev/ubda /dev/ubdb")
        self.assertEqual(self.n1.ok(f"{EXAMPLES}/create-volume vg0 data 64M /mnt"),
                         "vg0/data is mounted on /mnt\n")
        self.assertEqual(self.n1.ok(f"{EXAMPLES}/grow-when-full /mnt 90 +64M"), "")
        self.n1.ok("dd if=/dev/zero of=/mnt/file bs=1M count=45 status=none")
        self.assertIn("grown by +64M", self.n1.ok(f"{EXAMPLES}/grow-when-full /mnt 60 +64M"))
        self.assertEqual(self.lv_sizes(self.n2)["vg0/data"], 128 * lab.MIB)
        waiting = "/run/waiting"
        moving = self.n2.spawn(f"{EXAMPLES}/move-volume vg0/data 2>{waiting}", timeout=90)
        lab.wait_for(lambda: "waiting" in self.n2.ok(f"cat {waiting}"), 30, "it to wait")
        self.n1.ok("umount /mnt && lvchange -an vg0/data")
        result = moving.result()
        self.assertEqual((result.rc, result.out), (0, "vg0/data is active here\n"), repr(result))
        self.n2.ok("mount /dev/vg0/data /mnt && test -s /mnt/file && umount /mnt")

    def test_what_cannot_be_made_leaves_nothing(self):
        self.n1.ok("vgcreate vg0 /dev/ubda")
        self.n1.ok("touch /run/a-file")
        result = self.n1(f"{EXAMPLES}/create-volume vg0 data 64M /run/a-file")
        self.assertEqual(result.rc, 1, repr(result))
        self.assertEqual(self.lv_sizes(self.n2), {})
        self.assertEqual(self.n1(f"{EXAMPLES}/create-volume vg0 data 64G /mnt").rc, 5)
        self.assertEqual(self.n1(f"{EXAMPLES}/move-volume vg0/data 0").rc, 5)

    def test_watch(self):
        seen = "/run/seen"
        watcher = self.n2.spawn(f"exec {EXAMPLES}/watch-events commit >{seen}", timeout=300)
        self.addCleanup(watcher.signal, "TERM")
        self.n1.ok("vgcreate vg-watched /dev/ubda")  # older events, which come first, have others
        lab.wait_for(lambda: "vg=vg-watched" in self.n2.ok(f"cat {seen}"), 30, "the event")
        self.assertNotIn(" lock ", self.n2.ok(f"cat {seen}"))

    def test_where_is_what(self):
        self.n1.ok("vgcreate vg0 /dev/ubda && lvcreate -L 32M -n a vg0 && "
                   "lvcreate -aey -L 32M -n b vg0")
        out = self.n2.ok(f"PYTHONPATH={TOP}/python LD_LIBRARY_PATH={self.cluster.prefix}/lib "
                         f"/usr/bin/python3 -B {EXAMPLES}/where-is-what.py")
        self.assertEqual(out.splitlines(), [
            "node n1: up", "node n2: up, this one", "vg0/a: 32 MiB, active on n1, n2",
            "vg0/b: 32 MiB, active on n1, exclusively"])


class Upgrade(lab.StoryCase):
    disks = ("256M", "256M")

    def tearDown(self):
        for node in self.nodes:
            node("vgchange -an")
        for disk in self.cluster.disks:
            disk.clear()
        super().tearDown()

    def put(self, sample):
        """The disks of a VG that LVM2 made."""
        with open(f"{GOLDEN}/{sample}/sizes.txt", encoding="ascii") as sizes:
            count = len(sizes.readlines())
        for number, disk in zip(range(count), self.cluster.disks):
            with lzma.open(f"{GOLDEN}/{sample}/pv{number}.first1M.xz") as source, \
                    open(disk.path, "r+b") as image:
                image.write(source.read())
        for node in self.nodes:
            node.ok("for disk in /dev/ubd?; do blockdev --flushbufs $disk; done")

    def test_from_clvmd_and_to_stock(self):
        """A VG with the CLUSTERED flag is taken as it is; -cn hands it to stock LVM2."""
        self.put("15-clustered")
        (row,) = lab.report(self.n1, "vgs", "vg_name")
        vg = row["vg_name"]
        self.assertIn("c", self.n2.ok(f"vgs --noheadings -o vg_attr {vg}"))
        self.n1.ok(f"lvcreate -L 8M -n new {vg} && lvextend -L 16M {vg}/new")
        self.assert_lv_everywhere(vg, "new", 16)
        self.n1.ok(f"vgchange -an {vg} && vgchange -cn {vg}")
        stock = self.n1.stock(f"lvextend -L 24M {vg}/new")
        self.assertEqual(stock.rc, 0, repr(stock))
        self.assertEqual(self.n1.stock("vgck").text, "")
        self.n2.ok(f"vgchange -cy {vg} && lvchange -ay {vg}/new")  # and back
        self.assert_lv_everywhere(vg, "new", 24)

    def test_from_lvmlockd_and_back(self):
        """Its VGs are refused until stock LVM2 has taken the lock type away."""
        self.put("19-shared-dlm")
        vg = self.n1.stock("vgs --noheadings -o vg_name --shared").out.strip()
        self.assertNotEqual(vg, "")
        refused = self.n1(f"vgchange --addtag x {vg}")
        self.assertEqual(refused.rc, 5, repr(refused))
        self.assertIn("requires lvmlockd", refused.text)
        done = self.n1.stock(f"vgchange -y --lock-type none --lock-opt force {vg}")
        self.assertEqual(done.rc, 0, repr(done))
        self.n2.ok(f"vgchange -cy {vg} && vgchange -ay {vg}")
        self.assertIn("c", self.n1.ok(f"vgs --noheadings -o vg_attr {vg}"))
        self.n1.ok(f"lvcreate -L 8M -n new {vg}")
        self.assert_lv_everywhere(vg, "new", 8)
        self.n1.ok(f"vgchange -an {vg} && vgchange -cn {vg}")
        self.assertEqual(self.n1.stock("vgck").text, "")


if __name__ == "__main__":
    lab.run_tests()
