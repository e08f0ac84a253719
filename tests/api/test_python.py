#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The Python module on loop devices: what programs of the old python-lvm rely on.

Run without arguments this makes the disks and runs itself again, as the program under test, with
the module's library (a sanitized one is preloaded).
"""
import itertools
import os
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
MIB = 1 << 20

if "API_DEVICES" in os.environ:
    sys.path.insert(0, os.environ.get("CLVM_PYTHON", f"{HERE}/../../python"))
    import lvm

    DEVICES = os.environ["API_DEVICES"].split()
    VG = os.environ.get("API_PREFIX", "py") + "vg"
    ACTIVATES = "API_ACTIVATES" in os.environ
    CLUSTERED = "API_CLUSTERED" in os.environ


class Case(unittest.TestCase):
    def setUp(self):
        self.clean()
        self.addCleanup(self.clean)

    def clean(self):
        if VG in lvm.listVgNames():
            with lvm.vgOpen(VG, "w") as vg:
                for lv in vg.listLVs():
                    lv.remove()
                vg.remove()
        for device in DEVICES:
            try:
                lvm.pvRemove(device)
            except lvm.LibLVMError:
                pass

    def make_vg(self, count=2):
        vg = lvm.vgCreate(VG)
        for device in DEVICES[:count]:
            vg.extend(device)
        return vg

    def fails(self, function, *arguments):
        with self.assertRaises(lvm.LibLVMError) as caught:
            function(*arguments)
        self.assertEqual(len(caught.exception.args), 2)
        return caught.exception.args


class Module(Case):
    def test_version_and_constants(self):
        self.assertTrue(lvm.getVersion())
        self.assertEqual((lvm.THIN_DISCARDS_IGNORE, lvm.THIN_DISCARDS_NO_PASSDOWN,
                          lvm.THIN_DISCARDS_PASSDOWN), (0, 1, 2))
        self.assertIs(lvm.error, lvm.LibLVMError)
        self.assertEqual(f"{lvm.LibLVMError.__module__}.{lvm.LibLVMError.__qualname__}",
                         "lvm.LibLVMError")
        self.assertEqual([lvm.percentToFloat(n) for n in (0, 500000, 1000000)], [0.0, 0.5, 1.0])

    def test_configuration(self):
        self.assertIs(lvm.configFindBool("activation/udev_sync"), False)
        self.assertRaises(ValueError, lvm.configFindBool, "no/such_thing")
        self.assertIsNone(lvm.configOverride("global { test_only = 1 }"))
        self.assertIsNone(lvm.configReload())
        self.assertIsNone(lvm.scan())
        lvm.gc()  # the override went with the handle

    def test_objects_become_stale(self):
        vg = self.make_vg()
        lv = vg.createLvLinear("lv", 4 * MIB)
        lvm.gc()
        for method in (vg.getName, lv.getName):
            with self.assertRaisesRegex(UnboundLocalError, "LVM handle reference stale"):
                method()
        with lvm.vgOpen(VG) as vg:
            lv = vg.lvFromName("lv")
        with self.assertRaisesRegex(UnboundLocalError, "VG object invalid"):
            vg.getName()
        self.assertRaises(UnboundLocalError, lv.getName)
        vg.close()

    def test_wrong_types(self):
        self.assertRaises(TypeError, lvm.vgOpen, None)
        self.assertRaises(TypeError, lvm.vgOpen, 5)
        self.assertRaises(TypeError, lvm.vgOpen)
        self.assertRaises(TypeError, lvm.pvCreate, None)
        self.assertRaises(TypeError, lvm.pvCreate, DEVICES[0], "large")
        self.fails(lvm.vgOpen, VG, "x")
        self.fails(lvm.vgOpen, "nothere")

    def test_names(self):
        for bad in ("", ".", "..", "-x", "&invalid^char", "a" * 128):
            self.fails(lvm.vgNameValidate, bad)
        for good in ("a" * 127, ".X", "..X"):
            self.assertIsNone(lvm.vgNameValidate(good))
        for length in (1, 2):
            for letters in itertools.product("azAZ09._-+", repeat=length):
                name = "".join(letters)
                if name[0] != "-" and name not in (".", ".."):
                    lvm.vgNameValidate(name)


class Pvs(Case):
    def names(self):
        with lvm.listPvs() as pvs:
            return [pv.getName() for pv in pvs]

    def test_life_cycle(self):
        lvm.pvCreate(DEVICES[0])
        with lvm.listPvs() as pvs:
            self.assertIsInstance(pvs, tuple)
            lvm.pvRemove(DEVICES[0])  # while the list is open
        self.assertNotIn(DEVICES[0], self.names())
        lvm.pvCreate(DEVICES[0], 0)
        self.assertIn(DEVICES[0], self.names())

    def test_getters(self):
        lvm.pvCreate(DEVICES[0])
        pvlist = lvm.listPvs()
        pv = next(pv for pv in pvlist.open() if pv.getName() == DEVICES[0])
        self.assertTrue(pv.getUuid())
        for number in (pv.getMdaCount(), pv.getSize(), pv.getDevSize(), pv.getFree()):
            self.assertIsInstance(number, int)
        self.assertEqual(pv.getSize(), pv.getDevSize())
        self.assertEqual(pv.getProperty("pv_mda_count"), (1, False))
        size = pv.getSize()
        pv.resize(size // 2)
        pvlist.close()
        self.assertRaises(UnboundLocalError, pv.getName)
        pv = next(pv for pv in pvlist.open() if pv.getName() == DEVICES[0])
        self.assertEqual(pv.getSize(), size // 2)
        pv.resize(size)
        pvlist.close()

    def test_parameters(self):
        for wrong in ((4,), (0, 4), (0, 1, 255, 1 << 34, 1 << 34)):
            self.fails(lvm.pvCreate, DEVICES[0], *wrong)
        self.fails(lvm.pvCreate, "")
        for size, copies, mda, alignment, zero in itertools.product(
                (0, 8 * MIB), (0, 1, 2), (0, 1024), (0, 2048), (0, 1)):
            lvm.pvCreate(DEVICES[0], size, copies, mda, alignment, alignment, zero)
            lvm.pvRemove(DEVICES[0])

    def test_lookups(self):
        vg = self.make_vg()
        for pv in vg.listPVs():
            self.assertEqual(vg.pvFromName(pv.getName()).getUuid(), pv.getUuid())
            self.assertEqual(vg.pvFromUuid(pv.getUuid()).getName(), pv.getName())
            self.assertEqual(lvm.vgNameFromPvid(pv.getUuid()), VG)
            self.assertEqual(lvm.vgNameFromDevice(pv.getName()), VG)
            self.assertEqual([type(seg.getProperty("pvseg_start")[0])
                              for seg in pv.listPVsegs()], [int])
        self.assertEqual(self.fails(vg.pvFromName, "/dev/none"), (0, ""))
        vg.close()


class Vgs(Case):
    def test_getters(self):
        with self.make_vg() as vg:
            self.assertEqual(vg.getName(), VG)
            self.assertIn(VG, lvm.listVgNames())
            self.assertIn(vg.getUuid().replace("-", ""), lvm.listVgUuids())
            self.assertEqual((vg.isClustered(), vg.isExported(), vg.isPartial()),
                             (CLUSTERED, False, False))
            for name in ("Seqno", "Size", "FreeSize", "ExtentSize", "ExtentCount",
                         "FreeExtentCount", "PvCount", "MaxPv", "MaxLv"):
                self.assertIsInstance(getattr(vg, f"get{name}")(), int, name)
            self.assertEqual(vg.getExtentSize(), 4 * MIB)
            self.assertIsNone(vg.setExtentSize(4 * MIB))

    def test_properties(self):
        with self.make_vg() as vg:
            value, settable = vg.getProperty("vg_mda_copies")
            self.assertIs(settable, True)
            self.assertIsNone(vg.setProperty("vg_mda_copies", value))
            self.assertRaisesRegex(ValueError, "string value", vg.setProperty, "vg_mda_copies",
                                   "one")
            self.assertRaises(ValueError, vg.setProperty, "vg_mda_copies", -1)
            self.assertRaises(ValueError, vg.setProperty, "vg_mda_copies", None)
            self.fails(vg.setProperty, "vg_name", "other")
            self.fails(vg.getProperty, "nothing")

    def test_tags(self):
        with self.make_vg() as vg:
            lv = vg.createLvLinear("lv", 4 * MIB)
            tags = ["t" * length for length in (1, 2, 64, 128)]
            for thing in (vg, lv):
                for tag in tags:
                    thing.addTag(tag)
                self.assertEqual(sorted(thing.getTags()), sorted(tags))
                for tag in tags[1:]:
                    thing.removeTag(tag)
                self.assertEqual(thing.getTags(), (tags[0],))
        with lvm.vgOpen(VG) as vg:
            self.assertEqual(vg.getTags(), (tags[0],))
            self.assertEqual(vg.lvFromName("lv").getTags(), (tags[0],))

    def test_reduce(self):
        lvm.pvCreate(DEVICES[2], 0, 0)
        with self.make_vg(3) as vg:
            vg.reduce(DEVICES[1])
            self.assertEqual(vg.getPvCount(), 2)
            self.fails(vg.reduce, DEVICES[0])  # the other one has no metadata area
        with lvm.vgOpen(VG, "w") as vg:
            self.assertEqual(vg.getPvCount(), 2)
            vg.remove()
        self.assertNotIn(VG, lvm.listVgNames())


class Lvs(Case):
    def test_life(self):
        with self.make_vg() as vg:
            lv = vg.createLvLinear("lv", 4 * MIB)
            self.fails(vg.createLvLinear, "lv", 4 * MIB)
            self.assertEqual((lv.getName(), lv.getSize(), lv.getOrigin()), ("lv", 4 * MIB, None))
            self.assertIs(lv.isActive(), ACTIVATES)
            self.assertIs(lv.isSuspended(), False)
            self.assertEqual(len(lv.getAttr()), 10)
            lv.rename("new")
            lv.resize(lv.getSize() + MIB)
            self.assertEqual(lv.getSize(), 8 * MIB)
            lv.deactivate()
            self.assertIs(lv.isActive(), False)
            lv.activate()
            self.assertEqual([seg.getProperty("seg_start_pe") for seg in lv.listLVsegs()],
                             [(0, False)])
            self.assertEqual(lv.getProperty("lv_time"), (None, False))
            self.assertEqual(vg.lvFromUuid(lv.getUuid()).getName(), "new")
            self.assertEqual([one.getName() for one in vg.listLVs()], ["new"])
            lv.remove()
            self.assertRaises(UnboundLocalError, lv.getName)
            self.assertEqual(vg.listLVs(), ())
            self.assertEqual(self.fails(vg.lvFromName, "new"), (0, ""))

    def test_names(self):
        with self.make_vg() as vg:
            vg.createLvLinear("taken", 4 * MIB)
            for bad in ("taken", "", ".", "-x", "&bad", "snapshot1", "pvmove0", "a_tdata"):
                self.fails(vg.lvNameValidate, bad)
            self.assertIsNone(vg.lvNameValidate("fine"))

    def test_other_types_are_refused(self):
        with self.make_vg() as vg:
            lv = vg.createLvLinear("lv", 4 * MIB)
            for refused in (lambda: lv.snapshot("snap", 4 * MIB),
                            lambda: vg.createLvThinpool("pool", 16 * MIB),
                            lambda: vg.createLvThin("pool", "thin", 16 * MIB)):
                self.assertIn("not supported", self.fails(refused)[1])

    def test_what_is_stale_is_thrown_away_without_a_word(self):
        vg = self.make_vg()
        lvm.gc()
        del vg


def run_again():
    sys.path.insert(0, os.path.join(os.path.dirname(HERE), "interop"))
    from side_by_side import Disks  # pylint: disable=import-outside-toplevel
    library = os.environ["CLVM_API_LIBRARY"]
    needed = subprocess.run(["readelf", "-d", library], check=True, capture_output=True,
                            text=True).stdout
    with Disks((64 * MIB,) * 4) as disks:
        with open(f"{disks.directory}/lvm.conf", "a", encoding="ascii") as conf:
            conf.write("global/activation = 0\n")
        environment = dict(disks.environment(), API_DEVICES=" ".join(disks.devices),
                           CLVM_LIBLVM2APP=library)
        if "libasan" in needed:
            preload = [subprocess.run(["gcc", f"-print-file-name={name}.so"], check=True,
                                      capture_output=True, text=True).stdout.strip()
                       for name in ("libasan", "libubsan")]
            # The interpreter keeps what it allocates until its end.
            environment.update(LD_PRELOAD=":".join(preload), ASAN_OPTIONS="detect_leaks=0")
        return subprocess.run([sys.executable, "-B", __file__, *sys.argv[1:]], env=environment,
                              check=False).returncode


if __name__ == "__main__":
    if os.geteuid() != 0:
        print("needs root for loop devices", file=sys.stderr)
        sys.exit(77)
    if "API_DEVICES" not in os.environ:
        sys.exit(run_again())
    unittest.main(verbosity=2)
