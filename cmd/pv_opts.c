/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/pv_opts.h"

#include <errno.h>

#define ARG(field) offsetof(struct pv_opts, field)

/* The label is looked for in the first four sectors. */
#define LABEL_SECTORS 4

const struct opt pv_opts[] = {
	{ 'Z', "zero", OPT_CHOICE, ARG(zero), &value_yes_no,
	  "Whether the first four sectors of a new physical volume are cleared; they are by "
	  "default." },
	{ 'M', "metadatatype", OPT_ACCEPTED, 0, &value_metadata_type,
	  "The only type of metadata there is." },
	{ 0, "labelsector", OPT_NUMBER, ARG(label_sector), &value_number,
	  "Sector, 0 to 3, that the label is written to; 1 by default." },
	{ 0, "metadatasize", OPT_SIZE, ARG(metadata_size), &value_size_mib,
	  "Room for each copy of the metadata on the physical volume." },
	{ 0, "pvmetadatacopies", OPT_CHOICE, ARG(pv_metadata_copies), &value_copies,
	  "Number of metadata areas on the physical volume; 1 by default." },
	{ 0, "metadatacopies", OPT_CHOICE, ARG(metadata_copies), &value_copies, NULL },
	{ 0, "metadataignore", OPT_CHOICE, ARG(metadata_ignore), &value_yes_no,
	  "With y, the metadata areas of the physical volume are not used." },
	{ 0, "dataalignment", OPT_SIZE, ARG(data_alignment), &value_size_kib,
	  "Let the data begin at a multiple of this." },
	{ 0, "dataalignmentoffset", OPT_SIZE, ARG(data_alignment_offset), &value_size_kib,
	  "Let the data begin this much behind such a multiple." },
	{ 0 },
};

int pv_opts_check(const struct pv_opts *opts, struct pv_create_args *ret_args, struct err *err)
{
	int copies = opts->pv_metadata_copies ? opts->pv_metadata_copies : opts->metadata_copies;

	if (opts->label_sector.is_set && opts->label_sector.value >= LABEL_SECTORS)
		return err_set(err, EINVAL, "labelsector must be less than %d.", LABEL_SECTORS);
	if (opts->metadata_ignore == YES && copies == 1)
		return err_set(err, EINVAL, "metadataignore only applies to metadatacopies > 0.");
	*ret_args = (struct pv_create_args){
		.data_alignment = opts->data_alignment.sectors,
		.data_alignment_offset = opts->data_alignment_offset.sectors,
		.metadata_size = opts->metadata_size.sectors,
		.metadata_copies = copies - 1, /* a choice is one more than the number */
		.label_sector = opts->label_sector.is_set ? (int)opts->label_sector.value : -1,
		.zero = opts->zero ? opts->zero == YES : -1,
		.metadata_ignore = opts->metadata_ignore == YES,
	};
	return 0;
}
