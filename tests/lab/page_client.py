# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs in a node: a visitor who fetches a page over and over.

    page_client.py ADDRESS FILE SECONDS

A line "BEGIN END STATUS TEXT" for each time: seconds, then the HTTP status (or "-") and the first
line of the page (or what went wrong, also that it took longer than SECONDS). Until it is killed.
"""
import http.client
import os
import sys
import time

PAUSE = 0.1


def fetch(address, seconds):
    connection = http.client.HTTPConnection(address, timeout=seconds)
    try:
        connection.request("GET", "/")
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
        return str(answer.status), text.split("\n", 1)[0]
    except (OSError, http.client.HTTPException) as error:
        return "-", f"{type(error).__name__}: {error}"
    finally:
        connection.close()


def main():
    out = os.open(sys.argv[2], os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_SYNC)  # seen at once
    while True:
        begin = time.time()
        status, text = fetch(sys.argv[1], float(sys.argv[3]))
        os.write(out, f"{begin:.3f} {time.time():.3f} {status} {text}\n".encode())
        time.sleep(PAUSE)


main()
