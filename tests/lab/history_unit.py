#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The history checker itself: good histories pass, each kind of bad one is found."""
import unittest

from lab import history
from lab.history import Event


def turn(begin, value, mode="EX", lock_value=0, counter=0):
    """A whole hold of ten ticks: reads @value; EX writes the next one."""
    reads = [Event(begin + 1, "read", counter, mode, value)]
    if mode == "PR":
        rest = [Event(begin + 2, "read", counter, mode, value)]
    else:
        rest = [Event(begin + 2, "writing", counter, mode, value + 1),
                Event(begin + 3, "wrote", counter, mode, value + 1)]
    return [Event(begin - 1, "invoke", counter, mode, 0),
            Event(begin, "granted", counter, mode, lock_value), *reads, *rest,
            Event(begin + 10, "release", counter, mode, value + 1)]


class Checker(unittest.TestCase):
    def check(self, regions, final, *expected):
        found = history.violations(regions, [final])
        for text in expected:
            self.assertTrue(any(text in line for line in found), (text, found))
        if not expected:
            self.assertEqual(found, [])

    def test_one_after_the_other(self):
        self.check({"a": turn(100, 0) + turn(300, 2, lock_value=2), "b": turn(200, 1)}, 3)

    def test_readers_together(self):
        self.check({"a": turn(100, 0, "PR"), "b": turn(105, 0, "PR"), "c": turn(200, 0)}, 1)

    def test_refused_and_started_again(self):
        refused = [Event(150, "invoke", 0, "EX", 0), Event(160, "refused", 0, "EX", 0),
                   Event(170, "start", 0, "NL", 7)]
        self.check({"a": turn(100, 0) + refused + turn(200, 1)}, 2)

    def test_killed_before_its_write(self):
        self.check({"a": turn(100, 0)[:4], "b": turn(200, 0)}, 1)

    def test_killed_after_its_write(self):
        self.check({"a": turn(100, 0)[:4], "b": turn(200, 1)}, 2)

    def test_killed_as_the_last(self):
        for final in (1, 2):
            self.check({"a": turn(100, 0), "b": turn(200, 1)[:4]}, final)

    def test_two_writers_at_once(self):
        self.check({"a": turn(100, 0), "b": turn(105, 1)}, 2, "two holders")

    def test_a_reader_under_a_writer(self):
        self.check({"a": turn(100, 0), "b": turn(105, 1, "PR")}, 1, "two holders")
        self.check({"a": turn(100, 0, "PR"), "b": turn(105, 0)}, 1, "two holders")

    def test_a_long_reader_behind_a_short_one(self):
        long = turn(100, 0, "PR")
        long[-1].time = 300
        self.check({"a": long, "b": turn(120, 0, "PR"), "c": turn(200, 0)}, 1, "two holders")

    def test_a_dead_client_that_still_had_it(self):
        self.check({"a": turn(100, 0)[:5], "b": turn(103, 1)}, 2)
        self.check({"a": turn(100, 0)[:5], "b": turn(102, 1)}, 2, "two holders")

    def test_an_update_that_is_lost(self):
        self.check({"a": turn(100, 0), "b": turn(200, 0)}, 1, "lost update", "written twice")

    def test_a_late_write_of_a_dead_client(self):
        self.check({"a": turn(100, 0)[:4], "b": turn(200, 0), "c": turn(300, 1),
                    "d": turn(400, 1)}, 2, "lost update: d's")

    def test_the_end_is_not_what_was_written(self):
        self.check({"a": turn(100, 0), "b": turn(200, 1)}, 1, "at the end")

    def test_a_reader_that_sees_a_change(self):
        events = turn(100, 0, "PR")
        events[3].value = 1
        self.check({"a": events}, 0, "changed under a lock")

    def test_a_lock_value_from_the_future(self):
        self.check({"a": turn(100, 0), "b": turn(200, 1, lock_value=2)}, 2, "from nowhere")

    def test_a_write_that_skips(self):
        events = turn(100, 0)
        events[3].value = events[4].value = 2
        self.check({"a": events}, 2, "not an increment")

    def test_a_write_without_a_lock(self):
        with self.assertRaises(ValueError):
            history.violations({"a": turn(100, 0)[3:]}, [1])

    def test_regions_are_parsed(self):
        blocks = [f"{e.time} {e.what} {e.counter} {e.mode} {e.value}\n".encode().ljust(512, b"\0")
                  for e in turn(100, 0)]
        parsed = history.parse_region(b"".join(blocks) + bytes(1024))
        self.assertEqual(parsed, turn(100, 0))
        self.assertEqual(history.acknowledged(parsed), 1)


if __name__ == "__main__":
    unittest.main()
