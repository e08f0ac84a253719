#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Real pacemaker with a fence device: clvmd asks it, and believes no success from before the loss."""
import json

import lab


class Pacemaker(lab.PacemakerCase):
    disks = ("256M",)

    @classmethod
    def before_pacemaker(cls):
        cls.without_pacemaker = [node.ok("clvmd status") for node in cls.nodes]

    @classmethod
    def set_up_pacemaker(cls):
        cls.n1.ok("cibadmin -C -o resources -p", stdin=cls.fence_device(), timeout=120)
        lab.wait_for(lambda: "power" in cls.n1("stonith_admin -L", timeout=120).text, 120,
                     "the fence device", interval=1)

    def setUp(self):
        self.switch.reset()
        self.n1.ok("vgcreate vg /dev/ubda && lvcreate -L 16M -n lv0 vg")

    def wait_fenced(self):
        self.wait_member(self.n2, "fenced", self.n1)
        self.wait_running(self.n1)
        self.assertRegex(self.n1.syslog(), "Node n2 is fenced .pacemaker.*, asked by node n1, "
                         "[0-9]+ s after the loss")

    def come_back(self, node, config=None):
        """The switch has started it again."""
        node.wait_until_up()
        self.cluster.assert_ours(node)
        lab.corosync.start(node, self.cluster.corosync_text)
        self.cluster.start_clvmd([node], self.clvmd_config)
        self.wait_running(*self.nodes)
        lab.pacemaker.start(node)
        lab.pacemaker.wait_online(self.nodes)

    def fencing_findings(self):
        found = json.loads(self.n1("clvmd check --json", timeout=120).out)
        return [finding["text"] for finding in found if finding["id"] == "fencing"]

    def assert_check_looks_at_pacemaker(self):
        self.assertEqual(self.fencing_findings(), [])
        enable = "crm_attribute -t crm_config -n stonith-enabled -v"
        self.n1.ok(f"{enable} false", timeout=120)
        self.assertRegex("\n".join(self.fencing_findings()), "stonith-enabled is off")
        self.n1.ok(f"{enable} true", timeout=120)
        lab.wait_for(lambda: self.fencing_findings() == [], 120, "fencing to be set up again",
                     interval=1)

    def test_pacemaker_fences_and_only_what_it_did_after_the_loss_counts(self):
        for text in self.without_pacemaker:
            self.assertIn("Fencing: manual (default: pacemaker does not run here)", text)
        for node in self.nodes:
            self.assertIn("Fencing: pacemaker (default: pacemaker runs here)",
                          node.ok("clvmd status"))
        self.assert_check_looks_at_pacemaker()
        self.n2.ok("vgchange -an vg && lvchange -aey vg/lv0")
        self.n2.panic()
        job = self.n1.spawn("lvchange -aey vg/lv0", timeout=300)
        self.wait_fenced()
        self.assertEqual(job.result().rc, 0, repr(job.result()))
        reboots = self.switch.actions("reboot", "off")
        self.assertTrue(reboots and all(node == "n2" for _, _, node in reboots), reboots)
        self.come_back(self.n2)

        # Again; the fencer has a success on record, of before this loss, and the device fails.
        self.switch.reset()
        self.switch.broken.update(("n1", "n2"))
        self.n2.panic()
        lab.wait_for(lambda: "fencing failed" in self.waiting_for(self.n1), 240,
                     "pacemaker to fail", interval=0.5)
        self.assertFalse(self.status(self.n1)["running"])
        self.assertTrue(self.n1("stonith_admin --history n2 | grep -i succe"))
        self.switch.broken.clear()
        self.wait_fenced()
        self.come_back(self.n2)
        self.n2.ok("lvextend -L 20M vg/lv0", timeout=120)
        self.assertEqual(self.lv_sizes(self.n1)["vg/lv0"], 20 << 20)


if __name__ == "__main__":
    lab.run_tests()
