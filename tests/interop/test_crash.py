#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A command that is killed, or whose power is cut, at any instant leaves the old or the new VG.

Each command runs once to its end while fault_shim.c logs its writes and flushes. Then it is
killed before each of these and after the last; what is on the disks must be what the log tells,
so states can be made from the log: a power cut loses any of the writes that were not flushed on
their disk, whole or block by block (a logical block is written or not; order among them does not
count).

Each state that a reader can tell from others is put on the disks, and must hold:
- our reports, stock's reports and the text that stock's vgcfgbackup gives are all old or all new
  (or that of a step between, for a command that makes several changes), with no warning but
  STALE;
- a next command of ours succeeds, and the same command again where it had not done its work;
- then all areas agree and have no slot 1, "used" is set on members only, nobody warns;
- once a command ended well, a power cut changes nothing.

The log alone must show that no header names an unflushed text, that all areas are durably
precommitted before the first is committed, and that nothing stays unflushed.

Windows that the format has, and what they leave:
- A PV joins or leaves with two areas: these are two blocks. One with a text and one without make
  stock (not us) warn HALF, though it finds the VG; the next command of ours writes both.
- A PV's label says "used" a moment later, or no longer a moment earlier, than the VG's text has
  it: a warning that the next write mends. The other order would leave PVs that nobody may use
  again.
- A leaving PV is emptied before the commit: until then it is a member without a text. Only where
  it alone held the VG's text (vgcreate --vgmetadatacopies) it is emptied after: it may stay
  behind as an "outdated PV", which vgck --updatemetadata clears.
- vgcreate and vgextend of what is no PV yet make it a PV first; vgreduce of several PVs and
  vgremove of LVs are several changes.

Each of these was planted once, and found: no flush between text and precommit, nor between
precommit and commit; commit without precommit; one PV not flushed before the precommit, or after
the commit; "used" set before the commit; leaving PVs emptied after the commit, and emptied before
it where they alone held the text; vgremove emptying areas before it clears "used"; a text over
the committed one; pvcreate writing the label before the areas.
"""
import argparse
import concurrent.futures
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import crash_disk  # noqa: E402
from crash_disk import Area, Label  # noqa: E402
from side_by_side import NOISE, STOCK, Disks, sbin  # noqa: E402

SKIP = 77
SHIM = os.path.join(os.environ.get("CLVM_INTEROP_BIN", "."), "fault_shim.so")
DISK_BYTES = 3 << 20
CUTS = 5
WORKERS = 6  # they mostly wait for their loop devices
REPORTS = (
    ("pvs", "pv_name,vg_name,pv_size,pv_pe_count,pv_pe_alloc_count,vg_uuid,vg_seqno,vg_tags,"
            "vg_attr,pv_count,lv_count,vg_extent_count,vg_free_count"),
    ("lvs", "vg_name,lv_name,lv_uuid,lv_size,lv_tags,seg_pe_ranges"),
)

SMALL = "--metadatasize 60k --dataalignment 64k"
ONE, TWO, NONE = (f"{SMALL} --metadatacopies {count}" for count in (1, 2, 0))

# name: (bytes of a block, pvcreate's options of each disk, vgcreate's)
LAYOUTS = {
    "one": (512, (ONE, ONE, ONE), ""),
    "two": (512, (TWO, TWO, TWO), ""),
    "mixed": (4096, (ONE, TWO, NONE), ""),
    "managed": (512, (ONE, ONE, ONE), "--vgmetadatacopies 1"),
}


# What a copy that is behind may make readers say: it harms nothing, the next write mends it.
STALE = (
    r"WARNING: ignoring metadata seqno \d+ on \S+ for seqno \d+ on \S+ for VG vg\.",
    r"WARNING: Inconsistent metadata found for VG vg\.",
    r"See vgck --updatemetadata to correct inconsistency\.",
    r"WARNING: PV \S+ in VG vg is missing the used flag in PV header\.",
)
# What stock alone says of a PV with a text in only one of its two areas.
HALF = (
    r"WARNING: reading \S+ mda\d failed to read metadata\.",
    r"WARNING: repair VG metadata on \S+ with vgck --updatemetadata\.",
    r"WARNING: Reading VG vg on \S+ failed\.",
)
OUTDATED = (
    r"WARNING: outdated PV \S+ seqno \d+ has been removed in current VG vg seqno \d+\.",
    r"See vgck --updatemetadata to clear outdated metadata\.",
)


class Scenario:
    """@command runs on what @before made. Each of @between leads from there to a state that is fine
    too, from which @again reaches the end. @moves: PVs come or go."""

    def __init__(self, command, before=(), between=(), again=(), pvs=True, layouts=tuple(LAYOUTS),
                 moves=False):
        self.command, self.before, self.between = command, before, between
        self.again = again or (command,) * len(between)
        self.pvs, self.layouts, self.moves = pvs, layouts, moves


VG = "vgcreate -s 64k {vg} vg %0 %1 %2"
VG_SMALL = "vgcreate -s 64k {vg} vg %0 %1"
LV = "lvcreate -an -Zn -n lv -l 3 vg"
SCENARIOS = {
    "pvcreate": Scenario("pvcreate {pv0} %0", pvs=False, layouts=("one", "two", "mixed")),
    "pvremove": Scenario("pvremove %0", layouts=("one", "two")),
    "vgcreate": Scenario(VG, moves=True),
    "vgcreate_of_disks": Scenario(f"{VG} {SMALL}", pvs=False, layouts=("one",), between=(
        ("pvcreate {pv0} %0",), ("pvcreate {pv0} %0", "pvcreate {pv1} %1"),
        ("pvcreate {pv0} %0", "pvcreate {pv1} %1", "pvcreate {pv2} %2"))),
    "vgextend": Scenario("vgextend vg %2", (VG_SMALL,), moves=True),
    "vgreduce": Scenario("vgreduce vg %2", (VG, LV), moves=True),
    "vgreduce_first": Scenario("vgreduce vg %0", (VG,), moves=True),
    "vgreduce_two": Scenario("vgreduce vg %1 %2", (VG,), (("vgreduce vg %1",),),
                             ("vgreduce vg %2",), layouts=("two", "mixed"), moves=True),
    "vgchange": Scenario("vgchange --addtag new vg", (VG, LV)),
    # the area at the end moves by its size, and by less
    "pvresize": Scenario("pvresize -y --setphysicalvolumesize 3008k %1", (VG, LV),
                         layouts=("one", "two", "mixed"), moves=True),
    "pvresize_a_bit": Scenario("pvresize -y --setphysicalvolumesize 3040k %1", (VG, LV),
                               layouts=("two",), moves=True),
    "pvresize_back": Scenario("pvresize %1", (VG, "pvresize -y --setphysicalvolumesize 3008k %1"),
                              layouts=("two",), moves=True),
    "vgremove": Scenario("vgremove vg", (VG,), moves=True),
    "vgremove_of_lvs": Scenario("vgremove -f vg", (VG, LV), (("lvremove -f vg/lv",),),
                                layouts=("one", "mixed"), moves=True),
    "lvcreate": Scenario(LV, (VG,), layouts=("one", "two")),
    "lvextend": Scenario("lvextend -l +50 vg/lv", (VG, LV), layouts=("one", "two")),
    "lvremove": Scenario("lvremove -f vg/lv", (VG, LV), layouts=("one", "two")),
}


def neutral(text):
    """A metadata text without when and by whom it was written, and without device names."""
    text = re.sub(r"^#.*\n", "", text, flags=re.M)
    return re.sub(r"\b(creation_time|creation_host|description|device) = .*", r"\1", text)


class Machine:
    """Three disks, and both suites on them."""

    def __init__(self, sector):
        self.disks = Disks([DISK_BYTES] * 3, sector)
        for device in self.disks.devices:  # what another's partitioned image may have left
            subprocess.run(["partx", "-d", device], check=False, capture_output=True)
        self.raw = [crash_disk.Disk(device, DISK_BYTES) for device in self.disks.devices]
        self.devnos = [disk.devno for disk in self.raw]
        self.log = f"{self.disks.directory}/log"
        with open(f"{self.disks.directory}/lvm.conf", "a", encoding="ascii") as conf:
            conf.write("backup {\n\tbackup = 0\n\tarchive = 0\n}\nglobal/use_aio = 0\n")

    def close(self):
        for disk in self.raw:
            disk.close()
        self.disks.close()

    def state(self):
        return tuple(disk.read() for disk in self.raw)

    def put(self, state):
        for disk, image in zip(self.raw, state):
            disk.write(image)

    def words(self, command):
        return [re.sub(r"%(\d)", lambda m: self.disks.devices[int(m[1])], word)
                for word in command.split()]

    def ours(self, command, seed=0, kill_at=0, faults=()):
        """(rc, stdout, stderr); with a seed, the log has what was written."""
        env = self.disks.environment()
        env |= {"LD_PRELOAD": SHIM, "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0"}
        if seed:
            env |= {"FAULT_DEVICES": ",".join(f"{a}:{b}" for a, b in self.devnos),
                    "FAULT_LOG": self.log, "FAULT_SEED": str(seed)}
            if os.path.exists(self.log):
                os.unlink(self.log)
        if kill_at:
            env["FAULT_KILL_AT"] = str(kill_at)
        env |= dict(faults)
        done = subprocess.run([f"{sbin()}/lvm", *self.words(command)], env=env, check=False,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout, done.stderr

    def must(self, command, seed=0):
        rc, out, error = self.ours(command, seed)
        if rc:
            raise AssertionError(f"{command}: rc {rc}: {out}{error}")
        return error

    def stock(self, *commands):
        """(stdout, stderr lines) of these by one process."""
        script = "".join(" ".join([words[0], "--driverloaded n", *words[1:]]) + "\n"
                         for words in map(self.words, commands))
        done = subprocess.run([STOCK], input=script, env=self.disks.environment(), check=False,
                              capture_output=True, text=True, timeout=60)
        return done.stdout, [line.strip() for line in NOISE.sub("", done.stderr).splitlines()]


class View:
    """What the readers find: by us, by stock, and the text."""

    def __init__(self, machine):
        backup = f"{machine.disks.directory}/text"
        commands = [f"{name} --reportformat json -o {fields}" for name, fields in REPORTS]
        self.ours, self.our_warnings = [], []
        for command in commands:
            rc, out, error = machine.ours(command)
            if rc:
                raise AssertionError(f"{command}: rc {rc}: {error}")
            self.ours.append(json.loads(out)["report"])
            self.our_warnings += [line.strip() for line in error.splitlines()]
        if os.path.exists(backup):
            os.unlink(backup)
        self.stock, self.stock_warnings = machine.stock(
            *(f"{name} --noheadings -o {fields}" for name, fields in REPORTS),
            f"vgcfgbackup -f {backup} vg")
        self.text = None
        if os.path.exists(backup):
            with open(backup, encoding="utf-8") as file:
                self.text = neutral(file.read())
        else:
            absent = ('Volume group "vg" not found', "Cannot process volume group vg")
            self.stock_warnings = [line for line in self.stock_warnings if line not in absent]

    def warnings(self):
        return sorted(set(self.our_warnings + self.stock_warnings))

    def same(self, other):
        return (self.ours, self.stock, self.text) == (other.ours, other.stock, other.text)

    def has_vg(self):
        return self.text is not None


class Case:
    """One command on one layout."""

    def __init__(self, name, layout, arguments):
        self.scenario, self.layout, self.arguments = SCENARIOS[name], layout, arguments
        self.name = f"{name}/{layout}"
        self.block, self.pv_options, self.vg_options = LAYOUTS[layout]
        self.failures, self.counts = [], {}
        self.machine = self.base = self.legal = self.places = None
        self.tail = ""

    def command(self, command):
        return command.format(vg=self.vg_options,
                              **{f"pv{i}": pv for i, pv in enumerate(self.pv_options)})

    def prepare(self):
        blank = (bytes(DISK_BYTES),) * 3
        self.machine.put(blank)
        seed = 1
        for number, options in enumerate(self.pv_options if self.scenario.pvs else ()):
            self.machine.must(f"pvcreate {options} %{number}", seed := seed + 1)
        for command in self.scenario.before:
            self.machine.must(self.command(command), seed := seed + 1)
        self.base = self.machine.state()
        self.legal = [View(self.machine)]

    def record(self):
        """Run it once to its end: the log, and what there is before, meanwhile and after."""
        for commands in self.scenario.between:
            self.machine.put(self.base)
            for number, command in enumerate(commands):
                self.machine.must(self.command(command), 90 + number)
            self.legal.append(View(self.machine))
        self.machine.put(self.base)
        self.machine.must(self.command(self.scenario.command), 99)
        events = crash_disk.read_log(self.machine.log, self.machine.devnos)
        final = self.machine.state()
        self.legal.append(View(self.machine))
        if crash_disk.apply(self.base, [e for e in events if e[1] is not None]) != final:
            raise AssertionError("the log does not lead to what is on the disks")
        self.places = crash_disk.areas_of([self.base, final])
        self.failures += crash_disk.order_faults(self.base, events, self.places)
        for view in (self.legal[0], self.legal[-1]):
            if view.warnings():
                raise AssertionError(f"without a crash: {view.warnings()}")
        self.check_mended()
        return events

    # ---- a state after a crash ----

    def allowed(self):
        """Two patterns: what may be said by us, and by stock."""
        ours, stock = STALE, STALE
        if self.layout == "managed" and self.scenario.command == "vgreduce vg %0":
            ours, stock = ours + OUTDATED, stock + OUTDATED
        if self.layout in ("two", "mixed") and self.scenario.moves:
            stock += HALF
        return re.compile("|".join(ours)), re.compile("|".join(stock))

    def check_view(self, view):
        ours, stock = self.allowed()
        worse = [line for line in view.our_warnings if not ours.fullmatch(line)] + \
            [f"stock: {line}" for line in view.stock_warnings if not stock.fullmatch(line)]
        if worse:
            raise AssertionError(f"readers say: {sorted(set(worse))}")
        outdated = any(re.fullmatch(OUTDATED[0], line) for line in view.our_warnings)
        for number, legal in enumerate(self.legal):
            if view.same(legal) or outdated and view.text == legal.text:
                self.counts[number] = self.counts.get(number, 0) + 1
                return number
        if view.text in [legal.text for legal in self.legal]:
            raise AssertionError(f"the text is fine, but it is shown as {view.ours} {view.stock}")
        raise AssertionError(f"neither old nor new: {view.text or view.stock}")

    def check_next(self, view, number):
        """The next command mends what is there; what is not done can simply be done again."""
        if view.has_vg():
            self.machine.must("vgchange --addtag heal vg")
        if any(re.fullmatch(OUTDATED[0], line) for line in view.our_warnings):
            self.machine.must("vgck --updatemetadata vg")
        if number < len(self.legal) - 1:
            self.machine.must(self.command((self.scenario.command, *self.scenario.again)[number]))
        elif not view.has_vg() and self.scenario.command.startswith("vgremove"):
            self.machine.must(self.command(VG))
        self.check_mended()

    def check_mended(self):
        """All areas agree, nobody has anything to say, "used" is set on members only."""
        state = self.machine.state()
        rc, out, error = self.machine.ours("pvs --noheadings -o vg_name,pv_name")
        if rc or error:
            raise AssertionError(f"pvs of ours: {error}")
        members = {line.split()[-1] for line in out.splitlines() if len(line.split()) == 2}
        texts = set()
        for number, device in enumerate(self.machine.disks.devices):
            label = Label(state[number])
            if label.used != (device in members):
                raise AssertionError(f"{device}: used is {label.used}, members are {members}")
            for start, _ in label.mdas:
                texts |= self.check_area(Area(state[number], start), device, device in members)
        if len(texts) != bool(members):
            raise AssertionError(f"{len(texts)} different texts on {members}")
        commands = ["pvs -o+pv_in_use", "vgs"]
        if members:
            commands += ["vgck vg", *(f"pvck --dump metadata {d}" for d in sorted(members)
                                      if Label(state[self.machine.disks.devices.index(d)]).mdas)]
            if self.machine.must("vgck vg"):
                raise AssertionError("vgck of ours has something to say")
        out, errors = self.machine.stock(*commands)
        errors = [line for line in errors if "No metadata found" not in line
                  or self.layout != "managed"]
        if errors:
            raise AssertionError(f"stock says: {errors}")
        if len(set(re.findall(r"# vgname vg seqno (\d+)", out))) != bool(members):
            raise AssertionError(f"stock finds different texts: {out}")

    @staticmethod
    def check_area(area, device, is_member):
        where = f"{device} at {area.start}"
        if not area.valid or area.slots[0][0] and not area.ignored and not area.is_whole(0):
            raise AssertionError(f"{where}: bad area")
        if any(area.slots[1]):
            raise AssertionError(f"{where}: slot 1 is left")
        if area.ignored:
            return set()
        if bool(area.text(0)) != is_member:
            raise AssertionError(f"{where}: {'no' if is_member else 'has a'} text")
        return {area.text(0)} - {b""}

    def check_state(self, what, state, is_end=False):
        self.machine.put(state)
        try:
            view = View(self.machine)
            number = self.check_view(view)
            if is_end and (view.warnings() or number != len(self.legal) - 1):
                raise AssertionError(f"it had succeeded, and yet: {view.warnings() or view.text}")
            self.check_next(view, number)
        except AssertionError as failure:
            self.failures.append(f"{what}: {failure}")

    # ---- all states ----

    def really_kill(self, events):
        """SIGKILL at each write and flush; yields what is then on the disks."""
        for number, expected in enumerate(crash_disk.kill_points(self.base, events), 1):
            self.machine.put(self.base)
            rc = self.machine.ours(self.command(self.scenario.command), 99, number)[0]
            if rc != (-9 if number <= len(events) else 0):
                raise AssertionError(f"killed at {number} of {len(events)}: rc {rc}")
            if self.machine.state() != expected:
                raise AssertionError(f"killed at {number}: the disks are not as the log tells")
            yield f"killed at {number} of {len(events)}", expected

    def unlike(self, states, seen):
        """Those that no reader could take for one that was looked at before."""
        for what, state in states:
            key = crash_disk.meaning(state, self.places, self.arguments.full)
            if key not in seen:
                seen.add(key)
                yield what, state

    def run(self, machine):
        self.machine = machine
        self.prepare()
        events = self.record()
        seen = set()
        for what, state in self.unlike(self.really_kill(events), seen):
            self.check_state(what, state)
        generator = random.Random(f"{self.arguments.seed} {self.name}")
        cuts = list(self.unlike(crash_disk.power_cuts(self.base, events, self.block, generator,
                                                      self.arguments.tears), seen))
        chosen = cuts if self.arguments.full else generator.sample(cuts, min(CUTS, len(cuts)))
        for what, state in chosen:
            self.check_state(what, state)
        durable = list(crash_disk.pending_sets(self.base, events))[-1][0]
        self.check_state("power cut after the end", durable, True)
        self.tail = f"{len(events):2} writes and flushes leave {len(seen) - len(cuts):2} states," \
            f" power cuts {len(chosen):2} of {len(cuts):2} more;" \
            f" seen {dict(sorted(self.counts.items()))}"
        if not {0, len(self.legal) - 1} <= set(self.counts):
            self.failures.append("never seen both old and new: it says nothing")


class Pool:
    """Each thread has machines of its own, made when first wanted."""

    def __init__(self):
        self.local, self.all = threading.local(), []

    def run(self, case):
        machines = self.local.__dict__.setdefault("machines", {})
        if case.block not in machines:
            machines[case.block] = Machine(case.block)
            self.all.append(machines[case.block])
        started = time.monotonic()
        try:
            case.run(machines[case.block])
        except AssertionError as failure:
            case.failures.append(str(failure))
        return case, time.monotonic() - started

    def close(self):
        for machine in self.all:
            machine.close()


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("case", nargs="*", help="NAME or NAME/LAYOUT (all)")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--tears", type=int, default=8, help="torn power cuts at each point (8)")
    parser.add_argument("--full", action="store_true",
                        help=f"all power cuts, not {CUTS} a command; and states that differ where "
                        "no reader looks")
    return parser.parse_args()


def main():
    if os.geteuid() or not os.path.exists(STOCK) or not os.path.exists("/dev/loop-control"):
        print("needs root, stock lvm2 and loop devices")
        return SKIP
    arguments = parse_arguments()
    for needed in (SHIM, f"{sbin()}/lvm"):
        if not os.path.exists(needed):
            sys.exit(f"{needed} is not built")
    if os.access("/dev/shm", os.W_OK):
        tempfile.tempdir = "/dev/shm"  # a flush of a file there costs nothing
    print(f"seed {arguments.seed}")
    cases = [Case(name, layout, arguments) for name, scenario in SCENARIOS.items()
             for layout in scenario.layouts]
    if arguments.case:
        cases = [case for case in cases if case.name in arguments.case
                 or case.name.split("/")[0] in arguments.case]
    pool, failed = Pool(), 0
    try:
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as executor:
            for case, seconds in executor.map(pool.run, cases):
                print(f"{'FAIL' if case.failures else 'ok  '} {case.name:24} {seconds:5.1f} s  "
                      f"{case.tail}", flush=True)
                for failure in case.failures[:10]:
                    print(f"     {failure}")
                failed += bool(case.failures)
    finally:
        pool.close()
    print(f"{len(cases)} commands on layouts, {failed} failed")
    return 1 if failed or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
