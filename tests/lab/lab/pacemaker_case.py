# SPDX-License-Identifier: LGPL-2.1-or-later
"""Nodes with pacemaker, whose fence device is the lab's power switch."""
from . import pacemaker
from .daemon_case import DaemonCase

FENCE_DEVICE = """<primitive id="power" class="stonith" type="fence_clvmlab">
<instance_attributes id="power-attributes">
<nvpair id="power-hosts" name="pcmk_host_list" value="{names}"/>
</instance_attributes></primitive>"""
PROPERTIES = {"stonith-enabled": "true", "stonith-watchdog-timeout": "0"}


class PacemakerCase(DaemonCase):
    """set_up_pacemaker() is what a class does with its cluster before its tests."""

    memory = "900M"
    clvmd_config = "clvmd { }\n"  # what is the default?
    properties = PROPERTIES
    has_switch = True

    @classmethod
    def set_up_cluster(cls):
        super().set_up_cluster()
        cls.before_pacemaker()
        for node in cls.nodes:
            pacemaker.start(node)
        pacemaker.wait_online(cls.nodes)
        for name, value in cls.properties.items():
            pacemaker.set_property(cls.n1, name, value)
        cls.set_up_pacemaker()

    @classmethod
    def names(cls):
        return " ".join(node.name for node in cls.nodes)

    @classmethod
    def fence_device(cls):
        return FENCE_DEVICE.format(names=cls.names())

    @classmethod
    def before_pacemaker(cls):
        """For what is wanted with clvmd alone."""

    @classmethod
    def set_up_pacemaker(cls):
        """For resources and constraints."""
