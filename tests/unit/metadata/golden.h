/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading tests/data: what LVM2 wrote. Any failure ends the test program. */
#ifndef TESTS_UNIT_METADATA_GOLDEN_H
#define TESTS_UNIT_METADATA_GOLDEN_H

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "metadata/base/crc.h"
#include "metadata/label.h"
#include "metadata/mda.h"
#include "metadata/vg_text.h"

struct blob {
	char *data;
	size_t size;
};

static inline struct blob read_stream(FILE *file)
{
	struct blob blob = { .data = malloc((size_t)8 << 20) };
	size_t got;

	assert(file && blob.data);
	while ((got = fread(blob.data + blob.size, 1, ((size_t)8 << 20) - blob.size, file)) > 0)
		blob.size += got;
	return blob;
}

/* @path is below tests/data; "….xz" is unpacked. */
static inline struct blob read_data(const char *path)
{
	char command[1024];
	struct blob blob;
	size_t length = strlen(path);
	FILE *file;
	int rc;

	if (length > 3 && !strcmp(path + length - 3, ".xz")) {
		(void)snprintf(command, sizeof(command), "xz -dc '%s/%s'", TEST_DATA, path);
		file = popen(command, "r");
		blob = read_stream(file);
		rc = pclose(file);
	} else {
		(void)snprintf(command, sizeof(command), "%s/%s", TEST_DATA, path);
		file = fopen(command, "r");
		blob = read_stream(file);
		rc = fclose(file);
	}
	assert(!rc && blob.size);
	return blob;
}

/* The text at @location of an image that begins at byte @image_start of its device. */
static inline struct blob read_text(const struct blob *image, uint64_t image_start,
				    const struct mda_header *header,
				    const struct mda_location *location)
{
	struct mda_pieces pieces = mda_text_pieces(header, location);
	struct blob text = { .data = malloc(location->size_bytes) };

	assert(text.data && pieces.count);
	for (unsigned i = 0; i < pieces.count; i++) {
		uint64_t at = pieces.piece[i].offset_bytes - image_start;

		assert(at + pieces.piece[i].size_bytes <= image->size);
		memcpy(text.data + text.size, image->data + at, pieces.piece[i].size_bytes);
		text.size += pieces.piece[i].size_bytes;
	}
	assert(text.size == location->size_bytes);
	assert(lvm_crc(LVM_CRC_INITIAL, text.data, text.size) == location->checksum);
	return text;
}

static inline const unsigned char *image_bytes(const struct blob *image, uint64_t at)
{
	assert(at + SECTOR_BYTES <= image->size);
	return (const unsigned char *)image->data + at;
}

/* The committed text of the first area of an image; size 0: there is none. */
static inline struct blob golden_text(const char *path)
{
	struct blob image = read_data(path), text = { 0 };
	struct pv_header label;
	struct mda_header header;
	struct disk_area area = { 4096, 1 << 30 };

	if (!label_decode(image_bytes(&image, SECTOR_BYTES), 1, &label, NULL) && label.mda_count)
		area = label.mda[0];
	if (!mda_header_decode(image_bytes(&image, area.offset_bytes), &area, &header, NULL) &&
	    header.committed.offset_bytes)
		text = read_text(&image, 0, &header, &header.committed);
	free(image.data);
	return text;
}

/* What is between @before and @after in @text. */
static inline const char *text_between(struct arena *arena, const char *text, const char *before,
				       const char *after)
{
	const char *start = strstr(text, before);
	const char *end;

	assert(start);
	start += strlen(before);
	end = strstr(start, after);
	assert(end);
	return arena_strndup(arena, start, (size_t)(end - start));
}

static inline const char *format_utc(uint64_t seconds, char *text, size_t size)
{
	time_t time = (time_t)seconds;
	struct tm tm;

	assert(gmtime_r(&time, &tm));
	return strftime(text, size, "%Y-%m-%d %H:%M:%S +0000", &tm) ? text : NULL;
}

/* Comments are not part of what vg_import() reads. */
static inline void add_comments(struct vg_text_info *info, const char *text, struct arena *arena)
{
	const char *host = strstr(strstr(text, "\ndescription = "), "\ncreation_host");

	info->creation_ctime = text_between(arena, text, "(2022-05-18): ", "\n");
	info->creation_host_uname = text_between(arena, host, "# ", "\n");
	info->format_time = format_utc;
}

static const char *const golden_disk_images[] = {
	"golden/01-plain/pv0.first1M.xz",	  "golden/02-three-tags/pv0.first1M.xz",
	"golden/02-three-tags/pv1.first1M.xz",	  "golden/03-striped/pv0.first1M.xz",
	"golden/04-segments/pv0.first1M.xz",	  "golden/05-hyphens/pv0.first1M.xz",
	"golden/06-two-mdas/pv0.first1M.xz",	  "golden/07-wrap/pv0.first1M.xz",
	"golden/08-mirror/pv0.first1M.xz",	  "golden/09-raid1/pv0.first1M.xz",
	"golden/10-snapshot/pv0.first1M.xz",	  "golden/11-thin/pv0.first1M.xz",
	"golden/12-missing/pv0.first1M.xz",	  "golden/12-missing/pv1.first1M.xz",
	"golden/13-exported/pv0.first1M.xz",	  "golden/14-renamed/pv0.first1M.xz",
	"golden/15-clustered/pv0.first1M.xz",	  "golden/16-system-id/pv0.first1M.xz",
	"golden/17-pvmove/pv0.first1M.xz",	  "golden/18-history/pv0.first1M.xz",
	"golden/19-shared-dlm/pv0.first1M.xz",	  "golden/20-wrap-two-mdas/pv0.first1M.xz",
	"golden/20-wrap-two-mdas/pv1.first1M.xz",
};

static const char *const golden_files[] = {
	"golden/01-plain/backup-vg0",	       "golden/02-three-tags/backup-vgt",
	"golden/03-striped/backup-vgs",	       "golden/04-segments/backup-vgm",
	"golden/05-hyphens/backup-my-vg",      "golden/06-two-mdas/backup-vg2",
	"golden/07-wrap/backup-vgw",	       "golden/08-mirror/backup-vgmir",
	"golden/09-raid1/backup-vgr",	       "golden/10-snapshot/backup-vgsn",
	"golden/11-thin/backup-vgth",	       "golden/12-missing/backup-vgmiss",
	"golden/13-exported/backup-vgex",      "golden/14-renamed/backup-new-name",
	"golden/17-pvmove/backup-vgmv",	       "golden/18-history/backup-vgh",
	"golden/20-wrap-two-mdas/backup-vgw2",
};

static const char *const kept_types[] = {
	"cache",	   "error-zero", "flags",      "integrity",  "merging-snapshot",
	"pvmove",	   "raid0",	 "raid0_meta", "raid10",     "reshape",
	"striped-options", "thin",	 "vdo-pool",   "writecache",
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

#endif
