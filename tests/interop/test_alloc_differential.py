#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Does our allocator choose what LVM2's chooses?

Random VGs on loop devices, random lvcreate/lvextend/lvreduce/lvremove with stock LVM2; before each
step its metadata text is taken from disk, alloc_driver applies the same edit to it, and the
maps of all LVs, or the reasons for failing, are compared. The first difference ends the case,
which is printed as commands to repeat.

Needs root, loop devices and lvm2; exits with 77 (skipped) without. Touches only its own files:
a private LVM_SYSTEM_DIR limits stock LVM2 to our loop devices, and device-mapper is not used.
"""

import argparse
import os
import random
import shlex
import shutil
import struct
import subprocess
import sys
import tempfile
import time

SKIP = 77
DEVICE_MIB = 34
POLICIES = ["contiguous", "cling", "normal", "anywhere"]
# Without arguments a fixed series runs; --random goes on looking.
FIRST_SEED = 60000
CASES = 40

LVM_CONF = """
devices {{
	dir = "/dev"
	scan = [ "/dev" ]
	global_filter = [ {accept} "r|.*|" ]
	obtain_device_list_from_udev = 0
	external_device_info_source = "none"
	hints = "none"
	use_devicesfile = 0
	md_component_detection = 0
	multipath_component_detection = 0
}}
backup {{
	backup = 0
	archive = 0
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
	use_lvmlockd = 0
}}
"""
NOISE = ("WARNING:", "Using default stripesize", "Using stripesize of last", "Rounding size")


class Difference(Exception):
    """Maps or errors are not the same."""


class Stock:
    """Stock LVM2 with loop devices of its own."""

    def __init__(self, directory, count):
        self.devices = []
        self.environment = dict(os.environ, LVM_SYSTEM_DIR=directory, LC_ALL="C",
                                LVM_SUPPRESS_FD_WARNINGS="1", TZ="UTC")
        os.mkdir(os.path.join(directory, "lock"))
        for number in range(count):
            path = os.path.join(directory, f"disk{number}")
            with open(path, "wb") as disk:
                disk.truncate(DEVICE_MIB << 20)
            self.devices.append(subprocess.run(["losetup", "-f", "--show", path], check=True,
                                               capture_output=True, text=True).stdout.strip())
        accept = " ".join(f'"a|^{device}$|",' for device in self.devices)
        with open(os.path.join(directory, "lvm.conf"), "w", encoding="ascii") as conf:
            conf.write(LVM_CONF.format(accept=accept, directory=directory))

    def detach(self):
        for device in self.devices:
            subprocess.run(["losetup", "-d", device], check=False)

    def run(self, *args):
        """Exit code and what was said, without warnings and the like."""
        done = subprocess.run(["lvm", args[0], "--driverloaded", "n", *args[1:]], check=False,
                              env=self.environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        lines = [line.strip() for line in done.stdout.splitlines()]
        return done.returncode, [line for line in lines if line and not line.startswith(NOISE)]

    def must(self, *args):
        code, lines = self.run(*args)
        if code:
            raise RuntimeError(f"{' '.join(args)}: {lines}")

    def text(self):
        """The VG's metadata text, as committed on the first device."""
        with open(self.devices[0], "rb") as disk:
            disk.seek(4096 + 24)
            start, size = struct.unpack("<QQ", disk.read(16))
            offset, length = struct.unpack("<QQ", disk.read(16))
            disk.seek(start + offset)
            text = disk.read(min(length, size - offset))
            if len(text) < length:
                disk.seek(start + 512)
                text += disk.read(length - len(text))
        return text


class Case:
    """One random VG and what is done to it."""

    def __init__(self, stock, driver, directory, rng):
        self.stock, self.driver, self.rng = stock, driver, rng
        self.path = os.path.join(directory, "text")
        self.log, self.made = [], 0
        self.pvs = {}
        
    def stock_run(self, *args):
        self.log.append("lvm " + shlex.join(args))
        return self.stock.run(*args)

    def setup(self):
        for device in self.stock.devices[:self.rng.randint(2, len(self.stock.devices))]:
            size = self.rng.randint(3, DEVICE_MIB - 2)
            code, lines = self.stock_run("pvcreate", "-qq", "-ff", "-y",
                                         "--setphysicalvolumesize", f"{size + 1}m", device)
            if code:
                raise RuntimeError(lines)
            self.pvs[device] = size
        policy = self.rng.choice(["normal"] * 4 + POLICIES)
        code, lines = self.stock_run("vgcreate", "-s", "1m", "--alloc", policy, "v", *self.pvs)
        if code:
            raise RuntimeError(lines)
        for device in self.pvs:
            for tag in "AB":
                if self.rng.random() < 0.3:
                    self.stock_run("pvchange", "--addtag", tag, device)
            if self.rng.random() < 0.05:
                self.stock_run("pvchange", "-x", "n", device)

    def teardown(self):
        self.stock.run("vgremove", "-ff", "-y", "-qq", "v")
        self.stock.run("pvremove", "-ff", "-y", "-qq", *self.pvs)

    def drive(self, *args):
        return subprocess.run([self.driver, args[0], self.path, *map(str, args[1:])], check=True,
                              stdout=subprocess.PIPE, text=True).stdout

    def map_of(self, text):
        with open(self.path, "wb") as file:
            file.write(text)
        return self.drive("map")

    def lvs(self, text):
        """Per LV a list of (le_start, le_count, [(pv, pe)])."""
        lvs = {}
        for line in self.map_of(text).splitlines():
            name, start, count, *areas = line.split()
            areas = [(area.rsplit(":", 1)[0], int(area.rsplit(":", 1)[1])) for area in areas]
            lvs.setdefault(name, []).append((int(start), int(count), areas))
        return lvs

    def free(self, lvs):
        return sum(self.pvs.values()) - sum(seg[1] for segs in lvs.values() for seg in segs)

    def pv_arguments(self):
        if self.rng.random() < 0.7:
            return []
        arguments = []
        for device in self.rng.sample(list(self.pvs), self.rng.randint(1, len(self.pvs))):
            argument, at = device, 0
            while self.rng.random() < 0.35 and at < self.pvs[device] - 1:
                start = self.rng.randint(at, self.pvs[device] - 1)
                end = self.rng.randint(start, self.pvs[device] - 1)
                argument += self.rng.choice([f":{start}-{end}", f":{start}+{end - start + 1}"])
                at = end + 1
            arguments.append(argument)
        return arguments

    def policy_arguments(self):
        option, policy = [], "inherit"
        if self.rng.random() < 0.45:
            policy = self.rng.choice(POLICIES)
            option = ["--alloc", policy]
        if self.rng.random() < 0.2:
            tag = self.rng.choice(["@A", "@B", "@*"])
            option += ["--config", f'allocation{{cling_tag_list=["{tag}"]}}']
            policy += f",{tag}"
        return option, policy

    def step_create(self, lvs):
        name = f"l{self.made}"
        self.made += 1
        stripes = self.rng.choice([1, 1, 1, 2, 2, 3])
        pvs = self.pv_arguments()
        option, policy = self.policy_arguments()
        approximate = not pvs and self.rng.random() < 0.08
        if approximate:
            extents = self.free(lvs) // stripes * stripes
            if not extents:
                return None
            size = ["-l", "100%FREE"]
        else:
            top = self.rng.choice([2, 4, 8, 20, max(1, self.free(lvs))])
            extents = self.rng.randint(1, max(1, top // stripes)) * stripes
            size = ["-l", str(extents)]
        if stripes > 1:
            size += ["-i", str(stripes)]
        return (["lvcreate", "-an", "-Zn", "-Wn", "-n", name, *size, *option, "v", *pvs],
                ["create", name, extents, stripes, policy,
                 "approximate" if approximate else "exact", *pvs])

    def step_extend(self, lvs):
        name = self.rng.choice(list(lvs))
        stripes = len(lvs[name][-1][2])
        given = 0
        mixed = len({len(areas) for _, _, areas in lvs[name]}) > 1
        option, policy = self.policy_arguments()
        pvs = self.pv_arguments()
        if mixed or self.rng.random() < 0.1:  # stock LVM2 wants -i for mixed ones
            stripes = given = self.rng.choice([1, 2])
            option += ["-i", str(given)] + (["-I", "64k"] if given > 1 else [])
        top = self.rng.choice([2, 4, 8, 20, max(1, self.free(lvs))])
        extents = self.rng.randint(1, max(1, top // stripes)) * stripes
        total = sum(segment[1] for segment in lvs[name])
        if total % stripes:
            return None  # stock LVM2 rounds the sum; that is the command's part, not the edit's
        if stripes == 1 and not pvs and self.free(lvs) and self.rng.random() < 0.1:
            return (["lvextend", "-l", "+100%FREE", *option, f"v/{name}"],
                    ["extend", name, self.free(lvs), given, policy, "approximate"])
        return (["lvextend", "-l", f"+{extents}", *option, f"v/{name}", *pvs],
                ["extend", name, extents, given, policy, "exact", *pvs])

    def step_reduce(self, lvs):
        name = self.rng.choice(list(lvs))
        start, count, areas = self.rng.choice(lvs[name])
        keep = start + self.rng.randint(0, count // len(areas)) * len(areas)
        total = sum(segment[1] for segment in lvs[name])
        if not 0 < keep < total or keep % len(areas):
            return None
        return (["lvreduce", "-f", "-l", str(keep), f"v/{name}"], ["reduce", name, keep])

    def step_remove(self, lvs):
        name = self.rng.choice(list(lvs))
        return ["lvremove", "-f", f"v/{name}"], ["remove", name]

    def choose(self, lvs):
        kinds = [self.step_create] * 9
        if lvs:
            kinds += [self.step_extend] * 7 + [self.step_remove] * 4 + [self.step_reduce] * 2
        return self.rng.choice(kinds)(lvs)

    def step(self):
        before = self.stock.text()
        chosen = self.choose(self.lvs(before))
        if not chosen:
            return 0
        command, edit = chosen
        code, lines = self.stock_run(*command)
        after = self.map_of(self.stock.text())
        with open(self.path, "wb") as file:
            file.write(before)
        ours = self.drive(*edit)
        theirs = f"error: {lines[-1] if lines else ''}\n" if code else after
        if ours != theirs:
            raise Difference(f"stock:\n{theirs}ours:\n{ours}before:\n{self.map_of(before)}")
        return 1


def run_case(stock, driver, directory, seed):
    """Whether all steps agreed, and the number of those that did."""
    case = Case(stock, driver, directory, random.Random(seed))
    steps = 0
    case.setup()
    try:
        for _ in range(case.rng.randint(4, 14)):
            steps += case.step()
    except Difference as difference:
        print(f"--- case --seed {seed} --cases 1 differs after:")
        print("\n".join(case.log))
        print(difference, flush=True)
        return False, steps
    finally:
        case.teardown()
    return True, steps


def memory():
    """Where a flush of a file costs nothing; or None."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def usable():
    return (os.geteuid() == 0 and os.path.exists("/dev/loop-control") and
            shutil.which("lvm") and shutil.which("losetup"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--driver", required=True, help="path of alloc_driver")
    parser.add_argument("--seed", type=int, default=FIRST_SEED)
    parser.add_argument("--random", action="store_true", help="with a seed of its own choice")
    parser.add_argument("--cases", type=int, help=f"number of VGs (default: {CASES})")
    parser.add_argument("--seconds", type=float, help="as many cases as take that long")
    args = parser.parse_args()
    if not usable():
        print("skipped: needs root, loop devices and lvm2")
        return SKIP
    if args.random:
        args.seed = random.SystemRandom().randrange(1 << 31)
    if not args.cases and not args.seconds:
        args.cases = CASES
    print(f"seed {args.seed}", flush=True)
    deadline = time.monotonic() + (args.seconds or 0)
    cases = steps = differed = 0
    with tempfile.TemporaryDirectory(prefix="clvm-alloc-", dir=memory()) as directory:
        stock = Stock(directory, 4)
        try:
            while cases < args.cases if args.cases else time.monotonic() < deadline:
                agrees, agreed = run_case(stock, args.driver, directory, args.seed + cases)
                cases += 1
                differed += not agrees
                steps += agreed
        finally:
            stock.detach()
    print(f"{cases} cases, {steps} steps agreed; {differed} cases differed (seed {args.seed})")
    return 1 if differed or not steps else 0


if __name__ == "__main__":
    sys.exit(main())
