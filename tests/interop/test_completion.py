#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What bash offers at TAB: options of the commands, and names of what there is."""
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from side_by_side import Disks, sbin  # noqa: E402

FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../services/clvm.completion")


class Completion(unittest.TestCase):
    def offered(self, disks, *words):
        script = f'. "{FILE}"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _clvm "$1"; ' \
            'printf "%s\\n" "${COMPREPLY[@]}"'
        env = dict(disks.environment(), PATH=f"{sbin()}:/usr/bin:/bin")
        done = subprocess.run(["bash", "-c", script, "bash", *words], env=env, check=True,
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.stderr, "")
        return done.stdout.split()

    def test_options_and_names(self):
        with Disks([64 << 20] * 2) as disks:
            for words in (["pvcreate", "%0", "%1"], ["vgcreate", "vgone", "%0"],
                          ["vgcreate", "vgtwo", "%1"],
                          ["lvcreate", "-an", "-Zn", "-l1", "-n", "data", "vgone"]):
                self.assertEqual(disks.ours(*words)[0], 0)
            self.assertIn("--resizefs", self.offered(disks, "lvextend", "--res"))
            self.assertEqual(self.offered(disks, "lvextend", "--nosuchoption"), [])
            self.assertEqual(self.offered(disks, "vgremove", "vgo"), ["vgone"])
            self.assertEqual(self.offered(disks, "vgs", "vg"), ["vgone", "vgtwo"])
            self.assertEqual(self.offered(disks, "lvcreate", "-l1", "vgt"), ["vgtwo"])
            self.assertEqual(self.offered(disks, "lvextend", "vg"), ["vgone/data"])
            self.assertEqual(self.offered(disks, "pvs", ""), disks.devices)
            self.assertIn("lvextend", self.offered(disks, "lvm", "lve"))
            self.assertEqual(self.offered(disks, "lvm", "lvextend", "vg"), ["vgone/data"])
            self.assertEqual(self.offered(disks, "clvmd", "stat"), ["status"])
            offered = self.offered(disks, "vgcreate", "new", disks.devices[0])
            self.assertIn(disks.devices[0], offered)  # and those of other tests, as /dev/loop10
            self.assertTrue(all(name.startswith(disks.devices[0]) for name in offered), offered)


if __name__ == "__main__":
    unittest.main(verbosity=2)
