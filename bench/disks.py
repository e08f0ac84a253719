# SPDX-License-Identifier: LGPL-2.1-or-later
"""A VG of so many LVs on so many PVs, on loop devices, made by stock LVM2's vgcfgrestore."""
import os
import re
import shutil
import subprocess
import tempfile

STOCK = "/usr/sbin/lvm"
VG = "bench"
EXTENT = 2048  # sectors
ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

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

LV_TEXT = """
		lv{number} {{
			id = "{uuid}"
			status = ["READ", "WRITE", "VISIBLE"]
			flags = []
			creation_time = 1700000000	# 2023-11-14 22:13:20 +0000
			creation_host = "bench"
			segment_count = 1

			segment1 {{
				start_extent = 0
				extent_count = 1

				type = "striped"
				stripe_count = 1

				stripes = [
					"pv{pv}", {pe}
				]
			}}
		}}
"""


def uuid(number):
    digits = ""
    while number:
        number, digit = divmod(number, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    digits = digits.rjust(32, "0")
    return "-".join([digits[:6], *(digits[i:i + 4] for i in range(6, 26, 4)), digits[26:]])


class Disks:
    """Loop devices with a VG, and an lvm.conf that sees only these."""

    def __init__(self, lv_count, pv_count):
        self.directory = tempfile.mkdtemp(prefix="clvm-bench-")
        self.devices = []
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
        for number in range(pv_count):
            image = f"{self.directory}/disk{number}"
            with open(image, "wb") as file:
                file.truncate((area + extents + 4) << 20)
            self.devices.append(subprocess.run(
                ["losetup", "-f", "--show", image], check=True, capture_output=True,
                text=True).stdout.strip())
        accept = " ".join(f'"a|^{device}$|",' for device in self.devices)
        with open(f"{self.directory}/lvm.conf", "w", encoding="ascii") as conf:
            conf.write(LVM_CONF.format(accept=accept, directory=self.directory))
        self._stock("pvcreate", "-q", "--metadatasize", f"{area}m", *self.devices)
        self._stock("vgcreate", "-q", "-s", f"{EXTENT}s", VG, *self.devices)
        file = f"{self.directory}/bench.vg"
        self._stock("vgcfgbackup", "-f", file, VG)
        with open(file, encoding="ascii") as text:
            lines = text.read()
        lvs = "".join(LV_TEXT.format(number=i, uuid=uuid(i + 1), pv=i % pv_count,
                                     pe=i // pv_count) for i in range(lv_count))
        lines = re.sub(r"\n\t}\n\s*}\n$", f"\n\t}}\n\n\tlogical_volumes {{\n{lvs}\t}}\n}}\n", lines)
        with open(file, "w", encoding="ascii") as text:
            text.write(lines)
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
        for device in self.devices:
            subprocess.run(["losetup", "-d", device], check=False)
        shutil.rmtree(self.directory)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
