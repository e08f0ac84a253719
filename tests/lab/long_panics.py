#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The node that serves panics, twenty times: no write that was acknowledged is ever lost.

A writer on it adds records with checksums to a file of the volume, syncs, and only then
acknowledges, to the driver. After each fail-over every acknowledged record must be there, whole.
"""
import os

import lab

PANICS = int(os.environ.get("CLVM_LAB_PANICS", "20"))


class Panics(lab.FailoverCase):
    def acknowledged(self):
        """The number of the last record that a writer reported."""
        last = 0
        for node in self.nodes:
            path = f"{node.folder}/acknowledged"
            if os.path.exists(path):
                with open(path, encoding="ascii") as file:
                    last = max([last, *(int(line) for line in file if line.endswith("\n"))])
        return last

    def write_on(self, node):
        node.spawn(f"python3 -S /lab/record_writer.py write /mnt/records /lab/{node.name}/acknowledged",
                   timeout=600)

    def check_on(self, node):
        """Whole records from 1 on; at least the acknowledged ones."""
        last = self.acknowledged()
        found = int(node.ok("python3 -S /lab/record_writer.py check /mnt/records", timeout=120))
        self.assertGreaterEqual(found, last)
        return last

    def test_no_acknowledged_write_is_lost(self):
        node, other = self.n1, self.n2
        self.wait_served_by(node)
        for number in range(PANICS):
            before = self.acknowledged()
            self.write_on(node)
            lab.wait_for(lambda: self.acknowledged() >= before + 20, 60, "records to be written")
            node.panic()
            seconds = self.wait_served_by(other)
            last = self.check_on(other)
            print(f"# panic {number + 1} on {node.name}: {other.name} serves after {seconds:.1f} s, "
                  f"all of {last} acknowledged records are there", flush=True)
            self.rejoin(node)
            node, other = other, node
        self.watch.assert_never_on_two()
        self.stop()


class ThreeNodes(lab.FailoverCase):
    """A majority instead of two_node: the one that is lost, by a panic or by a cut, is outvoted."""

    node_count = 3

    def test_whoever_serves_is_lost(self):
        node, _ = self.wait_served(*self.nodes)
        for what in ("panic", "cut"):
            self.written(node, what)
            others = [other for other in self.nodes if other is not node]
            if what == "panic":
                node.panic()
            else:
                self.switch.cut_until_fenced(node)
            now, seconds = self.wait_served(*others)
            print(f"# {what} of {node.name}: {now.name} serves after {seconds:.1f} s", flush=True)
            self.assertEqual(now.ok("cat /mnt/page"), f"{what}\n")
            self.rejoin(node)
            node = now
        self.watch.assert_never_on_two()
        self.stop()


if __name__ == "__main__":
    lab.run_tests()
