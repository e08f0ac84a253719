#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Damaged volume groups by us and by stock LVM2: the same damage, the same words, the same metadata.

Scenarios are as in test_side_by_side.py. Besides commands they have

    !text 1             damage.text() on disk 1, for both
    !save 1 old         keep the head of disk 1 as "old"; !put 1 old writes it back
    !copy 0 1           the head of disk 0 onto disk 1
    !hide 1, !show 1    the disk is not seen, and seen again
    !id 1 one           the PV's UUID is %id:one from now on
    !edit new old s///  the file %d/new is %d/old after sed
    ~ vgck vg           the same exit code and results; stderr tells it otherwise, see below

Stock warns of some things more than once in a command, as often as it reads the disks; we say each
once. So stderr is compared as a set of lines.

Told otherwise on purpose (~):
* Stock does not read a text whose checksum and length another PV's text has, and finds it bad only
  later, with other words. We read all. (Once it then refuses to repair, with a random number.)
* pvck's last line is "Found bad header or metadata values." where stock has a status code only.
* vgcfgrestore warns of what is wrong on the disks too; it does not complain that device-mapper is
  missing, as it looks for active volumes only where there can be any.
* pvcreate --restorefile names the PVs that are missing, not all that the file has.
* Errors of the file's grammar and contents have our words, with the line.
* vgreduce --removemissing does not recommend --mirrorsonly, which we do not have.

Done otherwise on purpose (class Ours): what is refused, or repaired, where stock destroys or gives up.
"""
import os
import re
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import damage  # noqa: E402
from side_by_side import LVM_CONF, Disks, metadata  # noqa: E402
from test_side_by_side import MIB, words_of  # noqa: E402

TWO_PVS = """
    vgcreate vg %0 %1
    lvcreate -an -Zn -n l1 -l 2 vg %0
    """
ON_BOTH = TWO_PVS + """lvcreate -an -Zn -n l2 -l 2 vg %1
    """

SCENARIOS = {
    "stale_copy": TWO_PVS + """
        !save 1 old
        vgchange --addtag new vg
        !put 1 old
        pvs
        vgs
        lvs
        vgck vg
        vgs -o seqno,vg_mda_used_count
        vgchange --addtag after vg
        vgs -o seqno,vg_tags""",
    "stale_copy_updated": TWO_PVS + """
        !save 1 old
        vgchange --addtag new vg
        !put 1 old
        vgck --updatemetadata vg
        vgck vg
        vgs -o seqno,vg_tags""",
    "bad_text": TWO_PVS + """
        !text 0
        pvs
        vgs
        vgck vg
        vgchange --addtag a vg
        vgs -o seqno,vg_mda_count,vg_mda_used_count
        vgck --updatemetadata vg
        vgs -o seqno,vg_mda_count,vg_mda_used_count
        vgck vg""",
    "bad_text_of_second_pv": TWO_PVS + """
        !text 1
        ~ vgs
        ~ vgck vg
        ~ vgchange --addtag a vg
        vgs -o seqno,vg_mda_count,vg_mda_used_count
        vgck --updatemetadata vg
        vgs -o seqno,vg_mda_count,vg_mda_used_count""",
    "bad_header": TWO_PVS + """
        !header_crc 1
        pvs
        vgck vg
        vgchange --addtag a vg
        vgs -o seqno,vg_mda_count
        vgck --updatemetadata vg
        vgs -o seqno,vg_mda_count""",
    "bad_magic": TWO_PVS + """
        !magic 1
        vgs
        vgck --updatemetadata vg
        vgs -o seqno,vg_mda_count
        vgchange --addtag a vg""",
    "rest_of_a_precommit": TWO_PVS + """
        !precommit_rest 1
        vgs
        vgck vg
        vgchange --addtag a vg
        vgs -o seqno,vg_mda_count""",
    "bad_label": ON_BOTH + """
        !save 1 good
        !label_crc 1
        vgs
        pvs
        vgck vg
        vgchange --addtag a vg
        !put 1 good
        !label_sector 1
        pvs""",
    "missing_pv": ON_BOTH + """
        lvcreate -an -Zn -n st -i 2 -l 2 vg
        !hide 1
        pvs
        vgs
        lvs -o+devices
        vgck vg
        lvextend -l+1 vg/l1
        lvcreate -an -Zn -n new -l 1 vg
        vgchange --addtag a vg
        lvremove -f vg/l2
        ~ vgreduce --removemissing -t --force vg
        vgs -o seqno,vg_tags""",
    "pv_given_up": ON_BOTH + """
        lvcreate -an -Zn -n st -i 2 -l 2 vg
        !hide 1
        ~ vgreduce --removemissing --force vg
        vgreduce --removemissing vg
        lvs -o+devices
        !show 1
        pvs
        pvs -a
        pvs %1
        vgs -o+vg_missing_pv_count,seqno
        pvcreate %1
        ~ vgextend vg %1
        vgcreate other %1
        pvremove %1
        vgchange --addtag q vg
        vgreduce vg %1
        vgck vg
        vgck --updatemetadata vg
        pvs
        vgs -o seqno""",
    "empty_pv_given_up": TWO_PVS + """
        !hide 1
        vgreduce --removemissing vg
        vgs -o+seqno
        pvs""",
    "pv_that_was_away": ON_BOTH + """
        !hide 1
        lvremove -f vg/l1
        !show 1
        pvs
        vgs
        lvs
        vgck vg
        vgextend --restoremissing vg %0
        vgextend --restoremissing vg %2
        vgextend --restoremissing novg %2
        vgextend vg --restoremissing
        vgchange --addtag foo vg
        lvcreate -an -Zn -l 1 vg
        vgextend --restoremissing vg %1
        vgextend --restoremissing vg %1
        pvs
        vgs -o+seqno""",
    "used_by_no_vg": """
        vgcreate vg %0
        vgremove vg
        !used 0
        pvs
        vgs
        lvs
        pvs -o+pv_in_use
        pvs %0
        vgcreate vg %0
        vgcreate vg %1
        vgextend vg %0
        pvcreate %0
        pvremove %0
        pvck %0
        pvcreate -ff %0 < n
        pvremove -ff %0 < n
        pvremove -ff %0 < y
        pvs""",
    "old_pv_headers": """
        vgcreate vg %0
        !extension_1 0
        pvs
        vgs
        vgck vg
        vgchange --addtag a vg
        pvs
        !extension_0 0
        vgs
        vgck --updatemetadata vg
        vgs
        !unused 0
        pvs
        lvs
        vgchange --addtag b vg
        pvs""",
    "duplicate_pv": """
        vgcreate vg %0
        !copy 0 2
        pvs
        vgs
        vgck vg
        vgcfgbackup -f %d/x vg
        ~ vgcfgrestore -f %d/x vg
        vgchange --addtag a vg
        lvcreate -an -Zn -l 1 vg
        !wipe 2""",
    "two_vgs_of_one_name": """
        vgcreate vg %0
        !save 0 first
        vgremove vg
        pvremove %0
        vgcreate vg %1
        !put 0 first
        vgs
        vgs vg
        pvs
        lvs vg
        vgck vg
        vgck
        vgck --updatemetadata vg
        vgchange --addtag a vg
        lvcreate -an -Zn -l 1 vg
        vgcfgbackup -f %d/x vg
        vgcfgbackup
        vgreduce --removemissing vg
        vgrename vg other
        vgremove vg
        !uuid_of_vg 0 first
        vgrename %id:first other
        vgs
        vgck other""",
    "backups": TWO_PVS + """
        vgcfgbackup -f %d/bk vg
        vgcfgbackup -f %d/%s.bk
        vgcfgbackup
        vgcfgbackup novg
        vgcfgbackup -f %d/bk novg
        vgcreate vg2 %2
        vgcfgbackup -f %d/all-%s vg vg2
        vgcfgrestore
        vgcfgrestore -l
        vgcfgrestore -l novg
        ~ vgcfgrestore novg
        ~ vgcfgrestore -f %d/nofile vg
        ~ vgcfgrestore -f %d vg
        ~ vgcfgrestore -f %d/bk vg2
        ~ vgcfgrestore -f %d/bk vg
        vgs -o vg_name,seqno
        lvcreate -an -Zn -n l2 -l 3 vg
        ~ vgcfgrestore vg
        lvs
        vgs -o vg_name,seqno""",
    "damaged_backups": TWO_PVS + """
        vgcfgbackup -f %d/bk vg
        !edit short bk 20,$d
        ~ vgcfgrestore -f %d/short vg
        !edit bad bk s/extent_count = 2/extent_count = 200/
        ~ vgcfgrestore -f %d/bad vg
        !edit status bk s/RESIZEABLE/FLYING/
        ~ vgcfgrestore -f %d/status vg
        !edit empty bk d
        ~ vgcfgrestore -f %d/empty vg
        vgs -o+seqno""",
    "lost_pv_made_again": ON_BOTH + """
        vgcfgbackup -f %d/bk vg
        !id 1 one
        !wipe 1
        pvs
        vgcfgbackup -f %d/bk2 vg
        vgcfgbackup vg
        ~ vgcfgrestore -f %d/bk vg
        ~ pvcreate --uuid %id:one --restorefile %d/bk %1
        pvs
        ~ vgcfgrestore -f %d/bk vg
        pvs
        vgs -o+seqno
        vgck vg""",
    "all_pvs_made_again": """
        pvcreate --dataalignment 64k --metadatasize 64k %0
        pvcreate --bootloaderareasize 100k --metadatacopies 2 %1
        pvcreate --metadatasize 3m %2
        vgcreate vg %0 %1 %2
        lvcreate -an -Zn -n l1 -l 5 vg
        vgcfgbackup -f %d/bk vg
        !id 0 a
        !id 1 b
        !id 2 c
        !wipe 0
        !wipe 1
        !wipe 2
        ~ pvcreate --uuid %id:a --restorefile %d/bk %0
        ~ pvcreate --uuid %id:b --restorefile %d/bk --metadatacopies 2 %1
        ~ pvcreate --uuid %id:c --restorefile %d/bk %2
        pvs -o pv_name,pe_start,pv_mda_count,pv_mda_size,pv_ba_start,pv_ba_size,dev_size,pv_size
        ~ vgcfgrestore -f %d/bk vg
        pvs -o pv_name,pe_start,pv_mda_count,pv_mda_size,pv_ba_start,pv_ba_size,dev_size,pv_size
        lvs
        vgs -o+seqno,vg_mda_count
        vgck vg""",
    "pvcreate_options": TWO_PVS + """
        vgcfgbackup -f %d/bk vg
        !id 1 one
        ~ pvcreate --uuid %id:one --restorefile %d/bk %2
        pvcreate --restorefile %d/bk %2
        pvcreate --uuid %id:one %2
        pvcreate --uuid %id:one --norestorefile --restorefile %d/bk %2
        pvcreate --uuid %id:one --restorefile %d/bk --bootloaderareasize 1m %2
        pvcreate --uuid %id:one --restorefile %d/bk %1 %2
        pvcreate --uuid %id:one --restorefile %d/nofile %2
        ~ pvcreate --uuid aaaaaa-aaaa-aaaa-aaaa-aaaa-aaaa-aaaaaa --restorefile %d/bk %2
        !wipe 1
        !edit far bk s/pe_start = 2048/pe_start = 60000/
        ~ pvcreate --uuid %id:one --restorefile %d/far %1
        !edit near bk s/pe_start = 2048/pe_start = 120/
        ~ pvcreate --uuid %id:one --restorefile %d/near %1
        pvck %1
        ~ pvcreate --uuid %id:one --restorefile %d/bk -ff -y %1
        pvck %1""",
    "pvck": TWO_PVS + """
        pvck %0
        pvck %0 %1
        pvck %2
        pvck %0 %2
        pvck
        pvck /dev/nodev
        pvck --dump headers %0 %1
        pvck --dump bogus %0
        pvck --dump headers %2
        pvck --repair %0
        pvck --dump metadata -f %d/raw %0
        !text 0
        ~ pvck %0
        !header_crc 1
        ~ pvck %1
        vgck --updatemetadata vg
        vgs
        !label_crc 1
        ~ pvck %1
        ~ pvck --repairtype label_header %1 < n
        pvck --repairtype label_header %1 < y
        vgs
        pvs""",
    "pvck_repair": TWO_PVS + """
        pvck --dump metadata -f %d/raw %0
        !wipe 0
        !wipe 1
        pvck --repair -y -f %d/raw %0
        ~ pvck --repair -y -f %d/raw %1
        pvs
        vgs -o+seqno,vg_mda_count
        vgck vg
        vgchange --addtag x vg""",
}

# Lines that may differ.
ALLOWED = [
    r"  Retrying metadata scan\.\n",  # we try again too, but do not talk of it
    r"  .*\bdevice-mapper\b.*\n",
    r"  /dev/mapper/control: open failed.*\n",
    r"  Incompatible libdevmapper .*\n",
    r"  Command failed with status code 5\.\n",
    r"  WARNING: Failed to check for active volumes in volume group .*\n",
]
RANDOM = [(r"PVID \w{32}", "PVID x"), (r"pv_uuid \w{32}", "pv_uuid x"), (r"uuid \w{32}", "uuid x"),
          (r"\b(checksum|crc|expected) (0x)?[0-9a-f]{5,8}\b", r"\1 x"),
          (r"(?<=wrong checksum )[0-9a-f]+", "x"), (r"length \d+ ", "length n "),
          (r"size \d+(?= VG)", "size n"), (r"(?<=raw_locn\[0\]\.size )\d+", "n")]


class Runner:
    """A set of disks, the commands of one suite on them, and damage to them."""

    def __init__(self, disks, suite):
        self.disks, self.suite = disks, suite
        self.heads, self.ids, self.hidden = {}, {}, set()

    def words(self, line):
        line = re.sub(r"%id:(\w+)", lambda m: self.ids[m[1]], line)
        return line.replace("%d", self.disks.directory)

    def run(self, line):
        words, answer = words_of(line)
        rc, out, err = self.suite(*map(self.words, words), stdin=answer)
        return (rc, *(self.neutral(text) for text in (out, err)))

    def neutral(self, text):
        for pattern in ALLOWED:
            text = re.sub(pattern, "", text)
        for pattern, instead in RANDOM:
            text = re.sub(pattern, instead, text)
        text = self.disks.neutral(text.replace(self.disks.directory, "DIR"))
        return re.sub(r" +$", "", text, flags=re.M)

    def device(self, number):
        return self.disks.devices[int(number)]

    def head(self, number):
        return damage.read(self.device(number), 0, damage.HEAD)

    def see_disks(self):
        accept = " ".join(f'"a|^{device}$|",' for number, device in enumerate(self.disks.devices)
                          if number not in self.hidden)
        with open(f"{self.disks.directory}/lvm.conf", "w", encoding="ascii") as conf:
            conf.write(LVM_CONF.format(accept=accept, directory=self.disks.directory))

    def harm(self, line):
        verb, *args = line.split(maxsplit=3)
        if verb == "save":
            self.heads[args[1]] = self.head(args[0])
        elif verb == "put":
            damage.write(self.device(args[0]), 0, self.heads[args[1]])
        elif verb == "copy":
            damage.write(self.device(args[1]), 0, self.head(args[0]))
        elif verb in ("hide", "show"):
            (self.hidden.add if verb == "hide" else self.hidden.discard)(int(args[0]))
            self.see_disks()
        elif verb == "id":
            self.ids[args[1]] = damage.pv_uuid(self.device(args[0]))
        elif verb == "uuid_of_vg":
            self.ids[args[1]] = damage.vg_uuid(self.device(args[0]))
        elif verb == "edit":
            directory = self.disks.directory
            with open(f"{directory}/{args[0]}", "w", encoding="ascii") as file:
                subprocess.run(["sed", args[2], f"{directory}/{args[1]}"], stdout=file, check=True)
        else:
            getattr(damage, verb)(self.device(args[0]))


def lines(text):
    return sorted(set(text.splitlines()))


class Repair(unittest.TestCase):
    maxDiff = 8000

    def compare_line(self, line, ours, stock, words_differ):
        self.assertEqual(ours[:2], stock[:2], f"exit code and stdout of: {line}")
        if not words_differ:
            self.assertEqual(lines(ours[2]), lines(stock[2]), f"stderr of: {line}")

    def both(self, mine, other, scenario):
        for line in map(str.strip, scenario.strip().splitlines()):
            if line.startswith("!"):
                mine.harm(line[1:])
                other.harm(line[1:])
            elif line:
                words_differ = line.startswith("~")
                line = line.lstrip("~ ")
                self.compare_line(line, mine.run(line), other.run(line), words_differ)

    def scenario(self, lines_of_it):
        with Disks([64 * MIB] * 3) as mine, Disks([64 * MIB] * 3) as other:
            self.both(Runner(mine, mine.ours), Runner(other, other.stock), lines_of_it)
            self.assertEqual(self.texts(mine), self.texts(other), "metadata")

    @staticmethod
    def texts(disks):
        """The metadata on each disk, by the areas' own word."""
        found = []
        for device in disks.devices:
            _, out, _ = disks.stock("pvck", "--dump", "metadata", device)
            found.append(metadata(re.sub(r"metadata text at.*\n|CHECK:.*\n", "", out)))
        return found


def add_scenario(scenario_name, scenario_lines):
    def test(self):
        self.scenario(scenario_lines)
    setattr(Repair, f"test_{scenario_name}", test)


for scenario_name, scenario_lines in SCENARIOS.items():
    add_scenario(scenario_name, scenario_lines)


class Ours(unittest.TestCase):
    """What we do otherwise than stock, on purpose."""

    def setUp(self):
        self.disks = Disks([64 * MIB] * 3)
        self.addCleanup(self.disks.close)
        self.runner = Runner(self.disks, self.disks.ours)

    def ok(self, *commands):
        for line in commands:
            if line.startswith("!"):
                self.runner.harm(line[1:])
            else:
                rc, out, err = self.runner.run(line)
                self.assertEqual(rc, 0, f"{line}: {out}{err}")
        return out if commands and not commands[-1].startswith("!") else None

    def refused(self, line, *texts):
        heads = [self.runner.head(number) for number in range(3)]
        rc, out, err = self.runner.run(line)
        self.assertNotEqual(rc, 0, f"{line}: {out}{err}")
        for text in texts:
            self.assertIn(text, out + err, line)
        self.assertEqual(heads, [self.runner.head(number) for number in range(3)],
                         f"{line} has written something")

    def stock_is_content(self, vg="vg"):
        self.assertEqual(self.disks.stock("vgck", vg)[::2], (0, ""))

    def test_an_empty_area_of_a_member_gets_its_copy_back(self):
        """Stock leaves it alone for good: one copy less, and nobody is told."""
        self.ok("vgcreate vg %0 %1", "!no_text 1", "vgs")
        rc, _, err = self.runner.run("vgchange --addtag a vg")
        self.assertEqual(rc, 0)
        self.assertIn("adding missing metadata to /dev/disk1", err)
        self.assertIn("2 2", self.ok("vgs -o vg_mda_count,vg_mda_used_count"))
        self.stock_is_content()

    def test_updatemetadata_repairs_a_text_that_another_pv_has_too(self):
        """Stock 2.03.16 prints a random number and gives up."""
        self.ok("vgcreate vg %0 %1", "!text 1", "vgck --updatemetadata vg")
        self.assertIn("2", self.ok("vgs -o vg_mda_count"))
        self.assertEqual(self.runner.run("vgck vg")[2], "")
        self.stock_is_content()

    def test_updatemetadata_fails_with_duplicates(self):
        """Stock prints the error and returns 0."""
        self.ok("vgcreate vg %0", "!copy 0 2")
        self.refused("vgck --updatemetadata vg", "duplicate PV devices")

    def test_failed_removemissing_changes_nothing(self):
        """Stock marks the PV as missing, so that one that comes back is not taken."""
        self.ok("vgcreate vg %0 %1", "lvcreate -an -Zn -n l -l 1 vg %1", "!hide 1")
        self.refused("vgreduce --removemissing vg", "Partial LV l needs to be repaired",
                     "still partial LVs", "--force")
        self.refused("vgreduce --removemissing --mirrorsonly vg", "not supported")
        self.ok("!show 1", "vgck vg")

    def test_removemissing_takes_the_empty_ones(self):
        self.ok("vgcreate vg %0 %1 %2", "lvcreate -an -Zn -n l -l 1 vg %1", "!hide 1", "!hide 2")
        rc, _, err = self.runner.run("vgreduce --removemissing vg")
        self.assertEqual(rc, 5, err)
        self.assertIn("2", self.ok("vgs -o pv_count --noheadings"))
        self.ok("vgreduce --removemissing --force vg")
        self.assertIn("1", self.ok("vgs -o pv_count --noheadings"))
        self.ok("!show 1", "!show 2")
        self.assertNotIn("disk1", self.ok("pvs"))
        self.ok("vgck --updatemetadata vg")
        self.assertIn("disk1", self.ok("pvs"))

    def test_restore_writes_over_copies_that_are_bad(self):
        """Stock finds no metadata areas to write to."""
        self.ok("vgcreate vg %0 %1", "lvcreate -an -Zn -n l -l 1 vg", "vgcfgbackup -f %d/bk vg",
                "!text 0", "!magic 1")
        self.assertEqual(self.ok("vgs"), "")
        self.ok("vgcfgrestore -f %d/bk vg", "vgck vg", "lvs vg/l")
        self.stock_is_content()

    def test_restore_refuses_pvs_of_another_vg(self):
        """Stock overwrites the other VG."""
        self.ok("vgcreate vg %0", "vgcfgbackup -f %d/bk vg", "vgremove vg", "vgcreate vg2 %0")
        self.refused("vgcfgrestore -f %d/bk vg", "/dev/disk0", "vg2", "Restore failed.")
        self.refused("vgcfgrestore --force -f %d/bk vg", "vg2")
        self.ok("vgrename vg2 vg")
        self.refused("vgcfgrestore -f %d/bk vg", "another id")
        self.ok("vgremove vg", "vgcfgrestore -f %d/bk vg", "vgck vg")

    def test_restore_refuses_a_name_that_is_taken(self):
        self.ok("vgcreate vg %0", "vgcfgbackup -f %d/bk vg", "vgremove vg", "vgcreate vg %1")
        self.refused("vgcfgrestore -f %d/bk vg", "Another VG is called vg")

    def test_restore_refuses_files_that_were_changed_on_the_way(self):
        self.ok("vgcreate vg %0", "vgcfgbackup -f %d/bk vg")
        with open(f"{self.disks.directory}/bk", "rb") as file:
            good = file.read()
        for what, bad, *texts in (
                ("crlf", good.replace(b"\n", b"\r\n"), "line 1", "carriage return"),
                ("nul", good.replace(b"seqno", b"\0seqno"), "line 13", "NUL"),
                ("cut", good[:700], "Parse error", "line"),
                ("binary", os.urandom(4096), ""),
                ("deep", b"a{" * 100000, ""),
                ("unclosed", good.replace(b'format = "lvm2"', b'format = "lvm2'), ""),
                ("huge number", good.replace(b"seqno = 1", b"seqno = 99999999999999999999"), ""),
                ("last seqno", good.replace(b"seqno = 1", b"seqno = 4294967295"), "seqno"),
                ("far extents", good.replace(b"pe_count = 15", b"pe_count = 150000"), "end of device"),
                ("over the mda", good.replace(b"pe_start = 2048", b"pe_start = 8"), "metadata area"),
                ("same PV twice", good.replace(b"pv0 {", b"pv1 { %s }\n pv0 {" % good[
                    good.index(b"pv0 {") + 5:good.index(b"}", good.index(b"pv0 {"))]), ""),
                ("other lock", good.replace(b'format = "lvm2"', b'lock_type = "dlm"'), "lock type"),
                ("other host", good.replace(b'format = "lvm2"', b'system_id = "x"'), "system ID"),
                ("clustered", good.replace(b'"WRITE"]', b'"WRITE", "CLUSTERED"]', 1), "clustered")):
            with self.subTest(what):
                with open(f"{self.disks.directory}/bad", "wb") as file:
                    file.write(bad)
                self.refused("vgcfgrestore -f %d/bad vg", "Restore failed.", *texts)
        os.mkfifo(f"{self.disks.directory}/fifo")
        self.refused("vgcfgrestore -f %d/fifo vg", "not a regular file")
        self.ok("vgcfgrestore -f %d/bk vg")

    def test_restore_of_an_archive_wins_over_pvs_it_does_not_name(self):
        """Stock gives it a lower seqno: the VG is as before as soon as that PV is seen."""
        self.ok("vgcreate vg %0", "vgcfgbackup -f %d/bk vg", "vgextend vg %1",
                "vgchange --addtag a vg", "vgcfgrestore -f %d/bk vg")
        rc, out, err = self.runner.run("vgs -o pv_count,vg_tags,seqno --noheadings")
        self.assertEqual((rc, out.split()), (0, ["1", "4"]), err)
        self.assertIn("outdated PV /dev/disk1", err)
        self.ok("vgck --updatemetadata vg", "vgextend vg %1")

    def test_lists_name_the_files(self):
        """Stock 2.03.16 lists backup/vg/vg."""
        self.ok("vgcreate vg %0", "vgchange --addtag a vg", "vgcfgbackup -f %d/bk vg")
        text = self.ok("vgcfgrestore -l vg")
        self.assertRegex(text, r"File:\s+DIR/archive/vg_00000-\d+\.vg\n +VG name:\s+vg\n"
                               r" +Description:\s+Created \*before\* executing 'vgchange.*'\n"
                               r" +Backup Time:\s+\w{3} \w{3} ")
        self.assertRegex(text, r"File:\s+DIR/backup/vg\n")
        self.assertRegex(self.ok("vgcfgrestore -l -f %d/bk"), r"Description:\s+vgcfgbackup -f DIR/bk vg\n")

    def test_a_backup_goes_into_files_only(self):
        self.ok("vgcreate vg %0", "vgcreate vg2 %1")
        self.refused("vgcfgbackup -f %d/one vg vg2", "different files")
        self.assertFalse(os.path.exists(f"{self.disks.directory}/one"))
        self.refused("vgcfgbackup -f /dev/null vg", "not a regular file")
        self.refused("vgcfgbackup -f %d/lock vg", "not a regular file")
        self.refused("vgcfgbackup -f %d/nodir/bk vg", "No such file")
        self.refused("vgcfgbackup vg -f", "requires an argument")

    def test_vgs_of_one_name_are_reached_by_their_ids(self):
        self.ok("vgcreate vg %0", "!save 0 first", "vgremove vg", "pvremove %0", "vgcreate vg %1",
                "!put 0 first", "!uuid_of_vg 0 first", "vgchange --addtag a %id:first",
                "vgck %id:first", "vgck", "vgrename %id:first other", "vgck vg")
        self.assertIn("a", self.ok("vgs -o vg_tags --noheadings other"))

    def test_pvck_prefers_metadata_that_are_newer_than_its_file(self):
        self.ok("vgcreate vg %0 %1", "pvck --dump metadata -f %d/raw %0", "vgchange --addtag a vg",
                "!wipe 1")
        self.refused("pvck --repair -y -f %d/raw %1", "seqno 2", "/dev/disk0")
        self.ok("pvck --dump metadata -f %d/raw %0", "pvck --repair -y -f %d/raw %1", "vgck vg")
        self.stock_is_content()

    def test_pvck_does_not_make_a_pv_twice(self):
        self.ok("vgcreate vg %0 %1", "pvck --dump metadata -f %d/raw %0", "!copy 0 2", "!label_crc 2")
        self.refused("pvck --repair -y -f %d/raw %2", "/dev/disk0")


if __name__ == "__main__":
    unittest.main(verbosity=2)
