# SPDX-License-Identifier: LGPL-2.1-or-later
"""What tests that cut the network share: I/O that checks itself, and healing."""
import json

from .daemon_case import DaemonCase
from .sound import assert_sound

IO = "python3 /lab/io_loop.py /mnt/fs/data /run/stop"


class CutCase(DaemonCase):
    """Each test begins with vg/lv0 active everywhere and ends with a whole network."""

    def setUp(self):
        for node in self.nodes:
            node.ok("rm -f /run/stop")
        self.n1.ok("vgcreate vg /dev/ubda && lvcreate -L 16M -n lv0 vg")

    def tearDown(self):
        self.cluster.heal()  # of a test that failed
        for node in self.nodes:
            if not node.alive():
                self.come_back(node)
            node.ok("touch /run/stop")
        self.heal()
        for node in self.nodes:
            node("umount /var/log")
        assert_sound(self.nodes)
        super().tearDown()

    def heal(self):
        self.cluster.heal()
        self.wait_running(*self.nodes)
        for node in self.nodes:
            self.assertEqual(self.members(node), {n.name: "up" for n in self.nodes})
            self.assertEqual(self.status(node)["waiting_for"], [])

    def own_file_system(self, node, lv):
        """An LV of this node's own, mounted on /mnt/fs."""
        node.ok(f"lvcreate -aey -L 24M -n {lv} vg && mkfs.ext4 -q /dev/vg/{lv} && "
                f"mkdir -p /mnt/fs && mount /dev/vg/{lv} /mnt/fs", timeout=120)

    def stop_io(self, job):
        job.node.ok("touch /run/stop")
        result = job.result()
        self.assertEqual(result.rc, 0, repr(result))
        return json.loads(result.out)

    def start_io(self, node):
        """Write to /mnt/fs and check what is read, until stop_io()."""
        return node.spawn(IO, timeout=600)
