# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs in a node: a writer who acknowledges what is on disk, and who checks that it is.

    record_writer.py write FILE ACKNOWLEDGED    goes on until it is killed
    record_writer.py check FILE                 prints the number of the last whole record

A record is a line "NUMBER CHECKSUM", in order from 1.
"""
import hashlib
import os
import sys


def record(number):
    return f"{number} {hashlib.sha256(b'%d' % number).hexdigest()}\n"


def whole_records(path):
    number = 0
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            for line in file:
                if line != record(number + 1):
                    break
                number += 1
    except FileNotFoundError:
        pass
    return number


def write(path, acknowledged):
    number = whole_records(path)
    length = sum(len(record(i + 1)) for i in range(number))
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    os.ftruncate(fd, length)  # the end of one that was never acknowledged
    os.lseek(fd, length, os.SEEK_SET)
    out = os.open(acknowledged, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_SYNC)
    while True:
        number += 1
        os.write(fd, record(number).encode())
        os.fsync(fd)
        os.write(out, b"%d\n" % number)


if sys.argv[1] == "write":
    write(*sys.argv[2:])
else:
    print(whole_records(sys.argv[2]))
