# SPDX-License-Identifier: LGPL-2.1-or-later
"""unittest on a lab: one cluster per test class, logs of failed tests, clean ends.

    class Story(lab.TestCase):
        disks = ("2G",)
        def test_something(self): self.n1.ok("pvs")

    lab.run_tests()
"""
import os
import re
import sys
import time
import unittest

from . import isolate
from .cluster import Cluster


def logs_folder(test_id):
    base = os.environ.get("CLVM_LAB_LOGS", "/var/tmp/clvm-lab-logs")
    name = re.sub(r"[^\w.-]+", "-", test_id).replace("__main__.", "")
    program = os.path.splitext(os.path.basename(sys.argv[0]))[0]
    return f"{base}/{program}.{name}-{time.strftime('%Y%m%d-%H%M%S')}"


class TestCase(unittest.TestCase):
    """All tests of a class share one cluster; each must leave it as it found it."""

    node_count = 2
    disks = ("2G",)
    private_disks = None  # {"n1": ("64M",)}: only that node has them
    memory = "512M"
    product = True   # our commands first in PATH (asserted)
    usr_sbin = False  # and in the place of Debian's, where resource agents look
    clustered = True  # corosync and clvmd run
    token = 3000
    clvmd_config = 'clvmd { fence = "manual" }\n'
    cluster = None

    @classmethod
    def setUpClass(cls):
        cls.cluster = None
        try:
            cls.cluster = Cluster(cls.node_count, cls.disks, cls.memory, cls.product,
                                  usr_sbin=cls.usr_sbin, private_disks=cls.private_disks)
            cls.nodes = cls.cluster.nodes
            for node in cls.nodes:
                setattr(cls, node.name, node)
            cls.disk = cls.cluster.disks[0] if cls.disks else None
            print(f"# {cls.__name__}: {len(cls.nodes)} nodes up after "
                  f"{cls.cluster.seconds():.1f} s", file=sys.stderr, flush=True)
            if cls.clustered:
                cls.cluster.corosync(cls.token)
                cls.cluster.start_clvmd(config=cls.clvmd_config)
                print(f"# {cls.__name__}: clvmd up after {cls.cluster.seconds():.1f} s",
                      file=sys.stderr, flush=True)
            cls.set_up_cluster()
        except BaseException:
            cls.keep_logs(f"{cls.__name__}.setUpClass")
            cls.tearDownClass()
            raise

    @classmethod
    def set_up_cluster(cls):
        """For what a class does with its cluster before its tests."""

    @classmethod
    def tearDownClass(cls):
        if cls.cluster:
            cls.cluster.close()
            cls.cluster = None

    @classmethod
    def keep_logs(cls, test_id):
        if cls.cluster:
            folder = logs_folder(test_id)
            cls.cluster.collect_logs(folder)
            print(f"# logs of {test_id}: {folder}", file=sys.stderr, flush=True)


class LabResult(unittest.TextTestResult):
    """Keeps the logs of each failed test at the moment it fails, and tells each test's time."""

    def startTest(self, test):
        super().startTest(test)
        self._start = time.monotonic()

    def addSuccess(self, test):
        super().addSuccess(test)
        self.stream.writeln(f"# {time.monotonic() - self._start:.1f} s")

    def _keep(self, test):
        case = getattr(test, "test_case", test)  # a subtest's own case
        if isinstance(case, TestCase):
            case.keep_logs(test.id())

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._keep(test)

    def addError(self, test, err):
        super().addError(test, err)
        self._keep(test)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._keep(subtest)


def run_tests():
    """The end of each test file: isolate, run what argv asks for, clean up, exit."""
    if any(word in ("-h", "--help") for word in sys.argv[1:]):
        unittest.main()
    lock = isolate.enter()  # held until we end
    code = 1
    try:
        runner = unittest.TextTestRunner(verbosity=2, resultclass=LabResult)
        program = unittest.main(testRunner=runner, exit=False)
        code = 0 if program.result.wasSuccessful() and program.result.testsRun else 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        code = 130
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 2
    finally:
        lock.close()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # pid 1 of the namespace: the kernel ends whatever is left
