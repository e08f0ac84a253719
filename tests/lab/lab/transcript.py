# SPDX-License-Identifier: LGPL-2.1-or-later
"""A walk-through that people read: each command, where it ran, what it said; a table at the end."""
import os
import sys
import time

from . import isolate

TTY = sys.stdout.isatty() and "NO_COLOR" not in os.environ


class StepFailed(Exception):
    pass


def colour(code, text):
    return f"\033[{code}m{text}\033[0m" if TTY else text


def say(text=""):
    print(text, flush=True)


def remark(text):
    """What the commands do not say."""
    say(colour("2", f"({text})"))


def check(condition, what):
    if not condition:
        raise StepFailed(what)


def show(node, command, rc=0, timeout=120, lines=None):
    """Run and print (at most @lines of stdout); an unexpected exit status ends the step."""
    say(f"{colour('1;36', node.name)}{colour('1', '# ' + command)}")
    result = node(command, timeout=timeout)
    out = result.out.splitlines()
    for line in out[:lines]:
        say("    " + line)
    if lines is not None and len(out) > lines:
        say(colour("2", f"    ... {len(out) - lines} lines more"))
    for line in result.err.splitlines():
        say("    " + colour("33", line))
    check(result.rc == rc, f"{node.name}: {command}: exit {result.rc}, expected {rc}")
    return result


def run(steps):
    """Call each of @steps; its docstring is its row. Returns the rows; a failed step ends it."""
    rows = [[step.__doc__, "not run", 0.0] for step in steps]
    for step, row in zip(steps, rows):
        say("\n" + colour("1", f"== step {row[0]}"))
        start = time.monotonic()
        try:
            step()
            row[1] = "PASS"
        except (StepFailed, AssertionError, ValueError, KeyError) as error:
            row[1] = "FAIL"
            say(colour("31", f"failed: {error}"))
        row[2] = time.monotonic() - start
        if row[1] == "FAIL":
            break
    return rows


def summary(rows):
    """Print the table; true when all passed."""
    say("\n" + colour("1", "Summary (numbers are steps of the administrator's story)"))
    for what, verdict, seconds in rows:
        mark = {"PASS": "32", "FAIL": "31"}.get(verdict, "33")
        say(f"  {colour(mark, verdict.ljust(7))} {what}  ({seconds:.1f} s)")
    return all(verdict == "PASS" for _, verdict, _ in rows)


def keep_logs(cluster, program):
    base = os.environ.get("CLVM_LAB_LOGS", "/var/tmp/clvm-lab-logs")
    folder = f"{base}/{program}-{time.strftime('%Y%m%d-%H%M%S')}"
    cluster.collect_logs(folder)
    say(f"logs: {folder}")


def perform(program, make_cluster, play, afterwards=None):
    """A whole run: isolate, boot, let play(cluster) return the rows, print them, clean up, exit."""
    lock = isolate.enter()
    code = 1
    try:
        cluster = make_cluster()
        try:
            ok = summary(play(cluster))
        except (RuntimeError, AssertionError) as error:
            say(colour("31", f"failed: {error}"))
            ok = False
        if not ok:
            keep_logs(cluster, program)
        if afterwards:
            afterwards(cluster)
        cluster.close()
        code = 0 if ok else 1
    except KeyboardInterrupt:
        say("interrupted")
        code = 130
    finally:
        lock.close()
    sys.stdout.flush()
    os._exit(code)
