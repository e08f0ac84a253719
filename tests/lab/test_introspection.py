#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What clvmd says of itself: events, metrics, locks, status and check, in health and in sickness."""
import json

from prometheus_client.parser import text_string_to_metric_families

import lab


class IntrospectionCase(lab.StoryCase):
    disks = ("256M",)

    def setUp(self):
        self.n1.ok("vgcreate vg /dev/ubda && lvcreate -L 16M -n lv0 vg")

    def events(self, where, kind=None, **fields):
        found = [json.loads(line) for line in where.ok("clvmd events --json").splitlines()]
        return [event for event in found
                if kind in (None, event["type"])
                and all(event.get(key) == value for key, value in fields.items())]

    def metrics(self, node):
        """{(name, labels): value}, read as Prometheus reads it."""
        samples = {}
        for family in text_string_to_metric_families(node.ok("clvmd metrics")):
            self.assertTrue(family.documentation, family.name)
            self.assertNotEqual(family.type, "unknown", family.name)
            for sample in family.samples:
                key = (sample.name, tuple(sorted(sample.labels.items())))
                self.assertNotIn(key, samples)
                samples[key] = sample.value
        return samples

    def hold_vg_lock(self, node):
        """A command that has the VG's lock and waits for an answer."""
        job = node.spawn("sleep 600 | exec lvremove vg/lv0", timeout=620)
        return job, lab.wait_for(lambda: [lock for lock in json.loads(
            node.ok("clvmd locks --json")) if lock["resource"] == "V_vg"
            and lock["state"] == "granted"], 20, "lvremove to have the lock")[0]


    def status(self, node):
        return json.loads(node.ok("clvmd status --json"))

    def cells(self, node, lv="lv0"):
        """{node: what the LV is there}, as @node says."""
        return {cell["node"]: cell for volume in self.status(node)["volumes"]
                if volume["lv"] == lv for cell in volume["nodes"]}

    def wait_answered(self, node, lv="lv0"):
        """The cells, once every node that has the LV has answered: this machine may be slow."""
        return lab.wait_for(lambda: (cells := self.cells(node, lv)) and cells
                            and all(cell["state"] != "no answer" for cell in cells.values())
                            and cells, 20, "all nodes to answer")


    def check(self, node):
        """[(id, text)] of what clvmd check finds, without the notes."""
        result = node("clvmd check --json")
        found = [(finding["id"], finding["text"]) for finding in json.loads(result.out)
                 if not finding["note"]]
        self.assertEqual(result.rc, 1 if found else 0, repr(result))
        return found


class Health(IntrospectionCase):
    def test_what_happened_is_kept_with_its_node(self):
        self.n1.ok("lvcreate -L 4M -n lv1 vg && lvchange -an vg/lv1")
        for node in self.nodes:
            self.assertTrue(self.events(node, "start", node=node.name))
            self.assertTrue(self.events(node, "membership", node="n2", state="up"))
            self.assertTrue(self.events(node, "quorum", quorate="yes"))
            self.assertTrue(self.events(node, "table", state="running"))
            self.assertTrue(self.events(node, "activation", node=node.name, vg="vg", lvs="lv1",
                                        mode="CR", result="done"))
            self.assertTrue(self.events(node, "deactivation", node=node.name, vg="vg", lvs="lv1"))
            for seqno in range(1, self.seqno("vg", node) + 1):
                self.assertTrue(self.events(node, "commit", node="n1", vg="vg", seqno=seqno), seqno)
        for event in self.events(self.n1):
            self.assertRegex(event["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
            self.assertLessEqual({"type", "node"}, event.keys())
        self.assertRegex(self.n1.ok("clvmd events"), r"Z n1 activation vg=vg lvs=lv1 count=1 mode=CR")

    def test_events_are_followed_as_they_come(self):
        follower = self.n2.spawn("exec clvmd events --follow --json >/run/followed", timeout=120)
        lab.wait_for(lambda: "lv0" in self.n2.ok("cat /run/followed"), 20, "the ring")
        self.n1.ok("lvcreate -L 4M -n followed vg")
        lab.wait_for(lambda: any(event["type"] == "activation" and event["lvs"] == "followed"
                                 for event in map(json.loads,
                                                  self.n2.ok("cat /run/followed").splitlines())),
                     20, "the new event")
        follower.signal("TERM")
        follower.result()

    def test_a_lock_that_was_waited_for_long_is_an_event(self):
        _, held = self.hold_vg_lock(self.n1)
        waiting = self.n2.spawn("lvcreate -L 4M -n late vg")
        lab.wait_for(lambda: [lock for lock in json.loads(self.n2.ok("clvmd locks --json"))
                              if lock["state"] == "waiting"], 20, "n2 to wait")
        self.n2.ok("sleep 1.5")  # longer than what is called slow
        self.n1.ok(f"kill -KILL {held['pid']}")
        self.assertEqual(waiting.result().rc, 0)
        event = self.events(self.n2, "lock", resource="V_vg", result="granted")[-1]
        self.assertEqual(event["mode"], "EX")
        self.assertGreater(float(event["seconds"]), 1.0)
        self.assertIn("lvcreate", event["command"])

    def test_a_reader_that_stops_for_a_while_misses_nothing(self):
        follower = self.n1.spawn("exec clvmd events --follow >/run/slow", timeout=300)
        lab.wait_for(lambda: "lv0" in self.n1.ok("cat /run/slow"), 20, "the ring")
        follower.signal("STOP")
        self.n1.ok("lvcreate -L 4M -n missed vg && lvchange -an vg/missed")
        self.assertNotIn("missed", self.n1.ok("cat /run/slow"))
        follower.signal("CONT")
        lab.wait_for(lambda: "deactivation vg=vg lvs=missed" in self.n1.ok("cat /run/slow"), 20,
                     "what came meanwhile")
        self.assertIn(" activation vg=vg lvs=missed", self.n1.ok("cat /run/slow"))
        follower.signal("TERM")
        follower.result()

    def test_locks_say_who_waits_for_whom(self):
        _, held = self.hold_vg_lock(self.n1)
        waiting = self.n2.spawn("exec lvcreate -L 4M -n late vg")
        found = lab.wait_for(lambda: [lock for lock in json.loads(self.n1.ok("clvmd locks --json"))
                                      if lock["state"] == "waiting"], 20, "n2 to wait")[0]
        self.assertEqual((found["resource"], found["mode"], found["node"]), ("V_vg", "EX", "n2"))
        self.assertIn("lvcreate", found["command"])
        self.assertRegex(found["since"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertEqual([(other["node"], other["pid"], other["state"])
                          for other in found["waits_for"]], [("n1", held["pid"], "granted")])
        self.assertRegex(self.n2.ok("clvmd locks"),
                         r"V_vg +EX  waiting  since \S+ \S+  n2  pid \d+  lvcreate.*\n"
                         rf" +waits for: EX granted n1  pid {held['pid']}  lvremove")
        self.n1.ok(f"kill -KILL {held['pid']}")
        self.assertEqual(waiting.result().rc, 0)

    def test_status_shows_each_volume_on_each_node(self):
        self.n1.ok("lvcreate -L 4M -n own vg && lvchange -an vg/own && lvchange -aey vg/own")
        self.n1.ok("lvcreate -L 4M -n off vg && lvchange -an vg/off")
        opener = self.n2.spawn("exec sleep 600 </dev/vg/lv0", timeout=620)
        try:
            count = "dmsetup info -c --noheadings -o open vg-lv0"
            lab.wait_for(lambda: self.n2.ok(count).strip() == "1", 30, "it to be open")
            cells = self.wait_answered(self.n1)
            for name, is_open in (("n1", 0), ("n2", 1)):
                self.assertEqual({key: cells[name][key] for key in
                                  ("mode", "state", "open", "size_sectors", "suspended", "reason")},
                                 {"mode": "CR", "state": "active", "open": is_open, "suspended": False,
                                  "size_sectors": 16 * 2048, "reason": ""})
            self.assertEqual(cells["n1"]["table"], cells["n2"]["table"])
            text = self.n2.ok("clvmd status --volumes")
            self.assertRegex(text, r"(?m)^VG +LV +Size +n1 +n2$")
            self.assertRegex(text, r"(?m)^vg +lv0 +16.00 MiB  CR +CR open$")
            self.assertRegex(text, r"(?m)^vg +off +-  - +-$")
            self.assertRegex(text, r"(?m)^vg +own +4.00 MiB  EX +-$")
        finally:
            opener.signal("TERM")
            opener.result()

    def test_check_finds_nothing_in_a_healthy_cluster(self):
        for node in self.nodes:
            self.assertEqual(self.check(node), [])
            self.assertIn("Nothing is wrong.\n", node.ok("clvmd check"))

    def test_check_finds_what_the_kernel_has_and_nobody_asked_for(self):
        self.n2.ok("dmsetup suspend vg-lv0")
        self.assertEqual([name for name, _ in self.check(self.n1)], ["suspended"])
        self.assertEqual(self.cells(self.n1)["n2"]["state"], "suspended")
        self.assertRegex(self.n1.ok("clvmd status --volumes"),
                         r"CR +CR suspended\n +n2: suspended without an operation")
        self.n2.ok("dmsetup resume vg-lv0")
        self.assertEqual(self.check(self.n1), [])
        self.n2.ok("echo 0 8192 linear /dev/ubda 2048 | dmsetup load vg-lv0 && "
                   "dmsetup resume vg-lv0")
        found = self.check(self.n1)
        self.assertEqual([name for name, _ in found], ["size"])
        self.assertIn("vg/lv0: 32768 sectors on node n1, 8192 on node n2", found[0][1])
        self.n2.ok("dmsetup remove vg-lv0")
        self.assertEqual([name for name, _ in self.check(self.n1)], ["locked-inactive"])
        self.assertIn("not active: lvchange", self.n1.ok("clvmd status --volumes").replace(
            "locked, but ", ""))
        self.n2.ok("lvchange -aly vg/lv0")
        self.assertEqual(self.check(self.n2), [])

    def test_lvs_names_the_nodes(self):
        def nodes_of(lv, field):
            return self.n1.ok(f"lvs --noheadings -o {field} vg/{lv}").strip()

        self.n1.ok("lvcreate -L 4M -n own vg && lvchange -an vg/own")
        self.n2.ok("lvchange -aey vg/own && mkdir -p /mnt/own && mkfs.ext4 -q /dev/vg/own && "
                   "mount /dev/vg/own /mnt/own")
        self.assertEqual(nodes_of("lv0", "lv_active_nodes"), "n1,n2")
        self.assertEqual(nodes_of("own", "lv_active_nodes"), "n2")
        for option in ("-ay", "-aey", "-asy"):
            self.n1.fails(f"lvchange {option} vg/own", 5, "vg/own", "n2")
        self.n2.ok("umount /mnt/own && lvchange -an vg/own")
        self.assertEqual(nodes_of("own", "lv_active_nodes"), "")

    def test_prometheus_reads_them(self):
        # what the kernel has is left out when it is not there in time
        here = ("clvmd_volumes_here", (("state", "active"),))
        metrics = lab.wait_for(lambda: (found := self.metrics(self.n1)) and here in found and found,
                               20, "the kernel's state")
        self.assertEqual(metrics[("clvmd_quorate", ())], 1)
        self.assertEqual(metrics[("clvmd_running", ())], 1)
        self.assertEqual(metrics[("clvmd_members", (("state", "up"),))], 2)
        self.assertEqual(metrics[("clvmd_members", (("state", "unclean"),))], 0)
        self.assertEqual(metrics[("clvmd_volume_activations", (("mode", "shared"),))], 2)
        volumes = {state: metrics[("clvmd_volumes_here", (("state", state),))]
                   for state in ("active", "suspended", "open")}
        self.assertEqual(volumes, {"active": 1, "suspended": 0, "open": 0})
        self.assertIn("clvmd_build_info", [name for name, _ in metrics])
        count = metrics[("clvmd_lock_wait_seconds_count", ())]
        self.assertEqual(metrics[("clvmd_lock_wait_seconds_bucket", (("le", "+Inf"),))], count)
        self.assertGreater(metrics[("clvmd_lock_wait_seconds_sum", ())], 0)

    def test_they_count(self):
        before = self.metrics(self.n1)
        self.n1.ok("lvcreate -L 4M -n more vg")
        after = self.metrics(self.n1)
        for name in ("clvmd_messages_sent_total", "clvmd_messages_received_total",
                     "clvmd_worker_jobs_total", "clvmd_clients_total",
                     "clvmd_lock_wait_seconds_count", "clvmd_events_total"):
            self.assertGreater(after[(name, ())], before[(name, ())], name)
        granted = ("clvmd_lock_requests_total", (("result", "granted"),))
        self.assertGreater(after[granted], before[granted])


class Sickness(IntrospectionCase):
    """Whatever hangs, is gone or cut off: what one asks to learn of it answers at once."""

    node_count = 3
    disks = ("256M", "128M")
    QUICK = ("status", "status --json", "status --volumes", "locks", "locks --json", "events",
             "events --json", "metrics")

    def assert_all_answer(self, *nodes):
        for node in nodes:
            start = node.ok("clvmd -V") and node("clvmd -V").seconds
            for command in self.QUICK:
                result = node(f"clvmd {command}")
                self.assertEqual(result.rc, 0, repr(result))
                self.assertLess(result.seconds, lab.wait.SLOW + 2 * start, repr(result))

    def members(self, node):
        return {member["name"]: member["state"] for member in self.status(node)["members"]}

    def wait_well(self):
        """All is as before; what takes its time (a merge, a settling) is waited for."""
        for node in self.nodes:
            lab.wait_for(lambda: self.status(node)["running"], 60, f"{node.name} to run")
        for node in self.nodes:
            lab.wait_for(lambda: self.check(node) == [], 60, f"{node.name} to find nothing")

    def test_a_member_without_clvmd(self):
        self.cluster.kill_clvmd(self.n3)
        lab.wait_for(lambda: self.members(self.n1)["n3"] == "no-clvmd", 30, "n1 to see it")
        self.n3.fails("clvmd check", 3, "does not run")
        self.assert_all_answer(self.n1)
        cell = self.wait_cell(self.n1, "n3", lambda cell: cell["orphan"])
        self.assertIn("start it there", cell["reason"])
        self.assertEqual({name for name, _ in self.check(self.n1)}, {"no-clvmd", "orphan"})
        self.assertEqual(self.metrics(self.n1)[("clvmd_locks", (("state", "orphan"),))], 1)
        self.assertTrue(self.events(self.n1, "membership", node="n3", state="no-clvmd"))
        self.cluster.start_clvmd([self.n3], config=None)
        self.wait_well()

    def wait_cell(self, node, where, condition, lv="lv0"):
        return lab.wait_for(lambda: (cell := self.cells(node, lv).get(where))
                            and condition(cell) and cell, 60, f"{lv} on {where}")

    def test_a_node_that_is_cut_off(self):
        self.cluster.partition([self.n1], [self.n2, self.n3])
        lab.wait_for(lambda: not self.status(self.n1)["quorate"], 30, "n1 to lose quorum")
        lab.wait_for(lambda: self.members(self.n2)["n1"] == "unclean", 30, "n2 to lose n1")
        self.assert_all_answer(self.n1, self.n2)
        self.assertIn("quorum", {name for name, _ in self.check(self.n1)})
        self.assertIn("unclean", {name for name, _ in self.check(self.n2)})
        self.assertTrue(self.events(self.n1, "quorum", quorate="no"))
        self.assertTrue(self.events(self.n2, "membership", node="n1", state="unclean"))
        self.assertTrue(self.events(self.n2, "table", state="paused"))
        self.assertEqual(self.metrics(self.n1)[("clvmd_quorate", ())], 0)
        self.assertEqual(self.metrics(self.n2)[("clvmd_running", ())], 0)
        self.assertIn("fence-ack n1", self.n2.ok("clvmd status"))
        self.cluster.heal()
        self.wait_well()

    def test_a_node_without_corosync(self):
        self.n3.ok("lvchange -aln vg/lv0 && clvmd stop")
        lab.corosync.stop(self.n3, "TERM")
        self.n3.fails("clvmd -T1", 5, "corosync")
        self.assert_all_answer(self.n3)
        self.assertIn("corosync on this node: start it", self.status(self.n3)["waiting_for"])
        self.assertIn("corosync", {name for name, _ in self.check(self.n3)})
        self.assertEqual(self.metrics(self.n3)[("clvmd_corosync_connected", ())], 0)
        lab.corosync.start(self.n3, self.cluster.corosync_text)
        self.wait_well()

    def test_a_device_that_hangs(self):
        """n1 sees the PV through a device that is suspended in the middle of a change."""
        self.n1.ok("mkdir -p /etc/lvm")
        self.n1.write("/etc/lvm/lvm.conf", 'devices { filter = [ "r|^/dev/ubdb$|" '
                      '"r|^/dev/mapper/bottom$|" ] read_timeout = 200 }\n')
        self.n1.ok("dmsetup create bottom --table '0 200000 linear /dev/ubdb 0'")
        number = self.n1.ok("dmsetup info -c --noheadings --separator : -o major,minor bottom")
        self.n1.ok(f"dmsetup create top --table '0 200000 linear {number.strip()} 0' && "
                   "dmsetup mknodes")
        try:
            self.n1.ok("vgcreate vgslow /dev/mapper/top && lvcreate -L 8M -n slow vgslow")
            self.n1.ok("dmsetup suspend --nolockfs bottom")
            extend = self.n2.spawn("lvextend -L +4M vgslow/slow", timeout=300)
            cell = self.wait_cell(self.n3, "n2", lambda cell: cell["suspended"], "slow")
            self.assertRegex(cell["reason"], "suspended for a change of n2, prepared since .*: "
                             "waits for n1")
            # What is done within a second is not shown.
            lab.wait_for(lambda: "Operation: of n2 on volume group vgslow, prepared since" in
                         self.n3.ok("clvmd status"), 10, "the operation to be shown")
            self.assertRegex(self.n3.ok("clvmd status"), "Operation: .* vgslow, .*n1")
            self.assertEqual([(operation["vg"], operation["waits_for"])
                              for operation in self.status(self.n3)["operations"]
                              if operation["vg"]], [("vgslow", ["n1"])])
            self.assert_all_answer(self.n1, self.n3)
            self.n1.ok("dmsetup resume bottom")
            self.assertEqual(extend.result().rc, 0, repr(extend.result()))
            self.wait_well()
        finally:
            self.n1.ok("dmsetup resume bottom; vgremove -ff -y vgslow; "
                       "dmsetup remove --retry top && dmsetup remove --retry bottom && "
                       "rm /etc/lvm/lvm.conf")


if __name__ == "__main__":
    lab.run_tests()
