#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The lab itself works, without the product: what the other tests rest on."""
import json
import os
import unittest

import lab


class Driver(lab.TestCase):
    disks = ("64M", "32M")
    product = False
    clustered = False

    def tearDown(self):
        for node in self.nodes:
            if not node.alive():
                node.start()
        for node in self.nodes:
            node.wait_until_up()

    def test_a_command_returns_its_status_and_both_streams(self):
        result = self.n1("echo out; echo err >&2; exit 3")
        self.assertEqual((result.rc, result.out, result.err), (3, "out\n", "err\n"))
        self.assertFalse(result)
        self.assertEqual(self.n2.ok("cat", stdin="given"), "given")
        self.n1.fails("echo no such thing; exit 5", 5, "no such")
        with self.assertRaises(lab.CommandFailed):
            self.n1.ok("exit 1")
        with self.assertRaises(lab.CommandFailed):
            self.n1.fails("exit 4", 5)

    def test_commands_run_side_by_side_and_are_collected_later(self):
        first = self.n1.spawn("while ! test -e /run/go; do sleep 0.05; done; echo first")
        self.assertFalse(first.done())
        self.n1.ok("touch /run/go")
        self.assertEqual(first.result().out, "first\n")
        self.assertTrue(first.done())

    def test_a_command_past_its_time_is_killed_with_its_group(self):
        result = self.n1("sleep 1000 & sleep 1000", timeout=1)
        self.assertEqual(result.rc, 124)
        self.assertEqual(self.n1("pgrep sleep").out, "")

    def test_a_job_can_be_sent_a_signal(self):
        job = self.n1.spawn("sleep 1000")
        job.signal("TERM")
        self.assertEqual(job.result().rc, -15)

    def test_each_node_is_itself(self):
        for node in self.nodes:
            self.assertEqual(node.ok("hostname; echo $NODE").split(), [node.name] * 2)
        self.assertNotEqual(*[n.ok("cat /proc/sys/kernel/random/boot_id") for n in self.nodes])
        self.n1.ok("echo mine >/etc/lab-mark")
        self.assertFalse(self.n2("test -e /etc/lab-mark"))
        self.assertFalse(os.path.exists("/etc/lab-mark"))
        self.n1.ok("ping -c1 -W5 n2 || getent hosts n2")

    def test_disks_are_shared_and_readable_from_outside(self):
        for node in self.nodes:
            self.assertEqual(node.sysfs_size("/dev/ubda"), 64 * lab.MIB)
            self.assertEqual(node.sysfs_size("/dev/ubdb"), 32 * lab.MIB)
        before = self.disk.hash()
        self.n1.ok("printf seen | dd of=/dev/ubda bs=4 count=1 conv=fsync")
        self.assertEqual(self.disk.read(0, 4), b"seen")
        self.assertNotEqual(self.disk.hash(), before)
        self.assertEqual(self.n2.ok("dd if=/dev/ubda iflag=direct bs=512 count=1 | head -c4"),
                         "seen")

    def test_device_mapper_works(self):
        for node in self.nodes:
            node.ok("echo 0 2048 linear /dev/ubdb 0 | dmsetup create lab-test; "
                    "dmsetup mknodes")
            self.assertEqual(node.sysfs_size("/dev/mapper/lab-test"), lab.MIB)
            node.ok("dmsetup remove lab-test")

    def test_stock_lvm2_works(self):
        self.assertTrue(self.n1.stock("pvcreate -y /dev/ubdb"))
        self.assertIn("/dev/ubdb", self.n2.stock("pvs").out)
        self.assertTrue(self.n1.stock("pvremove -y /dev/ubdb"))

    def test_a_power_cut_ends_a_node_at_once_and_it_boots_again(self):
        boot_id = self.n2.ok("cat /proc/sys/kernel/random/boot_id")
        job = self.n2.spawn("sleep 1000", timeout=1000)
        self.n2.power_cut()
        self.assertEqual(job.result().rc, 255)
        self.assertEqual(self.n1.ok("echo alive"), "alive\n")
        self.n2.reboot()
        self.assertNotEqual(self.n2.ok("cat /proc/sys/kernel/random/boot_id"), boot_id)

    def test_a_panic_is_seen(self):
        self.n2.panic()
        self.assertFalse(self.n2.alive())
        self.assertIn("Kernel panic", self.n2.console())

    def reaches(self, node, other):
        return bool(node(f"timeout 2 bash -c '</dev/tcp/{other.name}/7000'"))

    def test_a_link_can_be_cut_and_restored(self):
        self.assertTrue(self.reaches(self.n1, self.n2))
        self.n2.link_down()
        self.assertFalse(self.reaches(self.n1, self.n2))
        self.assertFalse(self.reaches(self.n2, self.n1))
        self.n2.ok("true")  # the driver still reaches it
        self.n2.link_up()
        lab.wait_for(lambda: self.reaches(self.n1, self.n2), 20, "the link to be back")
        lab.wait_for(lambda: self.reaches(self.n2, self.n1), 20, "the link to be back")

    def test_freeze_and_thaw(self):
        job = self.n2.spawn("while ! test -e /run/thawed; do sleep 0.05; done; echo on")
        self.n2.freeze()
        self.assertNotEqual(self.n1("timeout 1 bash -c '</dev/tcp/n2/7000 && "
                                    "read -t 1 x </dev/tcp/n2/7000'").rc, 0)
        self.n2.thaw()
        self.n2.ok("touch /run/thawed")
        self.assertEqual(job.result().out, "on\n")

    def test_syslog_is_kept(self):
        self.n1.ok("logger -t labtest hello from here")
        lab.wait_for(lambda: "labtest: hello from here" in self.n1.syslog(), 10, "the message")

    def test_the_io_loop_sees_wrong_data(self):
        loop = "python3 /lab/io_loop.py /dev/ubdb /run/io-stop"
        self.n1.ok("rm -f /run/io-stop")
        for spoil in (False, True):
            job = self.n1.spawn(loop)
            lab.wait_for(lambda: any(self.cluster.disks[1].read(0, 512)) or job.done(), 20, "I/O")
            if spoil:  # another kernel writes to the disk
                self.n2.ok("for i in $(seq 20); do dd if=/dev/zero of=/dev/ubdb bs=64k count=64 "
                           "oflag=direct; done")
            self.n1.ok("touch /run/io-stop")
            result = job.result()
            self.n1.ok("rm -f /run/io-stop")
            seen = json.loads(result.out)
            self.assertGreater(seen["written"], 0)
            self.assertEqual(seen["wrong"] > 0, spoil, seen)
            self.assertEqual(result.rc, int(spoil))

    def test_logs_are_collected(self):
        folder = f"{lab.isolate.run_dir}/logs"
        self.cluster.collect_logs(folder)
        for node in self.nodes:
            with open(f"{folder}/{node.name}/state", encoding="utf-8") as state:
                self.assertIn("$ dmsetup table", state.read())


class Corosync(lab.TestCase):
    node_count = 3
    disks = ()
    product = False
    clustered = False

    def test_a_cluster_forms_loses_a_member_and_takes_it_back(self):
        self.cluster.corosync(token=1000)
        self.n3.power_cut()
        lab.corosync.wait_formed([self.n1, self.n2], 2)
        self.n3.reboot()
        lab.corosync.start(self.n3, self.cluster.corosync_text)
        lab.corosync.wait_formed(self.nodes, 3)
        self.cluster.partition([self.n1], [self.n2, self.n3])
        lab.corosync.wait_formed([self.n2, self.n3], 2)
        lab.corosync.wait_formed([self.n1], 1)
        self.cluster.heal()
        lab.corosync.wait_formed(self.nodes, 3)
        lab.corosync.stop(self.n2)
        lab.corosync.wait_formed([self.n1, self.n3], 2)


class Waiting(unittest.TestCase):
    def test_a_condition_that_never_comes_true_is_an_error_that_names_it(self):
        with self.assertRaisesRegex(lab.LabTimeout, "waiting for the moon.*None"):
            lab.wait_for(lambda: None, 0.1, "the moon", interval=0.01)


if __name__ == "__main__":
    lab.run_tests()
