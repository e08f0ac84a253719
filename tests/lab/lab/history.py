# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the clients of a lock said they did (programs/count_client.c): could it be so?

Checked of each counter, which EX holders increase and PR holders only read:
* two holders whose modes do not go together have it one after the other;
* no update is lost: whoever reads finds the value written last, and nobody writes a value that
  was written before;
* a reader reads the same twice;
* a value that the lock carries was really written, and is not newer than what is on the disk;
* what is on the disk at the end is the last value.

A client that ended without release held the lock until its process was dead, which is at least
until the last event it logged. What it was about to write may be there or not.
"""
from dataclasses import dataclass, field
from typing import List, Optional

EVENT = 512


@dataclass
class Event:
    time: int
    what: str
    counter: int
    mode: str
    value: int


@dataclass
class Hold:
    """One time that a client had a lock."""

    client: str
    counter: int
    mode: str
    begin: int
    lock_value: int
    end: int = 0
    released: bool = False
    reads: List[int] = field(default_factory=list)
    writing: Optional[int] = None
    wrote_at: Optional[int] = None
    writing_at: int = 0

    def __str__(self):
        return f"{self.client}'s {self.mode} of counter {self.counter} from {self.begin}"


def parse_region(data):
    """The events of one client's region of the log."""
    events = []
    for at in range(0, len(data), EVENT):
        line = data[at:at + EVENT].split(b"\n", 1)[0].strip(b"\0")
        if not line:
            break
        time, what, counter, mode, value = line.decode("ascii").split()
        events.append(Event(int(time), what, int(counter), mode, int(value)))
    return events


def holds_of(client, events):
    """What a client had; raises ValueError when its events are in no possible order."""
    holds, current = [], None
    for event in events:
        if event.what in ("start", "invoke", "granted"):
            current = None
        if current:
            current.end = event.time
        if event.what == "granted":
            current = Hold(client, event.counter, event.mode, event.time, event.value,
                           end=event.time)
            holds.append(current)
        elif event.what in ("read", "writing", "wrote", "release"):
            if not current or current.counter != event.counter:
                raise ValueError(f"{client}: {event} without a lock")
            if event.what == "read":
                current.reads.append(event.value)
            elif event.what == "writing":
                current.writing, current.writing_at = event.value, event.time
            elif event.what == "wrote":
                current.wrote_at = event.time
            else:
                current.released = True
    return holds


def overlaps(holds):
    """Two that have it at the same time and must not."""
    found, writer, reader = [], None, None  # the ones of each kind that end last
    for hold in sorted(holds, key=lambda hold: hold.begin):
        others = [writer] if hold.mode == "PR" else [writer, reader]
        found += [f"two holders: {other} until {other.end} and {hold}"
                  for other in others if other and other.end > hold.begin]
        if hold.mode == "PR":
            reader = hold if not reader or hold.end > reader.end else reader
        else:
            writer = hold if not writer or hold.end > writer.end else writer
    return found


def wrong_values(holds, final):
    """Follow the counter through the holds in their order."""
    found, sure, possible = [], 0, {0}  # on the disk for certain; what may be there
    for hold in sorted(holds, key=lambda hold: hold.begin):
        for value in hold.reads[:1]:
            if value not in possible:
                found.append(f"lost update: {hold} read {value}, not {sorted(possible)}")
            sure, possible = value, {value}
        if len(set(hold.reads)) > 1:
            found.append(f"changed under a lock: {hold} read {hold.reads}")
        if hold.reads and hold.lock_value > hold.reads[0]:
            found.append(f"lock value from nowhere: {hold} was given {hold.lock_value}, "
                         f"the disk has {hold.reads[0]}")
        if hold.writing is None:
            continue
        if not hold.reads or hold.writing != hold.reads[0] + 1:
            found.append(f"not an increment: {hold} read {hold.reads}, wrote {hold.writing}")
        if hold.wrote_at is None:
            possible = {sure, hold.writing}
        else:
            sure, possible = hold.writing, {hold.writing}
    if final not in possible:
        found.append(f"lost update: the disk has {final} at the end, not {sorted(possible)}")
    return found


def written_twice(holds):
    """Two acknowledged writes of one value. (Follows from the others; seen without any order.)"""
    found, seen = [], {}
    for hold in holds:
        if hold.wrote_at is None:
            continue
        if hold.writing in seen:
            found.append(f"written twice: {hold.writing} by {seen[hold.writing]} and {hold}")
        seen[hold.writing] = hold
    return found


def violations(regions, finals):
    """@regions: {client: events}; @finals: each counter's value at the end."""
    holds = [hold for client, events in regions.items() for hold in holds_of(client, events)]
    found = []
    for counter, final in enumerate(finals):
        mine = [hold for hold in holds if hold.counter == counter]
        found += overlaps(mine) + wrong_values(mine, final) + written_twice(mine)
    return found


def acknowledged(events):
    """How many increments a client knows to be done."""
    return sum(event.what == "wrote" for event in events)
