/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgcfgbackup, and vgcfgrestore --list. Readers of a VG take no lock. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/op/op.h"
#include "lib/op/session.h"
#include "lib/store/backup.h"

#define FILE_NAME_LIMIT ((size_t)64 << 10)
#define CTIME_SIZE	32

/* ---- vgcfgbackup ---- */

/* %s in @file is the VG's name; what else has a % is left as it is. */
static int expand(const char *file, const char *vg_name, struct buf *path, struct err *err)
{
	const char *mark;

	while ((mark = strstr(file, "%s"))) {
		buf_add(path, file, (size_t)(mark - file));
		buf_puts(path, vg_name);
		file = mark + strlen("%s");
	}
	buf_puts(path, file);
	return path->failed ? err_set(err, ENOMEM, "Out of memory.") : 0;
}

/* Devices as they are called now; the names live as long as the scan. */
static bool refresh_hints(struct stored_vg *stored)
{
	bool all = true;

	for (uint32_t i = 0; i < stored->vg->pv_count; i++) {
		struct pv *pv = stored->vg->pvs[i];

		pv->device_hint =
			stored->pv_disks[i] ? stored->pv_disks[i]->device->name : "[unknown]";
		all &= !(pv->status & STATUS_MISSING);
	}
	return all;
}

static int back_up(struct context *context, struct stored_vg *stored, const char *file,
		   struct err *err)
{
	AUTO_BUF struct buf path = { .limit = FILE_NAME_LIMIT };
	const bool complete = refresh_hints(stored);
	int rc;

	if (!file && !complete)
		return err_set(err, ENODEV,
			       "No backup taken: specify filename with -f to backup with missing "
			       "PVs.");
	if (!file)
		return backup_save(context, stored->vg, err);
	if ((rc = expand(file, stored->vg->name, &path, err)))
		return rc;
	return backup_file_write(context, stored->vg, path.data, err);
}

int op_vg_backup(struct context *context, const char *name, const char *file, struct err *err)
{
	struct stored_vg *stored = NULL;
	struct scan *scan = NULL;
	int rc;

	if ((rc = scan_run(context, &scan, err)))
		return rc;
	if ((rc = stored_vg_read(context, scan, name, NULL, &stored, err))) {
		if (rc != -ENOTUNIQ)
			(void)err_cannot_process_vg(err, name);
		goto out;
	}
	if ((rc = session_check_owner(stored->vg, err)) ||
	    (rc = back_up(context, stored, file, err)))
		goto out;
	ctx_print(context, "Volume group \"%s\" successfully backed up.", stored->vg->name);
out:
	stored_vg_free(stored);
	scan_free(scan);
	return rc;
}

/* ---- vgcfgrestore --list ---- */

struct lister {
	struct context *context;
	const char *vg_name; /* NULL: any */
};

static int list_one(void *data, const char *path, struct err *err)
{
	const struct lister *lister = data;
	struct context *context = lister->context;
	struct vg_text_info info = { 0 };
	char when[CTIME_SIZE] = "\n";
	struct vg *vg = NULL;
	struct err why = { 0 };
	time_t seconds;

	(void)err;
	ctx_print(context, " ");
	ctx_print(context, "File:\t\t%s", path);
	if (backup_file_read(path, lister->vg_name, &vg, &info, &why)) {
		ctx_report_error(context, &why);
		return 0; /* the others are as good as before */
	}
	seconds = (time_t)info.creation_time;
	(void)ctime_r(&seconds, when);
	ctx_print(context, "VG name:    \t%s", vg->name);
	ctx_print(context, "Description:\t%s", info.description ? info.description : "");
	ctx_print(context, "Backup Time:\t%s", when);
	vg_free(vg);
	return 0;
}

int op_vg_list_backups(struct context *context, const char *name, const char *file, struct err *err)
{
	struct lister lister = { .context = context, .vg_name = name };
	AUTO_FREE char *path = NULL;
	int rc;

	if (file)
		return list_one(&lister, file, err);
	if ((rc = archive_each(context, name, list_one, &lister, err)) == -ENOENT)
		ctx_print(context, "%s", err->text);
	else if (rc)
		return rc;
	if ((rc = backup_path(context, name, &path, err)))
		return rc;
	return access(path, F_OK) ? 0 : list_one(&lister, path, err);
}
