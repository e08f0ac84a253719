/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Texts in an area, by their location or by what they look like. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/op/pv_raw.h"
#include "metadata/base/cleanup.h"
#include "metadata/base/crc.h"
#include "metadata/vg_text.h"

#define RING_START MDA_HEADER_BYTES
#define NAME_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-"
#define ID_KEY	   "\nid = \""
#define SEQNO_KEY  "\nseqno = "

void raw_text_free(struct raw_text *text)
{
	free(text->bytes);
	text->bytes = NULL;
}

/* Name, id and seqno, as far as they can be read. */
static void identify(struct raw_text *text)
{
	const size_t name = strspn(text->bytes, NAME_CHARS);
	const char *seqno = strstr(text->bytes, SEQNO_KEY);
	const char *id = strstr(text->bytes, ID_KEY);

	text->crc = lvm_crc(LVM_CRC_INITIAL, text->bytes, text->length);
	text->vg_name[0] = text->id[0] = '\0';
	if (name < sizeof(text->vg_name)) {
		memcpy(text->vg_name, text->bytes, name);
		text->vg_name[name] = '\0';
	}
	text->seqno = seqno ? strtoul(seqno + strlen(SEQNO_KEY), NULL, 10) : 0;
	if (id) {
		id += strlen(ID_KEY);
		memcpy(text->id, id, strnlen(id, sizeof(text->id) - 1));
		text->id[strnlen(id, sizeof(text->id) - 1)] = '\0';
		text->id[strspn(text->id, NAME_CHARS)] = '\0';
	}
}

int pv_raw_read_text(const struct pv_raw *raw, const struct raw_mda *mda, struct raw_text *ret_text,
		     struct err *err)
{
	const struct mda_location *location = &mda->header.committed;
	/* The label's word for where the area is: the header may be bad. */
	const struct mda_header header = { .start_bytes = mda->area.offset_bytes,
					   .size_bytes = mda->area.size_bytes };
	struct mda_pieces pieces = mda_text_pieces(&header, location);
	size_t done = 0;
	int rc = 0;

	*ret_text =
		(struct raw_text){ .offset_bytes = header.start_bytes + location->offset_bytes };
	if (!location->offset_bytes)
		return err_set(err, ENOENT, "No metadata text.");
	if (!pieces.count || location->size_bytes > VG_TEXT_MAX)
		return err_set(err, EUCLEAN, "metadata text is not in its area");
	if (!(ret_text->bytes = malloc(location->size_bytes + 1)))
		return err_set(err, ENOMEM, "Out of memory.");
	for (unsigned i = 0; !rc && i < pieces.count; i++) {
		rc = device_read(raw->fd, raw->device, pieces.piece[i].offset_bytes,
				 ret_text->bytes + done, (size_t)pieces.piece[i].size_bytes, err);
		done += (size_t)pieces.piece[i].size_bytes;
	}
	if (rc) {
		raw_text_free(ret_text);
		return rc;
	}
	ret_text->bytes[done] = '\0';
	ret_text->length = done;
	identify(ret_text);
	return 0;
}

/* Does "name {\nid = " stand here? */
static bool looks_like_text(const char *at, size_t left)
{
	static const char follows[] = " {" ID_KEY;
	size_t name = 0;

	while (name < left && at[name] && strchr(NAME_CHARS, at[name]))
		name++;
	return name && left - name > sizeof(follows) &&
	       !memcmp(at + name, follows, sizeof(follows) - 1);
}

/* The text that begins at @offset of the ring, up to its NUL; it may go on at the ring's start. */
static int copy_text(const char *ring, size_t size, size_t offset, struct raw_text *ret_text)
{
	size_t length = 0;

	while (length < size && ring[(offset + length) % size])
		length++;
	if (length == size || !(ret_text->bytes = malloc(length + 1)))
		return -ENOENT;
	for (size_t i = 0; i < length; i++)
		ret_text->bytes[i] = ring[(offset + i) % size];
	ret_text->bytes[length] = '\0';
	ret_text->length = length + 1;
	return 0;
}

int pv_raw_search(const struct pv_raw *raw, const struct disk_area *area, raw_text_fn *found,
		  void *data, struct err *err)
{
	AUTO_FREE char *ring = NULL;
	uint64_t size = area->size_bytes;
	int rc = 0;

	if (area->offset_bytes > raw->device->size_bytes ||
	    size > raw->device->size_bytes - area->offset_bytes || size <= RING_START)
		return err_set(err, EUCLEAN, "The metadata area is not on the device.");
	size -= RING_START;
	if (size > VG_TEXT_MAX)
		size = VG_TEXT_MAX;
	if (!(ring = malloc(size + 1)))
		return err_set(err, ENOMEM, "Out of memory.");
	if ((rc = device_read(raw->fd, raw->device, area->offset_bytes + RING_START, ring,
			      (size_t)size, err)))
		return rc;
	for (size_t at = 0; !rc && at < size; at += SECTOR_BYTES) {
		struct raw_text text = { .offset_bytes = area->offset_bytes + RING_START + at };

		if (!looks_like_text(ring + at, (size_t)size - at) ||
		    copy_text(ring, (size_t)size, at, &text))
			continue;
		identify(&text);
		rc = found(data, &text, err);
		raw_text_free(&text);
	}
	return rc;
}
