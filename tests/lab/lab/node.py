# SPDX-License-Identifier: LGPL-2.1-or-later
"""One node: a User-Mode Linux kernel as a process, and how to run commands in it."""
import errno
import json
import os
import select
import shlex
import signal
import socket
import subprocess
import time

from . import network
from .wait import SLOW, LabTimeout, wait_for

COMMAND_PORT, TERMINAL_PORT = 7000, 7001  # as in agent.py
BOOT_SECONDS = 90
NODE_IS_DOWN = 255
STOCK_CONFIG = "activation { udev_sync=0 udev_rules=0 } devices { use_devicesfile=0 }"


class CommandFailed(AssertionError):
    pass


class Result:
    """What a command did: rc, out, err; true if rc is 0."""

    def __init__(self, node, command, rc, out, err, seconds):
        self.node, self.command, self.rc = node, command, rc
        self.out, self.err, self.seconds = out, err, seconds

    def __bool__(self):
        return self.rc == 0

    def __repr__(self):
        return (f"{self.node}: {self.command!r} -> {self.rc} in {self.seconds:.1f} s\n"
                f"{self.out}{self.err}")

    @property
    def text(self):
        """Both streams: what a person at a terminal sees."""
        return self.out + self.err


class Job:
    """A command under way in a node."""

    def __init__(self, node, command, timeout, stdin=None):
        self.node, self.command, self.started = node, command, time.monotonic()
        self.limit = timeout * SLOW
        self._buffer, self._result = b"", None
        request = {"cmd": command, "timeout": self.limit}
        if stdin is not None:
            request["input"] = stdin
        try:
            self._socket = node.connect(COMMAND_PORT)
            self._socket.sendall(json.dumps(request).encode() + b"\n")
            self.pid = self._answer(self.limit)["pid"]
        except OSError as error:
            self._lost(str(error))

    def _lost(self, why):
        self.pid = 0
        self._result = Result(self.node.name, self.command, NODE_IS_DOWN, "",
                              f"lost {self.node.name}: {why}", time.monotonic() - self.started)

    def _answer(self, seconds):
        """The next line of JSON; OSError if the node goes down, which TCP alone does not tell."""
        end = time.monotonic() + seconds
        while b"\n" not in self._buffer:
            ready, _, _ = select.select([self._socket], [], [], 0.2)
            if ready:
                data = self._socket.recv(65536)
                if not data:
                    raise OSError("connection closed")
                self._buffer += data
            elif not self.node.alive():
                raise OSError("node is down")
            elif time.monotonic() > end:
                raise OSError("no answer")
        line, self._buffer = self._buffer.split(b"\n", 1)
        return json.loads(line)

    def done(self):
        """Has it ended? (Does not wait.)"""
        if self._result is None:
            ready, _, _ = select.select([self._socket], [], [], 0)
            return bool(ready) or not self.node.alive()
        return True

    def result(self):
        """Wait for its end."""
        if self._result is None:
            try:
                answer = self._answer(self.limit + 15)
                self._result = Result(self.node.name, self.command, answer["rc"], answer["out"],
                                      answer["err"], time.monotonic() - self.started)
            except OSError as error:
                self._lost(str(error))
            self._socket.close()
        return self._result

    def signal(self, name="KILL"):
        """To the command's whole process group."""
        self.node(f"kill -{name} -- -{self.pid}")


class Node:
    def __init__(self, run_dir, lab_id, number, name, net, memory, prefix, root):
        self.number, self.name = number, name
        self.net, self.address = net, network.address(number)
        self.run_dir, self.folder = run_dir, f"{run_dir}/{name}"
        self.lab_id, self.memory, self.prefix, self.root = lab_id, memory, prefix, root
        self.process = None
        self.frozen = False
        self.disks = []
        self.corosync_log_start = 0  # of the corosync that runs now
        os.makedirs(self.folder)

    # ---- life ----

    def start(self):
        """Power on; returns at once. wait_until_up() waits."""
        assert not self.alive(), f"{self.name} is running"
        if os.path.exists(f"{self.folder}/up"):
            os.unlink(f"{self.folder}/up")
        # gro: else frames that are left whole for a card to split are dropped, and TCP crawls.
        words = [
            "linux.uml", f"mem={self.memory}", f"umid={self.lab_id}-{self.name}",
            f"uml_dir={self.run_dir}/uml/", "rootfstype=hostfs", "rootflags=/", "ro",
            f"init={self.run_dir}/node-init.sh", f"node={self.name}", f"nodeip={self.address}",
            f"labdir={self.run_dir}", f"prefix={self.prefix or ''}", f"lower={self.root}",
            *[disk.boot_word() for disk in self.disks],
            f"vec0:transport=tap,ifname={network.tap(self.number)},depth=64,gro=1,"
            f"mac={network.mac(self.number)}",
            "con=null", "con0=null,fd:1", "quiet",
        ]
        with open(f"{self.folder}/console", "ab") as console:
            self.process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=console, stderr=console,
                start_new_session=True,
                env={**os.environ, "LD_PRELOAD": f"{self.run_dir}/uml_xstate.so"})

    def wait_until_up(self):
        def up():
            if not self.alive():
                raise RuntimeError(f"{self.name} ended while booting:\n{self.console()[-2000:]}")
            return os.path.exists(f"{self.folder}/up")
        wait_for(up, BOOT_SECONDS, f"{self.name} to boot", interval=0.05)

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def _signal_group(self, number):
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            pass

    def power_cut(self):
        """Gone from one instruction to the next. (A kernel is several host processes.)"""
        if self.process is not None:
            self._signal_group(signal.SIGKILL)
            self.process.wait()
        self.frozen = False

    def panic(self):
        """Kernel panic; returns when the node is dead."""
        Job(self, "echo c >/proc/sysrq-trigger", 30)
        wait_for(lambda: not self.alive(), 60, f"{self.name} to die of its panic")
        self._signal_group(signal.SIGKILL)  # its helper processes

    def reboot(self):
        """Boot again, from nothing but the disks; if it still runs, by a power cut."""
        self.power_cut()
        self.start()
        self.wait_until_up()

    def _host_processes(self):
        """The pids of this kernel's own host processes; its programs are traced, and left out."""
        pids = []
        for entry in os.listdir("/proc"):
            try:
                if entry.isdigit() and os.getpgid(int(entry)) == self.process.pid:
                    with open(f"/proc/{entry}/status", encoding="ascii") as status:
                        if "TracerPid:\t0\n" in status.read():
                            pids.append(int(entry))
            except OSError:
                pass  # ended meanwhile
        return pids

    def freeze(self):
        """Stop its kernel; to the others it is silent, not dead.

        Only the kernel's processes: a signal to a traced one makes the kernel kill its program.
        """
        for pid in self._host_processes():
            os.kill(pid, signal.SIGSTOP)
        self.frozen = True

    def thaw(self):
        if self.frozen and self.alive():
            for pid in self._host_processes():
                os.kill(pid, signal.SIGCONT)
        self.frozen = False

    def link_down(self):
        """Cut it off from all other nodes; the driver still reaches it."""
        self.net.move(self.number, self.number)

    def link_up(self):
        self.net.move(self.number, 0)

    # ---- commands ----

    def connect(self, port):
        connection = self._reach(port)
        connection.settimeout(None)
        return connection

    def _reach(self, port):
        """The host remembers for a moment that nobody answered at this address before it booted."""
        def connected():
            try:
                return socket.create_connection((self.address, port), timeout=20 * SLOW)
            except OSError as error:
                if error.errno != errno.EHOSTUNREACH or not self.alive():
                    raise
                return None
        try:
            return wait_for(connected, 3, f"the host to reach {self.name}")
        except LabTimeout as error:
            raise OSError(errno.EHOSTUNREACH, str(error)) from error

    def spawn(self, command, timeout=60, stdin=None):
        """Start a shell command and return its Job."""
        return Job(self, command, timeout, stdin)

    def __call__(self, command, timeout=60, stdin=None):
        """Run a shell command; returns its Result. A node that is down gives rc 255."""
        return self.spawn(command, timeout, stdin).result()

    def ok(self, command, timeout=60, stdin=None):
        """Run a command that must succeed; returns its standard output."""
        result = self(command, timeout, stdin)
        if result.rc:
            raise CommandFailed(repr(result))
        return result.out

    def fails(self, command, rc, *texts, timeout=60, stdin=None):
        """Run a command that must exit with @rc and say each of @texts (in either stream)."""
        result = self(command, timeout, stdin)
        if result.rc != rc:
            raise CommandFailed(f"expected exit {rc}: {result!r}")
        for text in texts:
            if text not in result.text:
                raise CommandFailed(f"does not say {text!r}: {result!r}")
        return result

    def stock(self, command, timeout=60):
        """Run one of Debian's LVM2 commands, e.g. stock("vgs -o+vg_tags"); returns the Result."""
        words = f"/usr/sbin/lvm {command} --config {shlex.quote(STOCK_CONFIG)}"
        return self(words, timeout)

    def write(self, path, text):
        """Create a file in the node."""
        self.ok(f"mkdir -p {shlex.quote(os.path.dirname(path))} && cat >{shlex.quote(path)}",
                stdin=text)

    def sysfs_size(self, device):
        """Bytes of a block device as this kernel has it now."""
        return int(self.ok(f"blockdev --getsize64 {shlex.quote(device)}"))

    # ---- logs ----

    def console(self):
        with open(f"{self.folder}/console", encoding="utf-8", errors="replace") as log:
            return log.read()

    def syslog(self):
        try:
            with open(f"{self.folder}/syslog", encoding="utf-8", errors="replace") as log:
                return log.read()
        except FileNotFoundError:
            return ""
