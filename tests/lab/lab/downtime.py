# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a fail-over's time was spent on, from the logs of those who took part."""
import datetime
import json
import re

CLVMD = "clvmd: from the fencing to a running lock table"


def corosync_noticed(node, since):
    """When its corosync formed the membership without the lost node."""
    stamp = re.compile(r"^(\w+ +\d+ [\d:.]+) .*\[TOTEM *\] A new membership")
    year = datetime.datetime.now().year
    with open(f"{node.folder}/corosync.log", encoding="utf-8", errors="replace") as log:
        for line in log:
            found = stamp.match(line)
            if found:
                when = datetime.datetime.strptime(f"{year} {found[1]}", "%Y %b %d %H:%M:%S.%f")
                if when.timestamp() > since:  # of this host's zone, as the node's
                    return when.timestamp()
    return None


def switched_off(cluster, switch, lost, since):
    for seconds, _, action, name in switch.log:
        when = cluster.wall_clock(seconds)
        if name == lost.name and action in ("off", "reboot") and when > since - 0.1:
            return when
    return None


def clvmd_events(node, since):
    """[(seconds, event)]"""
    events = []
    for line in node.ok("clvmd events --json", timeout=60).splitlines():
        event = json.loads(line)
        when = datetime.datetime.fromisoformat(event["time"]).timestamp()
        if when > since:
            events.append((when, event))
    return events


def first(events, **wanted):
    return next((when for when, event in events
                 if all(event.get(key) == value for key, value in wanted.items())), None)


def mounted(node, since):
    """When its kernel said so."""
    now, up = node.ok("date +%s.%N; cut -d' ' -f1 /proc/uptime").split()
    booted = float(now) - float(up)
    for line in node.ok("dmesg | grep 'EXT4-fs.*mounted filesystem'").splitlines():
        when = booted + float(re.match(r"\[ *([\d.]+)\]", line)[1])
        if when > since:
            return when
    return None


def parts(ha, other, lost, began):
    """[(what, seconds)] in order, each from the end of the one before; at last the whole."""
    events = clvmd_events(other, began)
    fenced = first(events, type="fence", step="confirmed")
    ends = [("corosync: the token is lost, a new membership", corosync_noticed(other, began)),
            ("pacemaker: the node's power is off", switched_off(ha.cluster, ha.switch, lost, began)),
            ("pacemaker: says so, clvmd hears it", fenced),
            (CLVMD, first([event for event in events if fenced and event[0] >= fenced],
                          type="table", state="running")),
            ("pacemaker, agents: address and volume", first(events, type="activation", lvs="lv0")),
            ("file system mounted", mounted(other, began)),
            ("apache serves the page", ha.visitor.first_page(began))]
    result, last = [], began
    for name, end in ends:
        assert end is not None, f"no trace of: {name}; clvmd's events: {events}"
        result.append((name, end - last))
        last = end
    return [*result, ("all", last - began)]
