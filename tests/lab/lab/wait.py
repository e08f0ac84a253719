# SPDX-License-Identifier: LGPL-2.1-or-later
"""Waiting for conditions, never for times."""
import os
import time

# All waiting limits are multiplied by this, for machines slower than the one they were set on.
SLOW = float(os.environ.get("CLVM_LAB_SLOW", "1"))


class LabTimeout(AssertionError):
    """A condition did not come true; the text says which, how long, and what was last seen."""


INTERVAL_MAX = 0.5  # seconds: what a test may lose behind a condition that has come true


def wait_for(condition, timeout, what, interval=0.1):
    """Call condition() until it returns something true, and return that.

    An AssertionError in it counts as "not yet". @what completes "timed out waiting for ...".
    Asking runs a program in a node, which takes away from what is waited for: ever less often.
    """
    start = time.monotonic()
    while True:
        try:
            seen = condition()
            if seen:
                return seen
        except AssertionError as error:
            seen = error
        if time.monotonic() > start + timeout * SLOW:
            raise LabTimeout(f"timed out after {timeout * SLOW:.0f} s waiting for {what}"
                             f" (last seen: {seen!r})")
        time.sleep(interval)
        interval = max(interval, min(interval * 1.3, INTERVAL_MAX))
