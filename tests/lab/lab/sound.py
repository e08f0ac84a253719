# SPDX-License-Identifier: LGPL-2.1-or-later
"""Is a cluster in good order? What every test asserts after a fault.

Metadata is judged by stock LVM2, which refuses clustered VGs: it gets copies of the disks on which
the CLUSTERED flag is blanked, the VG has another id (so that it is not taken for the one of which
the kernel has LVs), and the checksums are right again.
"""
import json
import os
import re
import struct
import zlib

from .disk import MIB
from .wait import wait_for

LVM_CRC_START = 0xF597A6CF
SECTOR = 512
LABELS = range(0, 4 * SECTOR, SECTOR)
MDA_MAGIC = b" LVM2 x[5A%r0N*>"
FLAG = b', "CLUSTERED"'
VG_ID = re.compile(rb'(\nid = ")([-\w]{38})')
SETTLE_SECONDS = 60
CHECK_SECONDS = 30

STATE = ("dmsetup table; echo ==; "
         "dmsetup info -c --noheadings --separator ' ' -o name,uuid,suspended,tables_loaded; "
         "echo ==; cat /run/clvm/ops; echo ==; clvmd locks --json; echo ==; "
         "clvmd status --json")


class NotSound(AssertionError):
    pass


def lvm_crc(data):
    """LVM2's CRC-32: zlib's, with another start and without the final inversion."""
    return zlib.crc32(data, LVM_CRC_START ^ 0xFFFFFFFF) ^ 0xFFFFFFFF


# ---- metadata on disk ----

def disk_areas(sector, at):
    """A list of (offset, size) that a pair of zeroes ends, and where it ends."""
    areas = []
    while True:
        area = struct.unpack_from("<QQ", sector, at)
        at += 16
        if area == (0, 0):
            return areas, at
        areas.append(area)


def metadata_areas(image):
    """(start, size) of each metadata area of the PV on this image (of a whole disk)."""
    for start in LABELS:
        sector = bytes(image[start:start + SECTOR])
        if sector[:8] == b"LABELONE" and sector[24:32] == b"LVM2 001":
            header = struct.unpack_from("<I", sector, 20)[0]
            _, end_of_data = disk_areas(sector, header + 32 + 8)
            return disk_areas(sector, end_of_data)[0]
    return []


def committed_text(image, area):
    """(header slot, offset in the area, length) of the committed text, or None."""
    start, _ = area
    assert image[start + 4:start + 20] == MDA_MAGIC, "no metadata area header"
    offset, length, _, flags = struct.unpack_from("<QQII", image, start + 40)
    return None if not offset or flags & 1 else (offset, length)


def read_wrapped(image, area, offset, length):
    start, size = area
    first = min(length, size - offset)
    return (bytes(image[start + offset:start + offset + first])
            + bytes(image[start + SECTOR:start + SECTOR + length - first]))


def write_wrapped(image, area, offset, text):
    start, size = area
    first = min(len(text), size - offset)
    image[start + offset:start + offset + first] = text[:first]
    image[start + SECTOR:start + SECTOR + len(text) - first] = text[first:]


def make_local(image):
    """On a copy of a disk's beginning (a bytearray): as if the VG were another, not clustered."""
    for area in metadata_areas(image):
        start = area[0]
        found = committed_text(image, area)
        if not found:
            continue
        offset, length = found
        text = read_wrapped(image, area, offset, length).replace(FLAG, b" " * len(FLAG))
        text = VG_ID.sub(lambda match: match[1] + match[2][::-1], text, count=1)
        write_wrapped(image, area, offset, text)
        struct.pack_into("<I", image, start + 40 + 16, lvm_crc(text))
        struct.pack_into("<I", image, start, lvm_crc(bytes(image[start + 4:start + SECTOR])))


def committed_texts(disk):
    """The committed text of each metadata area on a disk, seen from outside."""
    image = bytearray(disk.read(0, 2 * MIB))
    texts = []
    for area in metadata_areas(image):
        found = committed_text(image, area)
        if found:
            texts.append(read_wrapped(image, area, *found))
    return texts


def assert_stock_finds_it_clean(node, disks):
    """Stock vgck and vgs have nothing to say about copies of the disks."""
    names, script = [], "set -e; modprobe loop; "
    for disk in disks:
        image = bytearray(disk.read(0, 2 * MIB))
        if not metadata_areas(image):
            continue
        make_local(image)
        name = f"sound{disk.index}.img"
        with open(f"{node.folder}/{name}", "wb") as copy:
            copy.write(image)
            copy.truncate(disk.bytes)
        names.append(name)
        script += f"losetup -f --show /lab/{node.name}/{name}; "
    if not names:
        return
    loops = node.ok(script).split()
    try:
        config = ("devices { filter=[ " + ", ".join(f'"a|^{loop}$|"' for loop in loops)
                  + ', "r|.*|" ] use_devicesfile=0 hints="none" } '
                  'activation { udev_sync=0 udev_rules=0 }')
        node.write("/run/sound/lvm.conf", config + "\n")
        commands = ("vgck --driverloaded n", "vgs --driverloaded n -o vg_name,vg_seqno")
        result = node("LVM_SYSTEM_DIR=/run/sound /usr/sbin/lvm",
                      stdin="".join(f"{command}\n" for command in commands))
        lines = [line for line in result.err.splitlines()
                 if line.strip() and "Activation disabled" not in line]
        if result.rc or lines or "VG" not in result.out:
            raise NotSound(f"stock LVM2 complains: {result!r}")
    finally:
        node(f"losetup -d {' '.join(loops)}")
        for name in names:
            os.unlink(f"{node.folder}/{name}")


# ---- what the nodes say ----

class State:
    """What a node's kernel and clvmd say at one moment."""

    def __init__(self, node):
        tables, infos, ops, locks, status = node.ok(STATE, timeout=30).split("==\n")
        self.name = node.name
        self.ops = ops.strip()
        self.locks, self.status = json.loads(locks), json.loads(status)
        self.tables, self.volumes, self.suspended, self.halves = {}, {}, [], []
        for line in infos.splitlines():
            words = line.split()
            if len(words) < 4 or not words[1].startswith("LVM-"):
                continue  # also when there are none: a sentence says so
            name, self.volumes[words[0]] = words[0], words[1]
            if words[2] != "Active":
                self.suspended.append(name)
            if words[3:] != ["Live"]:
                self.halves.append(f"{name}: {' '.join(words[3:])}")
        for line in tables.splitlines():
            match = re.match(r"(\S+): (.*)", line)
            if match and match[1] in self.volumes:
                self.tables.setdefault(match[1], []).append(match[2])

    def command_locks(self):
        return [f"{lock['resource']} {lock['mode']} {lock['state']} by {lock['node']} "
                f"{lock['command']}" for lock in self.locks
                if lock["resource"].startswith(("V_", "P_")) and lock["command"] != "clvmd"]

    def complaints(self):
        found = [f"{name} is suspended" for name in self.suspended]
        found += [f"tables of {half}" for half in self.halves]
        found += [f"lock left: {text}" for text in self.command_locks()]
        if self.ops:
            found.append("the journal has open operations: " + self.ops[:100])
        if not self.status["running"] or self.status["waiting_for"]:
            found.append(f"waits for {self.status['waiting_for']}")
        found += [f"sees {m['name']} as {m['state']}" for m in self.status["members"]
                  if m["state"] != "up"]
        return [f"{self.name}: {text}" for text in found]


def differences(states, same_numbers):
    """Volumes that are active on several nodes and not the same there."""
    for state in states:
        if not same_numbers:  # one node has a disk under another device number
            state.tables = {name: [re.sub(r"\b\d+:\d+\b", "DEVICE", line) for line in table]
                            for name, table in state.tables.items()}
    found = []
    for state in states[1:]:
        for name in state.volumes.keys() & states[0].volumes.keys():
            for what in ("volumes", "tables"):
                mine, theirs = getattr(states[0], what)[name], getattr(state, what)[name]
                if mine != theirs:
                    found.append(f"{name}: {states[0].name} has {mine}, {state.name} {theirs}")
    return found


def complaints(nodes, same_numbers=True):
    states = [State(node) for node in nodes]
    return ([text for state in states for text in state.complaints()]
            + differences(states, same_numbers))


def assert_sound(nodes, disks=None, members=None, same_numbers=True):
    """All of @nodes settle: nothing suspended, no lock of a command left, no open operation, the
    same tables everywhere, all members up; then `clvmd check` finds nothing, and the metadata is
    clean to stock LVM2.

    @disks: default those of the first node. @members: states other than "up" that are right here,
    {"n2": "fenced"}. @same_numbers: all nodes have the disks under the same device numbers.
    """
    def settled():
        found = complaints(nodes, same_numbers)
        for name, state in (members or {}).items():
            found = [text for text in found if f"sees {name} as {state}" not in text]
        if found:
            raise NotSound("; ".join(found))
        return True
    def nothing_is_found():
        result = nodes[0]("clvmd check", timeout=60)
        if result.rc:
            raise NotSound(f"clvmd check: {result!r}")
        return True
    wait_for(settled, SETTLE_SECONDS, "the cluster to be in good order", interval=0.3)
    if same_numbers and not members:  # what else it would find is so on purpose
        wait_for(nothing_is_found, CHECK_SECONDS, "clvmd check to find nothing")
    assert_stock_finds_it_clean(nodes[0], nodes[0].disks if disks is None else disks)
