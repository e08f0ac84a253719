# SPDX-License-Identifier: LGPL-2.1-or-later
"""Loop devices by the hundred: by ioctl, as a losetup for each would take longer than the test."""
import concurrent.futures
import errno
import fcntl
import os
import struct

CONFIGURE, CLEAR = 0x4C0A, 0x4C01
GET_FREE, REMOVE = 0x4C82, 0x4C81
WORKERS = 32
TRIES = 1000  # other tests take and remove them at the same time
CONFIG = struct.Struct("=II232x64x")  # struct loop_config: file, block size, the rest as by default


def numbers():
    return {int(name[4:]) for name in os.listdir("/sys/class/block") if name.startswith("loop")
            and name[4:].isdigit()}


class Loops:
    """One for each image. Those that the kernel did not have before are gone at the end."""

    def __init__(self, images, block=512):
        self.before = numbers()
        self.control = os.open("/dev/loop-control", os.O_RDWR | os.O_CLOEXEC)
        self.held = []  # (number, descriptor)
        self.devices = []
        for image in images:
            number, device = self._attach(image, block)
            self.held.append((number, device))
            self.devices.append(f"/dev/loop{number}")

    def _attach(self, image, block):
        file = os.open(image, os.O_RDWR | os.O_CLOEXEC)
        try:
            for _ in range(TRIES):
                number = fcntl.ioctl(self.control, GET_FREE)
                try:
                    device = os.open(f"/dev/loop{number}", os.O_RDWR | os.O_CLOEXEC)
                except OSError:
                    continue  # removed by another test in between
                try:
                    fcntl.ioctl(device, CONFIGURE, CONFIG.pack(file, block))
                    return number, device
                except OSError as error:
                    os.close(device)
                    if error.errno != errno.EBUSY:  # another test was faster
                        raise
            raise RuntimeError(f"no loop device is to be had; the last one tried: /dev/loop{number}")
        finally:
            os.close(file)

    def close(self):
        for _, device in self.held:
            fcntl.ioctl(device, CLEAR)
            os.close(device)
        # The kernel waits tens of milliseconds for each: together.
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as executor:
            list(executor.map(self._remove, {number for number, _ in self.held} - self.before))
        os.close(self.control)

    def _remove(self, number):
        try:
            fcntl.ioctl(self.control, REMOVE, number)
        except OSError as error:
            if error.errno != errno.EBUSY:  # another test has it by now
                raise
