# SPDX-License-Identifier: LGPL-2.1-or-later
"""The story's cluster: what it takes to start and to break a real one, and to prove what happened.

Commands come from the guide for administrators and are shown; what the lab does itself (no systemd
starts services here) is remarked on.
"""
import contextlib
import json

from . import corosync, downtime, iscsi, pacemaker
from .pacemaker import MOVE_SECONDS
from .power import PowerSwitch
from .transcript import check, remark, say, show
from .visitor import Visitor
from .wait import SLOW, wait_for
from .watch import VolumeWatch

ADDRESS = "10.99.0.100"
PROPERTIES = {**pacemaker.ALL_AT_ONCE, "stonith-watchdog-timeout": "0"}
WRITTEN = ("/etc/clvm/clvmd.conf", "/etc/fstab")  # by the guide, on both nodes alike
# What udev, systemd and the packages do on a real node.
PREPARE = """mkdir -p /var/www/html /srv /dev/misc && echo >/etc/fstab
modprobe -a dlm gfs2
for name in dlm-control dlm-monitor dlm_plock; do ln -sfn ../$name /dev/misc/$name; done"""


class HaCluster:
    def __init__(self, cluster, guide):
        self.cluster, self.guide = cluster, guide
        self.vm1, self.vm2, self.vm3 = cluster.nodes
        self.names = {node.name: node for node in cluster.nodes}
        self.members = cluster.members
        self.switch = PowerSwitch(cluster)
        self.visitor = self.watch = None
        self.clvmd_runs = self.has_disk = self.dlm_runs = False
        for node in self.members:
            node.ok(PREPARE)

    def do(self, step, lines=None):
        """Run a step of the guide; returns all that it said on stdout."""
        return "".join(show(self.names[name], command, timeout=MOVE_SECONDS, lines=lines).out
                       for name, command in self.guide.commands(step))

    # ---- what runs ----

    def start_cluster(self):
        remark("the lab starts corosync and pacemaker, and makes their configuration")
        self.cluster.corosync(crypto=True)
        for node in self.members:
            pacemaker.start(node)
        pacemaker.wait_online(self.members)
        for name, value in PROPERTIES.items():
            pacemaker.set_property(self.vm2, name, value)

    def make_fence_device(self):
        remark("the lab's fence device: it switches the power of these nodes")
        show(self.vm2, 'pcs stonith create power fence_clvmlab pcmk_host_list="vm2 vm3"')
        show(self.vm2, "pcs constraint location power prefers vm2=0 vm3=0")

    def start_clvmd(self):
        self.do("clvmd")
        self.clvmd_runs = True
        self.wait_clvmd_everywhere()

    def wait_clvmd_everywhere(self):
        pacemaker.wait_for_monitor(self.vm2, "clvmd-clone [clvmd]:\n    * Started: [ vm2 vm3 ]")
        for node in self.members:
            wait_for(lambda node=node: json.loads(node.ok("clvmd status --json"))["running"], 60,
                     f"clvmd on {node.name} to run")

    def start_target(self):
        remark("the lab gives vm1 a disk for its exports, and starts tgtd, and iscsid everywhere")
        self.vm1.ok("mkfs.ext4 -q -E lazy_itable_init=1,nodiscard /dev/ubda && mkdir -p /srv/iscsi && "
                    "mount /dev/ubda /srv/iscsi")
        iscsi.start_target(self.vm1)
        for node in self.cluster.nodes:
            iscsi.start_initiator(node)

    def log_in(self, node):
        self.do(f"login-{node.name}")
        iscsi.wait_for_disk(node, "/dev/sda")
        self.has_disk = True

    def start_dlm(self):
        self.do("dlm")
        self.dlm_runs = True
        self.wait_dlm_everywhere()

    def wait_dlm_everywhere(self):
        pacemaker.wait_for_monitor(self.vm2, "dlm-clone [dlm]:\n    * Started: [ vm2 vm3 ]")

    # ---- a node that was lost comes back ----

    def rejoin(self, node):
        remark(f"{node.name} boots again and joins")
        wait_for(node.alive, 120, f"the power switch to start {node.name} again", interval=0.5)
        node.wait_until_up()
        if self.watch:
            self.watch.start(node)
        self.cluster.put_in_place(node, True)
        node.ok(PREPARE)
        self.remember(node)
        if self.has_disk:
            iscsi.start_initiator(node)
            for _, command in self.guide.commands(f"login-{node.name}"):
                node.ok(command)
            iscsi.wait_for_disk(node, "/dev/sda")
        corosync.start(node, self.cluster.corosync_text)
        pacemaker.start(node)
        pacemaker.wait_online(self.members)
        if self.clvmd_runs:
            self.wait_clvmd_everywhere()
        if self.dlm_runs:
            self.wait_dlm_everywhere()

    def remember(self, node):
        """What was written in /etc lasts on a real node; here only the disks do."""
        for path in WRITTEN:
            found = self.other(node)(f"cat {path}")
            if found:
                node.write(path, found.out)

    def other(self, node):
        return next(member for member in self.members if member is not node)

    def fenced_by(self, step, victim):
        boot = "cat /proc/sys/kernel/random/boot_id"
        before = victim.ok(boot)
        self.do(step)
        for line in self.switch.log[-4:]:
            remark(f"power switch: at {line[0]} s {line[1]} asked: {line[2]} {line[3]}")
        check(self.switch.actions("reboot", "off"), "the power switch was not asked")
        self.rejoin(victim)
        check(victim.ok(boot) != before, f"{victim.name} did not reboot")

    # ---- the service ----

    def watch_volume(self):
        """From now on: who has the volume, and what a visitor sees."""
        self.watch = VolumeWatch("vgcluster", "lv0", self.members)
        self.visitor = Visitor(self.vm1, ADDRESS)

    def holder(self):
        """The node that has the volume active."""
        for node in self.members:
            if node.alive():
                out = node.ok("lvs --noheadings -o lv_active_nodes vgcluster/lv0", timeout=120)
                return self.names.get(out.strip())
        return None

    def wait_served_by(self, node):
        """Until the page comes, and from there."""
        since = self.visitor.now()
        wait_for(lambda: node.alive() and node("mountpoint -q /var/www/html", timeout=60),
                 MOVE_SECONDS, f"{node.name} to have it mounted", interval=0.3)
        self.visitor.wait_page(since, MOVE_SECONDS)

    def wait_stopped(self):
        wait_for(lambda: self.holder() is None, MOVE_SECONDS, "the volume to be active nowhere",
                 interval=0.5)

    @contextlib.contextmanager
    def undisturbed(self):
        """No visitor may notice what happens inside."""
        since = self.visitor.now()
        self.visitor.wait_page(since, 30)
        yield
        self.visitor.wait_page(self.visitor.now(), 30)
        pages, failed = self.visitor.counts(since)
        remark(f"meanwhile a visitor on vm1 fetched the page {pages} times, {failed} failed")
        check(pages > 5 and not failed, "a visitor noticed")

    @contextlib.contextmanager
    def moves(self, what, text):
        """Prints how long the page was away; afterwards it is @text."""
        since = self.visitor.now()
        yield
        self.visitor.wait_page(since, MOVE_SECONDS, text)
        remark(f"{what}: no page for {self.visitor.longest_gap(since):.1f} s; then: {text}")

    # ---- it breaks ----

    def lose(self, node, what, break_it, text):
        """A node goes; the other serves what was synced; how long which part took."""
        other = self.other(node)
        remark(f"{what} on {node.name}")
        began = self.visitor.now()
        break_it()
        self.wait_served_by(other)
        self.visitor.wait_page(began, MOVE_SECONDS, text)
        self.tell_downtime(other, node, began)
        show(self.vm1, f"curl -sS http://{ADDRESS}/")
        self.rejoin(node)
        check(self.holder() is other, f"it did not stay on {other.name}")

    def tell_downtime(self, other, lost, began):
        parts = downtime.parts(self, other, lost, began)
        say(f"    no page for {self.visitor.longest_gap(began):.1f} s; its parts, from the loss on:")
        for name, seconds in parts:
            say(f"      {name:<52} {seconds:6.1f} s")
        own = dict(parts)[downtime.CLVMD]
        check(own < SLOW, f"clvmd took {own:.1f} s")  # a second, on a machine of its own

    def cut_network(self, node, text):
        remark(f"{node.name} reaches nobody, and the power switch does not hear it")
        self.lose(node, "network cut", lambda: self.switch.cut_until_fenced(node), text)

    def service_crash(self, node, text):
        other = self.other(node)
        with self.moves("service crash", text):
            show(node, "pkill -9 -x apache2")
            self.wait_served_by(other)
        show(other, "pcs resource cleanup web")

    def assert_never_on_two(self):
        self.watch.assert_never_on_two()
        for node in self.members:
            spans = ", ".join(f"{end - start:.0f} s" for start, end in self.watch.spans(node))
            remark(f"{node.name}: asked {len(self.watch.looks(node))} times, had it for {spans}")

    # ---- the older agent ----

    def old_agent(self):
        show(self.vm2, r"printf 'n\np\n2\n\n+256M\nt\n2\n8e\nw\n' | fdisk /dev/sda", lines=3)
        show(self.vm2, "pvcreate /dev/sda2 && vgcreate vgold /dev/sda2 && "
                       "lvcreate -an -L 64M -n data vgold")
        show(self.vm2, "pcs resource create old ocf:heartbeat:LVM volgrpname=vgold exclusive=true "
                       "op start timeout=120s op stop timeout=120s --disabled")
        show(self.vm2, "pcs constraint location old prefers vm2=200 vm3=100")
        show(self.vm2, "pcs constraint order start clvmd-clone then old")
        show(self.vm2, "pcs resource enable old")
        self._wait_old("vm2")
        refused = show(self.vm3, "lvchange -aey vgold/data", rc=5)
        check("vm2" in refused.err, "the holder is not named")
        show(self.vm2, "pcs resource move old vm3", timeout=MOVE_SECONDS)
        self._wait_old("vm3")
        show(self.vm2, "pcs resource delete old", timeout=MOVE_SECONDS)
        self._wait_old("")
        show(self.vm3, "lvremove -y vgold/data && vgremove vgold && pvremove /dev/sda2")

    def _wait_old(self, where):
        command = "lvs --noheadings -o lv_active_nodes vgold/data"
        wait_for(lambda: self.vm2.ok(command).strip() == where, MOVE_SECONDS,
                 f"vgold to be active on {where or 'no node'}", interval=0.5)
        show(self.vm2, command)

    # ---- GFS2 ----

    @contextlib.contextmanager
    def writers(self, directory, *nodes):
        """Each writes a file of its own there and checks what it reads, all the while."""
        jobs = [node.spawn(f"python3 /lab/io_loop.py {directory}/data-{node.name} /run/io-stop",
                           timeout=600) for node in nodes]
        yield
        for node, job in zip(nodes, jobs):
            node.ok("touch /run/io-stop")
            result = job.result()
            check(result, f"the writer on {node.name}: {result!r}")
            seen = json.loads(result.out)
            remark(f"{node.name} meanwhile: {seen['written']} blocks written, "
                   f"{seen['wrong']} wrong, longest pause {seen['longest_pause']} s")
            check(seen["written"] and not seen["wrong"], "wrong data")
            node.ok(f"rm /run/io-stop {directory}/data-{node.name}")

    def gfs2_panic(self, lost, other):
        show(lost, "echo last words >/srv/words && sync /srv/words")
        remark(f"kernel panic on {lost.name}")
        lost.panic()
        goes_on = show(other, "cat /srv/words && echo on >/srv/on && sync /srv/on",
                       timeout=MOVE_SECONDS)
        check("last words" in goes_on.out, "what was synced is lost")
        remark(f"{other.name} could write again after {goes_on.seconds:.1f} s")
        self.rejoin(lost)
        show(lost, "lvchange -asy vgcluster/demo && mount -a && cat /srv/on", timeout=MOVE_SECONDS)
