/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of lib/store share. */
#ifndef LIB_STORE_STORE_PRIVATE_H
#define LIB_STORE_STORE_PRIVATE_H

#include "lib/device/batch.h"
#include "lib/store/known_text.h"
#include "lib/store/store.h"

/* One VG of the scan and where its newest text is. */
struct scan_vg {
	struct mda_copy *newest;
	bool has_members;
	struct uuid *pv_ids; /* by the newest text; once has_members */
	uint32_t pv_count;
};

struct scan_index {
	struct text_list texts;
	const struct text_list *older; /* while scanning: those of the scan before */
	struct scan_vg *vgs;
	size_t vg_count;
	bool vgs_valid; /* cleared when an area changes */
	struct uuid *warned_ids;
	size_t warned_count;
	size_t pv_disk_size; /* room in the scan's pv_disks */
};

/* ---- reading (disk_reader.c) ---- */

struct known_bytes {
	uint64_t offset;
	size_t length;
	const unsigned char *bytes;
	struct gather *alone; /* that has brought this and nothing else, or NULL */
	const struct known_bytes *next;
};

struct disk_reader {
	const struct device *device;
	int fd; /* -1: not opened yet */
	bool hangs;
	const struct known_bytes *known; /* newest first */
};

/** From what is known, or from the device. -ETIMEDOUT: it hangs. */
int disk_read(struct disk_reader *reader, uint64_t offset, void *bytes, size_t length,
	      struct err *err) MUST_CHECK;
/** What is known, where it is; NULL: it is not known. */
const void *disk_peek(const struct disk_reader *reader, uint64_t offset, size_t length);
/** The same bytes as the caller's: false when that cannot be, as others came with them. */
bool disk_take(struct disk_reader *reader, const void *bytes, struct text_memory *ret_memory);
/** From now on read the device itself. */
void disk_reader_forget(struct disk_reader *reader);
void disk_reader_close(struct disk_reader *reader);

struct gathered {
	struct disk_reader *reader;
	struct batch_read read;
	struct known_bytes known;
	uint64_t text_bytes; /* of the text that it is of, by the area's header; 0: of none */
	uint32_t text_checksum;
};

/* What several readers will want, read together. Start with { 0 }; readers must not use what it
 * brought after gather_free(). */
struct gather {
	struct gathered *items;
	size_t count, size;
	uint64_t bytes; /* of memory */
	struct batch batch;
};

/** Nothing is added when it is known. @expected: what is likely there, as long as the gather lives;
 * or NULL. */
int gather_add(struct gather *gather, struct disk_reader *reader, uint64_t offset, size_t length,
	       const void *expected, struct err *err) MUST_CHECK;
int gather_run(struct gather *gather, unsigned timeout_ms, struct err *err) MUST_CHECK;
void gather_free(struct gather *gather);

/** The first good label in the LABEL_SCAN_SECTORS at @bytes; tells of those that are ignored. */
bool scan_find_label(struct context *context, const struct device *device,
		     const unsigned char *bytes, struct pv_header *ret_header,
		     uint64_t *ret_sector);
/** Take a PV into the scan, its areas not read yet. */
int scan_add_pv(struct scan *scan, const struct device *device, const struct pv_header *header,
		uint64_t label_sector, struct pv_disk **ret_disk, struct err *err) MUST_CHECK;

/* ---- areas (scan_mda.c) ---- */

/** Ask for the area's header; for the texts that the header names, once it is known. */
int mda_gather_header(struct gather *gather, struct disk_reader *reader,
		      const struct mda_copy *copy, struct err *err) MUST_CHECK;
int mda_gather_texts(struct gather *gather, struct scan *scan, struct disk_reader *reader,
		     const struct mda_copy *copy, struct err *err) MUST_CHECK;
/** Will the area's text likely be known, and a long one, once what is gathered was read? */
bool mda_text_is_gathered(const struct gather *gather, struct disk_reader *reader,
			  const struct mda_copy *copy);

/** Read header and text of an area into @copy; never fails: the state says it. Reads again when a
 * writer may have come between. Warns when @warn. */
void mda_copy_read(struct context *context, struct scan *scan, struct disk_reader *reader,
		   struct mda_copy *copy, bool warn);

/** The bytes at @location, checksum verified; caller frees. -EUCLEAN: checksum. */
int mda_text_read(struct disk_reader *reader, const struct mda_header *header,
		  const struct mda_location *location, char **ret_text, struct err *err) MUST_CHECK;

/** These very bytes, if they are known and have that checksum; else NULL. */
const struct known_text *scan_find_text(struct scan *scan, const char *text, size_t length,
					uint32_t checksum);
/** What the last scan read at this very place of the copy's area; NULL: to be read. */
const struct known_text *scan_find_place(struct scan *scan, const struct mda_copy *copy,
					 const struct mda_location *location);
/** The text of a valid copy was read where its header says. */
void scan_note_place(struct scan *scan, const struct mda_copy *copy);
/** One with that length and checksum, whatever its bytes; or NULL. */
const struct known_text *scan_guess_text(const struct scan *scan,
					 const struct mda_location *location);
/** Keep a text that is not known yet. @memory is taken over, also on failure. NULL: not a VG's text
 * (reason in @err). */
const struct known_text *scan_keep_text(struct scan *scan, const char *text, size_t length,
					uint32_t checksum, const struct text_memory *memory,
					struct err *err);

/** What the text of a copy says, or NULL if it is no sound VG. Not to be changed. */
const struct vg *scan_model(const struct scan *scan, const struct mda_copy *copy);
/** The same (*ret_is_shared), or, where the text is no sound VG, why. */
int scan_read_vg(const struct scan *scan, const struct mda_copy *copy, struct vg **ret_vg,
		 bool *ret_is_shared, struct err *err) MUST_CHECK;

/** At the beginning and end of a scan; before its index is released. */
void scan_begin_texts(struct context *context, struct scan *scan);
void scan_end_texts(struct context *context, struct scan *scan);
void scan_free_texts(struct scan *scan);
/** A reader that was given up may still compare with them: they stay, once in the life of a
 * process. */
void scan_pin_texts(struct scan *scan);

/** Keep a text that we write, of @vg. True: @text is the scan's now, and may be read as long as
 * that lives; false: it still is the caller's. */
bool scan_note_text(struct scan *scan, const struct buf *text, uint32_t checksum,
		    const struct vg *vg);

/** Mark all but one of each set of devices with one PV id. Warns. */
void scan_resolve_duplicates(struct context *context, struct scan *scan);

/** VGs in discovery order, by id. */
int scan_index_vgs(struct scan *scan, struct err *err) MUST_CHECK;
struct scan_vg *scan_find_vg(struct scan *scan, const struct uuid *vg_id);

/** First time for this VG in this scan? */
bool scan_warn_once(struct scan *scan, const struct uuid *vg_id);

/** Is this a copy of that VG which counts (readable, and not on an unused duplicate)? */
bool mda_copy_is_of(const struct mda_copy *copy, const struct uuid *vg_id);

/** Write a label sector; not flushed. */
int label_write(int fd, const struct pv_disk *pv_disk, const struct pv_header *header,
		struct err *err) MUST_CHECK;

/** Write an area's header sector; not flushed. */
int mda_header_write(int fd, const struct device *device, const struct mda_header *header,
		     struct err *err) MUST_CHECK;

#endif
