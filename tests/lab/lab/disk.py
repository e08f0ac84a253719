# SPDX-License-Identifier: LGPL-2.1-or-later
"""A shared disk: one sparse file that every node has as /dev/ubda, /dev/ubdb, ...

The nodes' writes go to the host's page cache before they are reported as done, so the file is
always what a SAN's disk would hold: it survives a power cut of any node, and may be read here.
A disk can not grow while a node has it.
"""
import hashlib
import os
import shutil

MIB = 1 << 20
UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def size_bytes(text):
    return int(text[:-1]) * UNITS[text[-1]] if text[-1] in UNITS else int(text)


class Disk:
    def __init__(self, folder, index, size):
        """@folder: the lab's for a shared disk, a node's for one that only that node has."""
        self.index = index
        self.device = f"/dev/ubd{chr(ord('a') + index)}"
        self.path = f"{folder}/disk{index}.img"
        self.bytes = size_bytes(size)
        with open(self.path, "wb") as image:
            image.truncate(self.bytes)

    def boot_word(self):
        """On the kernel command line; c: other kernels have it too, so no lock on the file."""
        return f"ubd{self.index}c={self.path}"

    def read(self, offset, length):
        with open(self.path, "rb") as image:
            return os.pread(image.fileno(), length, offset)

    def hash(self, offset=0, length=2 * MIB):
        """Of the first two MiB unless told otherwise: partition table, labels and metadata of a
        PV on the whole disk or on a first partition at 1 MiB, both with default alignment."""
        return hashlib.sha256(self.read(offset, length)).hexdigest()

    def clear(self):
        """All zeroes, as when new. No node may have anything of it in use."""
        with open(self.path, "r+b") as image:
            image.truncate(0)
            image.truncate(self.bytes)

    def copy_to(self, path):
        """A sparse copy, e.g. to let stock tools look at what is on the disk."""
        with open(self.path, "rb") as source, open(path, "wb") as target:
            target.truncate(self.bytes)
            end = 0
            while True:
                try:
                    start = os.lseek(source.fileno(), end, os.SEEK_DATA)
                except OSError:
                    break  # no more data
                end = os.lseek(source.fileno(), start, os.SEEK_HOLE)
                source.seek(start)
                target.seek(start)
                left = end - start
                while left:
                    chunk = source.read(min(left, 4 * MIB))
                    target.write(chunk)
                    left -= len(chunk)
        shutil.copystat(self.path, path)
