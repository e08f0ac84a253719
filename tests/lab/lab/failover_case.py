# SPDX-License-Identifier: LGPL-2.1-or-later
"""A service under pacemaker, with the stock resource agents, unmodified.

ocf:heartbeat:clvm on both nodes; a group of a virtual address, ocf:heartbeat:LVM-activate
(vg_access_mode=clvmd, exclusive) and ocf:heartbeat:Filesystem on one of them.
"""
import time

from . import corosync, pacemaker
from .pacemaker import MOVE_SECONDS
from .pacemaker_case import PacemakerCase
from .wait import wait_for
from .watch import VolumeWatch

ADDRESS = "10.99.0.100"

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


class FailoverCase(PacemakerCase):
    """The service runs on one node, rather on n1."""

    disks = ("256M",)
    usr_sbin = True
    properties = {**PacemakerCase.properties, **pacemaker.ALL_AT_ONCE}

    @classmethod
    def before_pacemaker(cls):
        cls.n1.ok("vgcreate vg /dev/ubda && lvcreate -L 64M -n www vg && "
                  "mkfs.ext4 -q /dev/vg/www && vgchange -an vg")
        for node in cls.nodes:
            cls.cluster.stop_clvmd(node)  # it is the cluster manager's from now on

    @classmethod
    def set_up_pacemaker(cls):
        cls.n1.ok("crm_attribute -t rsc_defaults -n resource-stickiness -v 1000", timeout=120)
        resources = RESOURCES.format(device=cls.fence_device(), address=ADDRESS)
        for scope, text in (("resources", resources), ("constraints", CONSTRAINTS)):
            cls.n1.ok(f"cibadmin -R --scope {scope} -p", stdin=text, timeout=120)
        cls.watch = VolumeWatch("vg", "www", cls.nodes)

    def wait_clvmd_everywhere(self):
        pacemaker.wait_for_monitor(self.n1, f"Started: [ {self.names()} ]")

    def serves(self, node):
        return node("mountpoint -q /mnt && ip -o addr show vec0", timeout=60).out.count(f"{ADDRESS}/")

    def wait_served_by(self, node):
        return self.wait_served(node)[1]

    def holder(self, node):
        return node.ok("lvs --noheadings -o lv_active_nodes vg/www", timeout=60).strip()

    def written(self, node, text):
        node.ok(f"echo {text} >/mnt/page && sync /mnt/page")

    def stop(self):
        self.n1.ok("crm_resource -r web -m -p target-role -v Stopped", timeout=120)
        wait_for(lambda: self.holder(self.n1) == "", MOVE_SECONDS, "it to stop", interval=1)

    def wait_served(self, *nodes):
        """By one of them: which, and after how many seconds."""
        began = time.monotonic()
        found = wait_for(lambda: [node for node in nodes if node.alive() and self.serves(node)],
                         MOVE_SECONDS, "somebody to serve", interval=0.3)
        return found[0], time.monotonic() - began

    def rejoin(self, node):
        """A node that pacemaker had fenced boots again, and the service stays where it is."""
        where, _ = self.wait_served(*[other for other in self.nodes if other is not node])
        wait_for(node.alive, 120, f"the power switch to start {node.name} again", interval=1)
        node.wait_until_up()
        self.watch.start(node)
        self.cluster.put_in_place(node, True)
        corosync.start(node, self.cluster.corosync_text)
        pacemaker.start(node)
        self.wait_clvmd_everywhere()
        self.assertTrue(self.serves(where), "it stays where it is")
