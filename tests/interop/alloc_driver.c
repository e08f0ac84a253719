/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Applies one edit to a VG's text and prints where its LVs lie then; for
 *test_alloc_differential.py.
 *
 *	alloc_driver map    TEXT
 *	alloc_driver create TEXT LV EXTENTS STRIPES POLICY EXACT|APPROXIMATE [PV[:RANGE]...]
 *	alloc_driver extend TEXT LV EXTENTS STRIPES POLICY EXACT|APPROXIMATE [PV[:RANGE]...]
 *	alloc_driver reduce TEXT LV EXTENTS
 *	alloc_driver remove TEXT LV
 *
 * POLICY: its name, and behind a comma "@tag" or "@*" of cling_tag_list.
 * EXTENTS: of all (create), to add (extend), to keep (reduce). STRIPES 0: as the last segment.
 * Prints "LV LE_START LE_COUNT PV:PE ..." per segment, or "error: TEXT".
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/pv_argument.h"
#include "metadata/base/cleanup.h"
#include "metadata/edit.h"
#include "metadata/vg_text.h"

static int usage(void)
{
	(void)fprintf(stderr, "usage: see the head of alloc_driver.c\n");
	return 2;
}

static int read_file(const char *path, struct buf *text)
{
	FILE *file = fopen(path, "re");
	char chunk[4096];
	size_t length;

	if (!file)
		return -1;
	while ((length = fread(chunk, 1, sizeof(chunk), file)))
		buf_add(text, chunk, length);
	return fclose(file) || text->failed ? -1 : 0;
}

static void print_map(const struct vg *vg)
{
	for (uint32_t l = 0; l < vg->lv_count; l++) {
		for (uint32_t s = 0; s < vg->lvs[l]->seg_count; s++) {
			const struct seg *seg = &vg->lvs[l]->segs[s];

			(void)printf("%s %u %u", vg->lvs[l]->name, seg->le_start, seg->le_count);
			for (uint32_t a = 0; a < seg->area_count; a++)
				(void)printf(" %s:%u", seg->areas[a].pv->device_hint,
					     seg->areas[a].start);
			(void)printf("\n");
		}
	}
}

static struct pv *find_pv(const struct vg *vg, const char *device)
{
	for (uint32_t p = 0; p < vg->pv_count; p++)
		if (!strcmp(vg->pvs[p]->device_hint, device))
			return vg->pvs[p];
	return NULL;
}

static struct alloc_pv *find_allowed(struct alloc_pv *pvs, size_t *count, struct pv *pv)
{
	for (size_t i = 0; i < *count; i++)
		if (pvs[i].pv == pv)
			return &pvs[i];
	pvs[*count].pv = pv;
	return &pvs[(*count)++];
}

static int allow(struct vg *vg, char **texts, struct alloc_where *where, struct err *err)
{
	struct alloc_pv *pvs;
	size_t count = 0;
	int rc;

	while (texts[count])
		count++;
	if (!(pvs = arena_calloc(vg->arena, count, sizeof(*pvs))))
		return err_set(err, ENOMEM, "Out of memory.");
	where->pvs = count ? pvs : NULL;
	for (; *texts; texts++) {
		struct pv_argument argument;
		struct pv *pv;

		if ((rc = pv_argument_parse(*texts, vg->arena, &argument, err)))
			return rc;
		if (!(pv = find_pv(vg, argument.name)))
			return err_set(err, ENOENT,
				       "Physical Volume \"%s\" not found in Volume Group \"%s\".",
				       argument.name, vg->name);
		if ((rc = pv_argument_allow(&argument, argument.name, vg->arena,
					    find_allowed(pvs, &where->pv_count, pv), err)))
			return rc;
	}
	return 0;
}

static uint32_t number(const char *text)
{
	return (uint32_t)strtoul(text, NULL, 10);
}

/* @args: EXTENTS STRIPES POLICY EXACT|APPROXIMATE [PV...] */
static int grow(struct vg *vg, const char *name, struct lv *lv, char **args, struct err *err)
{
	char *comma = strchr(args[2], ',');
	struct name_list tag = { .name = comma ? comma + 1 : "" };
	struct alloc_where where = { .approximate = !strcmp(args[3], "approximate"),
				     .cling_tags = comma ? &tag : NULL };
	const struct lv_spec spec = { .name = name,
				      .id = { "0123456789abcdefghijklmnopqrstuv" },
				      .le_count = number(args[0]),
				      .stripes = number(args[1]),
				      .stripe_size = 128,
				      .major = -1,
				      .minor = -1 };
	int rc;

	if (comma)
		*comma = 0;
	if (!alloc_policy_parse(args[2], &where.policy))
		return err_set(err, EINVAL, "bad policy");
	if ((rc = allow(vg, args + 4, &where, err)))
		return rc;
	if (!lv)
		return lv_edit_create(vg, &spec, &where, &lv, err);
	if (spec.stripes)
		return lv_edit_extend_striped(lv, lv->le_count + spec.le_count, spec.stripes,
					      spec.stripe_size, &where, err);
	return lv_edit_extend(lv, lv->le_count + spec.le_count, &where, err);
}

static int edit(struct vg *vg, const char *verb, int count, char **args, struct err *err)
{
	struct lv *lv = count ? vg_find_lv(vg, args[0]) : NULL;

	if (!strcmp(verb, "map"))
		return 0;
	if (!strcmp(verb, "create") && count >= 5)
		return grow(vg, args[0], NULL, args + 1, err);
	if (!lv)
		return err_set(err, EINVAL, "no such LV");
	if (!strcmp(verb, "extend") && count >= 5)
		return grow(vg, args[0], lv, args + 1, err);
	if (!strcmp(verb, "reduce") && count == 2)
		return lv_edit_reduce(lv, number(args[1]), err);
	if (!strcmp(verb, "remove") && count == 1)
		return lv_edit_remove(lv, err);
	return err_set(err, EINVAL, "bad arguments");
}

int main(int argc, char **argv)
{
	AUTO_BUF struct buf text = { .limit = VG_TEXT_MAX };
	struct vg *vg __attribute__((cleanup(vg_free_at_exit))) = NULL;
	struct err err = { 0 };

	if (argc < 3 || read_file(argv[2], &text))
		return usage();
	if (vg_import(text.data ? text.data : "", text.used, &vg, NULL, &err)) {
		(void)fprintf(stderr, "%s: %s\n", argv[2], err.text);
		return 2;
	}
	if (edit(vg, argv[1], argc - 3, argv + 3, &err))
		(void)printf("error: %s\n", err.text);
	else
		print_map(vg);
	return 0;
}
