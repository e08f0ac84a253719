#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The network is cut: what a part without quorum may still do, and that nothing is lost after.

Three nodes, one of them cut off, with on_quorum_loss = "freeze"; and two nodes that both stay
quorate when they lose each other (two_node), where only fencing could let one of them go on.
"""
import json

import lab

IO = "python3 /lab/io_loop.py /mnt/fs/data /run/stop"
# Adds tags as fast as it is let, and prints each that it was told is on disk.
TAGS = """i=0
while [ ! -e /run/stop ]; do
	vgchange {wait} --addtag $NODE-$i vg >/dev/null 2>>/run/tags.err && echo $NODE-$i
	i=$((i + 1))
done"""


class QuorumCase(lab.StoryCase):
    disks = ("256M", "128M")

    def setUp(self):
        for node in self.nodes:
            node.ok("rm -f /run/stop")
        self.n1.ok("vgcreate vg /dev/ubda && lvcreate -L 16M -n lv0 vg")

    def tearDown(self):
        for node in self.nodes:
            node.ok("touch /run/stop")
        self.heal()  # of a test that failed
        for node in self.nodes:
            node("umount /var/log")
        super().tearDown()

    def status(self, node):
        return json.loads(node.ok("clvmd status --json"))

    def members(self, node):
        return {m["name"]: m["state"] for m in self.status(node)["members"]}

    def holders(self, node, lv="lv0"):
        return {where["node"]: where["mode"] for volume in self.status(node)["volumes"]
                if volume["lv"] == lv for where in volume["nodes"]}

    def wait_running(self, *nodes):
        for node in nodes:
            lab.wait_for(lambda: self.status(node)["running"], 90, f"{node.name} to run",
                         interval=0.3)

    def wait_paused(self, *nodes):
        for node in nodes:
            lab.wait_for(lambda: not self.status(node)["running"], 60, f"{node.name} to pause",
                         interval=0.3)

    def heal(self):
        self.cluster.heal()
        self.wait_running(*self.nodes)
        for node in self.nodes:
            self.assertEqual(self.members(node), {n.name: "up" for n in self.nodes})
            self.assertEqual(self.status(node)["waiting_for"], [])

    def suspended(self, node):
        lines = node.ok("dmsetup info -c --noheadings --separator ' ' -o name,suspended")
        return {line.split()[0] for line in lines.splitlines() if line.endswith("Suspended")}

    def own_file_system(self, node, lv):
        """An LV of this node's own, mounted on /mnt/fs."""
        node.ok(f"lvcreate -aey -L 24M -n {lv} vg && mkfs.ext4 -q /dev/vg/{lv} && "
                f"mkdir -p /mnt/fs && mount /dev/vg/{lv} /mnt/fs", timeout=120)

    def stop_io(self, job):
        job.node.ok("touch /run/stop")
        result = job.result()
        self.assertEqual(result.rc, 0, repr(result))
        return json.loads(result.out)


class ThreeNodes(QuorumCase):
    node_count = 3
    lock_timeout = int(15 * lab.wait.SLOW)  # longer than corosync takes to see a cut
    clvmd_config = ('clvmd { fence = "manual" on_quorum_loss = "freeze" '
                    f'lock_timeout = {lock_timeout} }}\n')

    def test_a_node_without_quorum_freezes_and_goes_on_after(self):
        self.n1.ok("vgcreate vgsys /dev/ubdb && lvcreate -L 16M -n log vgsys && "
                   "lvcreate -L 4M -n idle vg", timeout=120)
        self.n3.ok("mkfs.ext4 -q /dev/vgsys/log && mount /dev/vgsys/log /var/log")
        self.own_file_system(self.n3, "own")
        io = self.n3.spawn(IO, timeout=600)
        self.cluster.partition([self.n3])
        lab.wait_for(lambda: self.status(self.n3)["frozen"], 60, "n3 to freeze")
        lab.wait_for(lambda: self.suspended(self.n3) == {"vg-lv0", "vg-own", "vg-idle"}, 60,
                     "n3's volumes to be suspended, but for what its own system lies on")
        held = self.n3.spawn("dd if=/dev/vg/lv0 of=/dev/null bs=4k count=1 iflag=direct",
                             timeout=600)
        self.check_minority()
        self.check_majority_waits()
        self.check_restart_while_frozen()
        waiting = self.n3.spawn("lvcreate --wait -L 4M -n late vg", timeout=600)
        # a frozen volume can be given up, and is not suspended after
        self.n3.ok("lvchange -aln vg/idle", timeout=120)
        self.assertEqual(self.suspended(self.n3), {"vg-lv0", "vg-own"})
        self.assertFalse(self.n3("test -e /dev/vg/idle"))
        self.assertFalse(waiting.done() or held.done() or io.done())
        self.heal()
        for node in self.nodes:
            lab.wait_for(lambda: not self.suspended(node), 60, f"{node.name} to go on")
            self.assertIs(self.status(node)["frozen"], False)
        self.assertEqual(waiting.result().rc, 0, repr(waiting.result()))
        self.assertEqual(held.result().rc, 0, repr(held.result()))
        self.assertEqual(self.stop_io(io)["wrong"], 0)
        self.assertEqual(self.holders(self.n1, "own"), {"n3": "EX"})
        self.assertEqual(self.holders(self.n1, "idle"), {"n1": "CR", "n2": "CR"})
        self.n2.ok("lvextend -L 20M vg/lv0", timeout=120)
        self.assert_lv_everywhere("vg", "lv0", 20)

    def check_minority(self):
        """What n3 can do while it is cut off."""
        for command in ("lvcreate -L 4M -n x vg", "lvextend -L 20M vg/lv0", "vgcreate vgx /dev/ubdb",
                        "lvchange -aey vg/lv0"):
            result = self.n3.fails(command, 5, "cluster is not quorate (1 of 3 votes)")
            self.assertLess(result.seconds, 20 * lab.wait.SLOW)
        text = self.n3.ok("lvs; clvmd locks; clvmd status")
        self.assertIn("Frozen: 3 clustered logical volumes are suspended", text)
        self.assertIn("nobody is fenced without quorum", text)
        self.n3.fails("clvmd fence-ack n1", 1, "not quorate: not accepted without --force")

    def check_majority_waits(self):
        """The others keep quorum, but n3 is not known to be down."""
        self.assertIn("clvmd fence-ack n3", " ".join(self.status(self.n1)["waiting_for"]))
        self.n1.fails("lvextend --nowait -L 20M vg/lv0", 5, "n3")
        self.n2.ok("vgchange -aln vg && lvs vg", timeout=60)
        self.assertEqual(self.holders(self.n1)["n1"], "CR")
        self.assertFalse(self.n2("test -e /dev/vg/lv0"))
        self.assertEqual(self.suspended(self.n1), set())

    def check_restart_while_frozen(self):
        """A new daemon does not thaw what an earlier one froze: the cluster decides."""
        self.cluster.kill_clvmd(self.n3)
        result = self.n3("clvmd -T 5 </dev/null >/dev/null 2>/run/clvmd.err", timeout=60)
        self.assertEqual(result.rc, 5, repr(result))
        self.assertIs(self.status(self.n3)["frozen"], True)
        self.assertEqual(self.suspended(self.n3), {"vg-lv0", "vg-own", "vg-idle"})

    def test_waiting_for_others_has_an_end(self):
        holder = self.n1.spawn("sleep 600 | exec lvremove vg/lv0", timeout=620)
        lab.wait_for(lambda: "lvremove" in self.n2.ok("clvmd locks"), 30, "n1 to have the lock")
        for how in ("--nowait", "--config global/wait_for_locks=0"):
            self.n2.fails(f"lvextend {how} -L 20M vg/lv0", 5,
                          "vg lock is held EX by node n1 (lvremove, pid")
        self.n2.fails("lvextend -L 20M vg/lv0", 5, f"within {self.lock_timeout} seconds",
                      "vg lock is held EX by node n1 (lvremove, pid",
                      timeout=2 * self.lock_timeout)
        self.n2.fails("lvextend --wait --nowait -L 20M vg/lv0", 3, "together")
        patient = self.n2.spawn("lvextend --wait -L 20M vg/lv0", timeout=300)
        short = self.n3.spawn("lvextend --config 'global/wait_for_locks=1' -L 24M vg/lv0",
                              timeout=300)
        lab.wait_for(lambda: self.status(self.n1)["locks_waiting"] == 2, 30, "both to wait")
        # without quorum a wait that had begun ends with the reason
        self.cluster.partition([self.n3])
        self.assertIn("not quorate (1 of 3 votes)", short.result().err)
        self.heal()
        self.assertFalse(patient.done())
        self.n1.ok(f"kill -KILL {holder.pid}; pkill -KILL -x lvremove; true")
        self.assertEqual(patient.result().rc, 0, repr(patient.result()))
        self.assert_lv_everywhere("vg", "lv0", 20)


class TwoNodes(QuorumCase):
    clvmd_config = ('clvmd { fence = "manual" deactivation_scope = "node" '
                    'activate_at_start = "auto" }\n')

    def test_a_cut_that_heals_loses_nothing(self):
        """Both write and both are quorate; nobody is written off."""
        self.own_file_system(self.n1, "own1")
        self.own_file_system(self.n2, "own2")
        io = [node.spawn(IO, timeout=600) for node in self.nodes]
        tags = [node.spawn(TAGS.format(wait="--wait"), timeout=600) for node in self.nodes]
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
        self.n2.reboot()
        lab.wait_for(lambda: self.members(self.n1)["n2"] != "up", 60, "n1 to see it")
        lab.corosync.start(self.n2, self.cluster.corosync_text)
        self.cluster.start_clvmd([self.n2], self.clvmd_config)
        self.wait_running(*self.nodes)
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


del QuorumCase  # not a test of its own

if __name__ == "__main__":
    lab.run_tests()
