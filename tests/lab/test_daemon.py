#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""clvmd itself: whose locks live how long, what it says, and what hurts only who did it."""
import datetime
import json

import lab

# Connects, sends what it is told to, prints whether clvmd hangs up on it.
BAD_CLIENT = """
import socket
import struct
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.connect("/run/clvm/clvmd.sock")
s.send(%s)
s.settimeout(25)
print("hung up" if not s.recv(65536) else "answered")
"""


class DaemonCase(lab.StoryCase):
    disks = ("256M",)

    def setUp(self):
        self.n1.ok("vgcreate vg /dev/ubda && lvcreate -L 16M -n lv0 vg")

    def status(self, node):
        return json.loads(node.ok("clvmd status --json"))

    def locks(self, node):
        return json.loads(node.ok("clvmd locks --json"))

    def members(self, node):
        return {m["name"]: m["state"] for m in self.status(node)["members"]}

    def wait_running(self, *nodes):
        for node in nodes:
            lab.wait_for(lambda: self.status(node)["running"], 60, f"{node.name} to run")

    def holders(self, node, lv="lv0"):
        return {where["node"]: where["mode"] for volume in self.status(node)["volumes"]
                if volume["lv"] == lv for where in volume["nodes"]}


class InitScript(DaemonCase):
    """/etc/init.d/clvmd, with the exit codes of the LSB."""

    def script(self, word, rc=0):
        result = self.n1(f"{self.cluster.prefix}/etc/init.d/clvmd {word}", timeout=120)
        self.assertEqual(result.rc, rc, repr(result))
        return result.text

    def test_its_life(self):
        text = self.script("status")
        self.assertRegex(text, r"clvmd \(pid +\d+\) is running\.\.\.")
        self.assertIn("\nClustered Volume Groups: vg\n", text)
        self.assertIn("\nActive clustered Logical Volumes: vg/lv0\n", text)
        self.assertIn("already running", self.script("start"))
        pid = self.n1.ok("cat /run/clvm/clvmd.pid")
        self.script("restart")
        self.wait_running(self.n1)
        self.assertEqual(self.n1.ok("cat /run/clvm/clvmd.pid"), pid, "it is the same process")
        self.assertEqual(self.holders(self.n2), {"n1": "CR", "n2": "CR"})
        self.script("reload")
        self.script("nonsense", 2)
        # What is in use stays, and keeps the daemon.
        self.n1.ok("exec 9</dev/vg/lv0; sleep 1000 <&9 >/dev/null 2>&1 & echo $! >/run/user")
        self.script("stop", 1)
        self.n1.ok("kill $(cat /run/user)")
        self.script("stop")
        self.assertEqual(self.holders(self.n2), {"n2": "CR"})
        self.assertEqual(self.script("status", 3), "clvmd is stopped\n")
        self.script("reload", 7)
        self.script("stop")
        self.script("start")
        self.wait_running(self.n1, self.n2)
        self.assertEqual(self.members(self.n2), {"n1": "up", "n2": "up"})
        self.n1.ok("kill -9 $(cat /run/clvm/clvmd.pid)")
        lab.wait_for(lambda: not self.n1("pgrep -x clvmd"), 10, "clvmd to end")
        self.script("status", 1)
        self.script("start")
        self.wait_running(self.n1, self.n2)


class Status(DaemonCase):
    def test_status_has_the_promised_keys(self):
        status = self.status(self.n1)
        self.assertEqual(status["node"], "n1")
        self.assertEqual(status["fence"], "manual")
        self.assertIs(status["quorate"], True)
        self.assertEqual(status["waiting_for"], [])
        self.assertEqual(self.members(self.n1), {"n1": "up", "n2": "up"})
        self.assertEqual([vg["name"] for vg in status["volume_groups"]], ["vg"])
        self.assertEqual(self.holders(self.n1), {"n1": "CR", "n2": "CR"})
        self.assertGreaterEqual(status["locks_held"], 2)
        self.assertEqual(status["pid"], int(self.n1.ok("cat /run/clvm/clvmd.pid")))

    def test_status_as_text_is_what_scripts_look_for(self):
        text = self.n1.ok("clvmd status")
        self.assertRegex(text, r"clvmd \(pid +\d+\) is running\.\.\.")
        self.assertIn("\nQuorum: yes", text)
        self.assertIn("\nClustered Volume Groups: vg\n", text)
        self.assertIn("\nActive clustered Logical Volumes: vg/lv0\n", text)

    def test_its_clients_are_not_called_clvmd(self):
        self.assertEqual(self.n1.ok("clvmd status >/dev/null; pgrep -x clvmd").split(),
                         [self.n1.ok("cat /run/clvm/clvmd.pid").strip()])

    def test_it_is_started_once(self):
        self.n1.fails("clvmd", 1, "already running")

    def test_stop_is_refused_while_a_volume_is_active(self):
        self.n1.fails("clvmd stop", 1, "vg/lv0")
        self.assertEqual(self.members(self.n2)["n1"], "up")

    def test_a_clean_stop_and_start(self):
        self.n1.ok("vgchange -an vg")
        self.n2.ok("clvmd stop")
        self.n2.fails("clvmd status", 3, "stopped")
        self.assertEqual(self.members(self.n1)["n2"], "left")
        self.n1.ok("lvcreate -L 4M -n alone vg")
        self.n2.ok("clvmd")
        self.assertEqual(self.members(self.n1)["n2"], "up")

    def test_it_ends_well_with_volumes_active(self):
        self.n1.ok("lvcreate -L 4M -n lv1 vg && lvcreate -L 4M -n lv2 vg && clvmd stop --force")
        job = self.n1.spawn("clvmd -f 2>/run/said; echo ended with $?; cat /run/said", 120)
        lab.wait_for(lambda: self.n1("clvmd status --json") and self.status(self.n1)["running"], 60,
                     "it to run")
        self.n1.ok("kill -TERM $(cat /run/clvm/clvmd.pid)")
        said = job.result().out
        self.assertIn("ended with 0\n", said)
        for name in ("lv0", "lv1", "lv2"):
            self.assertIn(f"vg/{name} stays active", said)
        self.n1.ok("clvmd")
        self.assertEqual(self.holders(self.n1), {"n1": "CR", "n2": "CR"})

    def test_only_root_may_connect(self):
        out = self.n1("su -s /bin/sh nobody -c 'clvmd status'").text
        self.assertNotIn("Quorum", out)


class Clients(DaemonCase):
    def hold_vg_lock(self, node):
        """A command that has the VG's lock and waits for an answer; returns its pid."""
        node.spawn("sleep 600 | exec lvremove vg/lv0", timeout=620)
        held = lab.wait_for(lambda: [lock for lock in self.locks(node)
                                     if lock["resource"] == "V_vg"
                                     and lock["state"] == "granted"],
                            20, "lvremove to have the lock")
        self.assertEqual(held[0]["node"], node.name)
        self.assertIn("lvremove", held[0]["command"])
        return held[0]["pid"]

    def test_a_lock_ends_with_its_process(self):
        pid = self.hold_vg_lock(self.n1)
        job = self.n2.spawn("lvcreate -L 4M -n other vg")
        lab.wait_for(lambda: self.status(self.n1)["locks_waiting"], 20, "n2 to wait")
        self.assertFalse(job.done())
        self.n1.ok(f"kill -KILL {pid}")
        self.assertEqual(job.result().rc, 0, repr(job.result()))

    def test_who_waits_is_told_for_whom(self):
        pid = self.hold_vg_lock(self.n1)
        job = self.n2.spawn("lvcreate -L 4M -n other vg")
        lab.wait_for(lambda: self.status(self.n1)["locks_waiting"], 20, "n2 to wait")
        # the warning comes after five seconds of waiting
        lab.wait_for(lambda: job.done() or self.waited(6), 30, "six seconds")
        self.n1.ok(f"kill -KILL {pid}")
        result = job.result()
        self.assertEqual(result.rc, 0, repr(result))
        self.assertIn("n1", result.err)
        self.assertIn("lvremove", result.err)

    def waited(self, seconds):
        import time
        self.since = getattr(self, "since", None) or time.monotonic()
        return time.monotonic() - self.since > seconds

    def test_a_waiter_that_is_killed_leaves_nothing(self):
        pid = self.hold_vg_lock(self.n1)
        job = self.n2.spawn("exec lvcreate -L 4M -n other vg")
        lab.wait_for(lambda: self.status(self.n1)["locks_waiting"], 20, "n2 to wait")
        job.signal("KILL")
        lab.wait_for(lambda: not self.status(self.n1)["locks_waiting"], 20, "it to be forgotten")
        self.n1.ok(f"kill -KILL {pid}")

    def test_a_client_that_talks_nonsense_is_cut_off(self):
        self.n1.write("/run/bad.py", BAD_CLIENT % 'b"nonsense"')
        self.assertEqual(self.n1.ok("python3 /run/bad.py"), "hung up\n")
        self.n1.ok("vgs; clvmd status")

    def test_a_client_that_sends_half_a_message_is_cut_off_and_harms_nobody(self):
        half = 'struct.pack("<III", 0x31766c63, 100000, 0) + b"x" * 1000'
        self.n1.write("/run/half.py", BAD_CLIENT % half)
        job = self.n1.spawn("python3 /run/half.py")
        for _ in range(3):
            self.n1.ok("lvs vg; lvcreate -L 4M -n more vg && lvremove -y vg/more")
        self.assertEqual(job.result().out, "hung up\n", repr(job.result()))


class Activation(DaemonCase):
    def test_exclusive_activation_is_refused_and_names_the_holder(self):
        self.n1.ok("vgchange -an vg && lvchange -aey vg/lv0")
        self.assertEqual(self.holders(self.n2), {"n1": "EX"})
        self.n2.fails("lvchange -aey vg/lv0", 5, "vg/lv0", "exclusively", "n1")
        self.assertFalse(self.n2("test -e /dev/vg/lv0"))
        self.n2.fails("lvchange -asy vg/lv0", 5, "vg/lv0", "n1")
        self.assertEqual(self.holders(self.n2), {"n1": "EX"})
        self.n1.ok("lvchange -aln vg/lv0")
        self.n2.ok("lvchange -aey vg/lv0")
        self.assertEqual(self.holders(self.n1), {"n2": "EX"})

    def test_a_volume_held_elsewhere_does_not_hinder_the_others_of_its_vg(self):
        self.n1.ok("lvcreate -L 4M -n lv1 vg && lvcreate -L 4M -n lv2 vg && vgchange -an vg && "
                   "lvchange -aey vg/lv0")
        self.n2.fails("vgchange -ay vg", 5, "vg/lv0 is active exclusively on node n1")
        for lv in ("lv1", "lv2"):
            self.assertEqual(self.holders(self.n1, lv), {"n1": "CR", "n2": "CR"})
        self.assertEqual(self.holders(self.n1), {"n1": "EX"})

    def test_a_shared_volume_is_not_made_exclusive(self):
        self.n2.fails("lvchange -aey vg/lv0", 5, "vg/lv0", "n1")
        self.assertEqual(self.holders(self.n1), {"n1": "CR", "n2": "CR"})

    def test_deactivation_of_what_is_not_active_succeeds(self):
        self.n1.ok("lvchange -an vg/lv0 && lvchange -an vg/lv0 && lvchange -aln vg/lv0")
        self.assertEqual(self.holders(self.n1), {})

    def test_a_volume_that_is_open_on_one_node_stays_active_on_all(self):
        self.n2.ok("mkdir -p /mnt/fs && mkfs.ext4 -q /dev/vg/lv0 && mount /dev/vg/lv0 /mnt/fs")
        self.n1.fails("vgchange -an vg", 5, "mounted on /mnt/fs on n2")
        self.assertEqual(self.holders(self.n1), {"n1": "CR", "n2": "CR"})
        self.n2.fails("vgchange -aln vg", 5, "mounted on /mnt/fs")
        self.assertEqual(self.holders(self.n1), {"n1": "CR", "n2": "CR"})
        self.n2.ok("umount /mnt/fs && vgchange -an vg")
        self.assertEqual(self.holders(self.n1), {})


class Crash(DaemonCase):
    def since_when(self, name):
        return next(datetime.datetime.strptime(lock["since"], "%Y-%m-%dT%H:%M:%SZ")
                    for lock in self.locks(self.n2) if lock["name"] == name)

    def test_a_daemon_that_is_killed_keeps_the_locks_of_its_volumes(self):
        self.n1.ok("vgchange -an vg && lvchange -aey vg/lv0")
        self.cluster.kill_clvmd(self.n1)
        lab.wait_for(lambda: self.members(self.n2)["n1"] == "no-clvmd", 20, "n2 to see it")
        self.n2.fails("lvchange -aey vg/lv0", 5, "n1")
        for command in ("lvextend -L +4M vg/lv0", "lvremove -y vg/lv0", "vgchange -an vg"):
            self.n2.fails(command, 5, "n1, where clvmd does not answer")
        since = self.since_when("vg/lv0")
        self.cluster.start_clvmd([self.n1], config=None)
        self.wait_running(self.n1, self.n2)
        self.assertEqual(self.holders(self.n2), {"n1": "EX"})
        # From the journal: written when the lock was granted, a moment after it was asked for.
        self.assertLess((self.since_when("vg/lv0") - since).total_seconds(), 5)
        self.assertIn("since 20", self.n2.ok("clvmd locks"))
        self.n2.fails("lvchange -aey vg/lv0", 5, "n1")
        self.n1.ok("lvextend -L +4M vg/lv0")
        self.n1.ok("vgchange -an vg")
        self.assertEqual(self.holders(self.n2), {})

    def test_all_daemons_restart_and_form_from_what_is_active(self):
        self.n1.ok("lvcreate -L 4M -n own vg && vgchange -an vg && lvchange -aey vg/own && "
                   "lvchange -asy vg/lv0")
        for node in self.nodes:
            self.cluster.kill_clvmd(node)
        self.cluster.start_clvmd(config=None)
        self.wait_running(*self.nodes)
        for node in self.nodes:
            self.assertEqual(self.holders(node), {"n1": "CR", "n2": "CR"})
            self.assertEqual(self.holders(node, "own"), {"n1": "EX"})

    def test_daemons_that_are_started_one_after_the_other(self):
        for node in self.nodes:
            self.cluster.kill_clvmd(node)
        first = self.n1("clvmd -T 8 </dev/null")
        self.assertEqual(first.rc, 0, repr(first))
        self.assertIn("n2 is up without clvmd", first.err)
        self.assertLess(first.seconds, 8)
        waits = self.n1.spawn("lvextend -L +4M vg/lv0")
        self.n2.ok("clvmd </dev/null")
        self.assertTrue(waits.result())
        self.assert_lv_everywhere("vg", "lv0", 20)

    def test_corosync_that_is_killed_and_started_again(self):
        lab.corosync.stop(self.n1, "KILL")
        lab.wait_for(lambda: not self.status(self.n1)["running"], 20, "n1 to pause")
        self.n1.fails("lvcreate -L 4M -n other vg", 5, "corosync")
        self.n1.ok("lvs vg && test -e /dev/vg/lv0")
        lab.corosync.start(self.n1, self.cluster.corosync_text)
        self.wait_running(self.n1, self.n2)
        self.assertEqual(self.holders(self.n2), {"n1": "CR", "n2": "CR"})
        self.n1.ok("lvextend -L +4M vg/lv0")
        self.assert_lv_everywhere("vg", "lv0", 20)

    def test_a_node_that_is_lost_blocks_until_it_is_acknowledged(self):
        self.n2.power_cut()
        lab.wait_for(lambda: self.members(self.n1)["n2"] == "unclean", 30, "n2 to be unclean")
        self.assertIn("n2", " ".join(self.status(self.n1)["waiting_for"]))
        job = self.n1.spawn("lvcreate -L 4M -n other vg")
        lab.wait_for(lambda: self.status(self.n1)["locks_waiting"] or job.done(), 10, "it to wait")
        self.assertFalse(job.done(), "granted while n2 was not fenced")
        self.n1.fails("clvmd fence-ack n1", 1, "member")
        self.n1.fails("clvmd fence-ack n9", 1, "n9")
        self.n1.ok("clvmd fence-ack n2")
        self.assertEqual(job.result().rc, 0, repr(job.result()))
        self.assertEqual(self.holders(self.n1), {"n1": "CR"})
        self.n2.start()
        self.n2.wait_until_up()
        lab.corosync.start(self.n2, self.cluster.corosync_text)
        self.cluster.start_clvmd([self.n2])
        self.wait_running(self.n1, self.n2)
        self.assertEqual(self.members(self.n1), {"n1": "up", "n2": "up"})

    def test_a_worker_that_is_killed_is_replaced(self):
        self.n1.ok("pkill -KILL -x clvmwork; lvextend -L +4M vg/lv0")
        self.assert_lv_everywhere("vg", "lv0", 20)

    def test_without_corosync_it_waits_and_says_so(self):
        self.n1.ok("vgchange -an vg")
        self.n2.ok("clvmd stop")
        lab.corosync.stop(self.n2, "TERM")
        self.n2.fails("clvmd -T2", 5, "corosync")
        self.assertIs(self.status(self.n2)["quorate"], False)
        lab.corosync.start(self.n2, self.cluster.corosync_text)
        self.wait_running(self.n1, self.n2)


del DaemonCase  # not a test of its own

if __name__ == "__main__":
    lab.run_tests()
