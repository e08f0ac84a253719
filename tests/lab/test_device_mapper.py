#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The library's device-mapper steps on a real kernel: runs the C tests of dm/ in a node."""
import os

import lab

BINARIES = os.environ["CLVM_DM_BIN"]


class DeviceMapper(lab.StoryCase):
    node_count = 1
    disks = ("600M",)
    clustered = False

    def run_program(self, name):
        result = self.n1(f"{BINARIES}/test_dm_{name} /dev/ubda", timeout=300)
        self.assertEqual(result.rc, 0, repr(result))
        self.assertIn("[  PASSED  ]", result.text)
        self.assertEqual(self.n1.ok("dmsetup info -c --noheadings -o name").strip(),
                         "No devices found", "the program left devices behind")

    def test_tables_are_switched_and_put_back(self):
        self.run_program("activate")

    def test_file_systems_grow(self):
        self.run_program("filesystem")

    def test_jobs_do_what_they_are_asked(self):
        self.run_program("jobs")


if __name__ == "__main__":
    lab.run_tests()
