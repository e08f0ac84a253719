#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""lvextend while a member of it is lost: its daemon killed or its power cut, in each phase.

cut_op stops on n1 behind a step: all have suspended (prepare), COMMIT is acknowledged (commit), the
commit is on disk (disk). Then somebody is lost, then cut_op is killed, and all must end with what
the disk says: nobody suspended, same tables, no debt left, and the next command works.
"""
import os

import lab
from test_interrupted import NEW, OLD, InterruptedCase

STEPS = {"prepare": OLD, "commit": OLD, "disk": NEW}
# After COMMIT only the disk knows: whoever saw it waits for the owner's end.
DELAYS = [float(word) for word in os.environ.get("CLVM_LAB_DELAYS", "0 0.2 0.5").split()]


class MembersCase(InterruptedCase):
    def start_again(self, node):
        self.cluster.start_clvmd([node], config=None, wait=90)

    def boot_again(self, node):
        node.start()
        node.wait_until_up()
        lab.corosync.start(node, self.cluster.corosync_text)
        self.cluster.start_clvmd([node], wait=90)
        node.ok("lvchange -ay vg/lv0", timeout=90)

    def kill_command(self, node):
        node.ok("pkill -KILL -x cut_op")

    def ends_with(self, size):
        lab.assert_sound(self.nodes)
        self.assert_lv_everywhere("vg", "lv0", size)
        for node in self.nodes:
            node.ok("lvextend -L +4M vg/lv0", timeout=90)
        self.assert_lv_everywhere("vg", "lv0", size + 4 * len(self.nodes))
        self.n1.ok("lvreduce -y -L 16M vg/lv0")
        for node in self.nodes:
            node.ok("rm -f /run/cut")

    def at_each_step(self, lose):
        """Run @lose(size) with cut_op stopped on n1 behind each step."""
        for step, size in STEPS.items():
            with self.subTest(step=step):
                self.run_to(self.n1, step)
                lose(size)
                self.ends_with(size)


class LostMembers(MembersCase):
    def test_daemon_of_a_participant_killed(self):
        self.at_each_step(self.participant_daemon_killed)

    def participant_daemon_killed(self, size):
        self.cluster.kill_clvmd(self.n2)
        self.kill_command(self.n1)
        lab.wait_for(lambda: not self.suspended(self.n1), 60, "n1 to resume without n2")
        self.assert_lv_everywhere("vg", "lv0", size, [self.n1])
        # Extents that the change freed may be in n2's old table: no further change before it ends.
        waiter = self.n1.spawn("lvcreate -y -L 4M -n later vg", timeout=200)
        lab.wait_for(lambda: "is not finished on node n2" in self.n1.ok("clvmd status"), 20,
                     "the status to name n2")
        lab.wait_for(lambda: "V_vg" in self.n1.ok("clvmd locks") or waiter.done(), 20,
                     "lvcreate to ask")
        self.assertFalse(waiter.done(), "a change while n2 owes the end of one")
        self.start_again(self.n2)
        self.assertEqual(waiter.result().rc, 0, repr(waiter.result()))
        self.n1.ok("lvremove -y vg/later")

    def test_daemon_of_the_owner_killed(self):
        self.at_each_step(self.owner_daemon_killed)

    def owner_daemon_killed(self, size):
        """Its process lives and may yet write the commit: nothing is settled before it is dead."""
        self.cluster.kill_clvmd(self.n1)
        start = self.n1.spawn("clvmd -T90", timeout=200)
        lab.wait_for(lambda: "cut_op" in self.n1("clvmd status").text, 30,
                     "the new daemon to wait for cut_op")
        self.assertFalse(start.done(), "joined while the command lives")
        if size == NEW:
            self.assertTrue(self.suspended(self.n2), "only the disk knows, cut_op may still write")
        self.kill_command(self.n1)
        self.assertEqual(start.result().rc, 0, repr(start.result()))

    def test_power_of_a_participant_cut(self):
        self.at_each_step(self.participant_power_cut)

    def participant_power_cut(self, size):
        self.n2.power_cut()
        self.kill_command(self.n1)
        lab.wait_for(lambda: "unclean" in self.n1.ok("clvmd status"), 60, "n2 to be unclean")
        self.n1.ok("clvmd fence-ack n2")
        lab.wait_for(lambda: not self.suspended(self.n1), 60, "n1 to resume without n2")
        self.assert_lv_everywhere("vg", "lv0", size, [self.n1])
        self.boot_again(self.n2)


class LostRecoverer(MembersCase):
    """n3 began it and is dead; n1, which is to settle it, is lost while it does; so n2 must."""

    node_count = 3

    def cut_and_recover(self, step):
        self.run_to(self.n3, step)
        self.n3.power_cut()
        lab.wait_for(lambda: "unclean" in self.n1.ok("clvmd status"), 60, "n3 to be unclean")

    def test_daemon_of_the_recoverer_killed(self):
        for delay in DELAYS:
            with self.subTest(delay=delay):
                self.cut_and_recover("disk")
                pid = self.n1.ok("cat /run/clvm/clvmd.pid").strip()
                self.n1.ok(f"clvmd fence-ack n3; sleep {delay}; kill -KILL {pid}")
                lab.wait_for(lambda: not self.suspended(self.n2), 60, "n2 to settle it")
                self.assert_lv_everywhere("vg", "lv0", NEW, [self.n2])
                self.start_again(self.n1)
                self.boot_again(self.n3)
                self.ends_with(NEW)

    def test_power_of_the_recoverer_cut(self):
        self.cut_and_recover("disk")
        self.n1.ok("clvmd fence-ack n3")
        self.n1.power_cut()
        self.boot_again_alone(self.n3)
        lab.wait_for(lambda: "unclean" in self.n2.ok("clvmd status"), 60, "n1 to be unclean")
        self.n2.ok("clvmd fence-ack n1")
        lab.wait_for(lambda: not self.suspended(self.n2), 60, "n2 to settle it")
        self.boot_again(self.n1)
        self.n3.ok("lvchange -ay vg/lv0", timeout=90)
        self.ends_with(NEW)

    def boot_again_alone(self, node):
        """For quorum: two of three. It cannot join before the other is fenced."""
        node.start()
        node.wait_until_up()
        lab.corosync.start(node, self.cluster.corosync_text)
        lab.corosync.wait_formed([self.n2, node], 2)
        node.write("/etc/clvm/clvmd.conf", self.clvmd_config)
        node("clvmd -T1")


if __name__ == "__main__":
    lab.run_tests()
