#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A node is cut off from the majority, with on_quorum_loss = "freeze": what it may still do, what
holds, and that all goes on after."""
import json
import os

import lab

CUT_OP = os.environ["CLVM_LAB_PROGRAMS"] + "/cut_op"
OLD, NEW = 16, 20  # MiB: cut_op adds an extent


class Quorum(lab.CutCase):
    disks = ("256M", "128M")
    node_count = 3
    lock_timeout = int(15 * lab.wait.SLOW)  # longer than corosync takes to see a cut
    clvmd_config = ('clvmd { fence = "manual" on_quorum_loss = "freeze" '
                    f'lock_timeout = {lock_timeout} }}\n')

    def test_a_node_without_quorum_freezes_and_goes_on_after(self):
        self.n1.ok("vgcreate vgsys /dev/ubdb && lvcreate -L 16M -n log vgsys && "
                   "lvcreate -L 4M -n idle vg", timeout=120)
        self.n3.ok("mkfs.ext4 -q /dev/vgsys/log && mount /dev/vgsys/log /var/log")
        self.own_file_system(self.n3, "own")
        io = self.start_io(self.n3)
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
        self.assertEqual(self.holders(self.n1, "idle"), {"n1": "CR"})
        self.n2.ok("lvchange -ay vg/lv0 && lvextend -L 20M vg/lv0", timeout=120)
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

    def test_a_change_that_is_cut_ends_and_is_held(self):
        """n3 takes part in a change of n1's when it loses quorum: before, and after its commit."""
        self.n1.spawn(f"{CUT_OP} vg lv0 prepare wait", timeout=600)
        self.wait_cut_op()
        self.cluster.partition([self.n3])
        # it never saw a commit: back to the old table, which is then held
        lab.wait_for(lambda: self.status(self.n3)["frozen"] and self.n3("test ! -s /run/clvm/ops"),
                     60, "n3 to give the change up")
        lab.wait_for(lambda: self.suspended(self.n3) == {"vg-lv0"}, 60, "n3 to hold its volume")
        self.assertEqual(self.n3.ok("dmsetup info -c --noheadings -o tables_loaded vg-lv0").strip(),
                         "Live")
        self.end_cut_op(OLD)
        self.n1.spawn(f"{CUT_OP} vg lv0 disk wait", timeout=600)
        self.wait_cut_op()
        self.cluster.partition([self.n3])
        lab.wait_for(lambda: self.status(self.n3)["frozen"], 60, "n3 to freeze")
        self.assertTrue(self.n3("test -s /run/clvm/ops"), "only n1 or the disk know the end")
        self.end_cut_op(NEW)

    def test_a_node_whose_corosync_dies_freezes_too(self):
        """It cannot know any more whether it is quorate; the others will have it fenced."""
        lab.corosync.stop(self.n3, "KILL")
        lab.wait_for(lambda: self.suspended(self.n3) == {"vg-lv0"}, 60, "n3 to freeze")
        self.n3.fails("lvextend -L 20M vg/lv0", 5, "corosync")
        self.assertEqual(self.suspended(self.n1) | self.suspended(self.n2), set())
        lab.corosync.start(self.n3, self.cluster.corosync_text)
        self.heal()
        lab.wait_for(lambda: not self.suspended(self.n3), 60, "n3 to go on")
        events = [json.loads(line)["type"]
                  for line in self.n3.ok("clvmd events --json").splitlines()]
        self.assertEqual([kind for kind in events if kind in ("freeze", "thaw")][-2:],
                         ["freeze", "thaw"])

    def wait_cut_op(self):
        lab.wait_for(lambda: self.n1("rm /run/cut"), 60, "cut_op to be there")

    def end_cut_op(self, size):
        self.heal()
        self.n1.ok("pkill -KILL -x cut_op")
        for node in self.nodes:
            lab.wait_for(lambda: not self.suspended(node), 60, f"{node.name} to go on")
        self.assert_lv_everywhere("vg", "lv0", size)


if __name__ == "__main__":
    lab.run_tests()
