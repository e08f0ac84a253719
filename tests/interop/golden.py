# SPDX-License-Identifier: LGPL-2.1-or-later
"""Recorded disks on loop devices: tests/data/golden (images) and tests/data/kept-types (texts)."""
import glob
import lzma
import os
import re
import subprocess

from side_by_side import Disks

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../data")
MIB = 1 << 20


def samples():
    """Names of the recorded samples of tests/data/golden, in order."""
    return sorted(os.path.basename(os.path.dirname(path))
                  for path in glob.glob(f"{DATA}/golden/*/sizes.txt"))


def sample_path(sample, name):
    return f"{DATA}/golden/{sample}/{name}"


def sample_text(sample, name):
    with open(sample_path(sample, name), encoding="utf-8") as file:
        return file.read()


def write_at(device, offset, data):
    with open(device, "r+b") as file:
        file.seek(offset)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


class GoldenDisks(Disks):
    """The disks of a sample; the first device has what was /dev/ubda when it was recorded."""

    def __init__(self, sample):
        sizes = [int(line.split()[1])
                 for line in sample_text(sample, "sizes.txt").splitlines()]
        super().__init__([max(sizes)] * len(sizes))
        try:
            for number, (device, size) in enumerate(zip(self.devices, sizes)):
                self.fill(sample, number, device, size)
        except BaseException:
            self.close()
            raise

    @staticmethod
    def fill(sample, number, device, size):
        name = os.path.basename(device)
        with open(f"/sys/block/{name}/loop/backing_file", encoding="utf-8") as file:
            os.truncate(file.read().rstrip("\n"), size)
        subprocess.run(["losetup", "-c", device], check=True)
        with lzma.open(sample_path(sample, f"pv{number}.first1M.xz")) as file:
            write_at(device, 0, file.read())
        last = sample_path(sample, f"pv{number}.last1M.xz")
        if os.path.exists(last):
            with lzma.open(last) as file:
                write_at(device, size - MIB, file.read())

    def recorded_names(self, text):
        """The text with our devices' names replaced by those they had when it was recorded."""
        for number, device in enumerate(self.devices):
            text = re.sub(rf"{device}\b", f"/dev/ubd{chr(ord('a') + number)}", text)
        return text


class KeptDisks(Disks):
    """A disk with the VG of a text, restored by stock LVM2."""

    def __init__(self, path):
        super().__init__([256 * MIB])
        try:
            self.restore(path)
        except BaseException:
            self.close()
            raise

    def restore(self, path):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        pv_id = re.search(r'pv0\s*{\s*id = "([^"]+)"', text)[1]
        vg_name = re.search(r"^(\S+) {", text, re.M)[1]
        for words in (["pvcreate", "--uuid", pv_id, "--norestorefile", "%0"],
                      ["vgcfgrestore", "--force", "-y", "-f", path, vg_name]):
            rc, _, err = self.stock(*words)
            if rc:
                raise RuntimeError(f"{words}: {err}")


def kept_texts():
    return sorted(glob.glob(f"{DATA}/kept-types/*.file"))
