/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Defaults are those of LVM2 2.03.16, but for three that resource agents ask for: locking_type 3
 * (a clvmd), use_lvmetad 0, use_lvmlockd 0.
 */
#include "lib/settings.h"

#include <stdlib.h>
#include <string.h>

/* Sorted by path. */
static const struct setting table[] = {
	{ "activation/activation_mode", SETTING_STRING, 0, "degraded", false },
	{ "activation/auto_activation_volume_list", SETTING_STRINGS, 0, NULL, false },
	{ "activation/auto_set_activation_skip", SETTING_BOOL, 1, NULL, false },
	{ "activation/missing_stripe_filler", SETTING_STRING, 0, "error", false },
	{ "activation/monitoring", SETTING_BOOL, 1, NULL, false },
	{ "activation/polling_interval", SETTING_INT, 15, NULL, false },
	{ "activation/process_priority", SETTING_INT, -18, NULL, false },
	{ "activation/raid_region_size", SETTING_INT, 2048, NULL, false },
	{ "activation/read_only_volume_list", SETTING_STRINGS, 0, NULL, false },
	{ "activation/readahead", SETTING_STRING, 0, "auto", false },
	{ "activation/reserved_memory", SETTING_INT, 8192, NULL, false },
	{ "activation/reserved_stack", SETTING_INT, 64, NULL, false },
	{ "activation/retry_deactivation", SETTING_BOOL, 1, NULL, false },
	{ "activation/udev_rules", SETTING_BOOL, 1, NULL, false },
	{ "activation/udev_sync", SETTING_BOOL, 1, NULL, false },
	{ "activation/use_linear_target", SETTING_BOOL, 1, NULL, false },
	{ "activation/verify_udev_operations", SETTING_BOOL, 0, NULL, false },
	{ "activation/volume_list", SETTING_STRINGS, 0, NULL, false },
	{ "allocation/cling_tag_list", SETTING_STRINGS, 0, NULL, false },
	{ "allocation/maximise_cling", SETTING_BOOL, 1, NULL, false },
	{ "allocation/mirror_logs_require_separate_pvs", SETTING_BOOL, 0, NULL, false },
	{ "allocation/physical_extent_size", SETTING_INT, 4096, NULL, false },
	{ "allocation/use_blkid_wiping", SETTING_BOOL, 1, NULL, false },
	{ "allocation/wipe_signatures_when_zeroing_new_lvs", SETTING_BOOL, 1, NULL, false },
	{ "backup/archive", SETTING_BOOL, 1, NULL, false },
	{ "backup/archive_dir", SETTING_STRING, 0, "archive", true },
	{ "backup/backup", SETTING_BOOL, 1, NULL, false },
	{ "backup/backup_dir", SETTING_STRING, 0, "backup", true },
	{ "backup/retain_days", SETTING_INT, 30, NULL, false },
	{ "backup/retain_min", SETTING_INT, 10, NULL, false },
	{ "devices/allow_changes_with_duplicate_pvs", SETTING_BOOL, 0, NULL, false },
	{ "devices/allow_mixed_block_sizes", SETTING_BOOL, 0, NULL, false },
	{ "devices/data_alignment", SETTING_INT, 0, NULL, false },
	{ "devices/data_alignment_detection", SETTING_BOOL, 1, NULL, false },
	{ "devices/data_alignment_offset_detection", SETTING_BOOL, 1, NULL, false },
	{ "devices/default_data_alignment", SETTING_INT, 1, NULL, false },
	{ "devices/devicesfile", SETTING_STRING, 0, "system.devices", false },
	{ "devices/dir", SETTING_STRING, 0, "/dev", false },
	{ "devices/filter", SETTING_STRINGS, 0, NULL, false },
	{ "devices/global_filter", SETTING_STRINGS, 0, NULL, false },
	{ "devices/hints", SETTING_STRING, 0, "all", false },
	{ "devices/ignore_suspended_devices", SETTING_BOOL, 0, NULL, false },
	{ "devices/issue_discards", SETTING_BOOL, 0, NULL, false },
	{ "devices/md_chunk_alignment", SETTING_BOOL, 1, NULL, false },
	{ "devices/md_component_detection", SETTING_BOOL, 1, NULL, false },
	{ "devices/multipath_component_detection", SETTING_BOOL, 1, NULL, false },
	{ "devices/pv_min_size", SETTING_INT, 2048, NULL, false },
	{ "devices/read_timeout", SETTING_INT, 10, NULL, false },
	{ "devices/require_restorefile_with_uuid", SETTING_BOOL, 1, NULL, false },
	{ "devices/scan", SETTING_STRINGS, 0, NULL, false },
	{ "devices/scan_lvs", SETTING_BOOL, 0, NULL, false },
	{ "devices/use_devicesfile", SETTING_BOOL, 0, NULL, false },
	{ "global/activation", SETTING_BOOL, 1, NULL, false },
	{ "global/event_activation", SETTING_BOOL, 1, NULL, false },
	{ "global/fsadm_executable", SETTING_STRING, 0, "/sbin/fsadm", false },
	{ "global/locking_dir", SETTING_STRING, 0, "/run/lock/lvm", false },
	{ "global/locking_type", SETTING_INT, 3, NULL, false },
	{ "global/lvdisplay_shows_full_device_path", SETTING_BOOL, 0, NULL, false },
	{ "global/metadata_read_only", SETTING_BOOL, 0, NULL, false },
	{ "global/prioritise_write_locks", SETTING_BOOL, 1, NULL, false },
	{ "global/si_unit_consistency", SETTING_BOOL, 1, NULL, false },
	{ "global/suffix", SETTING_BOOL, 1, NULL, false },
	{ "global/system_id_source", SETTING_STRING, 0, "none", false },
	{ "global/umask", SETTING_INT, 077, NULL, false },
	{ "global/units", SETTING_STRING, 0, "r", false },
	{ "global/use_lvmetad", SETTING_BOOL, 0, NULL, false },
	{ "global/use_lvmlockd", SETTING_BOOL, 0, NULL, false },
	{ "global/use_lvmpolld", SETTING_BOOL, 1, NULL, false },
	{ "global/wait_for_locks", SETTING_BOOL, 1, NULL, false },
	{ "local/host_id", SETTING_INT, 0, NULL, false },
	{ "local/system_id", SETTING_STRING, 0, NULL, false },
	{ "log/command_names", SETTING_BOOL, 0, NULL, false },
	{ "log/file", SETTING_STRING, 0, NULL, false },
	{ "log/indent", SETTING_BOOL, 0, NULL, false },
	{ "log/level", SETTING_INT, 0, NULL, false },
	{ "log/overwrite", SETTING_BOOL, 0, NULL, false },
	{ "log/prefix", SETTING_STRING, 0, "  ", false },
	{ "log/silent", SETTING_BOOL, 0, NULL, false },
	{ "log/syslog", SETTING_BOOL, 0, NULL, false },
	{ "log/verbose", SETTING_INT, 0, NULL, false },
	{ "metadata/pvmetadatacopies", SETTING_INT, 1, NULL, false },
	{ "metadata/pvmetadataignore", SETTING_BOOL, 0, NULL, false },
	{ "metadata/pvmetadatasize", SETTING_INT, 0, NULL, false },
	{ "metadata/record_lvs_history", SETTING_BOOL, 0, NULL, false },
	{ "metadata/stripesize", SETTING_INT, 64, NULL, false },
	{ "metadata/vgmetadatacopies", SETTING_INT, 0, NULL, false },
	{ "report/aligned", SETTING_BOOL, 1, NULL, false },
	{ "report/binary_values_as_numeric", SETTING_BOOL, 0, NULL, false },
	{ "report/buffered", SETTING_BOOL, 1, NULL, false },
	{ "report/columns_as_rows", SETTING_BOOL, 0, NULL, false },
	{ "report/compact_output", SETTING_BOOL, 0, NULL, false },
	{ "report/compact_output_cols", SETTING_STRING, 0, "", false },
	{ "report/headings", SETTING_BOOL, 1, NULL, false },
	{ "report/list_item_separator", SETTING_STRING, 0, ",", false },
	{ "report/lvs_cols", SETTING_STRING, 0,
	  "lv_name,vg_name,lv_attr,lv_size,pool_lv,origin,data_percent,"
	  "metadata_percent,move_pv,mirror_log,copy_percent,convert_lv",
	  false },
	{ "report/lvs_cols_full", SETTING_STRING, 0, "lv_all", false },
	{ "report/lvs_cols_verbose", SETTING_STRING, 0,
	  "lv_name,vg_name,seg_count,lv_attr,lv_size,lv_major,lv_minor,"
	  "lv_kernel_major,lv_kernel_minor,pool_lv,origin,data_percent,"
	  "metadata_percent,move_pv,copy_percent,mirror_log,convert_lv,lv_uuid,"
	  "lv_profile",
	  false },
	{ "report/lvs_sort", SETTING_STRING, 0, "vg_name,lv_name", false },
	{ "report/lvs_sort_full", SETTING_STRING, 0, "vg_name,lv_name", false },
	{ "report/mark_hidden_devices", SETTING_BOOL, 1, NULL, false },
	{ "report/output_format", SETTING_STRING, 0, "basic", false },
	{ "report/prefixes", SETTING_BOOL, 0, NULL, false },
	{ "report/pvs_cols", SETTING_STRING, 0, "pv_name,vg_name,pv_fmt,pv_attr,pv_size,pv_free",
	  false },
	{ "report/pvs_cols_full", SETTING_STRING, 0, "pv_all", false },
	{ "report/pvs_cols_verbose", SETTING_STRING, 0,
	  "pv_name,vg_name,pv_fmt,pv_attr,pv_size,pv_free,dev_size,pv_uuid", false },
	{ "report/pvs_sort", SETTING_STRING, 0, "pv_name", false },
	{ "report/pvs_sort_full", SETTING_STRING, 0, "pv_name", false },
	{ "report/pvsegs_cols", SETTING_STRING, 0,
	  "pv_name,vg_name,pv_fmt,pv_attr,pv_size,pv_free,pvseg_start,pvseg_size", false },
	{ "report/pvsegs_cols_full", SETTING_STRING, 0, "pvseg_all,pv_uuid,lv_uuid", false },
	{ "report/pvsegs_cols_verbose", SETTING_STRING, 0,
	  "pv_name,vg_name,pv_fmt,pv_attr,pv_size,pv_free,pvseg_start,pvseg_size,"
	  "lv_name,seg_start_pe,segtype,seg_pe_ranges",
	  false },
	{ "report/pvsegs_sort", SETTING_STRING, 0, "pv_name,pvseg_start", false },
	{ "report/pvsegs_sort_full", SETTING_STRING, 0, "pv_uuid,pvseg_start", false },
	{ "report/quoted", SETTING_BOOL, 1, NULL, false },
	{ "report/segs_cols", SETTING_STRING, 0, "lv_name,vg_name,lv_attr,stripes,segtype,seg_size",
	  false },
	{ "report/segs_cols_full", SETTING_STRING, 0, "seg_all,lv_uuid", false },
	{ "report/segs_cols_verbose", SETTING_STRING, 0,
	  "lv_name,vg_name,lv_attr,seg_start,seg_size,stripes,segtype,stripesize,"
	  "chunksize",
	  false },
	{ "report/segs_sort", SETTING_STRING, 0, "vg_name,lv_name,seg_start", false },
	{ "report/segs_sort_full", SETTING_STRING, 0, "lv_uuid,seg_start", false },
	{ "report/separator", SETTING_STRING, 0, " ", false },
	{ "report/time_format", SETTING_STRING, 0, "%Y-%m-%d %T %z", false },
	{ "report/two_word_unknown_device", SETTING_BOOL, 0, NULL, false },
	{ "report/vgs_cols", SETTING_STRING, 0,
	  "vg_name,pv_count,lv_count,snap_count,vg_attr,vg_size,vg_free", false },
	{ "report/vgs_cols_full", SETTING_STRING, 0, "vg_all", false },
	{ "report/vgs_cols_verbose", SETTING_STRING, 0,
	  "vg_name,vg_attr,vg_extent_size,pv_count,lv_count,snap_count,vg_size,"
	  "vg_free,vg_uuid,vg_profile",
	  false },
	{ "report/vgs_sort", SETTING_STRING, 0, "vg_name", false },
	{ "report/vgs_sort_full", SETTING_STRING, 0, "vg_name", false },
	{ "tags/hosttags", SETTING_BOOL, 0, NULL, false },
};

static const char *const sections[] = {
	"activation", "allocation", "backup",	"config", "devices", "dmeventd", "global",
	"local",      "log",	    "metadata", "report", "shell",   "tags",
};

static int compare_path(const void *key, const void *item)
{
	const struct setting *setting = item;

	return strcmp(key, setting->path);
}

const struct setting *setting_find(const char *path)
{
	return bsearch(path, table, sizeof(table) / sizeof(table[0]), sizeof(table[0]),
		       compare_path);
}

const struct setting *settings_table(size_t *ret_count)
{
	*ret_count = sizeof(table) / sizeof(table[0]);
	return table;
}

bool setting_section_is_known(const char *name)
{
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		if (!strcmp(name, sections[i]))
			return true;
	return false;
}
