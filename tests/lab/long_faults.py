#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The tests with random faults, for longer than ./check has time: the same code, larger numbers."""
import os

os.environ.setdefault("CLVM_LAB_KILLS", "150")
os.environ.setdefault("CLVM_LAB_HISTORY_ROUNDS", "8")

import lab  # noqa: E402
from test_history import History  # noqa: E402,F401
from test_killed_command import Killed  # noqa: E402,F401

if __name__ == "__main__":
    lab.run_tests()
