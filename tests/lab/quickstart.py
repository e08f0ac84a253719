#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Show the main job on a two-node cluster: every command, where it ran, and what it said.

Run by ./quickstart, which builds and installs first. Each step also checks its outcome; the
summary tells which passed. With --shell the cluster stays up with a shell on node 1.
"""
import json
import os
import re
import sys
import time

import lab

MIB = lab.MIB
TTY = sys.stdout.isatty() and "NO_COLOR" not in os.environ
LV = "/dev/vgcluster/lv0"


def colour(code, text):
    return f"\033[{code}m{text}\033[0m" if TTY else text


def say(text=""):
    print(text, flush=True)


class StepFailed(Exception):
    pass


def check(condition, what):
    if not condition:
        raise StepFailed(what)


class Job:
    """The walk-through. Each method named step_... is one row of the summary, in this order."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.n1, self.n2 = cluster.nodes
        self.io = None

    # ---- verbs ----

    def show(self, node, command, rc=0):
        """Run and print; an unexpected exit status ends the step."""
        say(f"{colour('1;36', node.name)}{colour('1', '# ' + command)}")
        result = node(command, timeout=120)
        for line in result.out.splitlines():
            say("    " + line)
        for line in result.err.splitlines():
            say("    " + colour("33", line))
        check(result.rc == rc, f"{node.name}: {command}: exit {result.rc}, expected {rc}")
        return result

    def both(self, command):
        return [self.show(node, command).out for node in (self.n1, self.n2)]

    def sizes_are(self, mib):
        for out in self.both(f"blockdev --getsize64 {LV}"):
            check(int(out) == mib * MIB, f"size is {out.strip()}, not {mib} MiB")

    # ---- steps ----

    def step_partition(self):
        """8   fdisk: partition 1 of type LVM, made on n1 only"""
        self.show(self.n1, "echo type=8e | sfdisk -q /dev/ubda && sfdisk -l /dev/ubda")
        self.show(self.n2, "grep ubda /proc/partitions")
        check(not self.n2("test -e /dev/ubda1"), "n2 was to know nothing of the partition yet")

    def step_pvcreate(self):
        """9   pvcreate on n1; pvs on both"""
        self.show(self.n1, "pvcreate /dev/ubda1")
        for out in self.both("pvs"):
            check("/dev/ubda1" in out, "pvs does not show /dev/ubda1")

    def step_no_reboot(self):
        """10  n2 has re-read the partition table by itself: no reboot"""
        check("ubda1" in self.show(self.n2, "grep ubda1 /proc/partitions").out, "no ubda1 on n2")

    def step_vgcreate(self):
        """9   vgcreate on n1; vgs on both"""
        self.show(self.n1, "vgcreate vgcluster /dev/ubda1")
        for out in self.both("vgs"):
            check(re.search(r"vgcluster +1 +0 +0 +wz--nc", out), "vgs: not the clustered VG")

    def step_lvcreate(self):
        """9   lvcreate on n1; lvs and the device on both"""
        self.show(self.n1, "lvcreate -L 300M -n lv0 vgcluster")
        for out in self.both("lvs"):
            check(re.search(r"lv0 +vgcluster +-wi-a-+ +300.00m", out), "lvs: no active lv0")
        self.both(f"ls -l {LV}")
        self.sizes_are(300)

    def step_mkfs_mount(self):
        """9   mkfs.ext4 and mount on n1"""
        self.show(self.n1, f"mkfs.ext4 -q {LV}")
        self.show(self.n1, f"mkdir -p /var/www/html && mount {LV} /var/www/html && "
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
        say(colour("2", "(n1 writes, syncs, reads back and checks blocks from now on)"))
        self.show(self.n1, f"lvextend -L +200M {LV}")
        self.sizes_are(500)

    def step_resize_elsewhere(self):
        """15  lvextend -r on n2: the file system grows on n1, where it is mounted"""
        kib = "df --output=size -k /var/www/html | tail -1"
        before = int(self.n1.ok(kib))
        self.show(self.n2, f"lvextend -r -L +100M {LV}")
        self.sizes_are(600)
        self.show(self.n1, "df -h /var/www/html")
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
            result = self.show(node, f"lvremove -y {LV}", rc=5)
            check("n1" in result.err, "the message does not name n1")
        self.sizes_are(600)

    def step_lvremove(self):
        """16  umount; lvremove; gone on both"""
        self.show(self.n1, "umount /var/www/html")
        self.show(self.n1, f"lvremove -y {LV}")
        for out in self.both("lvs"):
            check("lv0" not in out, "lvs still shows it")

    def step_teardown(self):
        """20  vgremove, pvremove; pvs is empty and no device node is left on either node"""
        self.show(self.n1, "vgremove vgcluster")
        self.show(self.n1, "pvremove /dev/ubda1")
        for out in self.both("pvs"):
            check(not out.strip(), "pvs is not empty")
        for node in (self.n1, self.n2):
            left = self.show(node, "find /dev -name 'vgcluster*'; dmsetup ls --target linear").out
            check("vgcluster" not in left, f"left on {node.name}")


def run(job):
    """Returns the rows of the summary; a failed step ends the job."""
    steps = [getattr(job, name) for name in vars(Job) if name.startswith("step_")]
    rows = [[step.__doc__, "not run", 0.0] for step in steps]
    for step, row in zip(steps, rows):
        say("\n" + colour("1", f"== step {row[0]}"))
        start = time.monotonic()
        try:
            step()
            row[1] = "PASS"
        except (StepFailed, AssertionError, ValueError, KeyError) as error:
            row[1] = "FAIL"
            say(colour("31", f"failed: {error}"))
        row[2] = time.monotonic() - start
        if row[1] == "FAIL":
            break
    return rows


def summary(rows):
    say("\n" + colour("1", "Summary (numbers are steps of the administrator's story)"))
    for what, verdict, seconds in rows:
        mark = {"PASS": "32", "FAIL": "31"}.get(verdict, "33")
        say(f"  {colour(mark, verdict.ljust(7))} {what}  ({seconds:.1f} s)")
    return all(verdict == "PASS" for _, verdict, _ in rows)


def main():
    want_shell = sys.argv[1:] == ["--shell"]
    if sys.argv[1:] and not want_shell:
        sys.exit("usage: quickstart [--shell]")
    lock = lab.isolate.enter()
    code = 1
    try:
        say("Booting two nodes with one shared disk of 2 GB ...")
        cluster = lab.Cluster(2, ("2G",))
        say(f"  n1 and n2 are up after {cluster.seconds():.1f} s; starting corosync and clvmd ...")
        try:
            cluster.corosync()
            cluster.start_clvmd()
            say(f"  the cluster runs after {cluster.seconds():.1f} s")
            ok = summary(run(Job(cluster)))
        except (RuntimeError, AssertionError) as error:
            say(colour("31", f"failed: {error}"))
            ok = False
        if not ok:
            logs = os.path.join(os.environ.get("CLVM_LAB_LOGS", "/var/tmp/clvm-lab-logs"),
                                f"quickstart-{time.strftime('%Y%m%d-%H%M%S')}")
            cluster.collect_logs(logs)
            say(f"logs: {logs}")
        if want_shell:
            say("\nA shell on n1 (the disk is /dev/ubda; n2 is the other node). `exit` ends all.")
            lab.shell(cluster.nodes[0])
        cluster.close()
        code = 0 if ok else 1
    except KeyboardInterrupt:
        say("interrupted")
        code = 130
    finally:
        lock.close()
    sys.stdout.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
