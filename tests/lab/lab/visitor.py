# SPDX-License-Identifier: LGPL-2.1-or-later
"""Somebody who looks at the page all the time, on a node; what he saw, and when."""
import time

from .wait import SLOW, wait_for

PATIENCE = 1.0  # seconds: then a visit was in vain


class Visitor:
    def __init__(self, node, address):
        self.path = f"{node.folder}/visits"
        node.spawn(f"python3 -S /lab/page_client.py {address} /lab/{node.name}/visits "
                   f"{PATIENCE * SLOW}", timeout=7200)

    @staticmethod
    def now():
        return time.time()

    def visits(self, since):
        """[(begin, end, page or None)] of those that began after @since."""
        found = []
        try:
            with open(self.path, encoding="utf-8") as file:
                for line in file:
                    words = line.rstrip("\n").split(" ", 3)
                    if line.endswith("\n") and float(words[0]) >= since:
                        found.append((float(words[0]), float(words[1]),
                                      words[3] if words[2] == "200" else None))
        except FileNotFoundError:
            pass  # has not begun yet
        return found

    def wait_page(self, since, seconds, text=""):
        """Until a visit after @since found a page that says @text."""
        wait_for(lambda: any(page is not None and text in page
                             for _, _, page in self.visits(since)[-20:]),
                 seconds, f"a visitor to see the page {text}")

    def counts(self, since):
        """How many visits found a page, and how many did not."""
        pages = [page for _, _, page in self.visits(since)]
        return sum(page is not None for page in pages), sum(page is None for page in pages)

    def longest_gap(self, since):
        """Seconds between the end of a good visit and the end of the next one."""
        ends = [end for _, end, page in self.visits(since) if page is not None]
        return max((late - early for early, late in zip([since, *ends], ends)), default=0.0)

    def first_page(self, since):
        """When the page came again for the first time after a visit in vain; None: never, or it never was away."""
        visits = self.visits(since)
        failed = next((i for i, visit in enumerate(visits) if visit[2] is None), len(visits))
        return next((end for _, end, page in visits[failed:] if page is not None), None)
