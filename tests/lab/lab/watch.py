# SPDX-License-Identifier: LGPL-2.1-or-later
"""A witness in every node: was a volume ever in two kernels at one time?"""
import time

from .story import mapper_name
from .wait import SLOW

SILENT_SECONDS = 10  # it looks ten times a second


class VolumeWatch:
    """Looks from now on; start() again on a node that was rebooted."""

    def __init__(self, vg, lv, nodes):
        self.name, self.nodes = mapper_name(vg, lv), nodes
        for node in nodes:
            self.start(node)

    def _file(self, node):
        return f"{node.folder}/watch-{self.name}"

    def start(self, node):
        node.spawn(f"python3 -S /lab/watch_volume.py {self.name} /lab/{node.name}/watch-{self.name}",
                   timeout=7200)

    def spans(self, node):
        """[(certainly from, certainly to)] of times at which the node had it."""
        spans, start, last = [], None, None
        with open(self._file(node), encoding="ascii") as file:
            for line in file:
                words = line.split()
                if len(words) != 3 or words[2] not in ("on", "off"):
                    continue  # cut off in the middle
                before, after = float(words[0]), float(words[1])
                if words[2] == "on":
                    start = after if start is None else start
                    last = before
                elif start is not None:
                    spans.append((start, last))
                    start = None
        return spans + ([(start, last)] if start is not None else [])

    def looks(self, node):
        """When it looked."""
        with open(self._file(node), encoding="ascii") as file:
            return [float(line.split()[0]) for line in file if line.endswith("\n")]

    def assert_never_on_two(self):
        for node in self.nodes:
            silent = time.time() - self.looks(node)[-1]
            assert silent < SILENT_SECONDS * SLOW, \
                f"nobody has looked on {node.name} for {silent:.0f} s"
        all_spans = {node.name: self.spans(node) for node in self.nodes}
        assert sum(bool(spans) for spans in all_spans.values()) > 1, \
            f"only one node ever had {self.name}: {all_spans}"
        for one, spans in all_spans.items():
            for other, other_spans in all_spans.items():
                for start, end in spans if one < other else ():
                    for other_start, other_end in other_spans:
                        assert not (start < other_end and other_start < end), \
                            f"{self.name} was on {one} from {start} to {end} and on {other} " \
                            f"from {other_start} to {other_end}"
