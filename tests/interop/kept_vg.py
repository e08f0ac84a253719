# SPDX-License-Identifier: LGPL-2.1-or-later
"""Texts of VGs with segment types that tests/data does not have, for vgcfgrestore."""

PV_ID = "0123Ab-cdef-ghij-klmn-opqr-stuv-wxyz01"
VISIBLE, HIDDEN = '"READ", "WRITE", "VISIBLE"', '"READ", "WRITE"'


class TextVg:
    """A VG on one PV of 255 extents of 1 MiB. Linear LVs get the next free extents."""

    def __init__(self, name="vgk"):
        self.name = name
        self.lvs, self.historical = [], ""
        self.next_extent = 0

    def lv(self, name, status, *segs, flags="", tags=""):
        """Each segment is (extents, its other keys)."""
        start, text = 0, ""
        for number, (count, keys) in enumerate(segs):
            text += (f"segment{number + 1} {{\nstart_extent = {start}\nextent_count = {count}\n"
                     f"{keys}\n}}\n")
            start += count
        self.lvs.append(f"{name} {{\nid = \"000000-0000-0000-0000-0000-0000-{len(self.lvs):06}\"\n"
                        f"status = [{status}]\nflags = [{flags}]\ntags = [{tags}]\n"
                        f"creation_time = 1795333827\ncreation_host = \"h\"\n"
                        f"segment_count = {len(segs)}\n{text}}}\n")

    def striped_keys(self, count, stripes=1):
        length = count // stripes
        areas = []
        for _ in range(stripes):
            areas.append(f'"pv0", {self.next_extent}')
            self.next_extent += length
        size = "stripe_size = 128\n" if stripes > 1 else ""
        return count, (f'type = "striped"\nstripe_count = {stripes}\n{size}'
                       f"stripes = [{', '.join(areas)}]")

    def linear(self, name, count, status=VISIBLE, flags=""):
        self.lv(name, status, self.striped_keys(count), flags=flags)

    def raid(self, name, kind, count, devices, data_devices, keys="", status=VISIBLE):
        """A raid LV with its images and their metadata."""
        pairs = ", ".join(f'"{name}_rmeta_{i}", "{name}_rimage_{i}"' for i in range(devices))
        self.lv(name, status, (count, f'type = "{kind}"\ndevice_count = {devices}\n'
                               f"region_size = 4096\n{keys}\nraids = [{pairs}]"))
        for i in range(devices):
            self.linear(f"{name}_rimage_{i}", count // data_devices, HIDDEN)
            self.linear(f"{name}_rmeta_{i}", 1, HIDDEN)

    def text(self):
        return (f'contents = "Text Format Volume Group"\nversion = 1\n'
                f'{self.name} {{\nid = "000000-0000-0000-0000-0000-0000-00000x"\nseqno = 1\n'
                f'format = "lvm2"\nstatus = ["RESIZEABLE", "READ", "WRITE"]\nflags = []\n'
                f"extent_size = 2048\nmax_lv = 0\nmax_pv = 0\nmetadata_copies = 0\n"
                f'physical_volumes {{\npv0 {{\nid = "{PV_ID}"\ndevice = "/dev/x"\n'
                f'status = ["ALLOCATABLE"]\nflags = []\ndev_size = 524288\npe_start = 2048\n'
                f"pe_count = 255\n}}\n}}\nlogical_volumes {{\n{''.join(self.lvs)}}}\n"
                f"{self.historical}}}\n")


def raids():
    """Raid levels, and an image with integrity."""
    vg = TextVg()
    vg.raid("r4", "raid4", 4, 3, 2, "stripe_size = 128")
    vg.raid("r6", "raid6_zr", 6, 5, 3, "stripe_size = 128")
    vg.raid("r6d", "raid6", 3, 5, 3, "stripe_size = 128")
    vg.raid("r6n", "raid6_n_6", 3, 5, 3, "stripe_size = 128")
    for number, kind in enumerate(("raid6_nr", "raid6_nc", "raid6_ls_6", "raid6_la_6",
                                   "raid6_rs_6", "raid6_ra_6")):
        vg.raid(f"r6v{number}", kind, 3, 5, 3, "stripe_size = 128")
    vg.raid("r5ra", "raid5_ra", 2, 3, 2, "stripe_size = 128")
    vg.raid("r5rs", "raid5_rs", 2, 3, 2, "stripe_size = 128")
    vg.raid("r5n", "raid5_n", 4, 3, 2, "stripe_size = 128")
    vg.raid("r5la", "raid5_la", 4, 3, 2, "stripe_size = 128")
    vg.raid("r3", "raid1", 2, 3, 1, "writebehind = 100")
    vg.raid("r10", "raid10_near", 4, 4, 2, "stripe_size = 128\ndata_copies = 2")
    vg.raid("rn", "raid1", 2, 2, 1, status=VISIBLE + ', "NOTSYNCED"')
    vg.lv("ri", VISIBLE, (2, 'type = "raid1"\ndevice_count = 2\nregion_size = 4096\nraids = ['
                          '"ri_rmeta_0", "ri_rimage_0", "ri_rmeta_1", "ri_rimage_1"]'))
    for i in range(2):
        vg.linear(f"ri_rmeta_{i}", 1, HIDDEN)
        vg.lv(f"ri_rimage_{i}", HIDDEN,
              (2, f'type = "integrity"\norigin = "ri_rimage_{i}_iorig"\ndata_sectors = 4096\n'
                  f'mode = "B"\ntag_size = 4\nblock_size = 4096\ninternal_hash = "crc32c"\n'
                  f'meta_dev = "ri_rimage_{i}_imeta"\njournal_sectors = 0'))
        vg.linear(f"ri_rimage_{i}_iorig", 2, HIDDEN)
        vg.linear(f"ri_rimage_{i}_imeta", 1, HIDDEN)
    return vg.text()


def thin(vg, name, pool, number, keys="", status=VISIBLE):
    vg.lv(name, status, (3, f'type = "thin"\nthin_pool = "{pool}"\ntransaction_id = {number}\n'
                            f"device_id = {number}\n{keys}"))


def pools():
    """Thin pools, chains of thin snapshots, external origins, COW snapshots, history."""
    vg = TextVg()
    for pool, keys, flags in (
            ("p1", 'discards = "ignore"\nzero_new_blocks = 0', '"ERROR_WHEN_FULL"'),
            ("p2", 'discards = "nopassdown"\nzero_new_blocks = 1', "")):
        vg.lv(pool, VISIBLE,
              (4, f'type = "thin-pool"\nmetadata = "{pool}_tmeta"\npool = "{pool}_tdata"\n'
                  f"transaction_id = 7\nchunk_size = 256\n{keys}"), flags=flags)
        vg.linear(f"{pool}_tmeta", 2, HIDDEN)
    vg.linear("p1_tdata", 4, HIDDEN)
    vg.lv("p2_tdata", HIDDEN, vg.striped_keys(4, 2))
    vg.linear("lvol0_pmspare", 2, HIDDEN)
    vg.linear("ext", 3)
    vg.linear("ext1", 3)
    thin(vg, "a", "p1", 1)
    thin(vg, "y", "p1", 2, 'origin = "a"')
    thin(vg, "c", "p1", 3, 'origin = "y"')
    thin(vg, "d", "p1", 4, 'origin = "y"')
    thin(vg, "h3", "p2", 5)
    thin(vg, "e1", "p2", 6, 'external_origin = "ext"')
    thin(vg, "e2", "p2", 7, 'external_origin = "ext"')
    thin(vg, "e3", "p2", 8, 'external_origin = "ext1"')
    thin(vg, "e4", "p2", 9, 'origin = "e3"')
    vg.linear("cow", 2, HIDDEN)
    vg.lv("snapshot0", VISIBLE, (3, 'type = "snapshot"\nchunk_size = 8\norigin = "c"\n'
                                    'cow_store = "cow"'))
    vg.linear("ecow", 1, HIDDEN)
    vg.lv("snapshot1", VISIBLE, (3, 'type = "snapshot"\nchunk_size = 16\norigin = "ext1"\n'
                                    'cow_store = "ecow"'))
    vg.lv("sparse_vorigin", HIDDEN, (50, 'type = "zero"'))
    vg.linear("sparse", 2, HIDDEN)
    vg.lv("snapshot2", VISIBLE, (50, 'type = "snapshot"\nchunk_size = 32\n'
                                     'origin = "sparse_vorigin"\ncow_store = "sparse"'))
    vg.historical = """historical_logical_volumes {
h1 { id = "000000-0000-0000-0000-0000-0000-00010x"
creation_time = 1795333827
removal_time = 1795333829
origin = "a"
}
h2 { id = "000000-0000-0000-0000-0000-0000-00011x"
creation_time = 1795333827
removal_time = 1795333829
origin = "-h1"
descendants = ["h3"]
}
}
"""
    return vg.text()


def caches():
    """A cache on a cachevol, one on a pool over raid, an unused pool, writecache, mirrors."""
    vg = TextVg()
    vg.lv("cv", VISIBLE, (4, 'type = "cache+CACHE_USES_CACHEVOL"\ncache_pool = "fast_cvol"\n'
                             'origin = "cv_corig"\nmetadata_format = 2\nchunk_size = 128\n'
                             'cache_mode = "writeback"\npolicy = "smq"\n'
                             "policy_settings {\nmigration_threshold = 4096\n}\n"
                             "metadata_start = 0\nmetadata_len = 2048\ndata_start = 2048\n"
                             "data_len = 2048\n"
                             'metadata_id = "000000-0000-0000-0000-0000-0000-00012x"\n'
                             'data_id = "000000-0000-0000-0000-0000-0000-00013x"'))
    vg.linear("cv_corig", 4, HIDDEN)
    vg.linear("fast_cvol", 2, HIDDEN, '"CACHE_VOL"')
    vg.lv("cr", VISIBLE, (2, 'type = "cache"\ncache_pool = "cp"\norigin = "cr_corig"'))
    vg.raid("cr_corig", "raid1", 2, 2, 1, status=HIDDEN)
    for pool, status in (("cp", HIDDEN), ("idle", VISIBLE)):
        vg.lv(pool, status,
              (2, f'type = "cache-pool"\ndata = "{pool}_cdata"\nmetadata = "{pool}_cmeta"\n'
                  f'chunk_size = 256\ncache_mode = "writethrough"\npolicy = "mq"'))
        vg.linear(f"{pool}_cdata", 2, HIDDEN)
        vg.linear(f"{pool}_cmeta", 1, HIDDEN)
    vg.lv("wc", VISIBLE, (2, 'type = "writecache"\nwritecache = "w_cvol"\norigin = "wc_wcorig"\n'
                             "writecache_block_size = 512\nlow_watermark = 10\n"
                             "writeback_jobs = 5\nautocommit_blocks = 6\nautocommit_time = 7\n"
                             "fua = 1\ncleaner = 1\nmax_age = 8\nmetadata_only = 1\n"
                             "pause_writeback = 9"))
    vg.linear("wc_wcorig", 2, HIDDEN)
    vg.linear("w_cvol", 2, HIDDEN, '"CACHE_VOL"')
    vg.lv("mix", VISIBLE, vg.striped_keys(2), vg.striped_keys(4, 2))
    vg.lv("mix2", VISIBLE, vg.striped_keys(4, 2), vg.striped_keys(1))
    vg.linear("m_mimage_0", 2, HIDDEN)
    vg.linear("m_mimage_1", 2, HIDDEN)
    vg.linear("m_mimage_2", 2, HIDDEN)
    vg.lv("m_mimagetmp_2", HIDDEN, (2, 'type = "mirror"\nmirror_count = 2\nregion_size = 1024\n'
                                      'mirrors = ["m_mimage_0", 0, "m_mimage_1", 0]'))
    vg.lv("m", VISIBLE, (2, 'type = "mirror"\nmirror_count = 2\nregion_size = 1024\n'
                            'mirrors = ["m_mimagetmp_2", 0, "m_mimage_2", 0]'))
    return vg.text()


TEXTS = {"raids": raids, "pools": pools, "caches": caches}
