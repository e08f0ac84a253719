#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The whole story, on real components: three machines, iSCSI, corosync, pacemaker, apache, GFS2.

Run by ./story, which builds and installs first. What it does is what docs/ha-howto.md says: the
commands come from there. --short leaves out what takes long (about five minutes remain).
"""
import os
import sys

import lab
from lab.ha import HaCluster
from lab.transcript import check, perform, run, say, show

HERE = os.path.dirname(os.path.abspath(__file__))
GUIDE = f"{HERE}/../../docs/ha-howto.md"
LV = "/dev/vgcluster/lv0"


def long_step(step):
    """--short leaves it out."""
    step.is_long = True
    return step


class Story:
    """Each method named step_... is one row of the summary, in this order."""

    def __init__(self, cluster, short):
        self.ha = HaCluster(cluster, lab.Guide(GUIDE))
        self.vm1, self.vm2, self.vm3 = cluster.nodes
        self.short = short
        self.tokens = 0
        self.boots = []

    def steps(self):
        steps = [getattr(self, name) for name in vars(Story) if name.startswith("step_")]
        return [step for step in steps if not (self.short and hasattr(step, "is_long"))]

    def both(self, command, *texts):
        """On both cluster nodes; each must say all of @texts."""
        for node in (self.vm2, self.vm3):
            out = show(node, command).out
            for text in texts:
                check(text in out, f"{node.name} does not say {text}")

    def boot_ids(self):
        return [node.ok("cat /proc/sys/kernel/random/boot_id") for node in (self.vm2, self.vm3)]

    def new_page(self):
        """Something new, written and synced on the node that serves."""
        self.tokens += 1
        text = f"<h1>page {self.tokens} from vgcluster/lv0</h1>"
        show(self.ha.holder(), f"cd /var/www/html && echo '{text}' >new && sync new && "
                               "mv new index.html && sync .")
        return text

    # ---- the machines ----

    def step_names(self):
        """1   three machines; names resolve each other"""
        self.ha.do("names")

    def step_cluster(self):
        """2   corosync (with encryption) and pacemaker: a cluster of vm2 and vm3"""
        self.ha.start_cluster()
        out = self.ha.do("cluster")
        check("Online: [ vm2 vm3 ]" in out, "not both are online")
        crypto = show(self.vm2, "corosync-cmapctl | grep totem.crypto").out
        check("aes256" in crypto and "sha256" in crypto, "no encryption")

    def step_fence_vm3(self):
        """3   vm2 has vm3 fenced: it goes down hard and comes back"""
        self.ha.make_fence_device()
        self.ha.fenced_by("fence-vm3", self.vm3)

    @long_step
    def step_fence_vm2(self):
        """3   vm3 has vm2 fenced"""
        self.ha.fenced_by("fence-vm2", self.vm2)

    def step_clvmd(self):
        """11  pacemaker runs clvmd on both; its status, as text and JSON"""
        self.ha.start_clvmd()
        out = self.ha.do("status", lines=40)
        for text in ("westos", "vm2", "vm3", '"quorate":true'):
            check(text in out, f"no {text} in the status")

    # ---- the disk ----

    def step_target(self):
        """6   vm1 exports a disk over iSCSI to exactly two initiators"""
        self.ha.start_target()
        out = self.ha.do("target")
        check("10.99.0.2" in out and "10.99.0.3" in out, "the ACL is not as wanted")
        refused = show(self.vm1, "iscsiadm -m discovery -t sendtargets -p vm1", rc=21)
        check("No portals found" in refused.err, "vm1 itself was to see nothing")

    def step_login(self):
        """7   both nodes log in; /dev/sda appears on both"""
        for node in (self.vm2, self.vm3):
            self.ha.log_in(node)
        self.both("cat /proc/partitions", "sda")
        self.boots = self.boot_ids()

    def step_fdisk(self):
        """8   fdisk on vm2 makes partition 1 of type LVM"""
        self.ha.do("fdisk", lines=5)
        out = show(self.vm3, "grep sda /proc/partitions").out
        check("sda1" not in out, "vm3 was to know nothing of the partition yet")

    def step_volume(self):
        """9   pvcreate, vgcreate, lvcreate, mkfs.ext4 on vm2: vm3 shows each at once"""
        self.ha.do("pvcreate")
        self.both("pvs", "/dev/sda1")
        self.ha.do("vgcreate")
        self.both("vgs", "vgcluster")
        self.ha.do("lvcreate")
        self.both("lvs", "lv0", "1.00g")
        self.both(f"blockdev --getsize64 {LV}", str(1 << 30))
        self.ha.do("mkfs")

    def step_no_reboot(self):
        """10  vm3 has re-read the partition table by itself: no reboot"""
        check("sda1" in show(self.vm3, "grep sda /proc/partitions").out, "no sda1 on vm3")
        check(self.boot_ids() == self.boots, "a node was rebooted")

    def step_exclusive(self):
        """12  active exclusively on vm2: vm3 is refused, and told who has it"""
        self.ha.do("exclusive")
        for option in ("-aey", "-ay"):
            refused = show(self.vm3, f"lvchange {option} vgcluster/lv0", rc=5)
            check("vm2" in refused.err, "the holder is not named")
        check(show(self.vm3, "lvs --noheadings -o lv_active_nodes vgcluster/lv0").out.strip() ==
              "vm2", "active elsewhere")

    # ---- the service ----

    def step_group(self):
        """4   address, volume, file system, web server: a group, rather on vm2"""
        self.ha.watch_volume()
        self.ha.do("group")
        self.ha.wait_served_by(self.vm2)
        show(self.vm2, "crm_mon -1")

    def step_page(self):
        """13  the page is served at the virtual address, from the volume"""
        out = self.ha.do("page")
        check("served from vgcluster/lv0" in out, "another page")
        show(self.vm2, "findmnt /var/www/html")

    def step_grow(self):
        """15  lvextend, resize2fs under load; lvextend -r from the node that stands by"""
        with self.ha.undisturbed():
            self.ha.do("grow")
            self.both("lvs vgcluster/lv0", "1.50g")
            before = int(self.vm2.ok("df --output=size -k /var/www/html | tail -1"))
            self.ha.do("grow-elsewhere")
            self.both("lvs vgcluster/lv0", "1.75g")
        check(int(show(self.vm2, f"blockdev --getsize64 {LV}").out) == 1792 << 20, "another size")
        after = int(show(self.vm2, "df --output=size -k /var/www/html | tail -1").out)
        check(after > before + 200 * 1024, "the file system has not grown")

    def step_second_lun(self):
        """15  another LUN for the VG; it grows on the target; pvresize on vm2 is enough"""
        with self.ha.undisturbed():
            self.ha.do("second-lun")
            self.ha.do("lun-grows")
        self.both("lvs vgcluster/big", "<2.00g")
        self.both("blockdev --getsize64 /dev/sdb", str(2 << 30))

    # ---- it moves ----

    @long_step
    def step_move(self):
        """5   relocated to vm3"""
        text = self.new_page()
        with self.ha.moves("relocate", text):
            self.ha.do("move")
            self.ha.wait_served_by(self.vm3)

    @long_step
    def step_standby(self):
        """5   vm3 on standby: vm2 takes over; vm3 is back: it stays on vm2"""
        text = self.new_page()
        with self.ha.moves("standby", text):
            self.ha.do("standby")
            self.ha.wait_served_by(self.vm2)
        self.ha.do("unstandby")
        self.ha.wait_clvmd_everywhere()
        check(self.ha.holder() is self.vm2, "it went back")

    @long_step
    def step_disable_enable(self):
        """5   disabled: the volume is active nowhere; enabled"""
        self.ha.do("disable")
        self.ha.wait_stopped()
        self.both("lvs --noheadings -o lv_name,lv_active_nodes vgcluster/lv0")
        self.ha.do("enable")
        self.ha.wait_served_by(self.vm2)

    @long_step
    def step_old_agent(self):
        """4   the older agent, ocf:heartbeat:LVM, exclusive, with a VG of its own"""
        self.ha.old_agent()

    # ---- it breaks ----

    def step_panic(self):
        """14  the kernel of the node that serves panics"""
        text = self.new_page()
        self.ha.lose(self.vm2, "kernel panic", self.vm2.panic, text)
        self.ha.do("events", lines=40)

    @long_step
    def step_service_crash(self):
        """14  the web server is killed"""
        text = self.new_page()
        self.ha.service_crash(self.ha.holder(), text)

    @long_step
    def step_power_cut(self):
        """14  the power of the node that serves is cut"""
        text = self.new_page()
        node = self.ha.holder()
        self.ha.lose(node, "power cut", node.power_cut, text)

    @long_step
    def step_network_cut(self):
        """14  the network cable of the node that serves is pulled"""
        text = self.new_page()
        node = self.ha.holder()
        self.ha.cut_network(node, text)

    def step_never_on_two(self):
        """5   at no instant was the volume active on two nodes"""
        self.ha.assert_never_on_two()

    def step_remove(self):
        """16  lvremove is refused while the LV is open, naming the node; stopped, it is removed"""
        holder = self.ha.holder()
        for node in (self.vm2, self.vm3):
            refused = show(node, "lvremove -y vgcluster/lv0", rc=5)
            check(holder.name in refused.err, "the message does not name the node")
        self.ha.do("stop-web")
        self.ha.wait_stopped()
        self.ha.do("remove")
        self.ha.do("remove-lun")
        for node in (self.vm2, self.vm3):
            check("lv0" not in show(node, "lvs").out, "lvs still shows it")
        self.both("pvs", "sda1")

    # ---- GFS2 ----

    @long_step
    def step_gfs2(self):
        """17  a shared volume with GFS2, its DLM under pacemaker"""
        self.ha.start_dlm()
        self.ha.do("gfs2")
        self.both("lvs -o+lv_active_nodes vgcluster/demo", "vm2,vm3")

    @long_step
    def step_gfs2_mount(self):
        """18  both mount it by UUID from fstab; each sees at once what the other writes"""
        self.ha.do("fstab")
        for node, other in ((self.vm2, self.vm3), (self.vm3, self.vm2)):
            show(node, f"echo written by {node.name} >/srv/{node.name} && sync /srv/{node.name}")
            check(node.name in show(other, f"cat /srv/{node.name}").out, "the other sees it not")

    @long_step
    def step_gfs2_grow(self):
        """19  extended while both have it mounted: gfs2_grow, lvextend -r, a third journal"""
        with self.ha.writers("/srv", self.vm2, self.vm3):
            self.ha.do("gfs2-grow")
            self.both("blockdev --getsize64 /dev/vgcluster/demo", str(768 << 20))
            before = int(show(self.vm3, "df --output=size -k /srv | tail -1").out)
            self.ha.do("gfs2-grow-r")
            self.both("blockdev --getsize64 /dev/vgcluster/demo", str(896 << 20))
            check(int(show(self.vm2, "df --output=size -k /srv | tail -1").out) > before,
                  "gfs2 has not grown")
            self.ha.do("gfs2-journals")

    @long_step
    def step_gfs2_panic(self):
        """18  vm3 panics with GFS2 mounted: vm2 goes on after the fencing"""
        self.ha.gfs2_panic(self.vm3, self.vm2)

    @long_step
    def step_gfs2_end(self):
        """19  unmounted, removed"""
        refused = show(self.vm3, "lvremove -y vgcluster/demo", rc=5)
        check("vm2" in refused.err and "vm3" in refused.err, "it does not name the nodes")
        self.ha.do("remove-gfs2")

    # ---- the end ----

    def step_teardown(self):
        """20  vgremove, pvremove, logout: the other node sees it gone, nothing is left"""
        self.ha.do("teardown")
        for node in (self.vm2, self.vm3):
            check(not show(node, "pvs").out.strip(), "pvs is not empty")
        self.ha.do("logout")
        for node in (self.vm2, self.vm3):
            left = show(node, "find /dev -name 'vgcluster*' -o -name 'sd*'; dmsetup ls").out
            check("vgcluster" not in left and "sd" not in left, f"left on {node.name}")
        left_out = self.ha.guide.left_out()
        check(self.short or not left_out, f"steps of the guide that were not run: {left_out}")


def boot():
    say("Booting vm1 (storage), vm2 and vm3 (the cluster) ...")
    return lab.Cluster(3, (), "900M", usr_sbin=True, private_disks={"vm1": ("8G",)},
                       names=["vm1", "vm2", "vm3"], outside=1)


def main():
    short = sys.argv[1:] == ["--short"]
    if sys.argv[1:] and not short:
        sys.exit("usage: story [--short]")
    perform("story", boot, lambda cluster: run(Story(cluster, short).steps()))


if __name__ == "__main__":
    main()
