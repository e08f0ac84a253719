# SPDX-License-Identifier: LGPL-2.1-or-later
"""What test_crash.py needs below the commands: disk contents, logs of writes, power cuts, areas.

An image is the bytes of one disk, a state is a tuple of images. The log comes from fault_shim.c.
"""
import hashlib
import mmap
import os
import struct
import zlib

BLOCK = 4096
WINDOW = 128 << 10
AREA_MAGIC = b" LVM2 x[5A%r0N*>"
LABEL = struct.Struct("<8sQII8s")
LOCATION = struct.Struct("<QQII")


# ---- loop devices, past all caches ----

class Disk:
    """One device. Its begin and its end are read and written; in between are no metadata."""

    def __init__(self, path, size):
        self.size = size
        self.fd = os.open(path, os.O_RDWR | os.O_DIRECT | os.O_CLOEXEC)
        self.memory = mmap.mmap(-1, size)
        self.windows = ((0, WINDOW), (size - WINDOW, size))
        number = os.stat(path).st_rdev
        self.devno = os.major(number), os.minor(number)

    def close(self):
        os.close(self.fd)

    def read(self):
        for start, end in self.windows:
            done = os.preadv(self.fd, [memoryview(self.memory)[start:end]], start)
            if done != end - start:
                raise OSError(f"short read: {done}")
        return bytes(self.memory)

    def write(self, image):
        if any(image[WINDOW:self.size - WINDOW]):
            raise ValueError("metadata in the middle of a disk")
        self.memory[:] = image
        for start, end in self.windows:
            done = os.pwritev(self.fd, [memoryview(self.memory)[start:end]], start)
            if done != end - start:
                raise OSError(f"short write: {done}")


# ---- logs ----

def read_log(path, devnos):
    """[(disk index, offset, bytes)] for writes, [(disk index, None, None)] for flushes."""
    with open(path, "rb") as file:
        data = file.read()
    events, at = [], 0
    while at < len(data):
        kind, device, offset, length = struct.unpack_from("=4Q", data, at)
        at += 32
        disk = devnos.index((device >> 32, device & 0xffffffff))
        if chr(kind) == "W":
            events.append((disk, offset, data[at:at + length]))
            at += length
        else:
            events.append((disk, None, None))
    return events


def apply(state, writes):
    images = [None] * len(state)
    for disk, offset, data in writes:
        if images[disk] is None:
            images[disk] = bytearray(state[disk])
        images[disk][offset:offset + len(data)] = data
    return tuple(state[i] if image is None else bytes(image) for i, image in enumerate(images))


def kill_points(base, events):
    """The state before each event, and after the last one."""
    yield base
    for event in events:
        if event[1] is not None:
            base = apply(base, [event])
        yield base


def pending_sets(base, events):
    """(durable state, writes that no flush made durable) where that set is largest."""
    durable, pending, grew = base, [], False
    for event in events:
        if event[1] is not None:
            pending.append(event)
            grew = True
            continue
        if grew:
            yield durable, list(pending)
        grew = False
        durable = apply(durable, [write for write in pending if write[0] == event[0]])
        pending = [write for write in pending if write[0] != event[0]]
    yield durable, pending


def torn(writes, block, generator):
    """Each write whole, not at all, or some of its blocks: a block itself is written or not."""
    for disk, offset, data in writes:
        fate = generator.choice(("whole", "none", "some"))
        for at in range(0, len(data) if fate != "none" else 0, block):
            if fate == "whole" or generator.random() < 0.5:
                yield disk, offset + at, data[at:at + block]


def power_cuts(base, events, block, generator, tears):
    """(what, state) after a power cut. That blocks reach the disk in another order leaves some with
    old content, which is the same as that these were dropped."""
    for point, (durable, pending) in enumerate(pending_sets(base, events)):
        what = f"power cut at point {point} of {len(pending)} writes"
        yield f"{what}, all lost", durable
        for i in range(len(pending)):
            yield f"{what}, only {i} kept", apply(durable, [pending[i]])
            yield f"{what}, only {i} lost", apply(durable, pending[:i] + pending[i + 1:])
        for i in range(tears if pending else 0):
            yield f"{what}, torn {i}", apply(durable, torn(pending, block, generator))


# ---- labels and areas ----

def crc(data):
    return zlib.crc32(data, 0xf597a6cf ^ 0xffffffff) ^ 0xffffffff


class Label:
    """of an image; mdas [(offset, size)], used; None if there is none."""

    def __init__(self, image):
        magic, _, _, start, kind = LABEL.unpack_from(image, 512)
        self.is_pv = magic == b"LABELONE" and kind == b"LVM2 001"
        self.mdas, self.used = [], False
        if not self.is_pv:
            return
        at = 512 + start + 40
        lists = [[], [], []]  # data, metadata; after the extension's header: boot loader areas
        for number in (0, 1):
            while (area := struct.unpack_from("<QQ", image, at))[0]:
                lists[number].append(area)
                at += 16
            at += 16
        self.mdas = lists[1]
        version, flags = struct.unpack_from("<II", image, at)
        self.used = bool(version and flags & 1)


class Area:
    """One metadata area of an image."""

    def __init__(self, image, start):
        self.image, self.start = image, start
        sector = image[start:start + 512]
        self.sector = sector
        self.valid = sector[4:20] == AREA_MAGIC and \
            struct.unpack_from("<I", sector)[0] == crc(sector[4:])
        self.size = struct.unpack_from("<Q", sector, 32)[0]
        self.slots = [LOCATION.unpack_from(sector, 40), LOCATION.unpack_from(sector, 64)]
        self.ignored = bool(self.slots[0][3] & 1)

    def pieces(self, slot):
        """[(offset on the disk, length)] of the text in that slot."""
        offset, length = self.slots[slot][:2]
        if not self.valid or not offset or offset + length > 2 * self.size:
            return []
        first = min(length, self.size - offset)
        pieces = [(self.start + offset, first)]
        return pieces + [(self.start + 512, length - first)] if length > first else pieces

    def text(self, slot):
        return b"".join(self.image[at:at + length] for at, length in self.pieces(slot))

    def is_whole(self, slot):
        return crc(self.text(slot)) == self.slots[slot][2]


def areas_of(states):
    """[(disk index, offset)] of all areas that exist in one of the states."""
    return sorted({(disk, offset) for state in states for disk, image in enumerate(state)
                   for offset, _ in Label(image).mdas})


def meaning(state, places, everything):
    """A key: states with equal keys are equal to all readers, as the rest is in no text's place."""
    digest = hashlib.sha256()
    for image in state:
        digest.update(image if everything else image[:BLOCK])
    for disk, offset in [] if everything else places:
        area = Area(state[disk], offset)
        digest.update(area.sector + area.text(0) + b"|" + area.text(1))
    return digest.digest()


# ---- the order ----

def order_faults(base, events, places):
    """What is wrong with the order of writes and flushes, whatever it did this time.

    A label names only areas that are durable, a header of such an area only a text that is; before
    the first header takes a text for the committed one, all headers that will have durably named it
    in slot 1; nothing stays unflushed.
    """
    final = apply(base, [event for event in events if event[1] is not None])
    state, pending = base, []
    faults = []
    for event in events:
        disk, offset, data = event
        if offset is None:
            pending = [write for write in pending if write[0] != disk]
            continue
        after = apply(state, [event])
        faults += label_faults(state[disk], after[disk], pending, disk)
        for area_disk, start in named(state, places):
            if area_disk != disk or not offset <= start < offset + len(data):
                continue
            faults += header_faults(Area(state[disk], start), Area(after[disk], start), pending,
                                    disk)
            faults += commit_faults(state, after, (disk, start), final, named(state, places),
                                    pending)
        state = after
        pending.append(event)
    if pending:
        faults.append(f"never flushed: {[(write[0], write[1]) for write in pending]}")
    return faults


def touched(pieces, disk, pending):
    return any(write[0] == disk and write[1] < at + length and at < write[1] + len(write[2])
               for write in pending for at, length in pieces)


def named(state, places):
    """Those that are areas by the labels: an area that moves is none at its new place before."""
    areas = [{start for start, _ in Label(image).mdas} for image in state]
    return [(disk, start) for disk, start in places if start in areas[disk]]


def label_faults(before, after, pending, disk):
    return [f"disk {disk}: label names an area that is not flushed"
            for area in set(Label(after).mdas) - set(Label(before).mdas)
            if touched([area], disk, pending)]


def header_faults(before, after, pending, disk):
    named = [after.pieces(slot) for slot in (0, 1)
             if after.slots[slot][:3] not in (before.slots[0][:3], before.slots[1][:3])]
    return [f"disk {disk}: header names a text that is not flushed" for pieces in named
            if touched(pieces, disk, pending)]


def commit_faults(state, after, place, final, places, pending):
    """Is this write the commit of a text, and if so: is the precommit durable everywhere?"""
    def text_crc(image, start, slot):
        area = Area(image, start)
        return area.slots[slot][2] if area.pieces(slot) and not area.ignored else None
    new = text_crc(after[place[0]], place[1], 0)
    if new is None or new == text_crc(state[place[0]], place[1], 0):
        return []
    faults = []
    for disk, start in places:
        if text_crc(final[disk], start, 0) != new or text_crc(state[disk], start, 0) == new:
            continue  # a text of a later commit, or committed already
        if Area(state[disk], start).slots[1][2] != new:
            faults.append(f"disk {disk}: committed on disk {place[0]} but not precommitted here")
        elif touched([(start, 512)], disk, pending):
            faults.append(f"disk {disk}: committed on disk {place[0]}, precommit is not flushed")
    return faults
