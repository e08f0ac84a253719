# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs in a node: writes down when a volume is in this kernel.

    watch_volume.py DM-NAME FILE

A line "BEFORE AFTER on|off" each time it looked, many times a second: the seconds before and after
looking. Until it is killed, or its node is.
"""
import glob
import os
import sys
import time

PAUSE = 0.1


def is_here(name):
    for path in glob.glob("/sys/block/dm-*/dm/name"):
        try:
            with open(path, encoding="ascii") as file:
                if file.read().strip() == name:
                    return True
        except OSError:
            pass  # gone meanwhile
    return False


def main():
    out = os.open(sys.argv[2], os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_SYNC)  # seen at once
    while True:
        before = time.time()
        word = "on" if is_here(sys.argv[1]) else "off"
        os.write(out, f"{before:.3f} {time.time():.3f} {word}\n".encode())
        time.sleep(PAUSE)


main()
