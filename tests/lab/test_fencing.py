#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A node is lost: who makes sure that it is down, what waits meanwhile, and what goes on.

With a fencing program (exec), by hand (manual), and with nothing at all (none).
"""
import json
import os

import lab

CUT_OP = os.environ["CLVM_LAB_PROGRAMS"] + "/cut_op"
EXEC = 'clvmd { fence = "exec" fence_program = "/lab/fence-lab" }\n'
OLD, NEW = 16, 20  # MiB: cut_op adds an extent


class FencingCase(lab.StoryCase):
    disks = ("256M",)
    node_count = 3
    switch = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.switch = lab.PowerSwitch(cls.cluster)

    @classmethod
    def tearDownClass(cls):
        if cls.switch:
            cls.switch.close()
        super().tearDownClass()

    def setUp(self):
        self.switch.log.clear()
        for node in self.nodes:
            node.ok("rm -f /run/cut")
        self.n1.ok("vgcreate vg /dev/ubda && lvcreate -L 16M -n lv0 vg")

    # ---- what a test needs to know ----

    def status(self, node):
        return json.loads(node.ok("clvmd status --json"))

    def members(self, node):
        return {m["name"]: m["state"] for m in self.status(node)["members"]}

    def holders(self, node, lv="lv0"):
        return {where["node"]: where["mode"] for volume in self.status(node)["volumes"]
                if volume["lv"] == lv for where in volume["nodes"]}

    def suspended(self, node):
        return "Suspended" in node.ok("dmsetup info -c --noheadings -o suspended")

    def wait_unclean(self, lost, *nodes):
        for node in nodes:
            lab.wait_for(lambda: self.members(node)[lost.name] == "unclean", 60,
                         f"{node.name} to miss {lost.name}", interval=0.3)

    def wait_running(self, *nodes):
        for node in nodes:
            lab.wait_for(lambda: self.status(node)["running"], 90, f"{node.name} to run",
                         interval=0.3)

    def waiting_for(self, node):
        return "\n".join(self.status(node)["waiting_for"])

    def come_back(self, node):
        """Boot it again and have it join."""
        node.reboot()
        lab.corosync.start(node, self.cluster.corosync_text)
        self.cluster.start_clvmd([node], self.clvmd_config)
        self.wait_running(*self.nodes)
        for one in self.nodes:
            self.assertEqual(self.members(one), {n.name: "up" for n in self.nodes})

    # ---- what differs from method to method ----

    def confirm(self, lost, *left):
        """Until @left know that @lost is down."""
        raise NotImplementedError

    # ---- the same with each ----

    def test_lock_holder_panics(self):
        self.n3.ok("vgchange -an vg && lvchange -aey vg/lv0")
        self.n3.spawn("sleep 600 | exec lvremove vg/lv0", timeout=620)
        lab.wait_for(lambda: "lvremove" in self.n1.ok("clvmd locks"), 30, "n3 to have the lock")
        job = self.n1.spawn("lvcreate -L 4M -n new vg", timeout=180)
        lab.wait_for(lambda: self.status(self.n2)["locks_waiting"], 30, "n1 to wait")
        self.n3.panic()
        self.confirm(self.n3, self.n1, self.n2)
        self.assertEqual(job.result().rc, 0, repr(job.result()))
        self.assertEqual(self.holders(self.n2), {})
        self.n2.ok("lvchange -aey vg/lv0")
        self.come_back(self.n3)
        self.assertEqual(self.holders(self.n3), {"n2": "EX"})

    def test_node_that_commits_panics(self):
        self.n3.spawn(f"{CUT_OP} vg lv0 disk wait", timeout=600)
        lab.wait_for(lambda: self.n3("test -e /run/cut"), 30, "cut_op to have committed")
        self.n3.panic()
        self.confirm(self.n3, self.n1, self.n2)
        for node in (self.n1, self.n2):
            lab.wait_for(lambda: not self.suspended(node), 60, f"{node.name} to resume")
        self.assert_lv_everywhere("vg", "lv0", NEW, [self.n1, self.n2])
        self.n1.ok("lvextend -L 32M vg/lv0", timeout=120)
        self.come_back(self.n3)
        self.n3.ok("lvchange -ay vg/lv0")
        self.assert_lv_everywhere("vg", "lv0", 32)

    def test_bystander_panics(self):
        self.n2.panic()
        job = self.n1.spawn("lvextend -L 20M vg/lv0", timeout=180)
        self.confirm(self.n2, self.n1, self.n3)
        self.assertEqual(job.result().rc, 0, repr(job.result()))
        self.assert_lv_everywhere("vg", "lv0", 20, [self.n1, self.n3])
        self.come_back(self.n2)


class Exec(FencingCase):
    clvmd_config = EXEC

    def confirm(self, lost, *left):
        self.wait_running(*left)
        lab.wait_for(lambda: self.members(left[0])[lost.name] == "fenced", 60, "it to be fenced")
        self.assertIn((left[0].name, "off", lost.name), self.switch.actions())
        for node in left:
            self.assertRegex(node.syslog(), f"Node {lost.name} is fenced .exec .*/fence-lab., "
                             f"asked by node {left[0].name}, [0-9]+ s after the loss")


class Manual(FencingCase):
    clvmd_config = 'clvmd { fence = "manual" }\n'

    def confirm(self, lost, *left):
        self.wait_unclean(lost, *left)
        for node in left:
            self.assertIn(f"clvmd fence-ack {lost.name}", self.waiting_for(node))
        left[1].ok(f"clvmd fence-ack {lost.name}")
        self.wait_running(*left)
        for node in left:
            self.assertRegex(node.syslog(), f"Node {lost.name} is fenced .clvmd fence-ack on "
                             f"node {left[1].name}, pid [0-9]+, uid 0")


del FencingCase  # not a test of its own

if __name__ == "__main__":
    lab.run_tests()
