# SPDX-License-Identifier: LGPL-2.1-or-later
"""Damage to the metadata on a disk, done through its device: what crashes, old kernels and people do.

Each function takes the path of a device. Offsets: metadata/FORMAT.md, sections 1 and 2.
"""
import os
import struct
import zlib

SECTOR = 512
LABEL = SECTOR          # where pvcreate puts the label
EXTENSION_WITH_1_MDA = 136
HEAD = 2 << 20          # label, first metadata area and the first extents


def crc(data):
    """LVM2's: the usual CRC-32 with another start and without the final inversion."""
    return zlib.crc32(data, 0xF597A6CF ^ 0xFFFFFFFF) ^ 0xFFFFFFFF


def read(device, offset, length):
    fd = os.open(device, os.O_RDONLY)
    try:
        return os.pread(fd, length, offset)
    finally:
        os.close(fd)


def write(device, offset, data):
    fd = os.open(device, os.O_WRONLY)
    try:
        assert os.pwrite(fd, data, offset) == len(data)
        os.fsync(fd)
    finally:
        os.close(fd)


def flip(device, offset):
    write(device, offset, bytes([read(device, offset, 1)[0] ^ 0x20]))


def mda(device, number=0):
    """(offset, size) of a metadata area."""
    sector = read(device, LABEL, SECTOR)
    at = 72
    while struct.unpack_from("<Q", sector, at)[0]:  # data areas
        at += 16
    return struct.unpack_from("<QQ", sector, at + 16 * (number + 1))


def seal(sector, start):
    """Put the checksum of what follows it where it belongs."""
    return sector[:start] + struct.pack("<I", crc(sector[start + 4:])) + sector[start + 4:]


def slots(device, number=0):
    """The two locations of an area's header: (offset, size, checksum, flags)."""
    sector = read(device, mda(device, number)[0], SECTOR)
    return struct.unpack_from("<QQII", sector, 40), struct.unpack_from("<QQII", sector, 64)


def set_slot(device, slot, values, number=0):
    start = mda(device, number)[0]
    sector = bytearray(read(device, start, SECTOR))
    struct.pack_into("<QQII", sector, 40 + 24 * slot, *values)
    write(device, start, seal(bytes(sector), 0))


# ---- what a scenario can ask for ----

def text(device, number=0):
    """A byte of the committed text differs; always the same one: that of "lvm2"."""
    start, _ = mda(device, number)
    offset, size, _, _ = slots(device, number)[0]
    flip(device, start + offset + read(device, start + offset, size).index(b'"lvm2"') + 1)


def header_crc(device):
    flip(device, mda(device)[0] + 300)


def magic(device):
    start = mda(device)[0]
    sector = bytearray(read(device, start, SECTOR))
    sector[8] ^= 0x20
    write(device, start, seal(bytes(sector), 0))


def no_text(device):
    """Nothing is committed, as after a restore of a fresh PV's header."""
    set_slot(device, 0, (0, 0, 0, 0))


def precommit_rest(device):
    """A writer died between precommit and commit, before its text was whole."""
    offset, size, _, _ = slots(device)[0]
    set_slot(device, 1, (offset + 4096, size, 0x12345678, 0))


def label_crc(device):
    flip(device, LABEL + 400)


def label_sector(device):
    sector = bytearray(read(device, LABEL, SECTOR))
    struct.pack_into("<Q", sector, 8, 2)
    write(device, LABEL, seal_label(sector))


def seal_label(sector):
    struct.pack_into("<I", sector, 16, crc(bytes(sector[20:])))
    return bytes(sector)


def set_extension(device, version, flags):
    sector = bytearray(read(device, LABEL, SECTOR))
    struct.pack_into("<II", sector, EXTENSION_WITH_1_MDA, version, flags)
    write(device, LABEL, seal_label(sector))


def extension_1(device):
    """As LVM2 2.02.99 to 2.02.142 wrote it."""
    set_extension(device, 1, 0)


def extension_0(device):
    """As older ones did."""
    set_extension(device, 0, 0)


def unused(device):
    """The PV does not know that a VG uses it."""
    set_extension(device, 2, 0)


def used(device):
    """The PV says that a VG uses it, and there is none."""
    set_extension(device, 2, 1)


def wipe(device):
    """What dd if=/dev/zero bs=1M count=1 leaves."""
    write(device, 0, bytes(1 << 20))


# ---- what a scenario can ask about ----

def dashed(text):
    ends = (6, 10, 14, 18, 22, 26, 32)
    return "-".join(text[start:end] for start, end in zip((0, *ends), ends))


def pv_uuid(device):
    return dashed(read(device, LABEL + 32, 32).decode())


def vg_uuid(device):
    start, _ = mda(device)
    offset, size, _, _ = slots(device)[0]
    found = read(device, start + offset, size).decode()
    return found.split('id = "')[1].split('"')[0]
