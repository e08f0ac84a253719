# SPDX-License-Identifier: LGPL-2.1-or-later
"""Nodes with pacemaker, whose fence device is the lab's power switch."""
from .daemon_case import DaemonCase
from .power import PowerSwitch
from .wait import wait_for

START = """install -d -o hacluster -g haclient -m 750 /run/crm /var/lib/pacemaker \
	/var/lib/pacemaker/cib /var/lib/pacemaker/pengine /var/lib/pacemaker/cores /var/log/pacemaker
cp /lab/fence_clvmlab /usr/sbin/
setsid pacemakerd >>/lab/$NODE/pacemaker.log 2>&1 </dev/null &"""
FENCE_DEVICE = """<primitive id="power" class="stonith" type="fence_clvmlab">
<instance_attributes id="power-attributes">
<nvpair id="power-hosts" name="pcmk_host_list" value="n1 n2"/>
</instance_attributes></primitive>"""
PROPERTIES = {"stonith-enabled": "true", "stonith-watchdog-timeout": "0"}


class PacemakerCase(DaemonCase):
    """set_up_pacemaker() is what a class does with its cluster before its tests."""

    memory = "900M"
    clvmd_config = "clvmd { }\n"  # what is the default?
    properties = PROPERTIES
    switch = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        try:
            cls.switch = PowerSwitch(cls.cluster)
            cls.before_pacemaker()
            for node in cls.nodes:
                node.ok(START)
            cls.wait_online()
            for name, value in cls.properties.items():
                cls.n1.ok(f"crm_attribute -t crm_config -n {name} -v {value}", timeout=120)
            cls.set_up_pacemaker()
        except BaseException:
            cls.keep_logs(f"{cls.__name__}.setUpClass")
            cls.tearDownClass()
            raise

    @classmethod
    def before_pacemaker(cls):
        """For what is wanted with clvmd alone."""

    @classmethod
    def set_up_pacemaker(cls):
        """For resources and constraints."""

    @classmethod
    def tearDownClass(cls):
        if cls.switch:
            cls.switch.close()
        super().tearDownClass()

    @classmethod
    def wait_online(cls):
        for node in cls.nodes:
            wait_for(lambda: "Online: [ n1 n2 ]" in node("crm_mon -1", timeout=120).out, 180,
                     f"pacemaker on {node.name} to see both", interval=1)
