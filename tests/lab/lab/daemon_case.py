# SPDX-License-Identifier: LGPL-2.1-or-later
"""What tests of clvmd ask it: members, holders, whether the lock table runs, what it waits for."""
import json

from . import corosync
from .power import PowerSwitch
from .story import StoryCase
from .wait import wait_for


class DaemonCase(StoryCase):
    """A story case that knows `clvmd status` and how a node that was lost comes back."""

    has_switch = False  # a power switch for the nodes: cls.switch
    switch = None

    @classmethod
    def set_up_cluster(cls):
        super().set_up_cluster()
        if cls.has_switch:
            cls.switch = PowerSwitch(cls.cluster)

    @classmethod
    def tearDownClass(cls):
        if cls.switch:
            cls.switch.close()
            cls.switch = None
        super().tearDownClass()

    def status(self, node):
        return json.loads(node.ok("clvmd status --json"))

    def members(self, node):
        return {m["name"]: m["state"] for m in self.status(node)["members"]}

    def holders(self, node, lv="lv0"):
        """Who has an LV active, and in which mode, as @node sees it."""
        return {where["node"]: where["mode"] for volume in self.status(node)["volumes"]
                if volume["lv"] == lv for where in volume["nodes"]}

    def waiting_for(self, node):
        return "\n".join(self.status(node)["waiting_for"])

    def wait_running(self, *nodes):
        for node in nodes:
            wait_for(lambda: self.status(node)["running"], 90, f"{node.name} to run", interval=0.3)

    def wait_paused(self, *nodes):
        for node in nodes:
            wait_for(lambda: not self.status(node)["running"], 60, f"{node.name} to pause",
                     interval=0.3)

    def wait_member(self, lost, state, *nodes):
        """Until each of @nodes sees @lost in this state."""
        for node in nodes:
            wait_for(lambda: self.members(node)[lost.name] == state, 90,
                     f"{node.name} to see {lost.name} as {state}", interval=0.3)

    def suspended(self, node):
        """Names of the devices that are suspended on a node."""
        lines = node.ok("dmsetup info -c --noheadings --separator ' ' -o name,suspended")
        return {line.split()[0] for line in lines.splitlines() if line.endswith("Suspended")}

    def restart_all(self, config):
        """All daemons anew, with this configuration."""
        for node in self.nodes:
            self.cluster.stop_clvmd(node, force=True)
        self.cluster.start_clvmd(config=config)
        self.wait_running(*self.nodes)

    def come_back(self, node, config=None):
        """Boot a node again and have it join, so that all are up."""
        node.reboot()
        corosync.start(node, self.cluster.corosync_text)
        self.cluster.start_clvmd([node], config or self.clvmd_config)
        self.wait_running(*self.nodes)
        for one in self.nodes:
            self.assertEqual(self.members(one), {n.name: "up" for n in self.nodes})
