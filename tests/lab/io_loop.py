# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs in a node: writes to a file and checks what it reads, until told to stop.

    io_loop.py FILE STOP-FILE

Each block of 64 KiB carries its number, its round and a checksum; it is synced, dropped from the
cache and read back at once, and all blocks again at the end. Prints one line of JSON:
{"written", "wrong", "longest_pause"}. Exit 1 if anything was wrong.
"""
import hashlib
import json
import os
import sys
import time

BLOCK = 65536
BLOCKS = 64


def block(number, turn):
    body = ((b"%d %d " % (number, turn)) * BLOCK)[:BLOCK - 32]
    return body + hashlib.sha256(body).digest()


def matches(data, number, turn):
    return (len(data) == BLOCK and hashlib.sha256(data[:-32]).digest() == data[-32:]
            and data.startswith(b"%d %d " % (number, turn)))


def read_from_disk(fd, number):
    os.posix_fadvise(fd, number * BLOCK, BLOCK, os.POSIX_FADV_DONTNEED)
    return os.pread(fd, BLOCK, number * BLOCK)


def main():
    path, stop = sys.argv[1:]
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    turns = {}
    written = wrong = turn = 0
    longest = 0.0
    last = time.monotonic()
    while not os.path.exists(stop) or turn == 0:
        number = written % BLOCKS
        turn = written // BLOCKS + 1
        os.pwrite(fd, block(number, turn), number * BLOCK)
        os.fsync(fd)
        turns[number] = turn
        written += 1
        wrong += not matches(read_from_disk(fd, number), number, turn)
        now = time.monotonic()
        longest, last = max(longest, now - last), now
    for number, turn in turns.items():
        wrong += not matches(read_from_disk(fd, number), number, turn)
    print(json.dumps({"written": written, "wrong": wrong, "longest_pause": round(longest, 2)}))
    sys.exit(1 if wrong else 0)


main()
