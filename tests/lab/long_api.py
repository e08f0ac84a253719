#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The C API and the Python module with real device-mapper, in local and clustered volume groups."""
import os

import lab

PROGRAMS = os.environ["CLVM_API_BIN"]
MODULE = os.path.join(os.path.dirname(os.path.dirname(lab.cluster.HERE)), "python")
AREAS = ("library", "vg", "lv", "pv", "property", "bad_input", "cluster", "life")
VALGRIND = "valgrind -q --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite"


class ApiCase(lab.StoryCase):
    disks = ("64M",) * 4
    more = ""  # of the environment

    def setUp(self):
        for node in self.nodes:
            node.ok("mkdir -p /etc/lvm")
            node.write("/etc/lvm/lvm.conf", "activation { udev_sync = 0 }\n")

    def environment(self):
        devices = " ".join(f"/dev/ubd{letter}" for letter in "abcd")
        return f"API_DEVICES='{devices}' API_ACTIVATES=1 API_ROUNDS=2 {self.more}"

    def run_program(self, node, area, before=""):
        result = node(f"{self.environment()} {before} {PROGRAMS}/api_{area}", timeout=300)
        self.assertEqual(result.rc, 0, result.text)

    def python(self, node, text, rc=0):
        result = node(f"PYTHONPATH={MODULE} LD_LIBRARY_PATH={self.cluster.prefix}/lib "
                      f"/usr/bin/python3 -B - ", stdin=text, timeout=120)
        self.assertEqual(result.rc, rc, repr(result))
        return result.out

    def check_areas(self, node):
        for area in AREAS:
            with self.subTest(area):
                self.run_program(node, area)


class Local(ApiCase):
    node_count = 1
    clustered = False

    def test_each_area(self):
        self.check_areas(self.n1)

    def test_without_errors_of_memory(self):
        self.run_program(self.n1, "lv", VALGRIND)


class Clustered(ApiCase):
    more = "API_CLUSTERED=1"

    def test_each_area(self):
        self.check_areas(self.n2)

    def test_without_errors_of_memory(self):
        self.run_program(self.n1, "lv", VALGRIND)

    def test_what_python_does_on_one_node_the_other_sees(self):
        self.assertEqual(self.python(self.n1, """
import lvm
with lvm.vgCreate("vg") as vg:
    vg.extend("/dev/ubda")
    lv = vg.createLvLinear("lv", 16 << 20)
    print(vg.isClustered(), lv.isActive())
"""), "True True\n")
        self.assert_lv_everywhere("vg", "lv", 16)
        self.assertEqual(self.python(self.n2, """
import lvm
with lvm.vgOpen("vg", "w") as vg:
    lv = vg.lvFromName("lv")
    lv.resize(24 << 20)
    lv.addTag("seen")
    print(lv.getProperty("lv_active")[0], lv.getSize() >> 20)
"""), "locally 24\n")  # as lvs says it
        self.assert_lv_everywhere("vg", "lv", 24)
        self.assertIn("seen", self.n1.ok("lvs --noheadings -o lv_tags vg/lv"))

    def test_python_sees_the_cluster(self):
        text = self.python(self.n1, """
import lvm
events = lvm.clusterEvents()
print(lvm.clusterIsRunning(), [(m.name, m.is_local, m.takes_part) for m in lvm.clusterMembers()])
with lvm.vgCreate("vg-events") as vg:
    vg.extend("/dev/ubda")
    lv = vg.createLvLinear("lv", 16 << 20)
    print(lv.activeNodes(), lv.isExclusive())
    lv.deactivate()
    lv.activateExclusive()
    print(lv.activeNodes(), lv.isExclusive())
# Older events come first, of other VGs.
print(next(event["vg"] for event in events if event.get("vg") == "vg-events"))
events.close()
lvm.gc()
""")
        self.assertEqual(text.splitlines(), [
            "True [('n1', True, True), ('n2', False, True)]", "('n1', 'n2') False",
            "('n1',) True", "vg-events"])
        self.assertEqual(self.python(self.n2, """
import lvm
with lvm.vgOpen("vg-events", "w") as vg:
    try:
        vg.lvFromName("lv").activateExclusive()
    except lvm.LibLVMError as error:
        print("n1" in error.args[1])
"""), "True\n")

    def test_a_lock_that_a_handle_holds_is_named_to_others(self):
        self.n1.ok("vgcreate vg /dev/ubda && lvcreate -L 8M -n lv vg")
        holder = self.n1.spawn(
            f"PYTHONPATH={MODULE} LD_LIBRARY_PATH={self.cluster.prefix}/lib /usr/bin/python3 -B -c "
            "'import lvm, sys, time; vg = lvm.vgOpen(\"vg\", \"w\"); open(\"/run/held\", \"w\"); "
            "time.sleep(600)'", timeout=700)
        self.addCleanup(holder.signal, "KILL")
        lab.wait_for(lambda: self.n1("test -e /run/held"), 60, "the VG to be open")
        self.assertIn("lv", self.n2.ok("lvs vg"))  # reports take no lock
        text = self.python(self.n2, """
import lvm
lvm.configOverride("global { wait_for_locks = 0 }")
try:
    lvm.vgOpen("vg", "w")
except lvm.LibLVMError as error:
    print(*error.args)
""")
        self.assertRegex(text, r"^16 ")  # EBUSY
        self.assertIn("n1", text)
        self.assertIn("python3", text)
        holder.signal("KILL")
        lab.wait_for(lambda: holder.done(), 30, "the holder to die")
        self.n2.ok("lvextend -L 12M vg/lv")  # its lock went with it

    def test_a_daemon_that_dies_while_a_vg_is_open(self):
        self.n1.ok("vgcreate vg /dev/ubda && lvcreate -L 8M -n lv vg")
        pid = self.n1.ok("cat /run/clvm/clvmd.pid").strip()
        text = self.python(self.n1, f"""
import lvm, os, signal
vg = lvm.vgOpen("vg", "w")
os.kill({pid}, signal.SIGKILL)
try:
    vg.lvFromName("lv").resize(16 << 20)
    print("resized")
except lvm.LibLVMError as error:
    print("refused", *error.args)
vg.close()
""")
        self.assertRegex(text, "^(refused|resized)")
        self.cluster.start_clvmd([self.n1], config=None)
        self.n1.ok("lvextend -L 20M vg/lv", timeout=120)
        self.assert_lv_everywhere("vg", "lv", 20)


del ApiCase  # not a test of its own

if __name__ == "__main__":
    lab.run_tests()
