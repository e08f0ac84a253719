#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Which devices are used, by us and by stock LVM2 of the same disks; and which partitions.

Filters, --devices, devices files; partition tables that another node wrote. Where ours differs on
purpose, the test says so.
"""
import os
import stat
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from side_by_side import Disks  # noqa: E402

MIB = 1 << 20
NAMES = ["--noheadings", "-o", "pv_name"]


class Devices(unittest.TestCase):
    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        cls.disks = Disks([64 * MIB] * 4)
        cls.addClassCleanup(cls.disks.close)
        cls.devices = cls.disks.devices
        for words in (["pvcreate", "%0"], ["vgcreate", "vg", "%1", "%2"]):
            assert cls.disks.stock(*words)[0] == 0
        os.makedirs(f"{cls.disks.directory}/devices", exist_ok=True)

    def both(self, *words):
        ours, stock = self.disks.ours(*words), self.disks.stock(*words)
        for kind, mine, other in zip(("exit code", "stdout", "stderr"), ours, stock):
            self.assertEqual(mine, other, f"{kind} of: {' '.join(words)}")
        return ours

    def names(self, *words):
        return self.both("pvs", *NAMES, *words)[1].split()

    def sees(self, numbers, config):
        """By pattern, of all devices but those that the global filter of the suite leaves out."""
        self.assertEqual(self.names("--config", config),
                         [self.devices[n] for n in numbers], config)

    def accept(self, *numbers):
        return ", ".join(f'"a|^{self.devices[n]}$|"' for n in numbers)

    def test_patterns(self):
        first = self.devices[0]
        self.sees([0], f'devices/filter=[{self.accept(0)}, "r|.*|"]')
        self.sees([0, 1, 2], f'devices/filter=[{self.accept(0)}]')
        self.sees([1, 2], f'devices/filter=["r|^{first}$|"]')
        self.sees([], 'devices/filter="r|.*|"')
        # An empty list is no list; stock cannot go on.
        self.assertEqual(self.disks.ours("pvs", *NAMES, "--config", "devices/filter=[]")[:2],
                         self.disks.ours("pvs", *NAMES)[:2])
        self.sees([0], f'devices/filter=["a(^{first}$)", "r#^/dev/loop#"]')
        self.sees([0], f'devices/filter=["r|^{self.devices[1]}$|", "a|{first}$|", "r/./"]')
        with_global = f'devices/filter=[{self.accept(0, 1, 2)}, "r|.*|"] ' \
            f'devices/global_filter=["r|^{first}$|", {self.accept(1, 2)}, "r|.*|"]'
        self.sees([1, 2], with_global)

    def test_bad_patterns(self):
        for pattern in ("x|ubda|", "a|ubda", "a|(|"):
            with self.subTest(pattern):
                self.both("pvs", "--config", f'devices/filter=["{pattern}"]')

    def test_what_is_rejected_is_named(self):
        self.both("pvs", "--config", 'devices/filter="r|.*|"', "%0")
        self.both("pvcreate", "--config", 'devices/filter="r|.*|"', "%3")
        words = ["vgextend", "--config", f'devices/filter=[{self.accept(0, 1, 2)}, "r|.*|"]',
                 "vg", "%3"]
        ours, stock = self.disks.ours(*words), self.disks.stock(*words)
        self.assertEqual(ours[:2], stock[:2])
        self.assertEqual(ours[2].splitlines()[0], stock[2].splitlines()[0])

    def test_too_small(self):
        self.sees([], "devices/pv_min_size=100000")
        self.both("pvcreate", "--config", "devices/pv_min_size=100000", "%3")

    def test_devices_option(self):
        zero, one, two, three = self.devices
        self.assertEqual(self.names("--devices", zero), [zero])
        self.assertEqual(self.names("--devices", f"{one},{two}"), [one, two])
        self.assertEqual(self.names("--devices", one, "--devices", f"{two},{zero}"),
                         [zero, one, two])
        self.assertEqual(self.names("--devices", three), [])
        self.both("pvs", "--devices", one)  # a PV of the VG is missing then
        self.both("vgs", "--devices", f"{zero},{one}")
        for words in (["pvs", "--devices", "/dev/nosuch"], ["pvs", "--devices", "/dev/null"],
                      ["pvs", "--devices", zero, one], ["pvcreate", "--devices", zero, three],
                      ["pvs", "--devices", zero, "--devicesfile", "x"],
                      ["pvs", "--devicesfile", "/x/y"]):
            with self.subTest(" ".join(words)):
                self.both(*words)

    def test_devices_option_goes_before_filters(self):
        for name in ("filter", "global_filter"):
            self.assertEqual(self.names("--devices", self.devices[0], "--config",
                                        f'devices/{name}=["r|.*|"]'), [self.devices[0]])

    # ---- devices files ----

    def pv_id(self, number):
        out = self.disks.stock("pvs", "--noheadings", "-o", "uuid", f"%{number}")[1]
        return out.strip().replace("-", "")

    def with_file(self, text, *words, file="system.devices"):
        """Stock writes the file anew when something has changed: each gets its own. What it says of
        filters may come at another moment."""
        path = f"{self.disks.directory}/devices/{file}"
        results = []
        for run in (self.disks.ours, self.disks.stock):
            with open(path, "w", encoding="ascii") as list_file:
                list_file.write(text)
            rc, out, err = run(*words)
            results.append((rc, out, sorted(err.splitlines())))
        self.assertEqual(results[0], results[1], f"{words} with:\n{text}")
        os.unlink(path)
        return results[0][1].split()

    def entry(self, kind, name, number, device=None):
        return f"IDTYPE={kind} IDNAME={name} DEVNAME={device or self.devices[number]} " \
            f"PVID={self.pv_id(number)}\n"

    def backing(self, number):
        name = os.path.basename(self.devices[number])
        with open(f"/sys/class/block/{name}/loop/backing_file", encoding="ascii") as file:
            return file.read().strip()

    def test_devices_file(self):
        use = ["--config", "devices/use_devicesfile=1"]
        head = "# LVM uses devices listed in this file.\nVERSION=1.1.1\n"
        zero, one, two, _ = self.devices
        one_two = head + self.entry("devname", one, 1) + self.entry("loop_file", self.backing(2), 2)
        self.assertEqual(self.with_file(one_two, "pvs", *NAMES, *use), [one, two])
        self.assertEqual(self.with_file(one_two, "pvs", *NAMES), [zero, one, two])
        self.assertEqual(self.with_file(one_two, "pvs", *NAMES, "--devicesfile", "mine",
                                        file="mine"), [one, two])
        self.assertEqual(self.with_file(one_two, "pvs", *NAMES, *use, "--devicesfile", ""),
                         [zero, one, two])
        self.assertEqual(self.with_file(one_two, "pvs", *NAMES, *use, "--devices", zero), [zero])
        self.assertEqual(self.with_file(one_two, "pvs", *use, zero), [])
        self.assertEqual(self.with_file(head, "pvs", *NAMES, *use), [])
        self.assertEqual(self.names(*use), [zero, one, two])  # there is none
        self.assertEqual(self.names("--devicesfile", "nosuch"), [zero, one, two])

    def test_devices_file_with_what_is_not_there(self):
        use = ["--config", "devices/use_devicesfile=1"]
        self.with_file(self.entry("loop_file", "/no/such", 0), "pvs", *NAMES, *use)
        self.with_file(self.entry("sys_wwid", ".", 0), "pvs", *NAMES, *use)
        self.with_file("nonsense\n" + self.entry("bogus", "x", 0), "pvs", *NAMES, *use)

    def test_an_entry_of_another_pv(self):
        """By a name that stays the device is used, by device name it is not: it may have moved."""
        use = ["--config", "devices/use_devicesfile=1"]
        other = self.entry("loop_file", self.backing(2), 0, device=self.devices[2])
        self.with_file(other, "pvs", *use)
        wrong = self.entry("devname", self.devices[0], 1, device=self.devices[0])
        self.assertEqual(self.with_file(wrong, "pvs", *NAMES, *use), [])

    def test_the_devices_file_is_not_written(self):
        path = f"{self.disks.directory}/devices/system.devices"
        text = self.entry("loop_file", self.backing(2), 2, device="/dev/wrong")
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        rc, out, _ = self.disks.ours("pvs", *NAMES, "--config", "devices/use_devicesfile=1")
        with open(path, encoding="ascii") as file:
            self.assertEqual(file.read(), text)
        os.unlink(path)
        self.assertEqual((rc, out.split()[0]), (0, self.devices[2]))


class Content(unittest.TestCase):
    """What the first bytes of a device tell."""

    def put(self, device, offset, data):
        block = bytearray(4096)
        block[offset % 4096:offset % 4096 + len(data)] = data
        subprocess.run(["dd", f"of={device}", "bs=4096", f"seek={offset // 4096}",
                        "oflag=direct", "status=none"], input=bytes(block), check=True)

    def test_an_md_component(self):
        """Version 1.2 lies behind the label: a PV on the array shows through."""
        with Disks([64 * MIB] * 2) as disks:
            disks.stock("pvcreate", "%0", "%1")
            self.put(disks.devices[0], 4096, b"\xfc\x4e\x2b\xa9\x01\0\0\0")
            for words in (["pvs", *NAMES], ["lvmdiskscan", "-l"]):
                self.assertEqual(disks.ours(*words), disks.stock(*words))
            self.assertEqual(disks.ours("pvs", *NAMES)[1].split(), disks.devices[1:])
            off = ["--config", "devices/md_component_detection=0"]
            self.assertEqual(disks.ours("pvs", *NAMES, *off)[1].split(), disks.devices)

    def test_other_directories(self):
        """devices/scan: names are looked for in these, and of several names the same one is shown."""
        def seen(names):
            with Disks([64 * MIB]) as disks:
                disks.stock("pvcreate", "%0")
                root = f"{disks.directory}/names"
                for kind, name in (name.split("=") for name in names.split()):
                    os.makedirs(os.path.dirname(f"{root}/{name}"), exist_ok=True)
                    if kind == "link":
                        os.symlink(disks.devices[0], f"{root}/{name}")
                    else:
                        os.mknod(f"{root}/{name}", stat.S_IFBLK | 0o600,
                                 os.stat(disks.devices[0]).st_rdev)
                words = ["pvs", *NAMES, "--config", f'devices/scan=["{root}", "{root}/gone"] '
                         'devices/global_filter=["a|.*|"]']
                ours, stock = disks.ours(*words), disks.stock(*words)
                self.assertEqual(ours, stock, names)
                return ours[1].strip().replace(f"{root}/", "")

        for names, shown in (
                ("node=disk link=zlink", "zlink"), ("node=b node=a", "a"), ("link=b link=a", "a"),
                ("node=q link=disk/by-id/x", "q"), ("link=z/d/e node=a/b/c", "z/d/e"),
                ("link=a/link node=b", "b"), ("node=block/8:1 link=mapper/x", "mapper/x")):
            self.assertEqual(seen(names), shown)

    def test_many_devices(self):
        """More than are read one after the other; each in a state of its own."""
        with Disks([64 * MIB] * 14) as disks:
            for number in range(0, 10, 2):
                rc, _, err = disks.stock("vgcreate", f"vg{number}", f"%{number}", f"%{number + 1}")
                self.assertEqual(rc, 0, err)
            disks.stock("pvcreate", "--metadatacopies", "2", disks.devices[10])
            disks.stock("pvcreate", "--metadatacopies", "0", disks.devices[11])
            # The text moves on in its ring: out of what is read at first, and over its end.
            for number in range(60):
                disks.ours("vgchange", "--addtag", f"{number}-{'x' * 900}", "vg0")
            for words in (["pvs", "-o+pv_mda_count"], ["vgs", "-o+seqno"], ["vgck"]):
                ours, stock = disks.ours(*words), disks.stock(*words)
                self.assertEqual(ours, stock)
            self.assertEqual(disks.ours("vgs", "--noheadings", "-o", "seqno", "vg0")[1].split(),
                             ["61"])


class Partitions(unittest.TestCase):
    """Tables written behind the kernel's back, as by another node."""

    def setUp(self):
        self.disks = Disks([128 * MIB])
        self.addCleanup(self.disks.close)
        self.image = f"{self.disks.directory}/disk0"
        subprocess.run(["losetup", "-d", self.disks.devices[0]], check=True)
        self.disks.devices[0] = subprocess.run(
            ["losetup", "-P", "-f", "--show", self.image], check=True, capture_output=True,
            text=True).stdout.strip()
        self.name = os.path.basename(self.disks.devices[0])

    def table(self, script):
        subprocess.run(["sfdisk", "-q", "--no-reread", "--no-tell-kernel", "--wipe", "never",
                        self.image], input=script, text=True, check=True, capture_output=True)

    def reread(self):
        driver = f"{os.environ['CLVM_INTEROP_BIN']}/store_driver"
        done = subprocess.run([driver, "partitions"], capture_output=True, text=True, check=True,
                              env=self.disks.environment())
        return done.stderr

    def kernel(self):
        folder = f"/sys/class/block/{self.name}"
        parts = {}
        for entry in os.listdir(folder):
            if entry.startswith(self.name):
                with open(f"{folder}/{entry}/start", encoding="ascii") as start, \
                        open(f"{folder}/{entry}/size", encoding="ascii") as size:
                    parts[int(entry[len(self.name) + 1:])] = (int(start.read()), int(size.read()))
        return parts

    def hold(self, number):
        return os.open(f"/dev/{self.name}p{number}", os.O_RDONLY | os.O_EXCL)

    def test_gpt(self):
        self.table("label: gpt\nstart=2048,size=8192\nstart=10240,size=8192\n"
                   "start=34816,size=4096\n")
        self.assertEqual(self.kernel(), {})
        self.assertEqual(self.reread(), "")
        self.assertEqual(self.kernel(), {1: (2048, 8192), 2: (10240, 8192), 3: (34816, 4096)})
        # One goes, one grows in use, one is new under a number that leaves a gap.
        holder = self.hold(2)
        self.table("label: gpt\n2: start=10240,size=16384\n7: start=40960,size=2048\n")
        self.assertEqual(self.reread(), "")
        self.assertEqual(self.kernel(), {2: (10240, 16384), 7: (40960, 2048)})
        # It cannot be cut while it is in use.
        self.table("label: gpt\n2: start=10240,size=4096\n7: start=40960,size=2048\n")
        self.assertIn("WARNING: Partition 2 of", self.reread())
        self.assertEqual(self.kernel(), {2: (10240, 16384), 7: (40960, 2048)})
        os.close(holder)
        self.assertEqual(self.reread(), "")
        self.assertEqual(self.kernel(), {2: (10240, 4096), 7: (40960, 2048)})

    def test_logical_partitions(self):
        head = "label: dos\n1: start=2048,size=8192\n2: start=16384,size=131072,type=5\n"
        self.table(head + "5: start=18432,size=8192\n6: start=36864,size=8192\n")
        self.assertEqual(self.reread(), "")
        self.assertEqual(self.kernel(), {1: (2048, 8192), 2: (16384, 2), 5: (18432, 8192),
                                         6: (36864, 8192)})
        # A logical partition grows in use; the extended one does not look changed to the kernel.
        holder = self.hold(5)
        self.table(head + "5: start=18432,size=9216\n6: start=36864,size=8192\n"
                   "7: start=49152,size=4096\n")
        self.assertEqual(self.reread(), "")
        self.assertEqual(self.kernel(), {1: (2048, 8192), 2: (16384, 2), 5: (18432, 9216),
                                         6: (36864, 8192), 7: (49152, 4096)})
        # The first logical one goes: the others move up by one number, but not the one in use.
        os.close(holder)
        holder = self.hold(6)
        self.table(head + "5: start=36864,size=8192\n6: start=49152,size=4096\n")
        self.assertIn("WARNING: Partition 6 of", self.reread())
        self.assertEqual(self.kernel()[6], (36864, 8192))
        os.close(holder)
        self.assertEqual(self.reread(), "")
        self.assertEqual(self.kernel(), {1: (2048, 8192), 2: (16384, 2), 5: (36864, 8192),
                                         6: (49152, 4096)})

    def test_the_kind_of_table_changes(self):
        self.table("label: dos\nstart=2048,size=8192\n")
        self.reread()
        subprocess.run(["dd", "if=/dev/zero", f"of={self.image}", "bs=1M", "count=1",
                        "conv=notrunc", "status=none"], check=True)
        self.table("label: gpt\nstart=4096,size=8192\n")
        self.assertEqual(self.reread(), "")
        self.assertEqual(self.kernel(), {1: (4096, 8192)})

    def test_a_pv_on_a_new_partition(self):
        """Without the table being known the disk is not taken for one that is free."""
        self.table("label: gpt\nstart=2048,size=131072\n")
        rc, _, err = self.disks.ours("pvcreate", "--devices", "%0", "%0")
        self.assertEqual((rc, err), (5, f"  Cannot use {self.disks.devices[0]}: "
                                        "device is partitioned\n"))
        self.reread()
        part = f"{self.disks.devices[0]}p1"
        self.assertEqual(self.disks.ours("pvcreate", "--devices", part, part)[0], 0)
        self.assertEqual(self.disks.stock("pvs", "--devices", part, *NAMES)[1].split(), [part])


if __name__ == "__main__":
    unittest.main(verbosity=2)
