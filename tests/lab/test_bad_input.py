#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is wrong is refused: with a line that says so, with LVM2's exit status, changing nothing.

"Nothing" is taken literally: the bytes of labels and metadata on all disks are the same after.
"""
import contextlib

import lab

BAD_LINE, FAILED = 3, 5  # LVM2's exit status for a wrong command line and for a failure


class Refused(lab.StoryCase):
    """/dev/ubda: PV of vg, with lv0. ubdb: PV of vgb. ubdc: empty. ubdd: too small. On n1 only:
    ubde."""

    disks = ("256M", "128M", "128M", "1M")
    private_disks = {"n1": ("128M",)}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.n1.ok("vgcreate vg /dev/ubda && lvcreate -L 32M -n lv0 vg && vgcreate vgb /dev/ubdb",
                  timeout=120)

    def setUp(self):
        self.at_start = self.state()

    def tearDown(self):
        """ubdc is for the tests to play with; all else is as it was."""
        for node in self.nodes:
            node("umount /mnt/c")
        if "/dev/ubdc" in self.pv_names(self.n1):
            self.n1.ok("pvremove -y /dev/ubdc")
        self.n1.disks[2].clear()
        self.assertEqual(self.state(but="/dev/ubdc"), {**self.at_start, "/dev/ubdc": None})

    def state(self, but=None):
        """Bytes of labels and metadata on all disks, and what is in each kernel and /dev."""
        state = {disk.device: None if disk.device == but else
                 disk.hash(0, min(disk.bytes, 2 * lab.MIB)) for disk in self.n1.disks}
        for node in self.nodes:
            state[node.name] = node.ok("dmsetup table; find /dev/mapper /dev/vg* 2>/dev/null; true")
        return state

    @contextlib.contextmanager
    def nothing_changes(self):
        before = self.state()
        yield
        self.assertEqual(self.state(), before)

    def refused(self, command, rc, *texts, stdin=None, node=None):
        with self.nothing_changes():
            result = (node or self.n1).fails(command, rc, *texts, stdin=stdin)
        self.assertNotEqual(result.err.strip(), "", f"no reason given: {result!r}")
        return result

    def test_unknown_vg(self):
        for command in ("lvcreate -L 8M -n x novg", "lvextend -L +8M novg/lv0",
                        "lvremove -y novg/lv0", "vgextend novg /dev/ubdc", "vgremove novg",
                        "vgchange -ay novg", "lvs novg", "vgs novg"):
            with self.subTest(command):
                self.refused(command, FAILED, 'Volume group "novg" not found')

    def test_unknown_lv(self):
        self.refused("lvextend -L +8M vg/nolv", FAILED,
                     "Logical volume nolv not found in volume group vg.")
        for command in ("lvremove -y vg/nolv", "lvs vg/nolv", "lvchange -an vg/nolv"):
            with self.subTest(command):
                self.refused(command, FAILED, 'Failed to find logical volume "vg/nolv"')

    def test_unknown_pv(self):
        self.refused("vgcreate vgn /dev/nodev", FAILED, "No device found for /dev/nodev.")
        self.refused("vgextend vg /dev/nodev", FAILED, "No device found for /dev/nodev.")
        self.refused("pvcreate /dev/nodev", FAILED, "No device found for /dev/nodev.")
        self.refused("vgcreate vgn /etc/passwd", FAILED, "No device found for /etc/passwd.")
        self.refused("pvs /dev/nodev", FAILED, "/dev/nodev")
        self.refused("vgreduce vg /dev/ubdb", FAILED, 'Failed to find physical volume "/dev/ubdb".')

    def test_name_clash(self):
        self.refused("lvcreate -L 8M -n lv0 vg", FAILED,
                     'Logical Volume "lv0" already exists in volume group "vg"')
        for node in self.nodes:
            result = node("vgcreate vg /dev/ubdc")
            self.assertIn(result.rc, (BAD_LINE, FAILED), repr(result))
            self.assertIn("already exists", result.err)
        self.refused("vgrename vgb vg", FAILED, "already exists")

    def test_invalid_names(self):
        for name in ("bad/name", "'a b'", "a@b", "..", "a" * 128):
            with self.subTest(name):
                self.refused(f"vgcreate {name} /dev/ubdc", BAD_LINE, "is invalid.")
        for name in ("'a b'", "."):
            with self.subTest(name):
                self.refused(f"lvcreate -L 8M -n {name} vg", BAD_LINE, "is invalid.")
        for name in ("pvmove0", "snapshotx", "a_mimage", "a_tdata_x"):
            with self.subTest(name):
                self.refused(f"lvcreate -L 8M -n {name} vg", BAD_LINE, "reserved")

    def test_size_zero_and_nonsense(self):
        self.refused("lvcreate -L 0 -n x vg", BAD_LINE, "zero")
        self.refused("lvcreate -l 0 -n x vg", BAD_LINE, "zero")
        self.refused("lvcreate -L many -n x vg", BAD_LINE, "Invalid argument")
        self.refused("lvextend -l -1 vg/lv0", BAD_LINE, "may not be negative")

    def test_size_beyond_the_free_space(self):
        self.refused("lvcreate -L 100G -n x vg", FAILED,
                     'Volume group "vg" has insufficient free space', "25600 required.")
        self.refused("lvextend -L 100G vg/lv0", FAILED, "Insufficient free space")
        self.refused("lvextend -L 32M vg/lv0", FAILED, "matches existing size")
        self.refused("lvextend -L 16M vg/lv0", FAILED, "not larger than existing size")

    def test_a_file_system_that_cannot_be_resized(self):
        self.refused("lvextend -r -L +8M vg/lv0", FAILED,
                     'Cannot get FSTYPE of "/dev/mapper/vg-lv0".', "Filesystem check failed.")
        self.refused("lvextend -r -n -L +8M vg/lv0", FAILED, "Cannot get FSTYPE")
        self.n1.ok("vgchange -an vg")
        self.refused("lvextend -r -L +8M vg/lv0", FAILED,
                     "vg/lv0 must be activated before resizing filesystem.")
        self.n1.ok("vgchange -ay vg")

    def test_a_mounted_device(self):
        self.n1.ok("mkfs.ext4 -q /dev/ubdc && mkdir -p /mnt/c && mount /dev/ubdc /mnt/c")
        for command in ("pvcreate -y /dev/ubdc", "pvcreate -y -ff /dev/ubdc",
                        "vgcreate -y vgn /dev/ubdc", "vgextend -y vg /dev/ubdc"):
            with self.subTest(command):
                result = self.n1.fails(command, FAILED, "/dev/ubdc")
                self.assertNotEqual(result.err.strip(), "")
        self.assertNotIn("/dev/ubdc", self.pv_names(self.n1))
        self.n1.ok("echo still here >/mnt/c/file && sync && umount /mnt/c && e2fsck -fn /dev/ubdc")
        self.n1.ok("wipefs -qa /dev/ubdc")

    def test_a_device_that_is_mounted_on_the_other_node(self):
        self.n2.ok("mkfs.ext4 -q /dev/ubdc && mkdir -p /mnt/c && mount /dev/ubdc /mnt/c")
        for command in ("pvcreate -y /dev/ubdc", "pvcreate -y -ff /dev/ubdc",
                        "vgcreate -y vgn /dev/ubdc", "vgextend -y vg /dev/ubdc"):
            self.n1.fails(command, FAILED, "n2", "mounted there on /mnt/c")
        self.n2.ok("umount /mnt/c && e2fsck -fn /dev/ubdc && wipefs -qa /dev/ubdc")

    def test_a_device_that_is_too_small(self):
        self.refused("pvcreate /dev/ubdd", FAILED, "/dev/ubdd", "too small")
        self.refused("vgcreate vgn /dev/ubdd", FAILED, "too small")

    def test_a_device_with_a_file_system_asks_first(self):
        self.n1.ok("mkfs.ext4 -q /dev/ubdc")
        for answer in ("n\n", "", "maybe\n"):
            with self.subTest(answer=answer):
                self.refused("pvcreate /dev/ubdc", FAILED, "ext4 signature detected on /dev/ubdc",
                             stdin=answer)
        result = self.n1("pvcreate -y /dev/ubdc")
        self.assertEqual(result.rc, 0, repr(result))
        self.assertIn("Wiping ext4 signature on /dev/ubdc.", result.text)
        self.assertEqual(self.pv_names(self.n2).get("/dev/ubdc"), "")

    def test_yes_to_the_question_wipes(self):
        self.n1.ok("mkfs.xfs -q -f /dev/ubdc || mkfs.ext4 -q /dev/ubdc")
        self.n1.ok("pvcreate /dev/ubdc", stdin="y\n")
        self.assertIn("/dev/ubdc", self.pv_names(self.n2))

    def test_a_pv_of_another_vg(self):
        self.refused("vgextend vg /dev/ubdb", FAILED,
                     "Physical volume '/dev/ubdb' is already in volume group 'vgb'")
        self.refused("vgcreate vgn /dev/ubdb", FAILED,
                     "Physical volume '/dev/ubdb' is already in volume group 'vgb'")
        self.refused("pvcreate /dev/ubdb", FAILED, "vgb")
        self.refused("pvremove -y /dev/ubdb", FAILED, "vgb")

    def test_a_pv_in_use_is_not_taken_from_its_vg(self):
        self.refused("vgreduce vg /dev/ubda", FAILED, "/dev/ubda")

    def test_a_vg_with_volumes_is_not_removed_without_a_yes(self):
        self.refused("vgremove vg", FAILED, "not removed", stdin="n\n")
        self.refused("lvremove vg/lv0", FAILED, "not removed", stdin="n\n")

    def test_an_open_volume_is_not_removed_and_the_node_is_named(self):
        job = self.n2.spawn("exec 5</dev/vg/lv0; touch /run/opened; "
                            "while ! test -e /run/close; do sleep 0.1; done", timeout=120)
        lab.wait_for(lambda: self.n2("test -e /run/opened"), 20, "n2 to open the volume")
        try:
            for node in self.nodes:
                for command in ("lvremove -y vg/lv0", "vgremove -y -f vg", "lvchange -an vg/lv0",
                                "vgchange -an vg"):
                    with self.subTest(command, node=node.name):
                        self.refused(command, FAILED, "n2", node=node)
        finally:
            self.n2.ok("touch /run/close")
            job.result()
            self.n2.ok("rm -f /run/close /run/opened")
            self.n1.ok("vgchange -ay vg")

    def test_a_pv_that_another_member_does_not_see(self):
        self.n1.ok("pvcreate /dev/ubde")
        try:
            self.refused("vgcreate vgn /dev/ubde", FAILED, "n2", "/dev/ubde")
            self.refused("vgextend vg /dev/ubde", FAILED, "n2", "/dev/ubde")
            self.n1.ok("vgcreate -cn vglocal /dev/ubde && lvcreate -L 8M -n l vglocal")
            self.assertEqual(self.lv_sizes(self.n2, "vg"), {"vg/lv0": 32 * lab.MIB})
        finally:
            self.n1("vgremove -ff -y vglocal; pvremove -y /dev/ubde")
            self.n1.disks[4].clear()

    def test_without_root_nothing_is_changed(self):
        user = "setpriv --reuid=65534 --regid=65534 --clear-groups "
        for command in ("lvcreate -L 8M -n x vg", "vgremove -f -y vgb", "pvcreate /dev/ubdc",
                        "lvextend -L +8M vg/lv0", "lvremove -y vg/lv0"):
            with self.subTest(command), self.nothing_changes():
                result = self.n1(user + command)
                self.assertNotEqual(result.rc, 0, repr(result))
                self.assertNotEqual(result.err.strip(), "")

    def test_a_clustered_vg_is_not_changed_without_its_lock(self):
        for command in ("lvcreate -L 8M -n x vg", "vgchange -an vg", "lvremove -y vg/lv0"):
            with self.subTest(command):
                self.refused(f"{command} --nolocking", FAILED, "only be read with --nolocking")
        self.n1.ok("lvs --nolocking vg/lv0")

    def test_unknown_options_and_missing_operands(self):
        for command in ("lvcreate --bogus vg", "lvextend vg/lv0", "vgcreate", "pvcreate",
                        "lvremove", "lvcreate -n x vg"):
            with self.subTest(command):
                self.refused(command, BAD_LINE)
        self.refused("vgs -o nosuchfield", FAILED)


class WithoutClvmd(lab.StoryCase):
    disks = ("256M", "128M")

    def tearDown(self):
        self.cluster.start_clvmd([self.n1])
        super().tearDown()

    def test_clustered_vgs_are_refused_in_one_line_and_local_ones_work(self):
        self.n1.ok("vgcreate vg /dev/ubda && lvcreate -L 16M -n lv0 vg && vgchange -an vg")
        self.cluster.stop_clvmd(self.n1)
        before = self.disk.hash()
        for command in ("lvcreate -L 8M -n x vg", "lvextend -L +8M vg/lv0", "lvremove -y vg/lv0",
                        "vgchange -ay vg", "vgremove -y -f vg"):
            with self.subTest(command):
                result = self.n1.fails(command, FAILED, "clvmd is not running")
                said = [line for line in result.err.splitlines() if "clvmd is not running" in line]
                self.assertEqual(len(said), 1, repr(result))
        self.assertEqual(self.disk.hash(), before)
        # Reports do not need it.
        self.assertEqual(self.lv_sizes(self.n1), {"vg/lv0": 16 * lab.MIB})
        self.n1.ok("vgcreate vgl /dev/ubdb && lvcreate -L 16M -n l vgl && lvextend -L +8M vgl/l")
        self.assertEqual(self.n1.sysfs_size("/dev/vgl/l"), 24 * lab.MIB)
        self.n1.ok("vgremove -f -y vgl && pvremove /dev/ubdb")
        # Nor is the other node hindered: a member without clvmd does not block.
        self.n2.ok("lvextend -L +8M vg/lv0")


if __name__ == "__main__":
    lab.run_tests()
