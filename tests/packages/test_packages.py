#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The Debian packages on a clean Debian 12: install in place of lvm2, run, upgrade, remove.

The system is made once by debootstrap (build/debian12: needs a mirror, a minute and 600 MB), and
each test works on a copy of it. The last one boots two lab nodes from it.
"""
import glob
import os
import shutil
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(TOP, "tests", "lab"))
import lab  # noqa: E402

BUILD = f"{TOP}/build/packages"
BASE = f"{TOP}/build/debian12"
WORK = f"{TOP}/build/debian12-work"
NEEDED = "corosync python3 kmod procps iproute2 e2fsprogs"
OURS = ("clvm", "libclvm", "libclvm-dev", "python3-clvm")


def run(*words, **more):
    done = subprocess.run(words, capture_output=True, text=True, check=False, **more)
    if done.returncode:
        raise AssertionError(f"{' '.join(words)}: exit code {done.returncode}\n{done.stdout[-3000:]}"
                             f"\n{done.stderr[-3000:]}")
    return done.stdout


def make_base():
    """Without services, as nothing may start or send on this host. Done before the tests: they
    have no network."""
    if os.path.exists(f"{BASE}/.complete"):
        return
    shutil.rmtree(BASE, ignore_errors=True)
    run("debootstrap", "--variant=minbase", "bookworm", BASE)
    with open(f"{BASE}/usr/sbin/policy-rc.d", "w", encoding="ascii") as file:
        file.write("#!/bin/sh\nexit 101\n")
    os.chmod(f"{BASE}/usr/sbin/policy-rc.d", 0o755)
    install = "DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends"
    run("chroot", BASE, "sh", "-ec", f"{install} lvm2 {NEEDED}")
    # The tests have no network: what they install is in apt's cache before.
    os.makedirs(f"{BASE}/packages")
    for package in glob.glob(f"{BUILD}/*.deb"):
        shutil.copy(package, f"{BASE}/packages")
    run("chroot", BASE, "sh", "-ec", f"{install} --download-only /packages/*.deb")
    shutil.rmtree(f"{BASE}/packages")
    with open(f"{BASE}/.complete", "w", encoding="ascii"):
        pass


class Root:
    """A writable copy of the base, with the packages in /packages."""

    def __init__(self, name):
        self.dir, self.work = f"{WORK}/{name}/root", f"{WORK}/{name}"
        shutil.rmtree(self.work, ignore_errors=True)
        os.makedirs(self.dir)
        # Not by links: they would share what dpkg writes in place.
        run("cp", "-a", f"{BASE}/.", self.dir)
        os.makedirs(f"{self.dir}/packages")
        for package in glob.glob(f"{BUILD}/*.deb"):
            shutil.copy(package, f"{self.dir}/packages")
        run("mount", "-t", "proc", "proc", f"{self.dir}/proc")
        run("mount", "-t", "sysfs", "-o", "ro", "sysfs", f"{self.dir}/sys")

    def leave(self):
        for mount in ("proc", "sys"):
            if os.path.ismount(f"{self.dir}/{mount}"):
                run("umount", f"{self.dir}/{mount}")

    def close(self):
        self.leave()
        shutil.rmtree(self.work)

    def sh(self, script):
        return run("chroot", self.dir, "/usr/bin/env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
                   "HOME=/root", "LC_ALL=C", "DEBIAN_FRONTEND=noninteractive", "sh", "-ec", script)

    def state(self, package):
        done = subprocess.run(["chroot", self.dir, "dpkg-query", "-W", "-f",
                               "${db:Status-Status} ${Version}", package], capture_output=True,
                              text=True, check=False)
        return done.stdout.split() or ["not-installed"]

    def install(self):
        self.sh("apt-get install -y --no-install-recommends /packages/*.deb")


class Packages(unittest.TestCase):
    def root(self, name):
        root = Root(name)
        self.addCleanup(root.close)
        return root

    def test_lintian_has_no_errors(self):
        packages = sorted(glob.glob(f"{BUILD}/*.deb"))
        self.assertEqual(len(packages), len(OURS))
        done = subprocess.run(["lintian", "--allow-root", "--fail-on", "error", *packages],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_life(self):
        root = self.root("life")
        self.assertEqual(root.state("lvm2")[0], "installed")
        root.install()
        self.assertNotEqual(root.state("lvm2")[0], "installed")
        self.check_works(root)
        files = [path for package in OURS for path in root.sh(f"dpkg -L {package}").split()
                 if os.path.isfile(root.dir + path)]
        self.assertIn("/usr/share/man/man8/lvs.8.gz", files)
        self.check_upgrade(root)
        root.sh(f"apt-get purge -y {' '.join(OURS)}")
        self.assertEqual([path for path in files if os.path.lexists(root.dir + path)], [])
        root.sh("apt-get install -y --no-install-recommends lvm2")  # and back
        self.assertIn("LVM version:     2.03.16", root.sh("lvm version"))

    def check_works(self, root):
        self.assertIn("clvm", root.sh("lvm version"))
        self.assertEqual(root.sh("readlink -f /usr/sbin/lvextend"), "/usr/sbin/lvm\n")
        self.assertIn("--size", root.sh("lvcreate --help"))
        root.sh("clvmd -V")
        self.assertIn("2.02", root.sh("python3 -c 'import lvm; print(lvm.getVersion())'"))
        self.assertIn("liblvm2app.so.2.2", root.sh("ldconfig -p"))
        header = root.sh("ls /usr/include/lvm2app.h /usr/include/lvm2app_cluster.h "
                         "/usr/lib/x86_64-linux-gnu/liblvm2app.so")
        self.assertEqual(len(header.split()), 3)
        flags = run("pkg-config", "--libs", "lvm2app", env=dict(
            os.environ, PKG_CONFIG_LIBDIR=f"{root.dir}/usr/lib/x86_64-linux-gnu/pkgconfig"))
        self.assertIn("-llvm2app -ldevmapper", flags)

    def check_upgrade(self, root):
        """What the administrator changed stays."""
        new = f"{root.dir}/packages/new"
        run("dpkg-deb", "-R", glob.glob(f"{BUILD}/clvm_*.deb")[0], new)
        run("sed", "-i", "s/^Version: .*/&.1/", f"{new}/DEBIAN/control")
        run("dpkg-deb", "-b", new, f"{root.dir}/packages/new.deb")
        root.sh("echo '# mine' >>/etc/default/clvmd; dpkg -i /packages/new.deb")
        self.assertTrue(root.state("clvm")[1].endswith(".1"))
        self.assertIn("# mine", root.sh("cat /etc/default/clvmd"))
        root.sh("vgs")

    def test_two_nodes_of_that_system(self):
        root = self.root("lab")
        root.install()
        root.leave()
        cluster = lab.Cluster(2, ("256M", "256M"), product=False, root=root.dir)
        self.addCleanup(cluster.close)
        n1, n2 = cluster.nodes
        self.assertEqual(n1.ok("command -v lvextend; dpkg-query -W -f '${db:Status-Status}' clvm"),
                         "/usr/sbin/lvextend\ninstalled")
        cluster.corosync(3000)
        cluster.start_clvmd()
        n1.ok("pvcreate /dev/ubda /dev/ubdb && vgcreate vg /dev/ubda")
        self.assertIn("wz--nc", n2.ok("vgs --noheadings -o vg_attr vg"))
        n2.ok("lvcreate -L 64M -n data vg && mkfs.ext4 -q /dev/vg/data && mount /dev/vg/data /mnt")
        n1.ok("vgextend vg /dev/ubdb && lvextend -r -L 300M vg/data")
        for node in cluster.nodes:
            self.assertEqual(node.ok("blockdev --getsize64 /dev/vg/data"), f"{300 << 20}\n")
        blocks, size = n2.ok("stat -f -c '%b %S' /mnt").split()
        self.assertGreater(int(blocks) * int(size), 250 << 20)
        n2.ok("umount /mnt")
        n1.ok("lvremove -y vg/data && vgremove vg && service clvmd status")
        self.assertNotIn("data", n2.ok("lvs; dmsetup ls"))


if __name__ == "__main__":
    subprocess.run([f"{TOP}/scripts/make-packages"], check=True, stdout=subprocess.DEVNULL)
    make_base()
    lab.run_tests()
