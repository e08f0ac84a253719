# SPDX-License-Identifier: LGPL-2.1-or-later
"""Take a whole lab run into namespaces of its own, and clean up whatever happens to it.

enter() forks. The child goes on with the test: as pid 1 of a new pid namespace (when it ends, for
whatever reason, the kernel kills every node it had started), in a new network namespace (bridge,
taps and packets are nobody else's, and none can leave the machine) and a new mount namespace.
The parent stays outside, passes signals on, waits, and removes the run's directory.
"""
import ctypes
import fcntl
import glob
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET = 0x00020000, 0x20000000, 0x40000000
PR_SET_PDEATHSIG = 1
GRACE_SECONDS = 30  # for the child's own clean-up (it may be collecting logs) before SIGKILL
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

run_dir = None  # this run's directory: disks, logs, sockets; set by enter()


class Interrupted(KeyboardInterrupt):
    """The first SIGINT, SIGTERM or SIGHUP; later ones are ignored while cleaning up."""


def check_host():
    """Say in one line what is missing, rather than failing in the middle."""
    if os.geteuid() != 0:
        sys.exit("the lab needs root (network namespaces, taps)")
    missing = [tool for tool in ("linux.uml", "ip", "insmod", "corosync")
               if not shutil.which(tool, path="/usr/sbin:/usr/bin:/sbin:/bin")]
    if missing:
        sys.exit(f"the lab needs {', '.join(missing)}: run scripts/install-packages")
    if not os.path.exists("/dev/net/tun"):
        sys.exit("the lab needs /dev/net/tun: modprobe tun")


def make_run_dir():
    """A directory with a lock held as long as its run lives; dead runs' directories go."""
    base = os.environ.get("CLVM_LAB_DIR", "/var/tmp")
    for old in glob.glob(f"{base}/clvm-lab-*"):
        try:
            with open(f"{old}/lock", "rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(old, ignore_errors=True)
        except OSError:
            pass  # in use, or gone meanwhile, or not one of ours
    path = tempfile.mkdtemp(prefix="clvm-lab-", dir=base)
    lock = open(f"{path}/lock", "wb")  # open until the process ends
    fcntl.flock(lock, fcntl.LOCK_EX)
    return path, lock


def parent(child):
    """Outside: pass signals on, wait, clean up, end as the child did."""
    deadline = [None]

    def forward(number, _frame):
        deadline[0] = deadline[0] or time.monotonic() + GRACE_SECONDS
        os.kill(child, number)

    for number in SIGNALS:
        signal.signal(number, forward)
    while True:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            break
        if deadline[0] and time.monotonic() > deadline[0]:
            os.kill(child, signal.SIGKILL)
        time.sleep(0.05)
    shutil.rmtree(run_dir, ignore_errors=True)
    code = os.waitstatus_to_exitcode(status)
    os._exit(code if code >= 0 else 128 - code)


def enter():
    """Returns in the child only. Call it once, before any thread is started."""
    global run_dir
    check_host()
    run_dir, lock = make_run_dir()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET) != 0:
        shutil.rmtree(run_dir, ignore_errors=True)
        sys.exit(f"the lab needs namespaces: unshare: {os.strerror(ctypes.get_errno())}")
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child:
        parent(child)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    fired = []

    def once(_number, _frame):
        if not fired:
            fired.append(True)
            raise Interrupted
    for number in SIGNALS:
        signal.signal(number, once)
    subprocess.run("mount --make-rprivate / && mount -t proc proc /proc", shell=True, check=True)
    return lock
