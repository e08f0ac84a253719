# SPDX-License-Identifier: LGPL-2.1-or-later
"""A VG of so many LVs on so many PVs, on loop devices, made by stock LVM2's vgcfgrestore."""
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "interop"))
from loops import Loops  # noqa: E402 pylint: disable=wrong-import-position
from many_lvs import add_lvs  # noqa: E402 pylint: disable=wrong-import-position

STOCK = "/usr/sbin/lvm"
VG = "bench"
EXTENT = 2048  # sectors

LVM_CONF = """
devices {{
	global_filter = [ {accept} "r|.*|" ]
	obtain_device_list_from_udev = 0
	hints = "none"
	use_devicesfile = 0
}}
activation {{
	udev_sync = 0
	udev_rules = 0
	monitoring = 0
}}
global {{
	locking_dir = "{directory}/lock"
	event_activation = 0
	use_lvmpolld = 0
}}
"""


class Disks:
    """Loop devices with a VG, and an lvm.conf that sees only these."""

    def __init__(self, lv_count, pv_count):
        self.directory = tempfile.mkdtemp(prefix="clvm-bench-")
        self.loops, self.devices = None, []
        self.lv_count = lv_count
        try:
            self._make(lv_count, pv_count)
        except BaseException:
            self.close()
            raise

    def _make(self, lv_count, pv_count):
        os.mkdir(f"{self.directory}/lock")
        # Room for two texts, at about 550 bytes an LV and 250 a PV, and more for growing.
        area = max(1, (lv_count * 600 + pv_count * 300) * 3 >> 20)
        extents = lv_count // pv_count + 64
        images = [f"{self.directory}/disk{number}" for number in range(pv_count)]
        for image in images:
            with open(image, "wb") as file:
                file.truncate((area + extents + 4) << 20)
        self.loops = Loops(images)
        self.devices = self.loops.devices
        accept = " ".join(f'"a|^{device}$|",' for device in self.devices)
        with open(f"{self.directory}/lvm.conf", "w", encoding="ascii") as conf:
            conf.write(LVM_CONF.format(accept=accept, directory=self.directory))
        self._stock("pvcreate", "-q", "--metadatasize", f"{area}m", *self.devices)
        self._stock("vgcreate", "-q", "-s", f"{EXTENT}s", VG, *self.devices)
        file = f"{self.directory}/bench.vg"
        self._stock("vgcfgbackup", "-f", file, VG)
        add_lvs(file, lv_count, pv_count)
        self._stock("vgcfgrestore", "-f", file, VG)

    def _stock(self, command, *words):
        done = subprocess.run([STOCK, command, "--driverloaded", "n", *words],
                              env=self.environment(), capture_output=True, text=True,
                              check=False)
        if done.returncode:
            raise RuntimeError(f"{command}: {done.stderr}")

    def environment(self):
        return {"LVM_SYSTEM_DIR": self.directory, "LC_ALL": "C", "TZ": "UTC", "PATH": "/sbin:/bin",
                "LVM_SUPPRESS_FD_WARNINGS": "1"}

    def close(self):
        if self.loops:
            self.loops.close()
        shutil.rmtree(self.directory)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
