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
            self.assertTrue(self.events(node, "commit", node="n1", vg="vg",
                                        seqno=self.seqno("vg", node)))
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

    def test_prometheus_reads_them(self):
        metrics = self.metrics(self.n1)
        self.assertEqual(metrics[("clvmd_quorate", ())], 1)
        self.assertEqual(metrics[("clvmd_running", ())], 1)
        self.assertEqual(metrics[("clvmd_members", (("state", "up"),))], 2)
        self.assertEqual(metrics[("clvmd_members", (("state", "unclean"),))], 0)
        self.assertEqual(metrics[("clvmd_volume_activations", (("mode", "shared"),))], 2)
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


if __name__ == "__main__":
    lab.run_tests()
