/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 *	parse_speed FILE [SECONDS]
 *
 * How fast metadata text is parsed, read into a VG, copied, checked and written: MB/s of the text
 * of FILE, the best of many rounds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "metadata/base/cleanup.h"
#include "metadata/check.h"
#include "metadata/config_text.h"
#include "metadata/vg_text.h"

static double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

struct work {
	const char *text;
	size_t length;
	struct vg *vg;
};

static size_t parse(const struct work *work)
{
	AUTO_ARENA struct arena arena = { .limit = VG_ARENA_LIMIT };
	struct cfg_node *items;

	return cfg_parse(work->text, work->length, CFG_FIRST_COUNTS, &arena, &items, NULL)
		       ? 0
		       : work->length;
}

static size_t import(const struct work *work)
{
	struct vg *vg = NULL;

	if (vg_import(work->text, work->length, &vg, NULL, NULL))
		return 0;
	vg_free(vg);
	return work->length;
}

static size_t copy(const struct work *work)
{
	struct vg *vg = vg_copy(work->vg);

	vg_free(vg);
	return vg ? work->length : 0;
}

static size_t check(const struct work *work)
{
	return vg_check(work->vg, NULL) ? 0 : work->length;
}

static size_t write_form(const struct work *work, enum vg_text_form form)
{
	static const struct vg_text_info info = { .description = "" };
	AUTO_BUF struct buf out = { .limit = VG_TEXT_MAX };

	return vg_export(work->vg, form, &info, &out, NULL) ? 0 : out.used;
}

static size_t write_disk(const struct work *work)
{
	return write_form(work, VG_TEXT_DISK);
}

static size_t write_file(const struct work *work)
{
	return write_form(work, VG_TEXT_FILE);
}

static int measure(const char *name, size_t (*run)(const struct work *work),
		   const struct work *work, double seconds)
{
	double end = now() + seconds, best = 1e9;
	size_t bytes = 0;

	do {
		double start = now(), took;

		if (!(bytes = run(work)))
			return -1;
		took = now() - start;
		if (took < best)
			best = took;
	} while (now() < end);
	(void)printf("%-12s %8.1f MB/s  %8.3f ms\n", name, (double)bytes / best / 1e6, best * 1e3);
	return 0;
}

static char *read_file(const char *path, size_t *ret_length)
{
	FILE *file = fopen(path, "r");
	char *text = file ? malloc(VG_TEXT_MAX) : NULL;

	if (text)
		*ret_length = fread(text, 1, VG_TEXT_MAX, file);
	if (file)
		(void)fclose(file);
	return text;
}

int main(int argc, char **argv)
{
	double seconds = argc > 2 ? strtod(argv[2], NULL) : 1;
	AUTO_BUF struct buf disk = { .limit = VG_TEXT_MAX };
	static const struct vg_text_info info = { .description = "" };
	AUTO_FREE char *file = NULL;
	struct work work = { 0 };
	struct err err = { 0 };
	size_t length = 0;
	int rc;

	if (argc < 2 || !(file = read_file(argv[1], &length)) ||
	    vg_import(file, length, &work.vg, NULL, &err) ||
	    vg_export(work.vg, VG_TEXT_DISK, &info, &disk, &err)) {
		(void)fprintf(stderr, "parse_speed: %s\n", *err.text ? err.text : "no such file");
		return 1;
	}
	work.text = disk.data;
	work.length = disk.used;
	rc = measure("parse", parse, &work, seconds) || measure("import", import, &work, seconds) ||
	     measure("check", check, &work, seconds) || measure("copy", copy, &work, seconds) ||
	     measure("write", write_disk, &work, seconds) ||
	     measure("write file", write_file, &work, seconds);
	vg_free(work.vg);
	return rc;
}
