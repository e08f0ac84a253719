#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A disk that one node alone has trouble with: it hangs, fails, or has no room; and a full /run.

n2 has its second disk through dm devices, so that it can hang (a suspended device) or fail (an error
target) there while n1's works: /dev/mapper/top over "head", where the metadata are, and "rest". Only that disk's VG is held up, commands say which node and
which device, and when the trouble is over everything settles.
"""
import json
import os

import lab

CUT_OP = os.environ["CLVM_LAB_PROGRAMS"] + "/cut_op"
SECTORS = 2 * 1024 * 128
HEAD = 2 * 1024 * 4  # of them in "head"
PARTS = {"head": (0, HEAD), "rest": (HEAD, SECTORS - HEAD)}
READ_TIMEOUT = 20  # seconds; who waits for it twice does not stay below
FILTER = ('devices { filter = [ "a|^/dev/mapper/top$|", "a|^/dev/ubda$|", "r|.*|" ] '
          f'read_timeout = {READ_TIMEOUT} }}\n')


class OneNodesDisk(lab.StoryCase):
    """vg on /dev/ubda; vgslow on /dev/ubdb, which n2 has as /dev/mapper/top."""

    disks = ("128M", "128M")

    def setUp(self):
        self.n2.ok("mkdir -p /etc/lvm")
        self.n2.write("/etc/lvm/lvm.conf", FILTER)
        for name, (start, size) in PARTS.items():
            self.n2.ok(f"dmsetup create {name} --table '0 {size} linear /dev/ubdb {start}'")
        table = "\n".join(f"{start} {size} linear /dev/mapper/{name} 0"
                          for name, (start, size) in PARTS.items())
        self.n2.ok("dmsetup mknodes && dmsetup create top && dmsetup mknodes", stdin=table)
        self.n1.ok("rm -f /run/cut; vgcreate vg /dev/ubda && lvcreate -y -L 8M -n lv0 vg && "
                   "vgcreate vgslow /dev/ubdb && lvcreate -y -L 8M -n lv0 vgslow")

    def tearDown(self):
        self.n2("dmsetup resume head; dmsetup resume rest")
        for vg in ("vg", "vgslow"):
            self.n1(f"vgremove -ff -y {vg}", timeout=120)
        self.n2.ok("for name in top head rest; do dmsetup remove --retry $name || exit 1; done; "
                   "rm /etc/lvm/lvm.conf")
        super().tearDown()

    def load(self, target):
        """Into both parts, {start} being where they begin on the disk."""
        for name, (start, size) in PARTS.items():
            self.n2.ok(f"dmsetup suspend --nolockfs {name} && dmsetup load {name} --table "
                       f"'0 {size} {target.format(start=start)}' && dmsetup resume {name}")

    def break_disk(self):
        """From here on reads and writes of the disk fail on n2."""
        self.load("error")

    def mend_disk(self):
        self.load("linear /dev/ubdb {start}")

    def quickly(self, node, command):
        result = node(command, timeout=120)
        self.assertEqual(result.rc, 0, repr(result))
        self.assertLess(result.seconds, READ_TIMEOUT, repr(result))
        print(f"# {command}: {result.seconds:.1f} s", flush=True)

    def status(self, node):
        return json.loads(node.ok("clvmd status --json", timeout=20))

    def hang(self, *parts):
        """These hang on n2, with a write to the LV under way there: it cannot be suspended."""
        for part in parts:
            self.n2.ok(f"dmsetup suspend --nolockfs --noflush {part}")
        writer = self.n2.spawn("dd if=/dev/zero of=/dev/vgslow/lv0 bs=4096 count=1 seek=1536 "
                               "oflag=direct", timeout=900)
        lab.wait_for(lambda: self.n2("grep -q '[1-9]' $(grep -l '^top$' /sys/block/dm-*/dm/name | "
                                     "sed s,dm/name,inflight,)"), 20, "the write to hang")
        return writer

    def test_a_disk_that_hangs(self):
        """Before the change is prepared: its text cannot be read, and the device is named."""
        writer = self.hang("head", "rest")
        extension = self.n1.spawn("lvextend -L +4M vgslow/lv0", timeout=400)
        self.n1.ok("lvcreate -y -L 4M -n new vg", timeout=120)  # n2 gets to know the device
        self.quickly(self.n1, "lvextend -L +4M vg/lv0")
        self.quickly(self.n1, "lvcreate -y -L 4M -n more vg")
        for node in self.nodes:
            self.assertLess(node("clvmd status --json").seconds, 2 * lab.wait.SLOW)
        result = extension.result()
        self.assertEqual(result.rc, 5, repr(result))
        self.assertIn("n2", result.err)
        self.assertIn("/dev/mapper/top", result.err)
        self.settles_after_the_resume(writer, 8)

    def test_a_write_that_hangs(self):
        """n2 cannot suspend: the others wait for no longer than the deadline."""
        writer = self.hang("rest")
        extension = self.n1.spawn("lvextend -L +4M vgslow/lv0", timeout=400)
        lab.wait_for(lambda: "suspending vgslow/lv0" in self.n2.ok("clvmd status"), 25,
                     "n2's status to say what hangs")
        self.assertIn("does not answer: /dev/mapper/top", self.n2.ok("clvmd status"))
        self.quickly(self.n1, "lvextend -L +4M vg/lv0")
        result = extension.result()
        self.assertEqual(result.rc, 5, repr(result))
        self.assertIn("n2", result.err)
        self.assertIn("/dev/mapper/top", result.err)
        self.assertNotIn("Suspended", self.n1.ok("dmsetup info -c --noheadings -o suspended"))
        self.n1.fails("lvextend -L +4M vgslow/lv0", 5, "n2", "is not finished")
        self.settles_after_the_resume(writer, 8)

    def settles_after_the_resume(self, writer, size):
        self.n2.ok("dmsetup resume head; dmsetup resume rest")
        self.assertEqual(writer.result().rc, 0)
        lab.assert_sound(self.nodes, same_numbers=False)
        self.assert_lv_everywhere("vgslow", "lv0", size)
        self.n1.ok(f"lvextend -L {size + 8}M vgslow/lv0")
        self.assert_lv_everywhere("vgslow", "lv0", size + 8)

    def test_a_disk_that_fails(self):
        """At the prepare: refused, and the device is named."""
        self.break_disk()
        result = self.n1("lvextend -L +4M vgslow/lv0", timeout=120)
        self.assertEqual(result.rc, 5, repr(result))
        self.assertIn("n2", result.err)
        self.assertIn("/dev/mapper/top", result.err)
        self.mend_disk()
        lab.assert_sound(self.nodes, same_numbers=False)
        self.assert_lv_everywhere("vgslow", "lv0", 8)
        self.n1.ok("lvextend -L 16M vgslow/lv0")
        self.assert_lv_everywhere("vgslow", "lv0", 16)

    def test_a_disk_that_fails_after_the_commit(self):
        """n2 cannot resume to what it cannot read: it says so, changes of the VG are refused, other
        VGs work, and when the disk is mended n2 goes on by itself."""
        self.n1.spawn(f"{CUT_OP} vgslow lv0 disk wait", timeout=600)
        lab.wait_for(lambda: self.n1("test -e /run/cut"), 30, "the commit to be on disk")
        self.break_disk()
        self.n1.ok("pkill -KILL -x cut_op")
        lab.wait_for(lambda: "vgslow" in " ".join(self.status(self.n2)["waiting_for"]), 60,
                     "n2 to say what it waits for")
        self.assertIn("/dev/mapper/top", " ".join(self.status(self.n2)["waiting_for"]))
        self.assertIn("Suspended",
                      self.n2.ok("dmsetup info -c --noheadings -o suspended vgslow-lv0"))
        self.n1.fails("lvextend -L +4M vgslow/lv0", 5, "n2", timeout=200)
        self.quickly(self.n1, "lvextend -L +4M vg/lv0")
        self.mend_disk()
        lab.assert_sound(self.nodes, same_numbers=False)
        self.assert_lv_everywhere("vgslow", "lv0", 12)
        self.n2.ok("lvextend -L 16M vgslow/lv0")
        self.assert_lv_everywhere("vgslow", "lv0", 16)

    def test_a_member_that_cannot_read_leaves_an_interrupted_change_to_the_other(self):
        """n2's command wrote the commit and was killed; n2 does not see it any more, n1 does."""
        self.n2.spawn(f"rm -f /run/cut; {CUT_OP} vgslow lv0 disk wait", timeout=600)
        lab.wait_for(lambda: self.n2("test -e /run/cut"), 30, "the commit to be on disk")
        self.break_disk()
        self.n2.ok("pkill -KILL -x cut_op")
        lab.wait_for(lambda: "Suspended" not in
                     self.n1.ok("dmsetup info -c --noheadings -o suspended"), 90, "n1 to settle it")
        self.assert_lv_everywhere("vgslow", "lv0", 12, [self.n1])
        self.assertRegex(self.n2.syslog(), "vgslow.* cannot be read here to settle")
        self.assertRegex(self.n1.syslog(), "vgslow: an interrupted change is settled: new metadata")
        self.mend_disk()
        lab.assert_sound(self.nodes, same_numbers=False)
        self.assert_lv_everywhere("vgslow", "lv0", 12)
        self.n2.ok("lvextend -L 16M vgslow/lv0")

    def fill_run(self, node):
        node.ok("dd if=/dev/zero of=/run/fill bs=64k >/dev/null 2>&1; "
                "dd if=/dev/zero of=/run/fill2 bs=1 count=4096 >/dev/null 2>&1; true", timeout=120)

    def test_a_full_run(self):
        """A member that cannot write its journal refuses; nothing is left behind."""
        self.fill_run(self.n2)
        try:
            for command in ("lvextend -L +4M vg/lv0", "lvcreate -y -L 4M -n new vg"):
                result = self.n1(command, timeout=120)
                self.assertEqual(result.rc, 5, repr(result))
                self.assertIn("n2", result.text)
                self.assertIn("No space left", result.text)
        finally:
            self.n2.ok("rm -f /run/fill /run/fill2")
        lab.assert_sound(self.nodes, same_numbers=False)
        self.n1.ok("lvextend -L 16M vg/lv0 && lvcreate -y -L 4M -n more vg")
        self.assert_lv_everywhere("vg", "lv0", 16)


if __name__ == "__main__":
    lab.run_tests()
