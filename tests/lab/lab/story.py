# SPDX-License-Identifier: LGPL-2.1-or-later
"""What tests of the command suite share: reading reports, and what a volume is on a node."""
from .case import TestCase

MIB = 1 << 20


def report(node, command, fields, operand=""):
    """Rows of a report as dicts of its fields; sizes in bytes."""
    out = node.ok(f"{command} --noheadings --units b --nosuffix --separator ';' --unaligned "
                  f"-o {fields} {operand}")
    names = fields.split(",")
    return [dict(zip(names, line.strip().split(";"))) for line in out.splitlines() if line.strip()]


def mapper_name(vg, lv):
    """As device-mapper calls it: hyphens of names doubled, one hyphen between."""
    return f"{vg.replace('-', '--')}-{lv.replace('-', '--')}"


class StoryCase(TestCase):
    """A test case with assertions on VGs and LVs, on every node; ends each test with nothing left.

    Tests make VGs named "vg..." on the shared disks.
    """

    def tearDown(self):
        for node in self.nodes:
            node("mount | awk '$3 ~ \"^/mnt\" { print $3 }' | xargs -r umount")
        for row in report(self.n1, "vgs", "vg_name"):
            self.n1.ok(f"vgremove -ff -y {row['vg_name']}", timeout=120)
        for row in report(self.n1, "pvs", "pv_name"):
            self.n1.ok(f"pvremove -y {row['pv_name']}")
        for node in self.nodes:
            left = node.ok("dmsetup ls; find /dev -name 'vg*'")
            self.assertNotIn("vg", left, f"left on {node.name}")
        for disk in {disk.path: disk for node in self.nodes for disk in node.disks}.values():
            disk.clear()
        for node in self.nodes:
            node("for disk in /dev/ubd?; do blockdev --rereadpt $disk; done")

    # ---- what reports say ----

    def seqno(self, vg, node=None):
        return int(report(node or self.n1, "vgs", "vg_seqno", vg)[0]["vg_seqno"])

    def pv_names(self, node):
        return {row["pv_name"]: row["vg_name"] for row in report(node, "pvs", "pv_name,vg_name")}

    def lv_sizes(self, node, vg=""):
        return {f"{row['vg_name']}/{row['lv_name']}": int(row["lv_size"])
                for row in report(node, "lvs", "vg_name,lv_name,lv_size", vg)}

    # ---- on every node ----

    def assert_lv_everywhere(self, vg, lv, mib, nodes=None):
        """Reported, and there under both names, with this size, in every node's kernel."""
        for node in nodes or self.nodes:
            with self.subTest(node=node.name, lv=lv):
                self.assertEqual(self.lv_sizes(node, vg).get(f"{vg}/{lv}"), mib * MIB)
                for path in (f"/dev/{vg}/{lv}", f"/dev/mapper/{mapper_name(vg, lv)}"):
                    self.assertEqual(node.sysfs_size(path), mib * MIB)
                self.assertIn("LIVE", node.ok(f"dmsetup info -c --noheadings -o tables_loaded "
                                              f"{mapper_name(vg, lv)}").upper())

    def assert_no_lv_anywhere(self, vg, lv, nodes=None):
        for node in nodes or self.nodes:
            with self.subTest(node=node.name, lv=lv):
                self.assertNotIn(f"{vg}/{lv}", self.lv_sizes(node))
                for path in (f"/dev/{vg}/{lv}", f"/dev/mapper/{mapper_name(vg, lv)}"):
                    self.assertFalse(node(f"test -e {path} || test -L {path}"), path)
                self.assertFalse(node(f"dmsetup info {mapper_name(vg, lv)}"))
