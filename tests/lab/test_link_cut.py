#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Two nodes that lose each other and both stay quorate (two_node): only fencing lets one go on.

Without it both wait, and nothing is lost when the link is back.
"""
import lab

# Adds tags as fast as it is let, and prints each that it was told is on disk.
TAGS = """i=0
while [ ! -e /run/stop ]; do
	vgchange --wait --addtag $NODE-$i vg >/dev/null 2>>/run/tags.err && echo $NODE-$i
	i=$((i + 1))
done"""


class LinkCut(lab.CutCase):
    disks = ("256M",)
    clvmd_config = ('clvmd { fence = "manual" deactivation_scope = "node" '
                    'activate_at_start = "auto" }\n')

    def test_a_cut_that_heals_loses_nothing(self):
        """Both write and both are quorate; nobody is written off."""
        self.own_file_system(self.n1, "own1")
        self.own_file_system(self.n2, "own2")
        io = [self.start_io(node) for node in self.nodes]
        tags = [node.spawn(TAGS, timeout=600) for node in self.nodes]
        for _ in range(2):
            lab.wait_for(lambda: self.seqno("vg") > 8, 60, "changes to be under way")
            self.cluster.partition([self.n1], [self.n2])
            self.wait_paused(*self.nodes)
            for node in self.nodes:
                self.assertIs(self.status(node)["quorate"], True)
            before = self.disk.hash(0, 1 << 20)
            for node, other in ((self.n1, "n2"), (self.n2, "n1")):
                self.assertIn(f"node {other} is unclean", " ".join(
                    self.status(node)["waiting_for"]))
            self.assertEqual(self.disk.hash(0, 1 << 20), before, "written while paused")
            self.heal()
        for job in io:
            self.assertEqual(self.stop_io(job)["wrong"], 0)
        told = [tag for job in tags for tag in job.result().out.split()]
        on_disk = self.n1.ok("vgs --noheadings -o vg_tags vg").strip().split(",")
        self.assertGreater(len(told), 4)
        self.assertEqual(set(told) - set(on_disk), set(), "a change that was told done is lost")
        self.assertEqual(self.holders(self.n2, "own1"), {"n1": "EX"})
        self.assertEqual(self.holders(self.n1, "own2"), {"n2": "EX"})

    def test_a_wrong_acknowledgement_stops_the_node_that_lives(self):
        """n2 was only cut off when somebody said that it is down: what it has must not go on."""
        self.own_file_system(self.n2, "own2")
        self.cluster.partition([self.n1], [self.n2])
        self.wait_paused(*self.nodes)
        holds = self.n2.spawn("exec lvextend --wait -L 24M vg/lv0", timeout=600)
        lab.wait_for(lambda: self.status(self.n2)["locks_waiting"], 60, "n2's command to wait")
        self.n1.ok("clvmd fence-ack n2")
        self.wait_running(self.n1)
        self.n1.ok("lvchange -aey vg/own2 && lvextend -L 20M vg/lv0", timeout=120)
        self.cluster.heal()
        lab.wait_for(lambda: "error" in self.n2.ok("dmsetup table vg-own2"), 90,
                     "n2's volume to be stopped")
        self.assertFalse(self.n2("dd if=/dev/vg/own2 of=/dev/null bs=4k count=1 iflag=direct"))
        self.assertNotEqual(holds.result().rc, 0, repr(holds.result()))
        self.assert_lv_everywhere("vg", "lv0", 20, [self.n1])
        self.assertRegex(self.n1.syslog(), "error.*n2.*(written off|fenced)")
        self.assertRegex(self.n1.syslog(), "clvmd fence-ack on node n1, pid [0-9]+, uid 0")
        self.n2("umount /mnt/fs")
        self.wait_running(*self.nodes)
        lab.wait_for(lambda: self.members(self.n1) == {"n1": "up", "n2": "up"}, 90,
                     "n2 to come back as new")
        self.assertEqual(self.holders(self.n2, "own2"), {"n1": "EX"})
        self.assertFalse(self.suspended(self.n2))
        self.n2.ok("lvchange -aly vg/lv0", timeout=120)
        self.assert_lv_everywhere("vg", "lv0", 20)

    def test_a_cut_with_fencing_leaves_one_of_two(self):
        """Both are quorate and shoot at each other: one goes on, with all that the other had."""
        switch = lab.PowerSwitch(self.cluster)
        self.addCleanup(switch.close)
        config = lab.power.EXEC
        self.restart_all(config)
        for node in self.nodes:
            node.ok(f"lvcreate -aey -L 8M -n of-{node.name} vg")
        self.cluster.partition([self.n1], [self.n2])
        alive = lambda: [node for node in self.nodes if node.alive()]  # noqa: E731
        lab.wait_for(lambda: len(alive()) == 1, 90, "one to be fenced")
        left, = alive()
        lost, = {self.n1, self.n2} - {left}
        self.wait_running(left)
        self.assertEqual(self.members(left)[lost.name], "fenced")
        left.ok(f"lvchange -aey vg/of-{lost.name} && lvextend -L 20M vg/lv0", timeout=120)
        self.assertTrue(left.alive())
        self.cluster.heal()
        self.come_back(lost, config)
        self.assertEqual(self.holders(lost, f"of-{lost.name}"), {left.name: "EX"})
        self.restart_all(self.clvmd_config)

    def test_deactivation_scope_is_this_node(self):
        self.n1.ok("lvcreate -L 4M -n two vg && lvchange -an vg/two")
        self.assertEqual(self.holders(self.n2, "two"), {"n2": "CR"})
        self.n2.ok("vgchange -an vg")
        self.assertEqual(self.holders(self.n1, "two"), {})
        self.assertEqual(self.holders(self.n1), {"n1": "CR"})
        # what is not asked for by a person goes on everywhere
        self.n1.ok("lvchange -ay vg && lvremove -y vg/two vg/lv0")
        self.assert_no_lv_anywhere("vg", "two")

    def test_activation_at_start(self):
        self.n1.ok("lvcreate -L 4M -n manual vg && lvchange --setautoactivation n vg/manual && "
                   "lvcreate -aey -L 4M -n mine vg && lvcreate -L 4M -n other vg", timeout=120)
        self.n2.ok("vgchange -aln vg")
        self.cluster.stop_clvmd(self.n2)
        self.come_back(self.n2)
        lab.wait_for(lambda: self.holders(self.n1, "other") == {"n1": "CR", "n2": "CR"}, 60,
                     "n2 to activate what it should")
        lab.wait_for(lambda: self.n2("test -e /run/clvm/activated-at-start"), 60, "it to end")
        self.assertEqual(self.holders(self.n1), {"n1": "CR", "n2": "CR"})
        self.assertEqual(self.holders(self.n1, "manual"), {"n1": "CR"})
        self.assertEqual(self.holders(self.n1, "mine"), {"n1": "EX"})
        # once in a boot: a new daemon leaves alone what was deactivated since
        self.n2.ok("lvchange -an vg/other")
        self.cluster.kill_clvmd(self.n2)
        self.cluster.start_clvmd([self.n2], None)
        self.wait_running(*self.nodes)
        self.n2.ok("sleep 3")
        self.assertEqual(self.holders(self.n1, "other"), {"n1": "CR"})

if __name__ == "__main__":
    lab.run_tests()
