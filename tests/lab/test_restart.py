#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""clvmd ends and starts again, asked to or not: no lock is lost, commands go on or say why not."""
import json
import os

import lab

NEXT_MINOR = os.environ["CLVM_LAB_PROGRAMS"] + "/next_minor/clvmd"
OTHER_MAJOR = os.environ["CLVM_LAB_PROGRAMS"] + "/other_major/clvmd"
CLVMD = "$(readlink -f $(command -v clvmd))"


class RestartCase(lab.StoryCase):
    disks = ("256M",)

    def status(self, node):
        return json.loads(node.ok("clvmd status --json"))

    def locks(self, node):
        return json.loads(node.ok("clvmd locks --json"))

    def pid(self, node):
        return node.ok("cat /run/clvm/clvmd.pid").strip()

    def wait_running(self, *nodes):
        for node in nodes:
            lab.wait_for(lambda: self.status(node)["running"], 60, f"{node.name} to run")

    def holders(self, node, lv="lv0"):
        return {where["node"]: where["mode"] for volume in self.status(node)["volumes"]
                if volume["lv"] == lv for where in volume["nodes"]}

    def holders_of_vg(self, node):
        return [(lock["node"], os.path.basename(lock["command"].split()[0]))
                for lock in self.locks(node) if lock["resource"] == "V_vg" and lock["state"] != "waiting"]

    def waiting(self, node):
        return sorted((lock["node"], os.path.basename(lock["command"].split()[0]))
                      for lock in self.locks(node) if lock["state"] == "waiting")

    def ask_to_remove(self, node, lv):
        """An lvremove that holds the VG's lock and waits for an answer: answer() is its end. What it
        asks the other nodes before is over then: a daemon that is killed does not end it."""
        node.ok("rm -f /run/answer /run/asked && mkfifo /run/answer")
        job = node.spawn(f"exec lvremove vg/{lv} </run/answer 2>/run/asked", timeout=600)
        holder = node.spawn("sleep 600 >/run/answer", timeout=620)
        lab.wait_for(lambda: self.holders_of_vg(node) == [(node.name, "lvremove")], 30,
                     "lvremove to have the lock")
        lab.wait_for(lambda: not node("grep -q 'Do you really want' /run/asked").rc, 30,
                     "lvremove to ask")

        def answer(word):
            if not job.done():
                node.ok(f"echo {word} >/run/answer")
            holder.signal("TERM")
            return job.result()
        return job, answer


class Restart(RestartCase):
    def setUp(self):
        self.n1.ok("vgcreate vg /dev/ubda && lvcreate -L 16M -n lv0 vg && "
                   "lvcreate -L 4M -n gone vg")

    def test_locks_survive_and_commands_go_on(self):
        self.n1.ok("lvchange -an vg/lv0 && lvchange -aey vg/lv0")
        job, answer = self.ask_to_remove(self.n1, "gone")
        waiters = [node.spawn(f"lvcreate -L 4M -n by_{node.name} vg", timeout=90)
                   for node in self.nodes]
        both = [("n1", "lvcreate"), ("n2", "lvcreate")]
        lab.wait_for(lambda: self.waiting(self.n2) == both, 30, "two to wait")
        pid = self.pid(self.n1)
        for command in ("clvmd restart", "clvmd -S"):
            self.n1.ok(command, timeout=90)
            self.assertEqual(self.pid(self.n1), pid)
            self.assertEqual(self.holders_of_vg(self.n2), [("n1", "lvremove")])
            self.assertEqual(self.holders(self.n2), {"n1": "EX"})
            lab.wait_for(lambda: self.waiting(self.n2) == both, 30, "both to wait again")
        self.assertFalse(job.done() or any(waiter.done() for waiter in waiters))
        result = answer("y")
        self.assertEqual(result.rc, 0, repr(result))
        for waiter in waiters:
            self.assertEqual(waiter.result().rc, 0, repr(waiter.result()))
        self.assertEqual(set(self.lv_sizes(self.n2)), {"vg/lv0", "vg/by_n1", "vg/by_n2"})
        self.assertEqual(self.locks_of_commands(), [])

    def locks_of_commands(self):
        return [lock for node in self.nodes for lock in self.locks(node)
                if lock["resource"].startswith(("V_", "P_"))]

    def test_the_program_on_disk_is_started(self):
        self.n2.ok(f"cp {CLVMD} {CLVMD}.new && mv {CLVMD}.new {CLVMD}")
        exe = f"readlink /proc/{self.pid(self.n2)}/exe"
        self.assertIn("(deleted)", self.n2.ok(exe))
        fds = self.n2.ok(f"ls /proc/{self.pid(self.n2)}/fd | wc -l")
        self.n2.ok("clvmd restart", timeout=90)
        self.assertNotIn("(deleted)", self.n2.ok(exe))
        self.assertLessEqual(int(self.n2.ok(f"ls /proc/{self.pid(self.n2)}/fd | wc -l")),
                             int(fds) + 1)
        self.assertEqual(self.holders(self.n1), {"n1": "CR", "n2": "CR"})
        self.n2.ok("lvextend -L +4M vg/lv0")
        self.assert_lv_everywhere("vg", "lv0", 20)

    def test_what_would_not_start_is_not_tried(self):
        pid = self.pid(self.n1)
        conf = self.n1.ok("cat /etc/clvm/clvmd.conf")
        self.n1.write("/etc/clvm/clvmd.conf", "clvmd { fence = 7 }\n")
        self.n1.fails("clvmd restart", 1, "clvmd.conf:1", "fence")
        self.n1.write("/etc/clvm/clvmd.conf", conf)
        self.n1.ok(f"chmod a-x {CLVMD}")
        self.n1.ok(f"chmod a+x {CLVMD}")
        self.assertEqual(self.pid(self.n1), pid)
        self.assertTrue(self.status(self.n1)["running"])

    def test_restarts_among_commands_fail_none(self):
        loop = ("for i in $(seq 6); do lvcreate -L 4M -n {0}$i vg && lvextend -L +4M vg/lv0 && "
                "lvremove -y vg/{0}$i || exit 1; done")
        jobs = [node.spawn(loop.format(node.name), timeout=300) for node in self.nodes]
        for turn in range(4):
            lab.wait_for(self.locks_of_commands, 60, "a command to have a lock")
            self.assertFalse(all(job.done() for job in jobs))
            self.nodes[turn % 2].ok("clvmd restart", timeout=120)
        for job in jobs:
            result = job.result()
            self.assertEqual(result.rc, 0, repr(result))
        self.assert_lv_everywhere("vg", "lv0", 16 + 2 * 6 * 4)

    def test_a_killed_daemons_commands_keep_their_locks_until_they_end(self):
        job, answer = self.ask_to_remove(self.n1, "gone")
        self.cluster.kill_clvmd(self.n1)
        waiter = self.n2.spawn("lvcreate -L 4M -n by_n2 vg", timeout=120)
        lab.wait_for(lambda: self.waiting(self.n2) == [("n2", "lvcreate")], 30, "n2 to wait")
        self.cluster.start_clvmd([self.n1], config=None)
        self.wait_running(*self.nodes)
        self.assertEqual(self.holders_of_vg(self.n2), [("n1", "lvremove")],
                         f"{self.locks(self.n2)}, lvremove ended: {job.done()}")
        self.assertFalse(waiter.done())
        result = answer("y")  # and it goes on with what it holds
        self.assertEqual(result.rc, 0, repr(result))
        self.assertEqual(waiter.result().rc, 0, repr(waiter.result()))

    def test_what_a_kill_left_under_dev_is_removed_by_the_next_daemon(self):
        self.cluster.kill_clvmd(self.n1)
        self.n1.ok("mknod /dev/mapper/vg-half b 250 99 && ln -s /dev/mapper/vg-half /dev/vg/half && "
                   "ln -s /dev/mapper/vg-lv0 /dev/vg/.-999999 && ln -s /dev/ubda /dev/vg/foreign && "
                   "mkdir /dev/vg2 && ln -s /dev/mapper/vg2-lv /dev/vg2/lv")
        self.cluster.start_clvmd([self.n1], config=None)
        self.wait_running(*self.nodes)
        self.assertEqual(self.n1.ok("ls -A /dev/vg").split(), ["foreign", "gone", "lv0"])
        self.assertEqual(self.n1.ok("ls -d /dev/vg2 /dev/mapper/vg-half || true"), "")
        self.n1.ok("rm /dev/vg/foreign")

    def test_a_volume_is_not_removed_while_a_member_that_died_just_now_has_it(self):
        job, answer = self.ask_to_remove(self.n1, "gone")
        self.cluster.kill_clvmd(self.n2)  # all was well when lvremove looked
        lab.wait_for(lambda: "n2" in self.n1.ok("clvmd status | grep no-clvmd || true"), 30,
                     "n1 to see it")
        result = answer("y")
        self.assertEqual(result.rc, 5, repr(result))
        self.assertIn("vg/gone is active on node n2, where clvmd does not answer",
                      self.n1.ok("cat /run/asked"))
        self.cluster.start_clvmd([self.n2], config=None)
        self.wait_running(*self.nodes)
        self.assertEqual(self.holders(self.n1, "gone"), {"n1": "CR", "n2": "CR"})
        self.n1.ok("lvremove -y vg/gone")
        self.assert_no_lv_anywhere("vg", "gone")

    def test_a_command_that_ends_without_a_daemon_is_forgotten_by_the_next(self):
        job, answer = self.ask_to_remove(self.n1, "gone")
        self.cluster.kill_clvmd(self.n1)
        job.signal("KILL")
        job.result()
        answer("n")
        self.assertEqual(self.holders_of_vg(self.n2), [("n1", "lvremove")])
        self.cluster.start_clvmd([self.n1], config=None)
        self.wait_running(*self.nodes)
        self.n2.ok("lvcreate -L 4M -n by_n2 vg")
        self.assertEqual(self.n1.ok("tr -d ' \\n' </run/clvm/clients"), "")

    def test_a_member_without_clvmd_is_named_and_blocks_nothing(self):
        self.n1.ok("vgchange -an vg")
        self.n2.ok("clvmd stop")
        lab.corosync.stop(self.n2, "TERM")
        lab.corosync.start(self.n2, self.cluster.corosync_text)
        lab.corosync.wait_formed(self.nodes)
        self.wait_running(self.n1)
        self.assertRegex(self.n1.ok("clvmd status"), r"n2 +2 +(left|no-clvmd)")
        self.n1.ok("vgchange -ay vg && lvextend -L +4M vg/lv0")
        self.n2.fails("lvextend -L +4M vg/lv0", 5, "clvmd is not running on this node")
        self.assertTrue(self.n2("lvs vg"), "reports need no clvmd")
        self.cluster.start_clvmd([self.n2], config=None)
        self.n2.ok("lvchange -ay vg/lv0")
        self.assert_lv_everywhere("vg", "lv0", 20)

    def test_killed_in_the_middle_of_loops_on_both_nodes(self):
        loop = ("for i in $(seq 100); do lvcreate -L 4M -n {0}$i vg; lvextend -l +1 vg/lv0; "
                "lvremove -y vg/{0}$i; test -e /run/stop && break; done; true")
        for node in self.nodes:
            node.ok("rm -f /run/stop")
        jobs = [node.spawn(loop.format(node.name), timeout=600) for node in self.nodes]
        for turn in range(6):
            node = self.nodes[turn % 2]
            lab.wait_for(lambda: self.locks_of_commands(), 60, "a command to have a lock")
            self.cluster.kill_clvmd(node)
            self.cluster.start_clvmd([node], config=None, wait=60)
            self.wait_running(*self.nodes)
        for node in self.nodes:
            node.ok("touch /run/stop")
        for job in jobs:
            self.assertEqual(job.result().rc, 0, repr(job.result()))
        self.assert_clean()
        self.n2.ok("lvextend -L +4M vg/lv0")
        self.assert_clean()

    def assert_clean(self):
        """Nothing suspended or locked; metadata that stock LVM2 likes; same tables everywhere."""
        lab.wait_for(lambda: not self.locks_of_commands(), 60, "locks to be released")
        tables = []
        for node in self.nodes:
            lab.wait_for(lambda: "Suspended" not in
                         node.ok("dmsetup info -c --noheadings -o suspended"), 60,
                         f"{node.name} to resume")
            tables.append(node.ok("dmsetup table vg-lv0"))
            node.ok("vgck vg")
        self.assertEqual(tables[0], tables[1])


class Upgrade(RestartCase):
    """n2 has the next minor version of the protocol from the start; n1 is upgraded to it."""
    clustered = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cluster.corosync()
        for node in cls.nodes:
            node.write("/etc/clvm/clvmd.conf", cls.clvmd_config)
        first = cls.n1.spawn("clvmd -T60", timeout=90)
        cls.n2.ok(f"{NEXT_MINOR} -T60", timeout=90)
        assert first.result().rc == 0, repr(first.result())

    def test_rolling_upgrade_with_volumes_in_use(self):
        self.n1.ok("vgcreate vg /dev/ubda && lvcreate -L 16M -n lv0 vg && "
                   "lvcreate -L 32M -n n1 vg && lvcreate -L 32M -n n2 vg")
        for node in self.nodes:
            node.ok(f"rm -f /run/stop; mkdir -p /mnt/fs && mkfs.ext4 -q /dev/vg/{node.name} && "
                    f"mount /dev/vg/{node.name} /mnt/fs")
        writers = [node.spawn("python3 /lab/io_loop.py /mnt/fs/data /run/stop", timeout=600)
                   for node in self.nodes]
        size = 16
        for node in self.nodes:  # mixed
            size += 4
            node.ok("lvextend -L +4M vg/lv0", timeout=90)
            self.assert_lv_everywhere("vg", "lv0", size)
        self.assertNotIn("protocol 1.1", self.n2.syslog())
        self.n1.ok(f"cp {NEXT_MINOR} {CLVMD}.new && mv {CLVMD}.new {CLVMD} && clvmd restart",
                   timeout=120)
        self.n1.ok(f"cmp {NEXT_MINOR} /proc/{self.pid(self.n1)}/exe")
        lab.wait_for(lambda: "all members speak protocol 1.1" in self.n2.syslog(), 30,
                     "the feature level to rise")
        for node in self.nodes:
            size += 4
            node.ok("lvextend -L +4M vg/lv0", timeout=90)
            self.assert_lv_everywhere("vg", "lv0", size)
            self.assertEqual(self.holders(node, "n1"), {"n1": "CR", "n2": "CR"})
        for node, writer in zip(self.nodes, writers):
            node.ok("touch /run/stop")
            result = writer.result()
            self.assertEqual(result.rc, 0, repr(result))
            self.assertEqual(json.loads(result.out)["wrong"], 0)

    def test_another_major_version_is_refused_on_both_sides(self):
        self.n2.ok("clvmd stop")
        try:
            self.n2.fails(f"{OTHER_MAJOR} -T8", 5, "node n1 speaks", "of the protocol")
            self.assertIn("node n2 speaks", " ".join(self.status(self.n1)["waiting_for"]))
            self.assertTrue(self.status(self.n1)["running"], "it pauses nobody")
            self.n1.ok("vgcreate vg /dev/ubda && lvcreate -aey -L 4M -n lv0 vg && vgremove -ff vg")
            self.n2.fails("vgcreate vg /dev/ubda", 5)
        finally:
            self.cluster.kill_clvmd(self.n2)
            self.n2.ok(f"{NEXT_MINOR} -T60", timeout=90)
        self.wait_running(*self.nodes)


class Single(RestartCase):
    """-I singlenode: the whole job without corosync."""
    node_count = 1
    clustered = False

    def test_the_main_job_on_one_node(self):
        self.n1.ok("clvmd -I singlenode")
        status = self.status(self.n1)
        self.assertTrue(status["running"] and status["quorate"])
        self.assertEqual([m["state"] for m in status["members"]], ["up"])
        self.n1.ok("vgcreate vg /dev/ubda && lvcreate -L 16M -n lv0 vg")
        self.assertIn("c", self.n1.ok("vgs --noheadings -o vg_attr vg"))
        self.assertEqual(list(self.holders(self.n1).values()), ["CR"])
        self.n1.ok("mkdir -p /mnt/fs && mkfs.ext4 -q /dev/vg/lv0 && mount /dev/vg/lv0 /mnt/fs")
        self.n1.ok("lvextend -r -L 32M vg/lv0")
        self.assert_lv_everywhere("vg", "lv0", 32)
        self.assertGreater(int(self.n1.ok("stat -f -c %b /mnt/fs")), 20 * 1024 * 1024 //
                           int(self.n1.ok("stat -f -c %S /mnt/fs")))
        self.n1.fails("clvmd stop", 1, "vg/lv0")
        self.n1.ok("clvmd restart")
        self.n1.ok(f"kill -USR2 {self.pid(self.n1)}")  # of a release that speaks otherwise
        lab.wait_for(lambda: self.n1.syslog().count("started anew") == 2, 30, "it to start anew")
        lab.wait_for(lambda: self.n1("clvmd status"), 30, "it to answer")
        self.cluster.kill_clvmd(self.n1)
        self.n1.ok("clvmd -I singlenode")
        self.assertEqual(list(self.holders(self.n1).values()), ["CR"])
        self.n1.ok("umount /mnt/fs && lvremove -y vg/lv0 && clvmd stop")
        self.n1.fails("clvmd restart", 3, "not running")
        self.n1.ok("clvmd -I singlenode")


del RestartCase  # not a test of its own

if __name__ == "__main__":
    lab.run_tests()
