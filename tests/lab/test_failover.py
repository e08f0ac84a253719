#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A service that fails over: moved, its node put on standby, its node's kernel made to panic.

The data are there afterwards, and at no instant two nodes have the volume.
"""
import lab


class Failover(lab.FailoverCase):
    def test_where_it_goes(self):
        self.first_start()
        self.standby_and_no_failback()
        self.growth_from_the_other_node()
        self.panic()
        self.watch.assert_never_on_two()
        self.stop()

    def first_start(self):
        print(f"# first start: {self.wait_served_by(self.n1):.1f} s")
        self.assertEqual(self.holder(self.n1), "n1")
        self.written(self.n1, "one")
        refused = self.n2("lvchange -aey vg/www", timeout=60)
        self.assertEqual(refused.rc, 5, repr(refused))
        self.assertIn("n1", refused.text)
        # Nobody listens there, but somebody says so.
        said = self.n2(f"exec 3<>/dev/tcp/{lab.failover_case.ADDRESS}/9", timeout=30).text
        self.assertIn("refused", said)

    def standby_and_no_failback(self):
        self.n1.ok("crm_attribute -t nodes -N n1 -n standby -v on", timeout=120)
        print(f"# standby: {self.wait_served_by(self.n2):.1f} s")
        self.assertEqual(self.n2.ok("cat /mnt/page"), "one\n")
        self.n1.ok("crm_attribute -t nodes -N n1 -n standby -D", timeout=120)
        self.wait_clvmd_everywhere()
        self.assertTrue(self.serves(self.n2), "it stays where it is")
        self.assertEqual(self.holder(self.n2), "n2")

    def growth_from_the_other_node(self):
        before = int(self.n2.ok("stat -f -c %b /mnt"))
        self.n1.ok("lvextend -r -L 128M vg/www", timeout=120)
        self.assertGreater(int(self.n2.ok("stat -f -c %b /mnt")), before * 3 // 2)

    def panic(self):
        self.written(self.n2, "two")
        self.n2.panic()
        print(f"# panic: {self.wait_served_by(self.n1):.1f} s")
        self.assertEqual(self.n1.ok("cat /mnt/page"), "two\n")
        events = [line for line in self.n1.ok("clvmd events").splitlines()
                  if any(kind in line for kind in (" membership ", " fence ", " table ",
                                                   " activation "))]
        print("# clvmd's events:", *events[-8:], sep="\n#   ")
        self.rejoin(self.n2)


if __name__ == "__main__":
    lab.run_tests()
