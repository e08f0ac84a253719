#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Bad command lines: the same stdout, stderr and exit code as stock LVM2.

Runs each line of CASES with stock's command and with ours, both with the same private
configuration that rejects all devices, and compares. Needs root and stock LVM2 2.03.16 in
/usr/sbin, no devices and no device-mapper; nothing is changed anywhere.

Where we mean to differ, DIFFERENCES says so, why, and what we print instead: our side is
checked there too, and stock must really differ.

usage: test_cli_errors.py --ours DIR [--only WORD] [--verbose]
"""
import argparse
import os
import re
import shlex
import subprocess
import sys
import tempfile

STOCK = "/usr/sbin"
SKIP = 77

LVM_CONF = """
devices { filter = [ "r|.*|" ] use_devicesfile = 0 hints = "none" }
backup { backup = 0 archive = 0 }
"""

# What stock says of a host without device-mapper; we do not look at it before it is needed.
NOISE = re.compile(
    r"^\s*(/dev/mapper/control: open failed: .*|Failure to communicate with kernel device-mapper"
    r" driver\.|Check that device-mapper is available in the kernel\.|Incompatible libdevmapper .*"
    r"|WARNING: Activation disabled\. No device-mapper interaction will be attempted\.)\n",
    re.MULTILINE)

LONG_NAME = "a" * 128

# One command line a line.
CASES = """
lvs --bogus
lvm lvs --bogus
lvs --bo-gus=x
lvs -Q
lvs -vQ
lvs --unit
lvs --units
lvs -o
lvs --no
lvs --no=x
lvs --noh
lvs --re
lvs --noheadings=x
lvs --no-headings --separator
lvs --help --bogus
lvs --version --bogus
lvs -y -y
lvs -t -t
lvs --noheadings --noheadings
lvs --separator x --sep y
lvs --config a/b=1 --config c/d=1
lvs --reportformat bogus
lvs --reportformat json_std
lvs --headings 0
lvs --units q
lvs --driverloaded q
lvs --config devices{
lvs --config bogus
lvs novg
lvs /dev/novg
lvs novg/x
lvs a/b/c
lvs ''
lvs -
lvs -- -x
lvs a:b
lvs novg novg2/x
lvs -t novg
lvs -qq novg
vgs novg
vgs a/b
vgs /dev/novg
vgs --units 3q
vgs --separator
pvs --bogus
pvs --headings 0
pvs --config x{
pvs /dev/nodev
pvs -qq /dev/nodev
pvcreate
pvcreate -x
pvcreate -M 3 /dev/nodev
pvcreate -M1 /dev/nodev
pvcreate -M2 /dev/nodev
pvcreate --labelsector 4 /dev/nodev
pvcreate --labelsector x /dev/nodev
pvcreate --labelsector -1 /dev/nodev
pvcreate -u x /dev/nodev
pvcreate -u 0123Ab-cdef-ghij-klmn-opqr-stuv-wxyz01 /dev/nodev
pvcreate -u 0123Ab-cdef-ghij-klmn-opqr-stuv-wxyz01 --norestorefile /dev/nodev /dev/nodev2
pvcreate -u 0123Ab-cdef-ghij-klmn-opqr-stuv-wxyz0 --norestorefile /dev/nodev
pvcreate -u '0123Ab-cdef-ghij-klmn-opqr-stuv-wxy$01' --norestorefile /dev/nodev
pvcreate --dataalignment x /dev/nodev
pvcreate --dataalignment -1 /dev/nodev
pvcreate --dataalignmentoffset -1 /dev/nodev
pvcreate --metadatasize -1 /dev/nodev
pvcreate --metadatasize x /dev/nodev
pvcreate --metadatacopies 3 /dev/nodev
pvcreate --metadataignore x /dev/nodev
pvcreate --metadataignore y --metadatacopies 0 /dev/nodev
pvcreate --setphysicalvolumesize x /dev/nodev
pvcreate --bootloaderareasize x /dev/nodev
pvcreate -Z q /dev/nodev
pvcreate /dev/nodev
pvcreate -ff /dev/nodev
pvcreate /dev/nodev /dev/nodev2
pvcreate -t /dev/nodev
pvcreate nodev
pvremove
pvremove -x
pvremove /dev/nodev
pvremove /dev/nodev nodev2
vgcreate
vgcreate vg
vgcreate 'a b' /dev/nodev
vgcreate -- -a /dev/nodev
vgcreate . /dev/nodev
vgcreate null /dev/nodev
vgcreate a/b /dev/nodev
vgcreate %(long)s /dev/nodev
vgcreate -s 0 vg /dev/nodev
vgcreate -s -4 vg /dev/nodev
vgcreate -s 5x vg /dev/nodev
vgcreate -l x vg /dev/nodev
vgcreate -p -3 vg /dev/nodev
vgcreate -M 1 vg /dev/nodev
vgcreate -M lvm1 vg /dev/nodev
vgcreate --alloc q vg /dev/nodev
vgcreate --alloc inherit vg /dev/nodev
vgcreate --vgmetadatacopies x vg /dev/nodev
vgcreate --pvmetadatacopies 7 vg /dev/nodev
vgcreate --zero q vg /dev/nodev
vgcreate --setautoactivation q vg /dev/nodev
vgcreate --addtag 'a b' vg /dev/nodev
vgcreate vg /dev/nodev
vgextend
vgextend vg
vgextend -Z q vg /dev/nodev
vgreduce
vgreduce vg
vgreduce -a
vgreduce --removemissing
vgreduce -a novg /dev/nodev
vgreduce -a --removemissing novg
vgreduce --removemissing novg /dev/nodev
vgremove
vgremove novg
vgremove novg nov2
vgremove a/b
vgrename
vgrename a
vgrename a b c
vgrename a a
vgrename novg z
vgrename a 'b c'
vgrename a null
vgrename /dev/a /dev/b
vgck --bogus
vgck novg
vgchange
vgchange vg
vgchange -a
vgchange -a x vg
vgchange -aaay vg
vgchange -al vg
vgchange -ael vg
vgchange -asn vg
vgchange -asey vg
vgchange -a y -p 5 vg
vgchange -an -ay vg
vgchange --refresh -ay vg
vgchange -ley vg
vgchange -l foo vg
vgchange -l -1 vg
vgchange -l '' vg
vgchange -l ' 5' vg
vgchange -l 0x10 vg
vgchange -l 99999999999 vg
vgchange -l 5 -l 6 vg
vgchange -p r vg
vgchange -x maybe vg
vgchange -x 1 vg
vgchange --alloc bogus vg
vgchange --addtag 'bad tag' vg
vgchange --addtag '' vg
vgchange -ay a/b
vgchange -ay 'a b'
vgchange -ay novg
vgchange -aey novg
vgchange -aen novg
vgchange -anl novg
vgchange -ay novg nov2
vgchange --monitor y novg
vgchange --addtag a --addtag b novg
lvcreate
lvcreate vg
lvcreate -n x vg
lvcreate --driverloaded n -L5 -l5 vg
lvcreate --driverloaded n -L5 vg/lv
lvcreate --driverloaded n -L5 -n a/b vg
lvcreate --driverloaded n -L5 -n a/b/c vg
lvcreate --driverloaded n -L5 -n pvmove1 vg
lvcreate --driverloaded n -L5 -n snapshotx vg
lvcreate --driverloaded n -L5 -n a_mimage vg
lvcreate --driverloaded n -L5 -n 'a b' vg
lvcreate --driverloaded n -L5 -n -a vg
lvcreate --driverloaded n -L5 -n . vg
lvcreate --driverloaded n -L5 -n '' vg
lvcreate --driverloaded n -L0 -n a vg
lvcreate --driverloaded n -l0 -n a vg
lvcreate --driverloaded n -l0%%FREE -n a vg
lvcreate --driverloaded n -L5 -i 200 vg
lvcreate --driverloaded n -L5 -i 0 vg
lvcreate --driverloaded n -L5 -i 2 -I 3k vg
lvcreate --driverloaded n -L5 -i 2 -I 2k vg
lvcreate --driverloaded n -L5 -i 1 -I 4k novg
lvcreate --driverloaded n --type linear -i 2 -L5 vg
lvcreate --driverloaded n -L5 novg
lvcreate --driverloaded n -L5 -n novg/x
lvcreate --driverloaded n -L5 -n /dev/novg/x
lvcreate -L5 -i x vg
lvcreate -L5 -i -1 vg
lvcreate -L x vg
lvcreate -L 10x vg
lvcreate -L 10%%FREE vg
lvcreate -L -5 vg
lvcreate -L '' vg
lvcreate -L 1000b vg
lvcreate -L 20e vg
lvcreate -L 99999999999999999999999 vg
lvcreate -l 1.5 vg
lvcreate -l 1k vg
lvcreate -l 10%% vg
lvcreate -l 10%%foo vg
lvcreate -l -4 vg
lvcreate -l '' vg
lvcreate -l 99999999999999999999 vg
lvcreate -L5 -r -1 vg
lvcreate -L5 -r foo vg
lvcreate -L5 -p z vg
lvcreate -L5 -Z x vg
lvcreate -L5 -Z yes vg
lvcreate -L5 -W maybe vg
lvcreate -L5 -a bogus vg
lvcreate -L5 -k x vg
lvcreate -L5 -M x vg
lvcreate -L5 -A x vg
lvcreate -L5 --minor x vg
lvcreate -L5 --setautoactivation x vg
lvcreate -L5 -L6 vg
lvcreate -L5 --alloc bogus vg
lvcreate -L5 --alloc normal --alloc cling vg
lvcreate -L5 --type bogus vg
lvcreate -L5 --type linear --type linear vg
lvcreate -L5 --addtag 'a b' vg
lvcreate -L 10x --bogus vg
lvcreate --bogus -L 10x vg
lvcreate --s
lvremove
lvremove lv
lvremove ''
lvremove a/b/c
lvremove novg novg2/x
lvremove novg/
lvremove /dev/mapper/novg-lv
lvextend
lvextend vg/lv
lvextend -r vg/lv
lvextend -L 5
lvextend -L +5 lv
lvextend -L 5 @t
lvextend -L 5 -l 5 vg/lv
lvextend -L 5 a/b/c
lvextend -L 5 novg/lv
lvextend -l +1 novg/lv
lvextend -L 5 novg/lv /dev/nodev
lvextend novg/lv /dev/nodev
lvextend -l -1 vg/lv
lvextend -L -1 vg/lv
lvextend -l 0 vg/lv
lvextend -L 0 vg/lv
lvextend -L +0 vg/lv
lvextend -L 5 -i 0 vg/lv
lvextend -L 5 -I 0 vg/lv
lvextend -L 5 --alloc x vg/lv
lvreduce vg/lv
lvreduce -L 5
lvreduce -L 5 lv
lvreduce -L 5 vg/lv /dev/nodev
lvreduce -L 5 -l 5 vg/lv
lvreduce -l +1 vg/lv
lvreduce -L +1 vg/lv
lvreduce -L 0 vg/lv
lvreduce -L 5 novg/lv
lvresize vg/lv
lvresize -L 5 lv
lvresize -L 0 vg/lv
lvresize -L -0 vg/lv
lvresize -l +5 -i x vg/lv
lvresize -L 5 novg/lv
lvrename
lvrename a
lvrename vg a
lvrename vg a a
lvrename vg/a vg/a
lvrename vg a b c
lvrename vg/a vg2/b
lvrename vg a vg2/b
lvrename vg a ''
lvrename vg a 'b c'
lvrename vg a pvmove1
lvrename vg a b_tdata
lvrename 'a b' c d
lvrename novg/a b
lvrename /dev/novg/a /dev/novg/b
lvchange
lvchange vg/lv
lvchange -ay
lvchange --refresh
lvchange -ay lv
lvchange -ay novg/lv
lvchange -ay --refresh vg/lv
lvchange -aq vg/lv
lvchange -al vg/lv
lvchange -aley vg/lv
lvchange -a Y vg/lv
lvchange -r x vg/lv
lvchange -C x vg/lv
lvchange -p z vg/lv
lvchange -p rw novg/lv
lvchange --deltag 'a b' vg/lv
lvchange --addtag x novg/lv
lvchange --available y novg/lv
lvchange --alloc inherit novg/lv
lvm bogus
lvm /x/vgs
lvm --version
lvm -v
lvm help bogus
"""

# command line: (why, what we do: exit code, regular expression for stdout + stderr)
DIFFERENCES = {
    "vgchange -c y novg": (
        "stock has no clustered VGs any more", 5, r'Volume group "novg" not found'),
    "vgchange -c x vg": (
        "stock has no clustered VGs any more", 3, r"Invalid argument for --clustered: x\n"),
    "lvcreate -L 5": (
        "stock shows the form of error targets as the nearest", 3,
        r"  lvcreate -L\|--size (.*\n)*  Nearest similar command has syntax:\n"),
    "lvcreate --driverloaded n -m1 -L5 vg": (
        "no mirrors", 5, r"^  lvcreate --mirrors is not supported yet\.\n$"),
    "lvcreate --driverloaded n -s -L5 vg/lv": (
        "no snapshots", 5, r"^  lvcreate --snapshot is not supported yet\.\n$"),
    "lvcreate --driverloaded n -T -L5 vg/lv": (
        "no thin volumes", 5, r"^  lvcreate --thin is not supported yet\.\n$"),
    "lvcreate --driverloaded n --type mirror -L5 vg": (
        "no mirrors", 5, r"^  lvcreate --type mirror is not supported yet\.\n$"),
    "lvcreate --a": (
        "--autobackup is an option of all our commands, and comes after their own", 3,
        r"possibilities: '--addtag' '--alloc' '--activate' '--available'\n"),
    "vgextend novg /dev/nodev": (
        "we look for the VG before its new devices", 5, r'Volume group "novg" not found'),
    "lvremove @t": ("no tags on changing commands", 5, r"tag \(@t\) is not supported yet"),
    "vgremove @t": ("no tags on changing commands", 5, r"tag \(@t\) is not supported yet"),
    "vgremove -S vg_name=x": (
        "no selection on changing commands", 5, r"--select is not supported yet"),
    "pvs -A y": ("we take the common options everywhere", 0, r"^$"),
    "pvs --noudevsync": ("we take the common options everywhere", 0, r"^$"),
    "lvs -f": ("we take the common options everywhere", 0, r"^$"),
    "lvs --profile bogus": ("profiles have no effect", 0, r"^$"),
    "vgchange --lockstart": ("no lvmlockd; agents may ask for it", 0, r"^$"),
    "lvm": ("no shell", 3, r"Available lvm commands:"),
}


def run(directory, words, environment):
    path = os.path.join(directory, words[0])
    done = subprocess.run(words, executable=path, env=environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60,
                          check=False)
    return (done.returncode, done.stdout.decode(errors="replace"),
            NOISE.sub("", done.stderr.decode(errors="replace")))


def show(name, result):
    print(f"    {name}: exit {result[0]}")
    for mark, text in (("O|", result[1]), ("E|", result[2])):
        for line in text.splitlines():
            print(f"      {mark}{line}")


def compare(line, ours, stock):
    """None, or what is wrong."""
    if line not in DIFFERENCES:
        return None if ours == stock else "differs from stock"
    why, code, pattern = DIFFERENCES[line]
    if ours == stock:
        return f"does not differ from stock any more, although: {why}"
    if ours[0] != code or not re.search(pattern, ours[1] + ours[2]):
        return f"is not as expected ({why}): exit {code}, /{pattern}/"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ours", required=True, help="directory with our commands")
    parser.add_argument("--only", default="", help="only lines that contain this")
    parser.add_argument("--verbose", action="store_true", help="show each line")
    options = parser.parse_args()
    if os.geteuid() != 0 or not os.path.exists(f"{STOCK}/lvm"):
        print("needs root and stock LVM2")
        return SKIP

    lines = (CASES % {"long": LONG_NAME}).strip().splitlines() + list(DIFFERENCES)
    failures = count = 0
    with tempfile.TemporaryDirectory() as system_dir:
        with open(f"{system_dir}/lvm.conf", "w", encoding="utf-8") as file:
            file.write(LVM_CONF)
        environment = dict(os.environ, LC_ALL="C", LVM_SYSTEM_DIR=system_dir,
                           LVM_SUPPRESS_FD_WARNINGS="1")
        for line in lines:
            if options.only not in line:
                continue
            words = shlex.split(line)
            ours = run(options.ours, words, environment)
            stock = run(STOCK, words, environment)
            wrong = compare(line, ours, stock)
            count += 1
            if wrong or options.verbose:
                print(f"{'FAIL' if wrong else 'ok'}  {line}{': ' + wrong if wrong else ''}")
            if wrong:
                show("ours", ours)
                show("stock", stock)
                failures += 1
    print(f"{count} command lines, {failures} wrong")
    return 1 if failures or not count else 0


if __name__ == "__main__":
    sys.exit(main())
