# SPDX-License-Identifier: LGPL-2.1-or-later
"""Ours and stock LVM2 on loop devices of their own, for tests that compare them.

A Suite has the same number of equal disks as its counterpart; device names and UUIDs are replaced
by neutral ones in what is compared. Nothing outside of its own directory and loops is touched.
"""
import os
import re
import shutil
import subprocess
import tempfile

STOCK = "/usr/sbin/lvm"

LVM_CONF = """
devices {{
	global_filter = [ {accept} "r|.*|" ]
	obtain_device_list_from_udev = 0
	hints = "none"
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
NOISE = re.compile(r".*(Activation disabled\. No device-mapper|leaked on .* invocation).*\n")
UUID = re.compile(r"\b[A-Za-z0-9]{6}(-[A-Za-z0-9]{4}){5}-[A-Za-z0-9]{6}\b")


def sbin():
    """Our commands."""
    return os.environ["CLVM_SBIN"]


def forget_partitions(device):
    """A loop device keeps those that were added to it by hand, even when it is another file's."""
    subprocess.run(["partx", "-d", device], check=False, capture_output=True)


def attach_one(image, sector):
    return subprocess.run(["losetup", "-b", str(sector), "-f", "--show", image], check=True,
                          capture_output=True, text=True).stdout.strip()


def attach(images, sector):
    """Loop devices of the images, in the order of the images both by name and by number: reports
    go by the one, stock now and then by the other. A test that runs beside this one may free a
    lower number in between."""
    devices, unordered = [attach_one(image, sector) for image in images], []
    while len(set(map(len, devices))) > 1 or devices != sorted(devices):
        unordered += devices
        devices = [attach_one(image, sector) for image in images]
    for device in unordered:
        subprocess.run(["losetup", "-d", device], check=False)
    return devices


class Disks:
    """A directory with disk images on loop devices and an lvm.conf that sees only these."""

    def __init__(self, sizes, sector=512):
        self.directory = tempfile.mkdtemp(prefix="clvm-interop-")
        os.mkdir(f"{self.directory}/lock")
        self.devices = []
        images = []
        for number, size in enumerate(sizes):
            images.append(f"{self.directory}/disk{number}")
            with open(images[-1], "wb") as file:
                file.truncate(size)
        self.devices = attach(images, sector)
        for device in self.devices:
            forget_partitions(device)
        accept = " ".join(f'"a|^{device}$|",' for device in self.devices)
        with open(f"{self.directory}/lvm.conf", "w", encoding="ascii") as conf:
            conf.write(LVM_CONF.format(accept=accept, directory=self.directory))

    def close(self):
        for device in self.devices:
            forget_partitions(device)
            subprocess.run(["losetup", "-d", device], check=False)
        shutil.rmtree(self.directory)

    def resize(self, number, size):
        with open(f"{self.directory}/disk{number}", "r+b") as image:
            image.truncate(size)
        subprocess.run(["losetup", "-c", self.devices[number]], check=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def environment(self):
        return dict(os.environ, LVM_SYSTEM_DIR=self.directory, LC_ALL="C", TZ="UTC",
                    LVM_SUPPRESS_FD_WARNINGS="1")

    def run(self, program, words, stdin=""):
        """(rc, stdout, stderr) of one command; %0, %1... are the devices."""
        words = [re.sub(r"%(\d)", lambda m: self.devices[int(m[1])], word) for word in words]
        done = subprocess.run([*program, *words], input=stdin, capture_output=True, text=True,
                              errors="backslashreplace", env=self.environment(), check=False,
                              timeout=60)
        return done.returncode, done.stdout, NOISE.sub("", done.stderr)

    def ours(self, *words, stdin=""):
        return self.run([f"{sbin()}/lvm"], words, stdin)

    def stock(self, *words, stdin=""):
        return self.run([STOCK], [words[0], "--driverloaded", "n", *words[1:]], stdin)

    def neutral(self, text):
        """The text without what differs between two sets of disks. Columns keep their alignment."""
        for number, device in enumerate(self.devices):
            text = re.sub(rf"{device}\b(?P<pad> *)", f"/dev/disk{number} ", text)
        return re.sub(r" +", " ", UUID.sub("UUID", text))


def metadata(text):
    """What matters of a metadata text: without names of times, hosts, ids and devices."""
    text = UUID.sub("UUID", text)
    text = re.sub(r"(creation_time|creation_host|description|device) = .*", r"\1", text)
    return re.sub(r"^#.*\n", "", text, flags=re.M)
