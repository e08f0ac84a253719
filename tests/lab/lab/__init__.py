# SPDX-License-Identifier: LGPL-2.1-or-later
"""The virtual lab: clusters of User-Mode Linux nodes on one machine. See ../README.md."""
from . import corosync, isolate, iscsi, network, pacemaker  # noqa: F401
from .case import TestCase, run_tests  # noqa: F401
from .cluster import Cluster, product_prefix  # noqa: F401
from .cut_case import CutCase  # noqa: F401
from .daemon_case import DaemonCase  # noqa: F401
from .disk import MIB, Disk  # noqa: F401
from .failover_case import FailoverCase  # noqa: F401
from .node import CommandFailed, Job, Node, Result  # noqa: F401
from .pacemaker_case import PacemakerCase  # noqa: F401
from .power import PowerSwitch  # noqa: F401
from .sound import assert_sound, committed_texts  # noqa: F401
from .story import StoryCase, mapper_name, report  # noqa: F401
from .terminal import shell  # noqa: F401
from .guide import Guide  # noqa: F401
from .watch import VolumeWatch  # noqa: F401
from .wait import LabTimeout, wait_for  # noqa: F401
