#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who may connect to clvmd and what a bad client can do; its options, log and black box.

On one node, without corosync: these are matters of one daemon.
"""
import json
import os

import lab

LOCK_MANY = os.environ["CLVM_LAB_PROGRAMS"] + "/lock_many"
CONF = 'clvmd {{ fence = "manual" {} }}\n'

# A client that speaks the protocol of lib/proto: fields of a message in one packet.
CLIENT = """
import os
import socket
import struct
import sys
REQUIRED = 0x8000
def field(tag, value):
    return struct.pack("<HI", tag, len(value)) + value
def u32(tag, value):
    return field(tag, struct.pack("<I", value))
def packet(body, length=None):
    return struct.pack("<III", 0x31766c63, length or len(body), 0) + body
def start_time():
    with open("/proc/self/stat") as stat:
        return int(stat.read().rsplit(")", 1)[1].split()[19])
def message(kind, number, *fields):
    return packet(u32(REQUIRED | 1, kind) + u32(REQUIRED | 2, number) + b"".join(fields))
def hello(number=1, pid=None, start=None):
    return message(1, number, u32(3, 1), u32(4, pid or os.getpid()),
                   field(5, struct.pack("<Q", start or start_time())), field(6, b"test client"))
def connect():
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.connect("/run/clvm/clvmd.sock")
    s.settimeout(100)
    return s
def end(s):
    try:
        while s.recv(65536):
            pass
        print("hung up")
    except ConnectionResetError:
        print("hung up")
s = connect()
"""


class Clients(lab.TestCase):
    node_count = 1
    disks = ("64M",)
    clustered = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.n1.write("/run/client.py", CLIENT)

    def setUp(self):
        self.start(CONF.format(""))

    def tearDown(self):
        self.n1("clvmd stop --force")

    def start(self, conf, options=""):
        self.n1("clvmd stop --force")
        self.n1.write("/etc/clvm/clvmd.conf", conf)
        self.n1.ok(f"rm -rf /run/clvm && clvmd -I singlenode {options}")
        self.pid = self.n1.ok("cat /run/clvm/clvmd.pid").strip()

    def client(self, code):
        """Runs beside the test; @code goes on with a connected socket s."""
        self.n1.write("/run/this_client.py", f"exec(open('/run/client.py').read())\n{code}\n")
        return self.n1.spawn("exec python3 /run/this_client.py", timeout=120)

    def locks(self):
        return json.loads(self.n1.ok("clvmd locks --json"))

    def is_well(self):
        self.assertTrue(json.loads(self.n1.ok("clvmd status --json", timeout=10))["running"])

    def test_two_hundred_at_once_all_get_their_lock(self):
        self.start(CONF.format("lock_timeout = 300"))
        result = self.n1(f"rm -f /run/number; {LOCK_MANY} 200 /run/number", timeout=300)
        self.assertEqual((result.rc, result.out), (0, "200\n"), repr(result))
        self.assertEqual(self.n1.ok("cat /run/number"), "200\n")
        self.assertEqual(self.locks(), [])
        self.assertEqual(self.n1.ok("tr -d ' \\n' </run/clvm/clients"), "")

    def test_silent_half_and_false_clients_are_dropped(self):
        self.assertEqual(self.client("end(s)").result().out, "hung up\n")
        half = self.client("s.send(hello()); s.recv(65536); "
                           "s.send(packet(b'x' * 1000, 100000)); end(s)")
        self.is_well()
        self.assertEqual(half.result().out, "hung up\n")
        for wrong in ("hello(start=1)", "message(2, 1)", "message(99, 1)", "b'nonsense'",
                      "packet(b'x', 1 << 30)", "b''.join([hello()] * 2)"):
            with self.subTest(wrong=wrong):
                self.assertEqual(self.client(f"s.send({wrong}); end(s)").result().out, "hung up\n")
        self.is_well()

    def test_who_does_not_read_harms_only_himself(self):
        flood = self.client("s.send(hello())\n"
                            "try:\n"
                            "    for number in range(2, 1 << 30):\n"
                            "        s.send(message(11, number))\n"
                            "except OSError as error:\n"
                            "    print('dropped', error.errno)\n")
        for _ in range(3):
            self.is_well()
        self.assertIn("dropped", flood.result().out)
        self.is_well()

    def test_not_more_than_max_clients(self):
        self.start(CONF.format("max_clients = 8"))
        crowd = self.client("s.send(hello())\nall = [connect() for i in range(7)]\n"
                            "for c in all: c.send(hello())\n"
                            "for c in all: c.recv(65536)\n"
                            "open('/run/crowd', 'w')\nsys.stdin.read() if 0 else end(s)")
        lab.wait_for(lambda: self.n1("test -e /run/crowd"), 20, "eight to be connected")
        self.n1.fails("clvmd status", 1, "too many commands", "max_clients")
        crowd.signal("KILL")
        crowd.result()
        lab.wait_for(lambda: self.n1("clvmd status"), 20, "room for another")
        self.n1.ok("rm /run/crowd")

    def test_only_root_by_file_mode_and_by_credentials(self):
        self.assertEqual(self.n1.ok("stat -c '%U %a' /run/clvm /run/clvm/clvmd.sock "
                                    "/run/clvm/locks /run/clvm/clients"),
                         "root 755\nroot 600\nroot 600\nroot 600\n")
        nobody = "setpriv --reuid=65534 --regid=65534 --clear-groups "
        self.n1.fails(f"{nobody} clvmd locks", 1, "Only root")
        self.n1.ok("chmod 666 /run/clvm/clvmd.sock")
        result = self.n1(f"{nobody} clvmd locks")
        self.assertEqual(result.rc, 3, repr(result))
        self.assertIn("refused us", result.err)
        self.n1.fails(f"{nobody} clvmd -I singlenode", 4, "root")

    def test_it_is_locked_in_memory_and_leaks_nothing_to_its_workers(self):
        self.n1.ok("vgs; clvmd status")
        status = self.n1.ok(f"cat /proc/{self.pid}/status /proc/{self.pid}/oom_score_adj")
        self.assertRegex(status, r"VmLck:\s+[1-9]")
        self.assertTrue(status.endswith("\n-1000\n"))
        for worker in self.n1.ok("pgrep -x clvmwork").split():
            self.assertEqual(self.n1.ok(f"ls /proc/{worker}/fd | sort -n | head -20").split()[:5],
                             ["0", "1", "2", "3", "4"])
            leaked = self.n1.ok(f"ls -l /proc/{worker}/fd")
            for word in ("clvmd.pid", "clients", "eventpoll"):
                self.assertNotIn(word, leaked)

    def test_the_black_box_is_written_when_asked_and_at_a_crash(self):
        path = self.n1.ok("clvmd blackbox").strip()
        self.assertEqual(self.n1.ok(f"stat -c %a {path}"), "600\n")
        self.assertIn("clvmd 0.", self.n1.ok(f"qb-blackbox {path}"))
        self.n1.ok(f"kill -SEGV {self.pid}")
        lab.wait_for(lambda: not self.n1(f"kill -0 {self.pid}"), 30, "it to end")
        self.assertIn("starts", self.n1.ok("qb-blackbox /run/clvm/blackbox.crash"))
        self.n1.fails("clvmd blackbox", 3, "not running")
        self.n1.ok("clvmd -I singlenode && clvmd status")

    def test_options_of_the_old_daemon(self):
        self.n1.ok("clvmd -V | grep -q 'clvmd version' && clvmd -h | grep -q singlenode")
        self.n1.ok("clvmd -R && clvmd -S")
        self.n1.fails("clvmd -I cmirror", 2, "corosync", "singlenode")
        self.n1.fails("clvmd -T x", 2)
        self.n1.fails("clvmd -d7", 2)
        self.n1.fails("clvmd status --force", 2)
        self.n1.ok("clvmd check-config && ! clvmd check-config /etc/passwd")
        self.n1.ok("clvmd stop")
        for command in ("clvmd -R", "clvmd -S", "clvmd restart", "clvmd locks", "clvmd stop"):
            self.n1.fails(command, 3, "not running")
        self.start(CONF.format(""), "-d0 -C -E 2YWWwrLQ -t 2 -T 10")
        holder = self.client("s.send(hello()); s.recv(65536)\n"
                             "s.send(message(2, 2, field(REQUIRED | 7, b'V_vg'), "
                             "u32(REQUIRED | 8, 5)))\nend(s)")
        lab.wait_for(self.locks, 20, "it to have the lock")
        self.n1.fails("vgcreate vg /dev/ubda", 5, "within 2 seconds", "(test, pid")
        holder.signal("KILL")
        self.n1.ok("vgcreate vg /dev/ubda && vgremove -y vg && pvremove -y /dev/ubda")

    def test_in_the_foreground_it_logs_to_stderr(self):
        for option, expected in (("-f", "clvmd 0."), ("-d", "clvmd 0.")):
            self.n1.ok("clvmd stop")
            job = self.n1.spawn(f"exec clvmd -I singlenode {option}", timeout=60)
            lab.wait_for(lambda: self.n1("clvmd status"), 20, "it to run")
            self.assertEqual(int(self.n1.ok("cat /run/clvm/clvmd.pid")), job.pid)
            self.n1.ok("clvmd stop")
            result = job.result()
            self.assertEqual(result.rc, 0, repr(result))
            self.assertIn(expected, result.err)
            self.n1.ok("clvmd -I singlenode")


if __name__ == "__main__":
    lab.run_tests()
