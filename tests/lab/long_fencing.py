#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Fencing that takes its time: a program that never answers, and an administrator who overrules."""
import lab

FENCE_HELPER_SECONDS = 150  # clvmd/fence_helper.h
EXEC = lab.power.EXEC


class SlowFencing(lab.DaemonCase):
    disks = ("256M",)
    node_count = 3
    clvmd_config = EXEC
    has_switch = True

    def setUp(self):
        self.switch.reset()
        self.n1.ok("vgcreate vg /dev/ubda && lvcreate -L 16M -n lv0 vg")

    def tearDown(self):
        lab.assert_sound(self.nodes)
        super().tearDown()

    def fencing(self, node):
        return self.status(node)["fencing"][0]

    def test_a_program_that_never_answers_is_killed_and_run_again(self):
        for name in ("n1", "n2"):
            self.switch.hanging.add(name)
        self.n3.panic()
        lab.wait_for(lambda: self.n1("pgrep -f fence-lab"), 60, "n1 to ask")
        first = self.n1.ok("pgrep -of fence-lab").strip()
        lab.wait_for(lambda: "the program was killed" in self.fencing(self.n1)["last_failure"],
                     FENCE_HELPER_SECONDS + 60, "n1 to give up", interval=1)
        self.assertFalse(self.n1(f"kill -0 {first}"), "its program is still there")
        self.assertFalse(self.status(self.n1)["running"])
        self.switch.hanging.clear()
        self.wait_member(self.n3, "fenced", self.n1, self.n2)
        self.wait_running(self.n1, self.n2)
        self.assertIn(("n1", "off", "n3"), self.switch.actions())
        self.come_back(self.n3)

    def test_who_has_no_quorum_is_overruled_by_force(self):
        """n1 and n2 are down for sure: n3 may be told so; it has their locks, but no quorum."""
        for node in (self.n1, self.n2):
            node.panic()
        self.wait_member(self.n1, "unclean", self.n3)
        self.wait_member(self.n2, "unclean", self.n3)
        for lost in (self.n1, self.n2):
            self.n3.fails(f"clvmd fence-ack {lost.name}", 1, "not accepted without --force")
            self.n3.ok(f"clvmd fence-ack --force {lost.name}")
            self.wait_member(lost, "fenced", self.n3)
        self.assertEqual(self.holders(self.n3), {"n3": "CR"})
        self.assertIn("not quorate (1 of 3 votes)", self.waiting_for(self.n3))
        self.n3.fails("lvextend -L 20M vg/lv0", 5, "not quorate")
        self.assertEqual(self.switch.actions(), [], "nobody is fenced without quorum")
        for node in (self.n1, self.n2):
            node.reboot()
            lab.corosync.start(node, self.cluster.corosync_text)
        self.cluster.start_clvmd([self.n1, self.n2], EXEC)
        self.wait_running(*self.nodes)
        for node in self.nodes:
            self.assertEqual(self.members(node), {n.name: "up" for n in self.nodes})
        self.n1.ok("lvchange -asy vg/lv0 && lvextend -L 20M vg/lv0", timeout=60)


if __name__ == "__main__":
    lab.run_tests()
