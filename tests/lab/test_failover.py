#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A service that fails over, with pacemaker and the stock resource agents, unmodified.

ocf:heartbeat:clvm on both nodes; a group of a virtual address, ocf:heartbeat:LVM-activate
(vg_access_mode=clvmd, exclusive) and ocf:heartbeat:Filesystem on one of them. While it is moved, its
node put on standby, its node's kernel made to panic: the data are there afterwards, and at no instant
two nodes have the volume.
"""
import time

import lab

ADDRESS = "10.99.0.100"
MOVE_SECONDS = 240  # agents fork a lot, and a fork is slow here

RESOURCES = """<resources>
{device}
<clone id="clvmd-clone"><meta_attributes id="clvmd-clone-meta">
<nvpair id="clvmd-clone-interleave" name="interleave" value="true"/></meta_attributes>
<primitive id="clvmd" class="ocf" provider="heartbeat" type="clvm">
<instance_attributes id="clvmd-attributes">
<nvpair id="clvmd-activate" name="activate_vgs" value="false"/></instance_attributes>
<operations><op id="clvmd-start" name="start" interval="0" timeout="120s"/>
<op id="clvmd-stop" name="stop" interval="0" timeout="120s"/>
<op id="clvmd-monitor" name="monitor" interval="15s" timeout="60s"/></operations>
</primitive></clone>
<group id="web">
<primitive id="address" class="ocf" provider="heartbeat" type="IPaddr2">
<instance_attributes id="address-attributes">
<nvpair id="address-ip" name="ip" value="{address}"/>
<nvpair id="address-netmask" name="cidr_netmask" value="24"/></instance_attributes>
</primitive>
<primitive id="volume" class="ocf" provider="heartbeat" type="LVM-activate">
<instance_attributes id="volume-attributes">
<nvpair id="volume-vg" name="vgname" value="vg"/>
<nvpair id="volume-lv" name="lvname" value="www"/>
<nvpair id="volume-mode" name="vg_access_mode" value="clvmd"/>
<nvpair id="volume-exclusive" name="activation_mode" value="exclusive"/></instance_attributes>
<operations><op id="volume-start" name="start" interval="0" timeout="120s"/>
<op id="volume-monitor" name="monitor" interval="20s" timeout="90s"/></operations>
</primitive>
<primitive id="files" class="ocf" provider="heartbeat" type="Filesystem">
<instance_attributes id="files-attributes">
<nvpair id="files-device" name="device" value="/dev/vg/www"/>
<nvpair id="files-directory" name="directory" value="/mnt"/>
<nvpair id="files-type" name="fstype" value="ext4"/></instance_attributes>
</primitive>
</group>
</resources>"""
CONSTRAINTS = """<constraints>
<rsc_order id="clvmd-first" first="clvmd-clone" then="web"/>
<rsc_colocation id="where-clvmd-is" rsc="web" with-rsc="clvmd-clone" score="INFINITY"/>
<rsc_location id="rather-n1" rsc="web" node="n1" score="100"/>
</constraints>"""
# Whether the volume has a live table, with the time before and after looking: a line each time it
# was asked.
WATCH = """while :; do a=$(date +%s.%N)
s=$(dmsetup info -c --noheadings -o tables_loaded vg-www 2>/dev/null)
echo "$a $(date +%s.%N) ${s:-no}" >>/lab/$NODE/watch; sleep 0.3; done"""


class Failover(lab.PacemakerCase):
    disks = ("256M",)
    usr_sbin = True
    # A node has one slow processor: else pacemaker does one thing at a time.
    properties = {**lab.PacemakerCase.properties, "load-threshold": "1000%"}

    @classmethod
    def before_pacemaker(cls):
        cls.n1.ok("vgcreate vg /dev/ubda && lvcreate -L 64M -n www vg && "
                  "mkfs.ext4 -q /dev/vg/www && vgchange -an vg")
        for node in cls.nodes:
            cls.cluster.stop_clvmd(node)  # it is the cluster manager's from now on

    @classmethod
    def set_up_pacemaker(cls):
        cls.n1.ok("crm_attribute -t rsc_defaults -n resource-stickiness -v 1000", timeout=120)
        resources = RESOURCES.format(device=lab.FENCE_DEVICE, address=ADDRESS)
        for scope, text in (("resources", resources), ("constraints", CONSTRAINTS)):
            cls.n1.ok(f"cibadmin -R --scope {scope} -p", stdin=text, timeout=120)
        cls.watchers = [node.spawn(WATCH, timeout=7200) for node in cls.nodes]

    @classmethod
    def wait_for_monitor(cls, text, seconds=MOVE_SECONDS):
        lab.wait_for(lambda: text in cls.n1("crm_mon -1", timeout=120).out, seconds,
                     f"pacemaker to say {text}", interval=1)

    def serves(self, node):
        return node("mountpoint -q /mnt && ip -o addr show vec0", timeout=60).out.count(f"{ADDRESS}/")

    def wait_served_by(self, node):
        began = time.monotonic()
        lab.wait_for(lambda: node.alive() and self.serves(node), MOVE_SECONDS,
                     f"{node.name} to serve", interval=0.3)
        return time.monotonic() - began

    def active(self, node):
        """[(certainly from, certainly to)] of times at which it had the volume."""
        spans, start, last = [], None, None
        with open(f"{node.folder}/watch", encoding="ascii") as file:
            for line in file:
                words = line.split()
                if len(words) != 3:
                    continue  # cut off in the middle
                before, after, on = float(words[0]), float(words[1]), words[2] != "no"
                if on and start is None:
                    start = after
                if on:
                    last = before
                elif start is not None:
                    spans.append((start, last))
                    start = None
        return spans + ([(start, last)] if start is not None else [])

    def assert_never_on_two(self):
        one, two = self.active(self.n1), self.active(self.n2)
        self.assertTrue(one and two, "both had it at some time")
        for start, end in one:
            for other_start, other_end in two:
                self.assertFalse(start < other_end and other_start < end,
                                 f"n1 {start} to {end}, n2 {other_start} to {other_end}")

    def holder(self, node):
        return node.ok("lvs --noheadings -o lv_active_nodes vg/www", timeout=60).strip()

    def written(self, node, text):
        node.ok(f"echo {text} >/mnt/page && sync /mnt/page")

    def test_where_it_goes(self):
        self.first_start()
        self.standby_and_no_failback()
        self.growth_from_the_other_node()
        self.panic()
        self.assert_never_on_two()
        self.n2.ok("crm_resource -r web -m -p target-role -v Stopped", timeout=120)
        lab.wait_for(lambda: self.holder(self.n1) == "", MOVE_SECONDS, "it to stop", interval=1)

    def first_start(self):
        print(f"# first start: {self.wait_served_by(self.n1):.1f} s")
        self.assertEqual(self.holder(self.n1), "n1")
        self.written(self.n1, "one")
        refused = self.n2("lvchange -aey vg/www", timeout=60)
        self.assertEqual(refused.rc, 5, repr(refused))
        self.assertIn("n1", refused.text)
        # Nobody listens there, but somebody says so.
        self.assertIn("refused", self.n2(f"exec 3<>/dev/tcp/{ADDRESS}/9", timeout=30).text)

    def standby_and_no_failback(self):
        self.n1.ok("crm_attribute -t nodes -N n1 -n standby -v on", timeout=120)
        print(f"# standby: {self.wait_served_by(self.n2):.1f} s")
        self.assertEqual(self.n2.ok("cat /mnt/page"), "one\n")
        self.n1.ok("crm_attribute -t nodes -N n1 -n standby -D", timeout=120)
        self.wait_for_monitor("Started: [ n1 n2 ]")
        self.assertTrue(self.serves(self.n2), "it stays where it is")
        self.assertEqual(self.holder(self.n2), "n2")

    def growth_from_the_other_node(self):
        before = int(self.n2.ok("stat -f -c %b /mnt"))
        self.n1.ok("lvextend -r -L 128M vg/www", timeout=120)
        self.assertGreater(int(self.n2.ok("stat -f -c %b /mnt")), before * 3 // 2)

    def panic(self):
        self.written(self.n2, "two")
        self.n2.panic()
        print(f"# panic: {self.wait_served_by(self.n1):.1f} s")
        self.assertEqual(self.n1.ok("cat /mnt/page"), "two\n")
        events = [line for line in self.n1.ok("clvmd events").splitlines()
                  if any(kind in line for kind in (" membership ", " fence ", " table ",
                                                   " activation "))]
        print("# clvmd's events:", *events[-8:], sep="\n#   ")
        lab.wait_for(self.n2.alive, 120, "the power switch to start n2 again", interval=1)
        self.n2.wait_until_up()
        self.cluster.put_in_place(self.n2, True)
        lab.corosync.start(self.n2, self.cluster.corosync_text)
        self.n2.ok(lab.START_PACEMAKER)
        self.wait_for_monitor("Started: [ n1 n2 ]")
        self.watchers.append(self.n2.spawn(WATCH, timeout=7200))
        self.assertTrue(self.serves(self.n1), "it stays where it is")


if __name__ == "__main__":
    lab.run_tests()
