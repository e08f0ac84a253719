#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""lvextend that ends in the middle: killed, its node cut off power, or a member's daemon killed.

Whatever happens: old size or new size on all nodes, as the disk says, nothing stays suspended, no
lock is left, and the next command works.
"""
import os

import lab

CUT_OP = os.environ["CLVM_LAB_PROGRAMS"] + "/cut_op"
OLD, NEW = 16, 20  # MiB; an extent more


class InterruptedCase(lab.StoryCase):
    disks = ("256M",)

    def setUp(self):
        self.n1.ok("vgcreate vg /dev/ubda && lvcreate -L 16M -n lv0 vg")
        for node in self.nodes:
            node.ok("rm -f /run/cut")

    def suspended(self, node):
        return "Suspended" in node.ok("dmsetup info -c --noheadings -o suspended")

    def wait_settled(self, *nodes):
        for node in nodes:
            lab.wait_for(lambda: not self.suspended(node), 60, f"{node.name} to resume")
            lab.wait_for(lambda: node.ok("cat /run/clvm/ops") == "", 30,
                         f"{node.name}'s journal to be empty")

    def next_command_works(self, node, size=32):
        node.ok(f"lvextend -L {size}M vg/lv0", timeout=90)
        self.assert_lv_everywhere("vg", "lv0", size)

    def run_to(self, node, step):
        node.spawn(f"{CUT_OP} vg lv0 {step} wait", timeout=600)
        lab.wait_for(lambda: node("test -e /run/cut"), 30, f"cut_op to reach {step}")


class Interrupted(InterruptedCase):
    def cut_command(self, step, size):
        self.assertEqual(self.n1(f"{CUT_OP} vg lv0 {step}").rc, -9)
        self.wait_settled(*self.nodes)
        self.assert_lv_everywhere("vg", "lv0", size)
        self.next_command_works(self.n2)

    def test_command_killed_after_prepare(self):
        self.cut_command("prepare", OLD)

    def test_command_killed_after_commit_message(self):
        self.cut_command("commit", OLD)

    def test_command_killed_after_commit_on_disk(self):
        self.cut_command("disk", NEW)

    def test_restart_waits_for_a_change_and_is_refused_or_forced(self):
        self.run_to(self.n1, "prepare")
        refused = self.n1("clvmd restart", timeout=90)
        self.assertNotEqual(refused.rc, 0, repr(refused))
        self.assertIn("was not restarted", refused.err)
        self.assertIn("--force", refused.err)
        self.assertTrue(self.suspended(self.n1), "nothing was done to the change")
        # A command would end by itself now: its change is not open any more. This one waits.
        forced = self.n1.spawn("clvmd restart --force", timeout=90)
        lab.wait_for(lambda: "cut_op" in self.n1("clvmd status").text, 30, "it to be waited for")
        self.n1.ok("pkill -KILL -x cut_op")
        self.assertEqual(forced.result().rc, 0, repr(forced.result()))
        self.wait_settled(*self.nodes)
        self.assert_lv_everywhere("vg", "lv0", OLD)
        self.next_command_works(self.n2)

    def cut_power(self, step, size):
        self.run_to(self.n2, step)
        self.n2.power_cut()
        lab.wait_for(lambda: "unclean" in self.n1.ok("clvmd status"), 60, "n2 to be unclean")
        self.assertFalse(self.n1("lvs", timeout=20).rc, "reports work meanwhile")
        if step == "prepare":
            # n1 never saw COMMIT: it need not wait for n2's fencing
            lab.wait_for(lambda: not self.suspended(self.n1), 30, "n1 to resume the old table")
        else:
            self.assertTrue(self.suspended(self.n1), "only the disk knows, and n2 may still write")
        self.n1.ok("clvmd fence-ack n2")
        self.wait_settled(self.n1)
        self.assert_lv_everywhere("vg", "lv0", size, [self.n1])
        self.n1.ok("lvextend -L 32M vg/lv0", timeout=90)
        self.n2.start()
        self.n2.wait_until_up()
        lab.corosync.start(self.n2, self.cluster.corosync_text)
        self.cluster.start_clvmd([self.n2])
        self.n2.ok("lvchange -ay vg/lv0")
        self.assert_lv_everywhere("vg", "lv0", 32)

    def test_power_cut_after_prepare(self):
        self.cut_power("prepare", OLD)

    def test_power_cut_after_commit_message(self):
        self.cut_power("commit", OLD)

    def test_power_cut_after_commit_on_disk(self):
        self.cut_power("disk", NEW)

    def test_daemon_killed_while_it_owes_a_resume(self):
        self.run_to(self.n1, "disk")
        self.cluster.kill_clvmd(self.n2)
        self.n1.ok("pkill -KILL -x cut_op")
        lab.wait_for(lambda: not self.suspended(self.n1), 60, "n1 to resume")
        self.assert_lv_everywhere("vg", "lv0", NEW, [self.n1])
        # n2 still has the old table: its freed or moved extents must not be given away
        self.assertTrue(self.n1("timeout 8 lvcreate -L 4M -n x vg").rc)
        self.cluster.start_clvmd([self.n2], config=None)
        self.wait_settled(*self.nodes)
        self.assert_lv_everywhere("vg", "lv0", NEW)
        self.next_command_works(self.n2)


if __name__ == "__main__":
    lab.run_tests()
