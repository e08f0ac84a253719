#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Labels and metadata areas: what we write, stock LVM2 reads without a warning, and the reverse.

Root and stock LVM2 2.03.16 in /usr/sbin; loop devices of its own with 512 and 4096 byte blocks.
Exit 77: cannot run here.
"""
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile

SKIP = 77
DRIVER = os.path.join(os.environ.get("CLVM_INTEROP_BIN", "."), "store_driver")
STOCK = "/usr/sbin"
DISK_BYTES = 48 << 20
NOISE = "WARNING: Activation disabled. No device-mapper interaction will be attempted."
LABEL_CRC = 512 + 16
FIRST_AREA = 4096


def run(argv, env=None, check=True, text_in=None):
    done = subprocess.run(argv, capture_output=True, text=True, input=text_in,
                          env={**os.environ, **(env or {})})
    if check and done.returncode:
        raise AssertionError(f"{argv}: rc {done.returncode}\n{done.stdout}{done.stderr}")
    done.stderr = "\n".join(line for line in done.stderr.splitlines()
                            if line.strip() != NOISE and "leaked on" not in line)
    return done


class Bench:
    """Three disks, a private configuration that sees only them."""

    def __init__(self, folder):
        self.folder = folder
        self.images = [os.path.join(folder, f"d{i}.img") for i in range(4)]
        self.disks = []
        os.environ["LVM_SYSTEM_DIR"] = os.path.join(folder, "conf")
        os.environ["LVM_SUPPRESS_FD_WARNINGS"] = "1"
        os.mkdir(os.environ["LVM_SYSTEM_DIR"])
        for i, image in enumerate(self.images):
            with open(image, "wb") as file:
                file.truncate(DISK_BYTES)
            block = ["-b", "4096"] if i == 2 else []
            self.disks.append(run(["losetup", *block, "-f", "--show", image]).stdout.strip())
        self.see(self.disks[:3])

    def see(self, disks):
        accept = "".join(f'"a|^{disk}$|", ' for disk in disks)
        with open(os.path.join(os.environ["LVM_SYSTEM_DIR"], "lvm.conf"), "w") as file:
            file.write(f'devices {{ filter = [ {accept}"r|.*|" ] hints = "none"\n'
                       'use_devicesfile = 0 allow_mixed_block_sizes = 1 }\n'
                       f'global {{ activation = 0 locking_dir = "{self.folder}/lock" }}\n')

    def close(self):
        for disk in self.disks:
            subprocess.run(["partx", "-d", disk], check=False, capture_output=True)
            subprocess.run(["losetup", "-d", disk], check=False)

    def blank(self, index):
        """All zero again, past the caches."""
        run(["dd", "if=/dev/zero", f"of={self.disks[index]}", "bs=1M", "count=4",
             "oflag=direct", "conv=fsync", "status=none"])
        run(["dd", "if=/dev/zero", f"of={self.disks[index]}", "bs=1M", "count=2",
             f"seek={(DISK_BYTES >> 20) - 2}", "oflag=direct", "conv=fsync", "status=none"])

    def blank_all(self):
        for i in range(len(self.disks)):
            self.blank(i)

    def poke(self, index, offset, data):
        """Damage the disk behind everybody's back: read, change, write one 4 KiB block direct."""
        start = offset - offset % 4096
        block = bytearray(self.peek(index, start, 4096))
        block[offset - start:offset - start + len(data)] = data
        path = os.path.join(self.folder, "block")
        with open(path, "wb") as file:
            file.write(block)
        run(["dd", f"if={path}", f"of={self.disks[index]}", "bs=4096", f"seek={start // 4096}",
             "oflag=direct", "conv=fsync", "status=none"])

    def peek(self, index, offset, length):
        start, end = offset - offset % 4096, (offset + length + 4095) // 4096 * 4096
        done = subprocess.run(["dd", f"if={self.disks[index]}", "bs=4096",
                               f"skip={start // 4096}", f"count={(end - start) // 4096}",
                               "iflag=direct", "status=none"], capture_output=True, check=True)
        return done.stdout[offset - start:offset - start + length]

    def format(self, index, copies=1, size=0):
        ours("format", self.disks[index], str(copies), str(size))


def ours(*args, check=True, env=None, text_in=None):
    return run([DRIVER, *args], check=check, env=env, text_in=text_in)


def stock(*args, check=True):
    return run([os.path.join(STOCK, args[0]), *args[1:]], check=check)


def quiet(done):
    assert done.stderr == "", f"stderr: {done.stderr}"
    return done.stdout


def seqno_by_stock(vg):
    done = stock("vgs", "--noheadings", "-o", "seqno", vg)
    return int(quiet(done))


def show(vg):
    return dict(item.split("=", 1) for item in quiet(ours("show", vg)).split())


def check_both(bench, vg, seqno, disks):
    """Both sides read that seqno, without a word."""
    assert seqno_by_stock(vg) == seqno
    quiet(stock("vgck", vg))
    quiet(stock("pvs"))
    seen = show(vg)
    assert int(seen["seqno"]) == seqno and seen["inconsistent"] == "0", seen
    texts = set()
    for index in disks:
        dump = quiet(stock("pvck", "--dump", "metadata", bench.disks[index]))
        texts.add(dump.split("---", 1)[1])
        precommitted = bench.peek(index, FIRST_AREA + 64, 24)
        assert precommitted == bytes(24), f"{bench.disks[index]}: slot 1 is left {precommitted}"
    assert len(texts) == 1, "areas differ"


# ---- the tests ----

def what_we_write_stock_reads(bench):
    for index, copies in enumerate((1, 2, 2)):
        bench.format(index, copies)
    out = quiet(stock("pvs", "--noheadings", "-o", "pv_name,pv_mda_count"))
    counts = dict(line.split() for line in out.splitlines())  # loop10 comes before loop9
    assert [counts[disk] for disk in bench.disks[:3]] == ["1", "2", "2"], out
    ours("create", "vg", *bench.disks[:3])
    check_both(bench, "vg", 1, [0, 1, 2])
    ours("create-lv", "vg", "lv0")
    check_both(bench, "vg", 2, [0, 1, 2])
    assert show("vg")["mdas"] == "5"
    out = quiet(stock("lvs", "--noheadings", "-o", "lv_name", "vg"))
    assert out.split() == ["lv0"]
    quiet(ours("backup", "vg"))
    for name in ("backup/vg",):
        path = os.path.join(os.environ["LVM_SYSTEM_DIR"], name)
        assert os.stat(path).st_mode & 0o777 == 0o600
        quiet(stock("vgcfgrestore", "--list", "vg"))
        restored = stock("vgcfgrestore", "-f", path, "vg")
        assert "Restored volume group vg." in restored.stdout, restored.stdout
    assert seqno_by_stock("vg") == 3


def what_stock_writes_we_read_and_change(bench):
    stock("pvcreate", "--metadatacopies", "2", bench.disks[0])
    stock("pvcreate", bench.disks[1], bench.disks[2])
    stock("vgcreate", "vs", *bench.disks[:2])
    stock("vgextend", "vs", bench.disks[2])
    assert show("vs")["mdas"] == "4"
    ours("tag", "vs", "ours")
    stock("vgchange", "--addtag", "stock", "vs")
    ours("tag-twice", "vs", "twice")
    seen = show("vs")
    assert seen["tags"] == "twice,twice,ours,stock,", seen
    check_both(bench, "vs", 6, [0, 1, 2])


def the_ring_wraps_as_stock_reads_it(bench):
    """Small areas on all kinds of disks; every write is compared, turns taken with stock."""
    for index, copies in enumerate((2, 1, 1)):
        bench.format(index, copies, 36864)
    ours("create", "vw", *bench.disks[:3])
    seqno, wrapped = 1, False
    for turn in range(60):
        seqno += 1
        if turn % 5 == 4:
            stock("vgchange", "--addtag", f"s{turn}", "vw")
        else:
            ours("tag", "vw", f"tag{turn}_" + "x" * (turn * 7 % 100))
        header = bench.peek(0, FIRST_AREA, 512)
        area_size = struct.unpack_from("<Q", header, 32)[0]
        offset, size = struct.unpack_from("<QQ", header, 40)
        wrapped = wrapped or offset + size > area_size
        check_both(bench, "vw", seqno, [0, 1, 2])
    assert wrapped, "no text wrapped: the test says nothing"


def phases_are_flushed_before_the_next(bench):
    for index in range(3):
        bench.format(index)
    ours("create", "vp", *bench.disks[:3])
    trace = os.path.join(bench.folder, "trace")
    ours("tag", "vp", "x", env={"STORE_TRACE": trace})
    with open(trace) as file:
        lines = [line.split() for line in file]
    devices = {line[2] for line in lines}
    assert len(devices) == 3
    for phase in ("write", "precommit", "commit"):
        part = [line for line in lines if line[0] == phase]
        last_write = max(i for i, line in enumerate(part) if line[1] == "W")
        flushed = {line[2] for line in part[last_write + 1:] if line[1] == "F"}
        assert flushed == devices, (phase, part)
    order = [line[0] for line in lines]
    assert order == sorted(order, key=["write", "precommit", "commit", "revert", ""].index)


def death_at_any_write_leaves_old_or_new(bench):
    for index, copies in enumerate((2, 1, 2)):
        bench.format(index, copies)
    ours("create", "vd", *bench.disks[:3])
    seqno, outcomes = 1, set()
    for at in range(1, 100):
        done = ours("tag", "vd", f"t{at}", check=False, env={"STORE_DIE_AT": str(at)})
        if done.returncode == 0:
            break
        assert done.returncode == 9, done
        now = seqno_of_stock_with_warnings("vd")
        seen = ours("show", "vd")
        ours_now = int(re.search(r"seqno=(\d+)", seen.stdout).group(1))
        highest = int(re.search(r"highest=(\d+)", seen.stdout).group(1))
        is_new = f"t{at}," in seen.stdout
        assert ours_now == now, (at, ours_now, now)
        assert is_new == (now != seqno), (at, now, seqno)
        assert now in (seqno, highest), (at, now, seqno, highest)
        outcomes.add("new" if is_new else "old")
        # The next write repairs what was left, and passes every seqno seen.
        ours("tag", "vd", f"r{at}")
        seqno = seqno_by_stock("vd")
        assert seqno > highest, (at, seqno, highest)
        check_both(bench, "vd", seqno, [0, 1, 2])
    else:
        raise AssertionError("never finished")
    assert at > 15 and outcomes == {"old", "new"}, (at, outcomes)


def seqno_of_stock_with_warnings(vg):
    return int(stock("vgs", "--noheadings", "-o", "seqno", vg).stdout)


def readers_without_locks_see_whole_changes(bench):
    """While another process writes as fast as it can, in rings that wrap every few writes."""
    for index in range(3):
        bench.format(index, 2, 36864)
    ours("create", "vl", *bench.disks[:3])
    stop = os.path.join(bench.folder, "stop")
    with subprocess.Popen([DRIVER, "watch", "vl", stop], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as watcher:
        try:
            ours("tag-many", "vl", "t" * 20, "300")
        finally:
            with open(stop, "w"):
                pass
        out, error = watcher.communicate()
    assert watcher.returncode == 0 and error == "", error
    assert int(out) > 50, out
    check_both(bench, "vl", 301, [0, 1, 2])


def a_precommitted_text_is_read_and_then_replaced(bench):
    for index in range(3):
        bench.format(index)
    ours("create", "vq", *bench.disks[:3])
    out = quiet(ours("precommitted", "vq", "held"))
    assert out == "precommitted seqno=2 tag=held\n", out
    assert seqno_by_stock("vq") == 1
    seen = show("vq")
    assert (seen["seqno"], seen["highest"]) == ("1", "2"), seen
    ours("tag", "vq", "next")
    check_both(bench, "vq", 3, [0, 1, 2])


def a_damaged_area_is_told_and_left_alone(bench):
    for index in range(3):
        bench.format(index)
    ours("create", "vb", *bench.disks[:3])
    ours("tag", "vb", "x")
    offset = struct.unpack_from("<Q", bench.peek(1, FIRST_AREA, 512), 40)[0]
    bench.poke(1, FIRST_AREA + offset + 100, b"#")
    done = ours("show", "vb")
    disk = bench.disks[1]
    assert f"WARNING: Checksum error on {disk} at offset {FIRST_AREA + offset}." in done.stderr
    assert f"WARNING: repair VG metadata on {disk} with vgck --updatemetadata." in done.stderr
    assert "seqno=2 " in done.stdout and "mdas=2 " in done.stdout
    before = bench.peek(1, FIRST_AREA, 4096)
    ours("tag", "vb", "y")
    assert bench.peek(1, FIRST_AREA, 4096) == before
    stock("vgck", "--updatemetadata", "vb")
    check_both(bench, "vb", seqno_by_stock("vb"), [0, 1, 2])

    bench.poke(2, FIRST_AREA, b"\0\0\0\0")
    done = ours("show", "vb")
    disk = bench.disks[2]
    assert f"WARNING: wrong checksum 0 in mda header on {disk} at 4096" in done.stderr, done.stderr
    assert f"WARNING: bad metadata header on {disk} at 4096." in done.stderr


def a_stale_area_is_told_and_rewritten(bench):
    for index in range(2):
        bench.format(index)
    ours("create", "vo", *bench.disks[:2])
    old = bench.peek(1, FIRST_AREA, 8192)
    ours("tag", "vo", "x")
    path = os.path.join(bench.folder, "old")
    with open(path, "wb") as file:
        file.write(old)
    run(["dd", f"if={path}", f"of={bench.disks[1]}", "bs=4096", "seek=1", "oflag=direct",
         "conv=fsync", "status=none"])
    words = [f"WARNING: ignoring metadata seqno 1 on {bench.disks[1]} for seqno 2 on "
             f"{bench.disks[0]} for VG vo.",
             "WARNING: Inconsistent metadata found for VG vo.",
             "See vgck --updatemetadata to correct inconsistency."]
    assert ours("show", "vo").stderr.splitlines() == words
    assert [line.strip() for line in stock("vgs", "vo").stderr.splitlines()] == words
    done = ours("tag", "vo", "y")
    assert done.stderr.splitlines() == \
        words + [f"WARNING: updating old metadata to 3 on {bench.disks[1]} for VG vo."]
    check_both(bench, "vo", 3, [0, 1])


def a_missing_pv_is_told(bench):
    for index in range(2):
        bench.format(index)
    ours("create", "vm", *bench.disks[:2])
    bench.see([bench.disks[0]])
    done, theirs = ours("show", "vm"), stock("vgs", "vm")
    assert "missing=1" in done.stdout
    assert done.stderr.splitlines() == [line.strip() for line in theirs.stderr.splitlines()]
    ours("tag", "vm", "x")
    # Back, but it was away when the VG was written.
    bench.see(bench.disks[:3])
    done, theirs = ours("show", "vm"), stock("vgs", "vm")
    words = [line.strip() for line in theirs.stderr.splitlines()]
    assert f"WARNING: VG vm was previously updated while PV {bench.disks[1]} was missing." in words
    assert done.stderr.splitlines() == words, (done.stderr, words)
    ours("tag", "vm", "y")
    check_both(bench, "vm", 3, [0, 1])


def a_duplicate_pv_is_told_and_forbids_changes(bench):
    bench.format(0)
    ours("create", "vu", bench.disks[0])
    run(["dd", f"if={bench.disks[0]}", f"of={bench.disks[3]}", "bs=1M", "count=2",
         "iflag=direct", "oflag=direct", "conv=fsync", "status=none"])
    bench.see([bench.disks[0], bench.disks[3]])
    done, theirs = ours("show", "vu"), stock("vgs", "vu")
    assert done.stderr.splitlines() == [line.strip() for line in theirs.stderr.splitlines()], \
        (done.stderr, theirs.stderr)
    done = ours("tag", "vu", "x", check=False)
    assert done.returncode == 1
    assert "Cannot update volume group vu with duplicate PV devices." in done.stderr
    bench.see(bench.disks[:3])


def pvs_leave_and_vgs_end(bench):
    for index in range(3):
        bench.format(index)
    ours("create", "ve", *bench.disks[:2])
    ours("extend", "ve", bench.disks[2])
    check_both(bench, "ve", 2, [0, 1, 2])
    ours("reduce", "ve", bench.disks[1])
    check_both(bench, "ve", 3, [0, 2])
    out = quiet(stock("pvs", "--noheadings", "-o", "vg_name,pv_in_use", bench.disks[1]))
    assert out.split() == [], out
    ours("remove", "ve")
    assert quiet(stock("vgs")) == ""
    assert len(quiet(stock("pvs", "--noheadings")).splitlines()) == 3
    quiet(stock("vgcreate", "again", *bench.disks[:3]))
    stock("vgremove", "again")
    ours("unlabel", bench.disks[0])
    assert len(quiet(stock("pvs", "--noheadings")).splitlines()) == 2


def metadata_copies_sets_ignore_flags(bench):
    for index in range(3):
        bench.format(index)
    ours("create", "vc", *bench.disks[:3])
    ours("copies", "vc", "1")
    fields = ["--noheadings", "-o", "vg_mda_count,vg_mda_used_count,seqno"]
    assert quiet(stock("vgs", *fields, "vc")).split() == ["3", "1", "2"]
    ours("tag", "vc", "x")
    ours("copies", "vc", "2")
    assert quiet(stock("vgs", *fields, "vc")).split() == ["3", "2", "4"]
    ours("copies", "vc", str(0xffffffff))
    assert quiet(stock("vgs", *fields, "vc")).split() == ["3", "3", "5"]
    check_both(bench, "vc", 5, [0, 1, 2])


def an_old_header_is_told_and_updated(bench):
    bench.format(0)
    ours("create", "vh", bench.disks[0])
    sector = bytearray(bench.peek(0, 512, 512))
    at = sector.index(struct.pack("<II", 2, 1), 100)
    struct.pack_into("<I", sector, at + 4, 0)
    struct.pack_into("<I", sector, 16, lvm_crc(sector[20:]))
    bench.poke(0, 512, bytes(sector))
    told = f"WARNING: PV {bench.disks[0]} in VG vh is missing the used flag in PV header."
    assert ours("show", "vh").stderr.splitlines() == [told]
    assert [line.strip() for line in stock("vgs", "vh").stderr.splitlines()] == [told]
    done = ours("tag", "vh", "x")
    assert done.stderr.splitlines() == \
        [told, f"WARNING: updating PV header on {bench.disks[0]} for VG vh."]
    check_both(bench, "vh", 2, [0])


def lvm_crc(data):
    crc = 0xf597a6cf
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xedb88320 if crc & 1 else 0)
    return crc


def signatures_are_wiped_only_on_yes(bench):
    disk = bench.disks[0]
    run(["mke2fs", "-q", "-F", "-t", "ext4", disk])
    done = ours("wipe", disk, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines() == ["Aborted wiping of ext4.",
                                        "FAILED wipe: 1 existing signature left on the device."]
    done = ours("wipe", disk, env={"STORE_YES": "1"})
    assert done.stdout == f"Wiping ext4 signature on {disk}.\n", done.stdout
    assert run(["blkid", "-p", disk], check=False).stdout == ""
    quiet(ours("wipe", disk))


def partitions_made_elsewhere_are_taken_over(bench):
    """The table is written behind the kernel's back, as another node would."""
    disk = bench.disks[3]
    name = os.path.basename(disk)
    run(["losetup", "-d", disk])
    bench.disks[3] = disk = run(["losetup", "-P", "-f", "--show", bench.images[3]]).stdout.strip()
    name = os.path.basename(disk)

    def table(script):
        """Into the file, past the loop device: its kernel is not told, its cache is stale."""
        run(["sfdisk", "-q", "--no-reread", "--no-tell-kernel", "--wipe", "never",
             bench.images[3]], text_in=script)

    def kernel():
        folder = f"/sys/class/block/{name}"
        parts = {}
        for entry in sorted(os.listdir(folder)):
            if entry.startswith(name):
                with open(f"{folder}/{entry}/start") as start, \
                        open(f"{folder}/{entry}/size") as size:
                    parts[entry[len(name) + 1:]] = (int(start.read()), int(size.read()))
        return parts

    run(["dd", "if=/dev/zero", f"of={bench.images[3]}", "bs=1M", "count=1", "conv=notrunc",
         "status=none"])
    quiet(ours("partitions"))
    assert kernel() == {}
    table("label: dos\nstart=2048,size=8192,type=8e\nstart=10240,size=8192\n")
    assert kernel() == {}
    quiet(ours("partitions"))
    assert kernel() == {"1": (2048, 8192), "2": (10240, 8192)}, kernel()
    # Held open exclusively, as a mount would: partition 1 may grow but not move or go.
    holder = os.open(f"/dev/{name}p1", os.O_RDONLY | os.O_EXCL)
    table("label: dos\nstart=2048,size=16384,type=8e\n")
    quiet(ours("partitions"))
    assert kernel() == {"1": (2048, 16384)}, kernel()
    table("label: dos\nstart=4096,size=4096,type=8e\nstart=20480,size=4096\n")
    done = ours("partitions")
    assert f"WARNING: Partition 1 of {disk} changed on the disk" in done.stderr, done.stderr
    assert kernel() == {"1": (2048, 16384), "2": (20480, 4096)}, kernel()
    os.close(holder)
    quiet(ours("partitions"))
    assert kernel() == {"1": (4096, 4096), "2": (20480, 4096)}, kernel()
    bench.see([disk])
    assert f"{disk} {DISK_BYTES} 512 device is partitioned" in ours("devices").stdout
    bench.see(bench.disks[:3])
    run(["dd", "if=/dev/zero", f"of={bench.images[3]}", "bs=1M", "count=1", "conv=notrunc",
         "status=none"])
    quiet(ours("partitions"))
    assert kernel() == {}


TESTS = [
    what_we_write_stock_reads,
    what_stock_writes_we_read_and_change,
    the_ring_wraps_as_stock_reads_it,
    phases_are_flushed_before_the_next,
    death_at_any_write_leaves_old_or_new,
    readers_without_locks_see_whole_changes,
    a_precommitted_text_is_read_and_then_replaced,
    a_damaged_area_is_told_and_left_alone,
    a_stale_area_is_told_and_rewritten,
    a_missing_pv_is_told,
    a_duplicate_pv_is_told_and_forbids_changes,
    pvs_leave_and_vgs_end,
    metadata_copies_sets_ignore_flags,
    an_old_header_is_told_and_updated,
    signatures_are_wiped_only_on_yes,
    partitions_made_elsewhere_are_taken_over,
]


def main():
    if os.geteuid() or not os.path.exists(f"{STOCK}/pvs") or not os.path.exists("/dev/loop-control"):
        print("needs root, stock lvm2 and loop devices")
        return SKIP
    failed = 0
    folder = tempfile.mkdtemp(prefix="test_store.")
    bench = Bench(folder)
    try:
        for test in TESTS:
            if len(sys.argv) > 1 and sys.argv[1] not in test.__name__:
                continue
            bench.blank_all()
            bench.see(bench.disks[:3])
            try:
                test(bench)
                print(f"ok   {test.__name__}")
            except AssertionError as failure:
                failed += 1
                print(f"FAIL {test.__name__}: {failure}")
    finally:
        bench.close()
        shutil.rmtree(folder)
    return 1 if failed else 0


sys.exit(main())
