#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Seeds for the fuzz targets, from what LVM2 wrote (tests/data) and by hand.

    tests/fuzz/seeds.py DIRECTORY       makes DIRECTORY/<target>/*
"""
import glob
import hashlib
import lzma
import os
import struct
import sys

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data")
SECTOR = 512

CONFIGS = [
    b"devices { filter = [ \"a|^/dev/sd|\", \"r|.*|\" ] scan_lvs = 0 }",
    b"backup/archive=0 backup { retain_days = 30 retain_min = 10 }",
    b"global { locking_type = 1 } # comment\nactivation/udev_sync=0",
    b"report { lvs_cols = \"lv_name,vg_name\" prefixes = 1 }",
    b"a = 1.5 b = \"x\\\"y\" c = 'z' d = [] e = [1, \"two\",] a/b/c = 08",
]
LINES = [
    "lvcreate|-an|-L|+1.5g|-n|new|vg|/dev/sda:0-9:20+4:30-", "lvcreate|-l|50%FREE|-i2|-I64k|vg",
    "lvextend|-r|-l+100%PVS|vg/lv|@tag", "lvs|-a|-o|+devices,-lv_size,#vg_name|-S|size>1g",
    "vgs|--units|h|--nosuffix|--reportformat|json", "pvs|-O|-pv_name,+pv_free|--segments",
    "vgcreate|-s|4m|--clustered|y|vg|/dev/sda", "lvchange|-aey|--addtag|a|--deltag|b|vg/lv",
    "vgchange|--activate=n|--|vg", "lvremove|-ffy|--autobackup|n|vg", "pvcreate|--metadatasize|1m",
]
WORDS = ["1", "+1.5g", "-12%VG", "100%FREE", "8e", "0.5k", "1:2", "/dev/sda:0-9:20+4:30-",
         "/dev/disk\\:0:1", "@tag:5", "4294967295", "18446744073709551616s"]


def field(tag, data):
    return struct.pack("<HI", tag, len(data)) + data


def messages():
    """Rows of fields: small ones of each number, long ones, and fields in fields."""
    for kind in range(1, 72):
        for first in (1, 0x8001):
            yield field(first, struct.pack("<I", kind)) + b"".join(
                field(tag, struct.pack("<I", tag)) for tag in range(first + 1, first + 8))
    yield b"".join(field(tag, b"x" * 32) for tag in range(1, 40))
    yield field(1, field(1, b"vg") + field(2, b"y" * 64)) * 3
    yield b"".join(field(tag | 0x8000, struct.pack("<Q", tag)) for tag in range(1, 40))


def names(*each):
    return struct.pack("<I", len(each)) + b"".join(
        struct.pack("<BB", 0, len(name)) + name for name in each)


def lock_services():
    """Rows of steps at a member: what it hears of others, its clients, rings and deaths."""
    def step(what, how, data=b""):
        return struct.pack("<BBH", what, how, len(data)) + data

    def numbers(**values):
        tags = {"flags": 1, "node": 2, "client": 3, "request": 4, "kind": 5, "mode": 6, "value": 9,
                "count": 11, "number": 13, "op_node": 15, "op_number": 16, "op_phase": 17}
        return b"".join(field(tags[name], struct.pack("<Q", value))
                        for name, value in values.items())
    lv = names(b"a" * 64, b"b" * 64)
    lock = [step(6, node, numbers(client=3, request=node, kind=kind, mode=mode, flags=wait) +
                 field(28, lv))
            for node in (1, 2) for kind in (1, 2) for mode in (1, 5) for wait in (0, 1)]
    ends = [step(7, 1, numbers(client=3, kind=1, value=9) + field(28, lv)),
            step(8, 2, numbers(client=3, request=2)), step(9, 1, numbers(client=3)),
            step(10, 1, numbers(count=40)), step(13, 1), step(15, 2, numbers(number=0))]
    work = [step(11, 1, numbers(op_number=5, op_phase=phase, client=3) + field(23, b"V_vg"))
            for phase in (1, 2, 3, 4, 5)]
    done = [step(12, node, numbers(op_node=2, op_number=5, op_phase=phase))
            for node in (0, 1, 2) for phase in (1, 2, 5)]
    own = [step(170, how, b"V_vg") for how in range(0, 256, 9)]
    other = [step(230, how) for how in range(0, 256, 13)]
    chunks = [step(2, 2, numbers(request=1) + field(26, struct.pack("<I", 1))),
              step(3, 2, numbers(request=1, flags=2)), step(4, 1, numbers(flags=6)), step(5, 2)]
    for row in (lock, lock + ends, work + done, own + work + done + ends, other + lock,
                own + other + chunks, chunks, [*lock, *own, *other, *work, *done, *ends]):
        yield b"".join(row)


def texts():
    for pattern in ("kept-types/*.disk", "kept-types/*.file", "golden/*/backup-*", "table/*.vg"):
        for path in glob.glob(f"{DATA}/{pattern}"):
            with open(path, "rb") as file:
                yield file.read()


def sectors():
    """The label sector and the first area's header of each PV."""
    for path in glob.glob(f"{DATA}/golden/*/pv*.first1M.xz"):
        with lzma.open(path) as file:
            image = file.read(16 * SECTOR)
        yield image[SECTOR:2 * SECTOR] + image[8 * SECTOR:9 * SECTOR]


def pieces(image):
    """Of a PV, what is in use: its label, area headers and their texts."""
    yield 0, image[:4 * SECTOR]
    for start in (offset for offset in range(0, len(image), SECTOR)
                  if image[offset + 4:offset + 20] == b" LVM2 x[5A%r0N*>"):
        yield start, image[start:start + SECTOR]
        size, = struct.unpack_from("<Q", image, start + 32)
        for place in (start + 40, start + 64):
            offset, length = struct.unpack_from("<QQ", image, place)
            first = min(length, max(size - offset, 0))
            if first:
                yield start + offset, image[start + offset:start + offset + first]
            if length > first:
                yield start + SECTOR, image[start + SECTOR:start + SECTOR + length - first]


def disks():
    """All PVs of a sample: rows of offset, length, bytes; a row at the end of the address space ends
    a disk."""
    for sample in glob.glob(f"{DATA}/golden/*"):
        seed = b""
        for path in sorted(glob.glob(f"{sample}/pv*.first1M.xz"))[:4]:
            with lzma.open(path) as file:
                image = file.read()
            for offset, data in pieces(image):
                seed += struct.pack("<II", offset, len(data)) + data
            seed += struct.pack("<II", 0xffffffff, 0)
        if seed:
            yield seed


def devices_files():
    lines = "IDTYPE=devname IDNAME=/dev/sda DEVNAME=/dev/sda PVID=" + "a" * 32
    yield f"# comment\nVERSION=1.1.1\n{lines}\n".encode()
    yield b"IDTYPE=sys_wwid IDNAME=naa.5 DEVNAME=. PVID=none PART=2\n"
    yield b"IDTYPE=loop_file IDNAME=/tmp/x DEVNAME=/dev/loop0 PVID=.\n\n"


def seeds():
    yield from (("vg_text", text) for text in texts())
    yield from (("label_mda", sector) for sector in sectors())
    yield from (("backup", text) for text in texts())
    yield from (("disk", disk) for disk in disks())
    yield from (("config", text) for text in [*CONFIGS, *texts()])
    yield from ((name, message) for message in messages()
                for name in ("job", "client_message", "core_message"))
    yield from (("core_lockspace", row) for row in lock_services())
    yield from (("command_line", line.replace("|", "\n").encode()) for line in LINES)
    yield from (("words", word.encode()) for word in WORDS)
    yield from (("devices_file", text) for text in devices_files())


def main():
    for target, seed in seeds():
        directory = os.path.join(sys.argv[1], target)
        os.makedirs(directory, exist_ok=True)
        name = hashlib.sha256(seed).hexdigest()[:16]
        with open(os.path.join(directory, name), "wb") as file:
            file.write(seed)


main()
