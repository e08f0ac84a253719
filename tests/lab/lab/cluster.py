# SPDX-License-Identifier: LGPL-2.1-or-later
"""A cluster: nodes, shared disks, a network; corosync and clvmd when asked for."""
import os
import shutil
import subprocess
import time

from . import corosync, isolate, network
from .disk import Disk
from .node import Node
from .wait import SLOW, wait_for

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
IN_NODES = ("node-init.sh", "agent.py", "io_loop.py", "page_client.py", "record_writer.py",
            "watch_volume.py", "fence-lab", "fence_clvmlab")  # programs, in /lab
UNSEEN = ("/tmp/", "/run/", "/dev/", "/proc/", "/sys/")  # a node has its own


def product_prefix():
    """Where the product under test is installed: $CLVM_PREFIX."""
    prefix = os.environ.get("CLVM_PREFIX")
    if not prefix:
        raise RuntimeError("CLVM_PREFIX is not set: install with "
                           "`cmake --install BUILD --prefix DIR` and set it to DIR")
    prefix = os.path.realpath(prefix)
    if f"{prefix}/".startswith(UNSEEN):
        raise RuntimeError(f"{prefix}: nodes do not see the host's {' '.join(UNSEEN)}: "
                           "install elsewhere")
    if not os.path.exists(f"{prefix}/sbin/pvs"):
        raise RuntimeError(f"{prefix}/sbin/pvs does not exist: is the product installed there?")
    return prefix


class Cluster:
    """Boots @nodes nodes with @disks shared disks (sizes such as "2G"); close() ends all.

    @private_disks: {"n1": ("64M",)}: disks that only this node has, after the shared ones.
    With @product the installed product comes first in every node's PATH; with @usr_sbin its
    commands also lie over Debian's in /usr/sbin, where stock resource agents look for them
    (/usr/sbin/lvm stays Debian's, see Node.stock()). @root: the directory of another system than
    this host's that the nodes run, which is not changed. @names: of the nodes, instead of n1, n2, ...
    @outside: how many of the first are not in the cluster (storage, clients).
    """

    count = 0  # clusters of this run

    def __init__(self, nodes=2, disks=("2G",), memory="512M", product=True, usr_sbin=False,
                 private_disks=None, root="/", names=None, outside=0):
        assert isolate.run_dir, "call lab.run_tests() or lab.isolate.enter() first"
        Cluster.count += 1
        self.started = time.monotonic()
        self.dir = f"{isolate.run_dir}/{Cluster.count}"
        self.prefix = product_prefix() if product else None
        os.makedirs(f"{self.dir}/uml")
        self.disks = [Disk(self.dir, i, size) for i, size in enumerate(disks)]
        self._build_xstate()
        lab_id = f"lab{os.path.basename(isolate.run_dir)[-8:]}"
        numbers = range(1, nodes + 1)
        self.network = network.Network(numbers)
        names = names or [f"n{number}" for number in numbers]
        self.nodes = [Node(self.dir, lab_id, number, name, self.network, memory, self.prefix,
                           root)
                      for number, name in zip(numbers, names)]
        self.members = self.nodes[outside:]
        for name in IN_NODES:
            shutil.copy(f"{HERE}/{name}", self.dir)
            os.chmod(f"{self.dir}/{name}", 0o755)
        with open(f"{self.dir}/hosts", "w", encoding="ascii") as hosts:
            hosts.write("127.0.0.1\tlocalhost\n")
            hosts.write(f"{network.HOST_ADDRESS}\tlabhost\n")
            hosts.writelines(f"{n.address}\t{n.name}\n" for n in self.nodes)
        try:
            for node in self.nodes:
                own = (private_disks or {}).get(node.name, ())
                node.disks = self.disks + [Disk(node.folder, len(disks) + i, size)
                                           for i, size in enumerate(own)]
                node.start()
            for node in self.nodes:
                node.wait_until_up()
                if product:
                    self.put_in_place(node, usr_sbin)
        except BaseException:
            self.close()
            raise

    def _build_xstate(self):
        """Here, not by cmake: the lab boots without a build of the tests, too."""
        subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-D_GNU_SOURCE", "-o",
                        f"{self.dir}/uml_xstate.so", f"{HERE}/uml_xstate.c"], check=True)

    def put_in_place(self, node, usr_sbin):
        if usr_sbin:
            node.ok("".join(f"ln -sfn {self.prefix}/sbin/{name} /usr/sbin/{name}; "
                            for name in os.listdir(f"{self.prefix}/sbin") if name != "lvm"))
        self.assert_ours(node)

    def assert_ours(self, node):
        """What a node runs as pvs, lvs, ... is our product and not Debian's lvm2."""
        for line in node.ok("for c in pvs vgs lvs vgcreate lvextend clvmd; do "
                            "echo $c $(readlink -f $(command -v $c)); done").splitlines():
            name, _, path = line.partition(" ")
            assert path.startswith(f"{self.prefix}/"), \
                f"{node.name}: {name} is {path or 'not there'}, not ours in {self.prefix}"

    def seconds(self):
        return time.monotonic() - self.started

    def wall_clock(self, seconds):
        """The time of day, in seconds since 1970, when seconds() was that."""
        return time.time() - self.seconds() + seconds

    # ---- corosync and clvmd ----

    def corosync(self, token=3000, two_node=None, nodes=None, wait=True, extra_quorum="",
                 crypto=False):
        """Start corosync on @nodes (default: members) and wait until they see each other.

        @token: totem token timeout in ms. @two_node: default yes with exactly two members.
        The nodelist always has all members. @crypto: they encrypt what they say.
        """
        nodes = nodes or self.members
        self.corosync_text = corosync.config(
            self.members, token, len(self.members) == 2 if two_node is None else two_node,
            extra_quorum, crypto)
        if crypto:
            corosync.make_key(nodes[0])
        for node in nodes:
            corosync.start(node, self.corosync_text)
        if wait:
            corosync.wait_formed(nodes)

    def start_clvmd(self, nodes=None, config='clvmd { fence = "manual" }\n', wait=30, command=None):
        """Start clvmd on @nodes (default: members) at the same time and wait until it has joined.

        @config is /etc/clvm/clvmd.conf (None: leave as it is). @wait is clvmd -T.
        @command replaces "clvmd", e.g. by one under valgrind.
        """
        nodes = nodes or self.members
        jobs = []
        for node in nodes:
            if config is not None:
                node.write("/etc/clvm/clvmd.conf", config)
            jobs.append(node.spawn(f"{command or 'clvmd'} -T{int(wait * SLOW)} "
                                   f">>/lab/{node.name}/clvmd.err 2>&1 </dev/null",
                                   timeout=wait + 60))
        for node, job in zip(nodes, jobs):
            result = job.result()
            if result.rc:
                raise RuntimeError(f"clvmd did not start: {result!r}{self.clvmd_log(node)}")

    def stop_clvmd(self, node, force=False):
        """Ask it to end, and wait until its process has."""
        pid = node.ok("cat /run/clvm/clvmd.pid").strip()
        node.ok("clvmd stop" + (" --force" if force else ""))
        wait_for(lambda: not node(f"kill -0 {pid}"), 30, f"clvmd on {node.name} to end")

    def kill_clvmd(self, node):
        """As a crash of the daemon."""
        pid = node.ok("cat /run/clvm/clvmd.pid").strip()
        node.ok(f"kill -KILL {pid}")
        wait_for(lambda: not node(f"kill -0 {pid}"), 30, f"clvmd on {node.name} to die")

    def clvmd_log(self, node):
        try:
            with open(f"{node.folder}/clvmd.err", encoding="utf-8", errors="replace") as log:
                return "".join(log.readlines()[-30:])
        except FileNotFoundError:
            return ""

    # ---- the network ----

    def partition(self, *groups):
        """Cut: only nodes within one group reach each other (groups are lists of nodes)."""
        self.network.partition(*[[node.number for node in group] for group in groups])

    def heal(self):
        """All nodes reach each other again."""
        self.network.heal()

    # ---- the end ----

    def collect_logs(self, folder):
        """What a person wants to see after a failure, one folder per node. Never raises."""
        for node in self.nodes:
            target = f"{folder}/{node.name}"
            os.makedirs(target, exist_ok=True)
            for name in ("console", "corosync.log", "clvmd.err", "syslog"):
                if os.path.exists(f"{node.folder}/{name}"):
                    shutil.copy(f"{node.folder}/{name}", target)
            if not node.alive():
                continue
            try:
                node.thaw()
                state = node(STATE_COMMANDS, timeout=30).text
            except Exception as error:  # the node is sick: that is why we are here
                state = f"no answer: {error}\n"
            with open(f"{target}/state", "w", encoding="utf-8") as out:
                out.write(state)

    def close(self):
        for node in self.nodes:
            node.power_cut()
        self.network.close()
        for path in {disk.path for node in self.nodes for disk in node.disks}:
            os.unlink(path)


STATE_COMMANDS = "".join(f"echo; echo '$ {c}'; timeout -s KILL 5 {c} 2>&1; " for c in (
    "dmsetup table", "dmsetup info -c", "ls -lR /dev/mapper", "find /dev -type l -newer /lab/hosts",
    "clvmd status", "clvmd status --json", "clvmd locks", "corosync-quorumtool -s", "pvs", "vgs",
    "lvs -a", "cat /proc/mounts", "cat /proc/partitions", "ps -eo pid,ppid,stat,wchan:20,args",
    "ls -lR /run/clvm", "dmesg"))
