#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Show the main job on a two-node cluster: every command, where it ran, and what it said.

Run by ./quickstart, which builds and installs first. Each step also checks its outcome; the
summary tells which passed. With --shell the cluster stays up with a shell on node 1.
"""
import json
import re
import sys

import lab
from lab.transcript import check, perform, remark, run, say, show

MIB = lab.MIB
LV = "/dev/vgcluster/lv0"


class Job:
    """The walk-through. Each method named step_... is one row of the summary, in this order."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.n1, self.n2 = cluster.nodes
        self.io = None

    # ---- verbs ----

    def both(self, command):
        return [show(node, command).out for node in (self.n1, self.n2)]

    def sizes_are(self, mib):
        for out in self.both(f"blockdev --getsize64 {LV}"):
            check(int(out) == mib * MIB, f"size is {out.strip()}, not {mib} MiB")

    # ---- steps ----

    def step_partition(self):
        """8   fdisk: partition 1 of type LVM, made on n1 only"""
        show(self.n1, "echo type=8e | sfdisk -q /dev/ubda && sfdisk -l /dev/ubda")
        show(self.n2, "grep ubda /proc/partitions")
        check(not self.n2("test -e /dev/ubda1"), "n2 was to know nothing of the partition yet")

    def step_pvcreate(self):
        """9   pvcreate on n1; pvs on both"""
        show(self.n1, "pvcreate /dev/ubda1")
        for out in self.both("pvs"):
            check("/dev/ubda1" in out, "pvs does not show /dev/ubda1")

    def step_no_reboot(self):
        """10  n2 has re-read the partition table by itself: no reboot"""
        check("ubda1" in show(self.n2, "grep ubda1 /proc/partitions").out, "no ubda1 on n2")

    def step_vgcreate(self):
        """9   vgcreate on n1; vgs on both"""
        show(self.n1, "vgcreate vgcluster /dev/ubda1")
        for out in self.both("vgs"):
            check(re.search(r"vgcluster +1 +0 +0 +wz--nc", out), "vgs: not the clustered VG")

    def step_lvcreate(self):
        """9   lvcreate on n1; lvs and the device on both"""
        show(self.n1, "lvcreate -L 300M -n lv0 vgcluster")
        for out in self.both("lvs"):
            check(re.search(r"lv0 +vgcluster +-wi-a-+ +300.00m", out), "lvs: no active lv0")
        self.both(f"ls -l {LV}")
        self.sizes_are(300)

    def step_mkfs_mount(self):
        """9   mkfs.ext4 and mount on n1"""
        show(self.n1, f"mkfs.ext4 -q {LV}")
        show(self.n1, f"mkdir -p /var/www/html && mount {LV} /var/www/html && "
                           "df -h /var/www/html")

    def step_status(self):
        """11  clvmd status on both"""
        for out in self.both("clvmd status"):
            check("n1" in out and "n2" in out, "a member is not named")
            check("vgcluster" in out, "vgcluster is not named")
        for node in (self.n1, self.n2):
            status = json.loads(node.ok("clvmd status --json"))
            check([m["state"] for m in status["members"]] == ["up", "up"], "not all members up")
            check(status["quorate"], "not quorate")

    def step_extend_under_io(self):
        """15  lvextend on n1 while its file system is written to; new size on both at once"""
        self.io = self.n1.spawn("python3 /lab/io_loop.py /var/www/html/data /run/io-stop", 300)
        remark("n1 writes, syncs, reads back and checks blocks from now on")
        show(self.n1, f"lvextend -L +200M {LV}")
        self.sizes_are(500)

    def step_resize_elsewhere(self):
        """15  lvextend -r on n2: the file system grows on n1, where it is mounted"""
        kib = "df --output=size -k /var/www/html | tail -1"
        before = int(self.n1.ok(kib))
        show(self.n2, f"lvextend -r -L +100M {LV}")
        self.sizes_are(600)
        show(self.n1, "df -h /var/www/html")
        after = int(self.n1.ok(kib))
        check(after > before + 200 * 1024, f"df went from {before} to {after} KiB only")

    def step_data_intact(self):
        """15  nothing written meanwhile is lost or wrong"""
        self.n1.ok("touch /run/io-stop")
        result = self.io.result()
        check(result, f"the writer: {result!r}")
        seen = json.loads(result.out)
        say(f"    {seen['written']} blocks written, {seen['wrong']} wrong, "
            f"longest pause {seen['longest_pause']} s")
        check(seen["written"] and not seen["wrong"], "wrong data")

    def step_remove_refused(self):
        """16  lvremove is refused while the LV is in use, naming n1"""
        for node in (self.n1, self.n2):
            result = show(node, f"lvremove -y {LV}", rc=5)
            check("n1" in result.err, "the message does not name n1")
        self.sizes_are(600)

    def step_lvremove(self):
        """16  umount; lvremove; gone on both"""
        show(self.n1, "umount /var/www/html")
        show(self.n1, f"lvremove -y {LV}")
        for out in self.both("lvs"):
            check("lv0" not in out, "lvs still shows it")

    def step_teardown(self):
        """20  vgremove, pvremove; pvs is empty and no device node is left on either node"""
        show(self.n1, "vgremove vgcluster")
        show(self.n1, "pvremove /dev/ubda1")
        for out in self.both("pvs"):
            check(not out.strip(), "pvs is not empty")
        for node in (self.n1, self.n2):
            left = show(node, "find /dev -name 'vgcluster*'; dmsetup ls --target linear").out
            check("vgcluster" not in left, f"left on {node.name}")


def steps_of(job):
    return [getattr(job, name) for name in vars(Job) if name.startswith("step_")]


def boot():
    say("Booting two nodes with one shared disk of 2 GB ...")
    cluster = lab.Cluster(2, ("2G",))
    say(f"  n1 and n2 are up after {cluster.seconds():.1f} s; starting corosync and clvmd ...")
    return cluster


def play(cluster):
    cluster.corosync()
    cluster.start_clvmd()
    say(f"  the cluster runs after {cluster.seconds():.1f} s")
    return run(steps_of(Job(cluster)))


def give_shell(cluster):
    say("\nA shell on n1 (the disk is /dev/ubda; n2 is the other node). `exit` ends all.")
    lab.shell(cluster.nodes[0])


def main():
    want_shell = sys.argv[1:] == ["--shell"]
    if sys.argv[1:] and not want_shell:
        sys.exit("usage: quickstart [--shell]")
    perform("quickstart", boot, play, give_shell if want_shell else None)


if __name__ == "__main__":
    main()
