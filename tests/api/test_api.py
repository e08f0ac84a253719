#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The C API on loop devices of this host, where there is no device-mapper: local VGs, not active."""
import glob
import os
import re
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "interop"))
from side_by_side import Disks, STOCK  # noqa: E402

MIB = 1 << 20
PROGRAMS = os.environ["CLVM_API_BIN"]
LIBRARY = os.environ["CLVM_API_LIBRARY"]
NO_ACTIVATION = "global/activation = 0\n"


class Case(unittest.TestCase):
    def disks(self, sizes=(64 * MIB,) * 4):
        disks = Disks(sizes)
        self.addCleanup(disks.close)
        with open(f"{disks.directory}/lvm.conf", "a", encoding="ascii") as conf:
            conf.write(NO_ACTIVATION)
        return disks

    def start(self, disks, program, devices=None, prefix="api", **more):
        environment = dict(disks.environment(), API_DEVICES=" ".join(devices or disks.devices),
                           API_PREFIX=prefix, **more)
        return subprocess.Popen([f"{PROGRAMS}/{program}"], env=environment, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def wait(self, process):
        text = process.communicate(timeout=300)[0]
        self.assertEqual(process.returncode, 0, text)
        return text


class Areas(Case):
    """A program for each area of the API; nothing but cmocka's lines is printed by them."""

    def run_program(self, program):
        disks = self.disks()
        text = self.wait(self.start(disks, program))
        lines = [line for line in text.splitlines() if not re.match(r"\[ *[=A-Z-]+ *\] ", line)]
        self.assertEqual(lines, [], "the library printed something")

    def test_stock_reads_what_the_api_wrote(self):
        disks = self.disks()
        script = ("import ctypes, sys; api = ctypes.CDLL(sys.argv[1])\n"
                  "for f in ('lvm_init', 'lvm_vg_create', 'lvm_vg_create_lv_linear'):\n"
                  "    getattr(api, f).restype = ctypes.c_void_p\n"
                  "lvm = ctypes.c_void_p(api.lvm_init(None))\n"
                  "vg = ctypes.c_void_p(api.lvm_vg_create(lvm, b'vg'))\n"
                  "for device in sys.argv[2:]: assert not api.lvm_vg_extend(vg, device.encode())\n"
                  "assert api.lvm_vg_create_lv_linear(vg, b'lv', ctypes.c_uint64(9 << 20))\n"
                  "assert not api.lvm_vg_add_tag(vg, b't')\n"
                  "assert not api.lvm_vg_write(vg)\n"
                  "api.lvm_quit(lvm)\n")
        needed = subprocess.run(["readelf", "-d", LIBRARY], check=True, capture_output=True,
                                text=True).stdout
        if "libasan" in needed or "__asan" in needed:
            self.skipTest("python cannot load a sanitized library")
        subprocess.run([sys.executable, "-c", script, LIBRARY, *disks.devices],
                       env=disks.environment(), check=True)
        for words in (("vgck", "vg"), ("vgs", "-o", "vg_name,pv_count,vg_tags", "vg"),
                      ("lvs", "-o", "lv_name,lv_size", "vg")):
            rc, out, err = disks.run([STOCK], [words[0], "--driverloaded", "n", *words[1:]])
            self.assertEqual((rc, err), (0, ""), words)
        self.assertIn("12.00m", out)


for path in sorted(glob.glob(f"{HERE}/api_*.c")):
    name = os.path.basename(path)[:-2]
    setattr(Areas, f"test_{name}", lambda self, name=name: self.run_program(name))


class Together(Case):
    def test_four_processes(self):
        """Each has disks of its own; all see all devices, and each other's locks."""
        disks = self.disks((48 * MIB,) * 12)
        processes = [self.start(disks, "api_life", disks.devices[3 * i:3 * i + 3], f"p{i}",
                                API_ROUNDS="2") for i in range(4)]
        for process in processes:
            self.wait(process)


    def test_a_child_that_has_not_closed_what_it_inherited(self):
        """Another thread's device is no reason to call one busy: it is ours."""
        disks = self.disks()
        self.wait(self.start(disks, "api_life", API_ROUNDS="6",
                             ASAN_OPTIONS="verify_asan_link_order=0",
                             LD_PRELOAD=f"{PROGRAMS}/slow_close.so"))


class Symbols(Case):
    def test_exactly_the_promised_ones_are_shown(self):
        """A function that goes or changes its version breaks programs: it fails here first."""
        text = subprocess.run(["nm", "-D", "--defined-only", LIBRARY], check=True,
                              capture_output=True, text=True).stdout
        found = sorted(line.split()[2] for line in text.splitlines() if " T " in line)
        with open(f"{HERE}/symbols.txt", encoding="ascii") as file:
            self.assertEqual(found, file.read().split())

    def test_it_needs_no_library_of_ours(self):
        text = subprocess.run(["readelf", "-d", LIBRARY], check=True, capture_output=True,
                              text=True).stdout
        self.assertIn("[liblvm2app.so.2.2]", text)
        self.assertNotIn("clvm", "".join(line for line in text.splitlines() if "NEEDED" in line))


if __name__ == "__main__":
    if os.geteuid() != 0:
        print("needs root for loop devices", file=sys.stderr)
        sys.exit(77)
    unittest.main(verbosity=2)
