/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names: which VGs and LVs have which names, for people. The lock table knows ids only.
 *
 * Filled from jobs as they pass, and by a worker that reads the disks. What cannot be read keeps
 * its last name: a hint, never a decision. The worker's text has one line per VG and LV:
 *
 *	vg <id> <seqno> <clustered 0|1> <name>
 *	lv <vg id> <lv id> <name>
 */
#ifndef CLVMD_NAMES_H
#define CLVMD_NAMES_H

#include "clvmd/daemon.h"
#include "lib/proto/job.h"

#define NAMES_TEXT_MAX ((size_t)64 << 20)

struct names *names_create(struct daemon *d);
void names_destroy(struct names *names);

/** Take what the worker found; VGs that are not in it any more are forgotten. */
void names_replace(struct names *names, const char *text);

/** The names that a job tells. */
void names_learn(struct names *names, const struct job *job);

/** "vg/lv" of an LV resource, or the ids when not known. In @text. */
const char *names_lv(const struct names *names, const char *resource, char *text, size_t size);

/** As it is shown to people: names_lv() of an LV resource, any other as it is. */
const char *names_resource(const struct names *names, const char *resource, char *text,
			   size_t size);

/** Parts of an LV resource's name; "" when not known. */
void names_lv_parts(const struct names *names, const char *resource, const char **ret_vg,
		    const char **ret_lv);

struct names_vg {
	const char *name;
	uint32_t seqno;
	bool clustered;
};
void names_each_vg(const struct names *names, void (*visit)(void *data, const struct names_vg *vg),
		   void *data);

/** Each LV of a clustered VG that the disks had when they were last read. */
void names_each_lv(const struct names *names, void (*visit)(void *data, const char *resource),
		   void *data);

/** Is the VG of this LV resource clustered? False when it is not known. */
bool names_is_clustered(const struct names *names, const char *resource);

#endif
