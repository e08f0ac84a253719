#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Nodes of the cluster, and each clustered volume with the nodes that have it, by the Python module."""
import lvm


def main():
    for member in lvm.clusterMembers():
        print(f"node {member.name}: {member.state}{', this one' if member.is_local else ''}")
    for name in lvm.listVgNames():
        with lvm.vgOpen(name) as vg:
            if not vg.isClustered():
                continue
            for lv in vg.listLVs():
                nodes = ", ".join(lv.activeNodes()) or "nowhere"
                print(f"{name}/{lv.getName()}: {lv.getSize() >> 20} MiB, active on {nodes}"
                      f"{', exclusively' if lv.isExclusive() else ''}")


if __name__ == "__main__":
    main()
