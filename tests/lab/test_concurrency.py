#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Both nodes change one VG at the same time: nothing is lost, nothing is done twice.

Afterwards the CLUSTERED flag is taken off and stock LVM2 has to find the VG in good order.
"""
import os

import lab

COUNT = int(os.environ.get("CLVM_LAB_COUNT", "50"))  # volumes that each node creates
KEPT = 5                                             # of which so many are not removed

SCRIPT = """
set -e
for i in $(seq {count}); do lvcreate -q -L 4M -n {name}-$i vg; done
for i in $(seq $(({kept} + 1)) {count}); do lvremove -q -y vg/{name}-$i; done
"""


class Concurrency(lab.StoryCase):
    disks = ("1G",)

    def make_vg(self):
        """Returns its seqno: 1, whatever VG had the name before."""
        self.n1.ok("vgcreate vg /dev/ubda")
        self.assertEqual(self.seqno("vg"), 1)
        return 1

    def both(self, script, timeout=600):
        """Run it on both nodes at once; {name} is the node's."""
        jobs = [node.spawn(script.replace("{name}", node.name), timeout=timeout)
                for node in self.nodes]
        for job in jobs:
            result = job.result()
            self.assertEqual(result.rc, 0, repr(result))

    def views(self):
        """What each node says of the VG, and its kernel of the volumes."""
        return [(lab.report(node, "vgs", "vg_name,vg_uuid,vg_seqno,vg_free,lv_count"),
                 sorted((row["lv_name"], row["lv_uuid"], row["seg_pe_ranges"])
                        for row in lab.report(node, "lvs", "lv_name,lv_uuid,seg_pe_ranges", "vg")),
                 sorted(node.ok("dmsetup table").splitlines()))
                for node in self.nodes]

    def assert_extents_not_shared(self):
        used = set()
        for row in lab.report(self.n1, "lvs", "seg_pe_ranges", "vg"):
            for piece in row["seg_pe_ranges"].split():
                pv, _, pes = piece.rpartition(":")
                first, last = map(int, pes.split("-"))
                for pe in range(first, last + 1):
                    self.assertNotIn((pv, pe), used, "an extent has two owners")
                    used.add((pv, pe))

    def test_both_nodes_create_and_remove_in_one_vg(self):
        first = self.make_vg()
        self.both(SCRIPT.replace("{count}", str(COUNT)).replace("{kept}", str(KEPT)))

        names = {f"vg/{node.name}-{i}" for node in self.nodes for i in range(1, KEPT + 1)}
        for node in self.nodes:
            self.assertEqual(set(self.lv_sizes(node, "vg")), names)
        changes = len(self.nodes) * (COUNT + COUNT - KEPT)
        self.assertEqual(self.seqno("vg"), first + changes)
        self.assertEqual(*self.views())
        self.assert_extents_not_shared()
        for name in names:
            self.assert_lv_everywhere("vg", name[3:], 4)
        self.stock_finds_it_in_good_order(names)

    def stock_finds_it_in_good_order(self, names):
        refused = self.n2.stock("lvcreate -l1 -n x vg")
        self.assertNotEqual(refused.rc, 0, "stock LVM2 was to keep its hands off a clustered VG")
        self.n1.ok("vgchange -an vg && vgchange -cn -y vg")
        for command in ("vgck vg", "vgs vg", "lvs -a vg", "pvs", "pvck /dev/ubda",
                        "pvck --dump metadata_all /dev/ubda"):
            result = self.n2.stock(command)
            self.assertEqual(result.rc, 0, repr(result))
            self.assertNotIn("WARNING", result.text)
            self.assertEqual(result.err.strip(), "", repr(result))
        seen = self.n2.stock("lvs --noheadings -o lv_full_name vg").out.split()
        self.assertEqual(set(seen), names)

    def test_both_nodes_extend_one_volume(self):
        first = self.make_vg()
        self.n1.ok("lvcreate -L 4M -n lv0 vg")
        times = 10
        self.both(f"set -e; for i in $(seq {times}); do lvextend -q -L +4M vg/lv0; done")
        self.assert_lv_everywhere("vg", "lv0", 4 + 2 * 4 * times)
        self.assertEqual(self.seqno("vg"), first + 1 + 2 * times)

    def test_commands_of_one_node_side_by_side(self):
        first = self.make_vg()
        jobs = [self.n1.spawn(f"lvcreate -q -L 4M -n lv{i} vg", timeout=120) for i in range(8)]
        for job in jobs:
            self.assertEqual(job.result().rc, 0, repr(job.result()))
        self.assertEqual(len(self.lv_sizes(self.n2, "vg")), 8)
        self.assertEqual(self.seqno("vg"), first + 8)

    def test_the_same_name_at_the_same_time_is_made_once(self):
        self.make_vg()
        jobs = [node.spawn("lvcreate -q -L 4M -n same vg", timeout=120) for node in self.nodes]
        codes = sorted(job.result().rc for job in jobs)
        self.assertEqual(codes, [0, 5])
        self.assert_lv_everywhere("vg", "same", 4)

    def test_reports_never_fail_while_the_vg_changes(self):
        self.make_vg()
        writer = self.n1.spawn("set -e; for i in $(seq 15); do lvcreate -q -L 4M -n a$i vg; "
                               "lvremove -q -y vg/a$i; done", timeout=300)
        while not writer.done():
            result = self.n2("lvs vg && vgs vg && pvs")
            self.assertEqual((result.rc, result.err.strip()), (0, ""), repr(result))
        self.assertEqual(writer.result().rc, 0, repr(writer.result()))


if __name__ == "__main__":
    lab.run_tests()
