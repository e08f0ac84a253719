#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A node is lost: who makes sure that it is down, what waits meanwhile, and what goes on.

With a fencing program (exec), by hand (manual), and with nothing at all (none).
"""
import json
import os

import lab

CUT_OP = os.environ["CLVM_LAB_PROGRAMS"] + "/cut_op"
EXEC = lab.power.EXEC
OLD, NEW = 16, 20  # MiB: cut_op adds an extent


MANUAL = 'clvmd { fence = "manual" }\n'
NONE = 'clvmd { fence = "none" }\n'


class Fencing(lab.DaemonCase):
    disks = ("256M",)
    node_count = 3
    clvmd_config = EXEC
    has_switch = True

    def setUp(self):
        self.switch.reset()
        for node in self.nodes:
            node.ok("rm -f /run/cut")
        self.n1.ok("vgcreate vg /dev/ubda && lvcreate -L 16M -n lv0 vg")

    def tearDown(self):
        for node in self.nodes:  # of a test that failed
            if not node.alive():
                self.switch.reset()
                self.come_back(node)
        lab.assert_sound(self.nodes)
        super().tearDown()

    def use(self, config):
        """All daemons with this configuration (tests of one method follow each other)."""
        if self.clvmd_config == config:
            return
        type(self).clvmd_config = config
        self.restart_all(config)

    # ---- how it is made sure, by method ----

    def wait_fenced(self, lost, *left):
        self.wait_member(lost, "fenced", *left)
        self.wait_running(*left)

    def confirmed_by_exec(self, lost, *left):
        self.wait_fenced(lost, *left)
        self.assertIn((left[0].name, "off", lost.name), self.switch.actions())
        self.said_by_all(left, f"Node {lost.name} is fenced .exec .*/fence-lab., asked by node "
                         f"{left[0].name}, [0-9]+ s after the loss")

    def confirmed_by_hand(self, lost, *left):
        self.wait_member(lost, "unclean", *left)
        for node in left:
            self.assertIn(f"clvmd fence-ack {lost.name}", self.waiting_for(node))
        left[1].ok(f"clvmd fence-ack {lost.name}")
        self.wait_fenced(lost, *left)
        self.said_by_all(left, f"Node {lost.name} is fenced .clvmd fence-ack on node "
                         f"{left[1].name}, pid [0-9]+, uid 0")

    def said_by_all(self, nodes, pattern):
        """In the log and as an event of each of @nodes."""
        for node in nodes:
            self.assertRegex(node.syslog(), pattern)
            events = [json.loads(line) for line in node.ok("clvmd events --json").splitlines()]
            confirmed = [event for event in events if event["type"] == "fence"
                         and event["step"] == "confirmed"]
            self.assertRegex(f"Node {confirmed[-1]['node']} is fenced {confirmed[-1]['how']}",
                             pattern.replace("fenced .", "fenced "))

    # ---- what happens, whatever the method ----

    def lock_holder_panics(self, confirm):
        self.n3.ok("vgchange -an vg && lvchange -aey vg/lv0")
        self.n3.spawn("sleep 600 | exec lvremove vg/lv0", timeout=620)
        lab.wait_for(lambda: "lvremove" in self.n1.ok("clvmd locks"), 30, "n3 to have the lock")
        job = self.n1.spawn("lvcreate -L 4M -n new vg", timeout=180)
        lab.wait_for(lambda: self.status(self.n2)["locks_waiting"], 30, "n1 to wait")
        self.n3.panic()
        confirm(self.n3, self.n1, self.n2)
        self.assertEqual(job.result().rc, 0, repr(job.result()))
        self.assertEqual(self.holders(self.n2), {})
        self.n2.ok("lvchange -aey vg/lv0")
        self.come_back(self.n3)
        self.assertEqual(self.holders(self.n3), {"n2": "EX"})

    def committer_panics(self, confirm):
        self.n3.spawn(f"{CUT_OP} vg lv0 disk wait", timeout=600)
        lab.wait_for(lambda: self.n3("test -e /run/cut"), 30, "cut_op to have committed")
        self.n3.panic()
        confirm(self.n3, self.n1, self.n2)
        for node in (self.n1, self.n2):
            lab.wait_for(lambda: not self.suspended(node), 60, f"{node.name} to resume")
        self.assert_lv_everywhere("vg", "lv0", NEW, [self.n1, self.n2])
        self.n1.ok("lvextend -L 32M vg/lv0", timeout=120)
        self.come_back(self.n3)
        self.n3.ok("lvchange -ay vg/lv0")
        self.assert_lv_everywhere("vg", "lv0", 32)

    def bystander_panics(self, confirm):
        self.n2.panic()
        job = self.n1.spawn("lvextend -L 20M vg/lv0", timeout=180)
        confirm(self.n2, self.n1, self.n3)
        self.assertEqual(job.result().rc, 0, repr(job.result()))
        self.assert_lv_everywhere("vg", "lv0", 20, [self.n1, self.n3])
        self.come_back(self.n2)

    # ---- exec ----

    def test_exec_lock_holder_panics(self):
        self.use(EXEC)
        self.lock_holder_panics(self.confirmed_by_exec)

    def test_exec_node_that_commits_panics(self):
        self.use(EXEC)
        self.committer_panics(self.confirmed_by_exec)

    def test_exec_bystander_panics(self):
        self.use(EXEC)
        self.bystander_panics(self.confirmed_by_exec)

    def test_exec_a_program_that_hangs_or_fails_is_not_the_end(self):
        """n1's hangs, so n2 asks after a while, whose fails; when it is repaired n2's counts."""
        self.use(EXEC)
        self.switch.hanging.add("n1")
        self.switch.broken.add("n2")
        self.n3.panic()
        lab.wait_for(lambda: "this node asked for its fencing" in self.waiting_for(self.n1), 60,
                     "n1 to ask")
        self.assertRegex(self.waiting_for(self.n2), "node n1 is to have it fenced .exec.*, this "
                         "node will in [0-9]+ s")
        # what hangs harms nobody
        self.n1.ok("clvmd locks; lvs; vgchange -aln vg", timeout=30)
        self.assertFalse(self.n1("test -e /dev/vg/lv0"))
        lab.wait_for(lambda: "fencing failed" in self.waiting_for(self.n2), 60, "n2 to fail")
        fencing = self.status(self.n2)["fencing"][0]
        self.assertEqual(fencing["node"], "n3")
        self.assertIn("exit status 1: the power switch says: error", fencing["last_failure"])
        self.assertFalse(self.status(self.n2)["running"])
        self.switch.broken.clear()
        self.wait_fenced(self.n3, self.n1, self.n2)
        self.said_by_all([self.n1, self.n2], "Node n3 is fenced .exec.*, asked by node n2")
        self.switch.hanging.clear()
        self.come_back(self.n3)

    def test_exec_a_node_that_is_cut_off_and_goes_on_writing(self):
        """It is fenced by those with quorum, and cannot fence them; they go on with its data."""
        self.use(EXEC)
        self.n3.ok("lvcreate -aey -L 24M -n own vg && mkfs.ext4 -q /dev/vg/own && "
                   "mkdir -p /mnt/fs && mount /dev/vg/own /mnt/fs", timeout=120)
        self.n3.spawn("i=0; while echo $i >/mnt/fs/at.new && sync /mnt/fs/at.new && "
                      "mv /mnt/fs/at.new /mnt/fs/at; do i=$((i + 1)); done", timeout=600)
        lab.wait_for(lambda: int(self.n3("cat /mnt/fs/at").out or 0) > 3, 60, "n3 to write")
        self.cluster.partition([self.n3])
        job = self.n1.spawn("lvchange -aey vg/own && mount /dev/vg/own /mnt && cat /mnt/at; "
                            "umount /mnt", timeout=300)
        self.confirmed_by_exec(self.n3, self.n1, self.n2)
        self.assertFalse(self.n3.alive())
        self.assertEqual({who for who, _, _ in self.switch.actions()}, {"n1"})
        self.assertRegex(job.result().out, "^[0-9]+\n$", "a whole number, of a file system in "
                         "order")
        self.cluster.heal()
        self.come_back(self.n3)

    # ---- manual ----

    def test_manual_lock_holder_panics(self):
        self.use(MANUAL)
        self.lock_holder_panics(self.confirmed_by_hand)

    def test_manual_node_that_commits_panics(self):
        self.use(MANUAL)
        self.committer_panics(self.confirmed_by_hand)

    def test_manual_bystander_panics(self):
        self.use(MANUAL)
        self.bystander_panics(self.confirmed_by_hand)

    def test_manual_acknowledgements_that_are_refused(self):
        self.use(MANUAL)
        self.n1.fails("clvmd fence-ack n2", 1, "n2 is a member: not accepted")
        self.n1.fails("clvmd fence-ack n1", 1, "n1 is a member: not accepted")
        self.n1.fails("clvmd fence-ack n9", 1, 'No node "n9"')
        self.n1.fails("clvmd fence-ack", 2, "Usage")
        self.n1.ok("vgchange -an vg")
        self.cluster.stop_clvmd(self.n3)
        self.n1.fails("clvmd fence-ack n3", 1, "n3 is up in this cluster: not accepted")
        self.n1.fails("clvmd fence-ack --no-volumes n3", 1, "not accepted")
        self.cluster.start_clvmd([self.n3], MANUAL)
        self.wait_running(*self.nodes)

    # ---- none ----

    def test_none_is_said_each_time(self):
        self.use(NONE)
        self.assertIn("UNSAFE", self.n1.ok("clvmd status"))
        self.assertEqual(self.status(self.n1)["fence"], "none")
        self.assertIn('fence = "none": UNSAFE', self.n1.syslog())
        self.n3.panic()
        self.wait_fenced(self.n3, self.n1, self.n2)
        self.n1.ok("lvextend -L 20M vg/lv0", timeout=120)
        self.said_by_all([self.n1, self.n2], 'Node n3 is fenced .fence = "none": not made sure at '
                         'all, asked by node n1')
        self.assertEqual(self.switch.actions(), [])
        self.come_back(self.n3)
        self.use(MANUAL)  # clvmd check would find this one


if __name__ == "__main__":
    lab.run_tests()
