#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Kernel panics with fence = "manual", in two and in three nodes: of the node that holds a lock, of
the node that is committing, of a bystander. And the way back.

Until somebody acknowledges, nothing that needs a lock goes on, and all else does: reports, and I/O
to the volume of another VG, which sees neither an error nor a pause. A node that boots again joins
while others poll `lvs` in a loop, and each of those answers.
"""
import json

import lab
from test_interrupted import NEW, CUT_OP

POLL = """
count=0
while [ ! -e /run/poll.stop ]; do
	timeout 60 lvs >/run/poll.out 2>&1 || { cat /run/poll.out; exit 1; }
	count=$((count + 1))
done
echo $count
"""
JOIN_SECONDS = 30  # for a booted node, however much others poll
PAUSE_SECONDS = 5  # of I/O that nobody has a reason to stop


class LostNodeCase(lab.StoryCase):
    """vg/lv0 is active everywhere; vgio/data is mounted on n1, with I/O all the time."""

    disks = ("128M", "128M")

    def setUp(self):
        self.lost, self.rest = self.nodes[-1], self.nodes[:-1]
        self.n1.ok("vgcreate vg /dev/ubda && lvcreate -y -L 16M -n lv0 vg && "
                   "vgcreate vgio /dev/ubdb && lvcreate -y -aey -L 64M -n data vgio && "
                   "mkfs.ext4 -q /dev/vgio/data && mkdir -p /mnt/fs && "
                   "mount /dev/vgio/data /mnt/fs; rm -f /run/io-stop")
        for node in self.nodes:
            node.ok("rm -f /run/cut /run/poll.stop")
        self.io = self.n1.spawn("python3 /lab/io_loop.py /mnt/fs/data /run/io-stop", timeout=900)
        lab.wait_for(lambda: self.n1("test -s /mnt/fs/data") or self.io.done(), 30, "I/O to begin")

    def tearDown(self):
        self.n1("touch /run/io-stop")
        self.io.result()
        super().tearDown()

    def io_went_on(self):
        self.n1.ok("touch /run/io-stop")
        result = self.io.result()
        self.assertEqual(result.rc, 0, repr(result))
        pause = json.loads(result.out)["longest_pause"]
        print(f"# longest pause of I/O in another VG: {pause} s", flush=True)
        self.assertLess(pause, PAUSE_SECONDS * lab.wait.SLOW)

    def members(self, node):
        members = json.loads(node.ok("clvmd status --json"))["members"]
        return {member["name"]: member["state"] for member in members}

    def panic(self):
        self.lost.panic()
        for node in self.rest:
            lab.wait_for(lambda node=node: self.members(node)[self.lost.name] == "unclean", 60,
                         f"{node.name} to miss {self.lost.name}")
            self.assertIn(self.lost.name, node.ok("clvmd status | grep -i waiting -A1"))
            self.assertTrue(node("lvs", timeout=20), "reports work meanwhile")

    def acknowledge(self):
        self.rest[-1].ok(f"clvmd fence-ack {self.lost.name}")

    def come_back(self):
        poll = self.n1.spawn(POLL, timeout=900)
        self.lost.start()
        self.lost.wait_until_up()
        lab.corosync.start(self.lost, self.cluster.corosync_text)
        self.cluster.start_clvmd([self.lost], wait=int(JOIN_SECONDS * lab.wait.SLOW))
        self.lost.ok("lvchange -ay vg/lv0", timeout=90)
        self.n1.ok("touch /run/poll.stop")
        result = poll.result()
        self.assertEqual(result.rc, 0, repr(result))
        self.assertGreater(int(result.out), 1)
        self.io_went_on()
        lab.assert_sound(self.nodes)

    def test_panic_of_the_lock_holder(self):
        self.lost.spawn("sleep 600 | exec lvremove vg/lv0", timeout=620)
        lab.wait_for(lambda: '"V_vg"' in self.n1.ok("clvmd locks --json"), 20, "it to hold a lock")
        waiter = self.n1.spawn("lvcreate -y -L 4M -n new vg", timeout=200)
        lab.wait_for(lambda: json.loads(self.n1.ok("clvmd status --json"))["locks_waiting"], 20,
                     "n1 to wait for it")
        self.panic()
        self.assertFalse(waiter.done(), "granted before it was known to be dead")
        self.acknowledge()
        self.assertEqual(waiter.result().rc, 0, repr(waiter.result()))
        self.come_back()

    def test_panic_of_the_node_that_commits(self):
        self.lost.spawn(f"{CUT_OP} vg lv0 disk wait", timeout=600)
        lab.wait_for(lambda: self.lost("test -e /run/cut"), 30, "the commit to be on disk")
        self.panic()
        for node in self.rest:
            self.assertIn("Suspended", node.ok("dmsetup info -c --noheadings -o suspended vg-lv0"))
        self.acknowledge()
        lab.assert_sound(self.rest, members={self.lost.name: "fenced"})
        self.assert_lv_everywhere("vg", "lv0", NEW, self.rest)
        self.come_back()
        self.assert_lv_everywhere("vg", "lv0", NEW)

    def test_panic_of_a_bystander(self):
        busy = self.n1.spawn("set -e; for i in 1 2 3 4 5 6; do lvcreate -y -q -L 4M -n new$i vg; "
                             "lvextend -q -L +4M vg/lv0; done", timeout=600)
        lab.wait_for(lambda: "vg/new1" in self.lv_sizes(self.n1), 60, "changes to go on")
        self.panic()
        self.acknowledge()
        result = busy.result()
        # The change that it was part of may have been refused: then the rest goes on by hand.
        self.assertIn(result.rc, (0, 5), repr(result))
        if result.rc:
            self.assertIn(self.lost.name, result.err)
        lab.assert_sound(self.rest, members={self.lost.name: "fenced"})
        self.n1.ok("lvextend -q -L +4M vg/lv0", timeout=90)
        self.come_back()


class TwoNodes(LostNodeCase):
    node_count = 2


class ThreeNodes(LostNodeCase):
    node_count = 3


del LostNodeCase  # not a test of its own

if __name__ == "__main__":
    lab.run_tests()
