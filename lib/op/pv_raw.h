/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A PV's headers as pvck sees them: read as far as they go, however bad they are. Each value is
 * printed on demand, each that is wrong always ("CHECK: …").
 */
#ifndef LIB_OP_PV_RAW_H
#define LIB_OP_PV_RAW_H

#include "lib/device/device.h"
#include "metadata/label.h"
#include "metadata/mda.h"

#define RAW_MDAS_MAX 2

struct raw_mda {
	struct disk_area area;
	bool has_magic;		  /* the header is one, whatever else is wrong */
	struct mda_header header; /* its locations may be nonsense */
};

struct pv_raw {
	struct context *context;
	struct device_list *devices;
	const struct device *device;
	int fd;
	bool print;  /* all values */
	bool is_bad; /* something was not as it must be */
	uint64_t label_sector;
	unsigned char label[SECTOR_BYTES];
	bool has_label; /* its magic is there */
	bool has_id;	/* of a form that a UUID has */
	struct uuid id;
	uint64_t device_size_bytes, data_offset_bytes;
	struct raw_mda mdas[RAW_MDAS_MAX];
	unsigned mda_count;
};

/** Open @path and read its label; release with pv_raw_close() in any case. */
int pv_raw_open(struct context *context, const char *path, enum device_mode mode,
		struct pv_raw *raw, struct err *err) MUST_CHECK;
void pv_raw_close(struct pv_raw *raw);

/** Label and PV header. */
void pv_raw_look_at_label(struct pv_raw *raw);

/** The header of area @number (from 0). */
int pv_raw_look_at_mda(struct pv_raw *raw, unsigned number, struct err *err) MUST_CHECK;

/** Print "CHECK: …" and take note that something is wrong. */
void pv_raw_wrong(struct pv_raw *raw, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A text found on the device. */
struct raw_text {
	char *bytes;   /* owned; a NUL follows */
	size_t length; /* as stored: with the NUL that ends it */
	uint64_t offset_bytes;
	uint32_t crc;
	char vg_name[128]; /* "" when it does not begin with one */
	unsigned long seqno;
	char id[UUID_DASHED_SIZE];
};

void raw_text_free(struct raw_text *text);

/** The committed text of an area, whatever its checksum. -ENOENT: none. */
int pv_raw_read_text(const struct pv_raw *raw, const struct raw_mda *mda, struct raw_text *ret_text,
		     struct err *err) MUST_CHECK;

/** Whole sectors of an area that begin with a text: called for each, in the order of offsets. */
typedef int raw_text_fn(void *data, const struct raw_text *text, struct err *err);
int pv_raw_search(const struct pv_raw *raw, const struct disk_area *area, raw_text_fn *found,
		  void *data, struct err *err) MUST_CHECK;

#endif
