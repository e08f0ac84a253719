# SPDX-License-Identifier: LGPL-2.1-or-later
"""Thousands of LVs in a VG at once: by a backup of the empty VG that they are written into."""
import re

import damage

LV_TEXT = """
		lv{number} {{
			id = "{uuid}"
			status = ["READ", "WRITE", "VISIBLE"]
			flags = []
			creation_time = 1700000000	# 2023-11-14 22:13:20 +0000
			creation_host = "host"
			segment_count = 1

			segment1 {{
				start_extent = 0
				extent_count = 1

				type = "striped"
				stripe_count = 1

				stripes = [
					"pv{pv}", {pe}
				]
			}}
		}}
"""


def add_lvs(path, lv_count, pv_count):
    """Into the backup file of a VG of so many PVs without LVs; an extent for each, from all in turn."""
    with open(path, encoding="ascii") as file:
        text = file.read()
    lvs = "".join(LV_TEXT.format(number=number, uuid=damage.dashed(f"{number:032}"),
                                 pv=number % pv_count, pe=number // pv_count)
                  for number in range(lv_count))
    text, count = re.subn(r"\n\t}\n\s*}\n$", f"\n\t}}\n\n\tlogical_volumes {{\n{lvs}\t}}\n}}\n", text)
    assert count == 1, f"{path} is not the backup of a VG without LVs"
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
