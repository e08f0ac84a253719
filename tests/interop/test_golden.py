#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Our reports on recorded disks say what LVM2 said when they were recorded.

Every field of every row is compared but those in EXCUSED: what the kernel of then knew.
"""
import json
import lzma
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from golden import GoldenDisks, sample_path, sample_text, samples  # noqa: E402

JSON = ["-o", "all", "--reportformat", "json", "--units", "b"]
REPORTS = {  # recorded file: our command
    "pvs.all.json": ["pvs", "-a"],
    "vgs.all.json": ["vgs"],
    "lvs.all.json": ["lvs", "-a"],
    "lvs.segments.json": ["lvs", "-a", "--segments"],
    "pvs.segments.json": ["pvs", "--segments"],
}
TEXTS = ["pvs", "pvs -a", "vgs", "lvs", "lvs -a -o+devices", "pvs -o+pv_used,pv_uuid",
         "vgs -o+vg_mda_count,vg_mda_free,vg_seqno"]

# Ours alone.
OUR_FIELDS = {"lv_active_nodes"}
# Not compared, and why.
EXCUSED = {
    "numbers of a device, of then and of now": ["pv_major", "pv_minor", "lv_kernel_major",
                                                "lv_kernel_minor"],
    "LVs were active then, and are not now": [
        "lv_active", "lv_active_locally", "lv_active_remotely", "lv_active_exclusively",
        "lv_permissions", "lv_suspended", "lv_live_table", "lv_inactive_table", "lv_device_open",
        "lv_kernel_read_ahead", "lv_snapshot_invalid", "lv_merge_failed", "lv_check_needed"],
    "the kernel's status of targets that we do not operate": [
        "data_percent", "snap_percent", "metadata_percent", "copy_percent", "sync_percent",
        "kernel_discards", "lv_image_synced", "raid_mismatch_count", "raid_sync_action",
        "data_offset", "new_data_offset", "lv_health_status"],
    "dmeventd ran then; we do not watch": ["seg_monitor"],
}
EXCUSED_FIELDS = {field for fields in EXCUSED.values() for field in fields} | OUR_FIELDS
# Values that a field may have instead of the recorded one.
PARTIAL = "partial"


def rows_of(text):
    return next(iter(json.loads(text)["report"][0].values()))


def without_state(attr):
    """lv_attr without what the kernel says: state, open, images' sync, a raid's health."""
    if len(attr) != 10:
        return attr
    first = "i" if attr[0] == "I" else attr[0]
    health = "-" if attr[8] == "X" else attr[8]
    return f"{first}{attr[1:4]}..{attr[6:8]}{health}{attr[9]}"


def comparable(row):
    row = {field: value for field, value in row.items()
           if field not in EXCUSED_FIELDS or value == PARTIAL}
    if "lv_attr" in row:
        row["lv_attr"] = without_state(row["lv_attr"])
    return row


def words_of_table(text):
    """A report's lines as words: without alignment, kernel state and percentages."""
    lines = []
    for line in text.splitlines():
        words = [without_state(word) if re.fullmatch(r"[-a-zA-Z]{10}", word) else word
                 for word in line.split()]
        lines.append([word for word in words if not re.fullmatch(r"\d+\.\d\d", word)])
    return lines


def recorded_output(sample, command):
    """What text.out has for a command: without messages, which came on stderr."""
    text = sample_text(sample, "text.out").split(f"$ {command}\n", 1)[1]
    lines = text.split("=> ", 1)[0].splitlines()
    return "\n".join(line for line in lines if not re.match(
        r"  (WARNING|Skipping|See |Cannot access|Ignoring supplied)|"
        r"\s+Couldn't", line))


def disk_text(sample):
    """The newest metadata text in the first area of the first PV."""
    with lzma.open(sample_path(sample, "pv0.first1M.xz")) as file:
        data = file.read()
    texts = re.findall(rb"\n?([A-Za-z0-9+_.-]+ \{\nid = \"[^\0]*)\0", data)
    return max(texts, key=lambda text: int(re.search(rb"seqno = (\d+)", text)[1])).decode()


class Golden(unittest.TestCase):
    maxDiff = 4000

    def compare_rows(self, file, ours, recorded):
        self.assertEqual(len(ours), len(recorded), f"rows of {file}")
        for mine, theirs in zip(ours, recorded):
            mine, theirs = comparable(mine), comparable(theirs)
            name = theirs.get("lv_name") or theirs.get("pv_name") or theirs.get("vg_name")
            for field, value in theirs.items():
                self.assertEqual(mine.get(field), value, f"{file}: {field} of {name}")
            self.assertEqual(mine.keys(), theirs.keys(), f"{file}: fields")

    def compare_sample(self, sample):
        with GoldenDisks(sample) as disks:
            for file, command in REPORTS.items():
                rc, out, _ = disks.ours(*command, *JSON)
                self.assertEqual(rc, 0, command)
                self.compare_rows(file, rows_of(disks.recorded_names(out)),
                                  rows_of(sample_text(sample, file)))
            for command in TEXTS:
                _, out, _ = disks.ours(*command.split())
                self.assertEqual(words_of_table(disks.recorded_names(out)),
                                 words_of_table(recorded_output(sample, command)), command)

    def compare_with_text(self, sample):
        """A clustered VG: LVM2 did not show it, so its text has to do."""
        text = disk_text(sample)

        def value(pattern):
            return re.search(pattern, text)[1]

        sectors = int(value(r"extent_size = (\d+)")) * 512
        with GoldenDisks(sample) as disks:
            vg, = rows_of(disks.ours("vgs", *JSON)[1])
            lvs = rows_of(disks.ours("lvs", "-a", *JSON)[1])
            pv, = rows_of(disks.ours("pvs", *JSON)[1])
        self.assertEqual(vg["vg_name"], text.split()[0])
        self.assertEqual(vg["vg_uuid"], value(r'id = "(.*)"'))
        self.assertEqual(vg["vg_seqno"], value(r"seqno = (\d+)"))
        self.assertEqual(vg["vg_extent_size"], f"{sectors}B")
        self.assertEqual(vg["vg_clustered"], "clustered")
        self.assertEqual(vg["vg_attr"], "wz--nc")
        self.assertEqual(pv["pv_uuid"], value(r'pv0 \{\nid = "(.*)"'))
        self.assertEqual(pv["pv_pe_count"], value(r"pe_count = (\d+)"))
        section = text.split("logical_volumes {", 1)[1]
        names = re.findall(r"^(\S+) \{\nid = \"(.*)\"", section, re.M)
        self.assertEqual([(lv["lv_name"], lv["lv_uuid"]) for lv in lvs], sorted(names))
        counts = [int(count) for count in re.findall(r"extent_count = (\d+)", section)]
        self.assertEqual(sum(int(lv["lv_size"][:-1]) for lv in lvs), sum(counts) * sectors)


def add_test(sample):
    def test(self):
        if sample == "15-clustered":
            self.compare_with_text(sample)
        else:
            self.compare_sample(sample)
    setattr(Golden, f"test_{re.sub('[^0-9a-z]', '_', sample)}", test)


for sample_name in samples():
    add_test(sample_name)

if __name__ == "__main__":
    unittest.main(verbosity=2)
