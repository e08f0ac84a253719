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

static const char *hint_of(const struct pv_disk *pv_disk)
{
	return pv_disk ? pv_disk->device->name : "[unknown]";
}

/* A copy with the devices as they are called now, when they had other names; *ret_copy stays NULL
 * when not. The names live as long as the scan. */
static int refresh_hints(const struct stored_vg *stored, struct vg **ret_copy, struct err *err)
{
	const struct vg *vg = stored->vg;
	bool differ = false;

	for (uint32_t i = 0; i < vg->pv_count; i++)
		differ |= !vg->pvs[i]->device_hint ||
			  strcmp(vg->pvs[i]->device_hint, hint_of(stored->pv_disks[i])) != 0;
	if (!differ)
		return 0;
	if (!(*ret_copy = vg_copy(vg)))
		return err_set(err, ENOMEM, "Out of memory.");
	for (uint32_t i = 0; i < vg->pv_count; i++)
		(*ret_copy)->pvs[i]->device_hint = hint_of(stored->pv_disks[i]);
	return 0;
}

static bool is_complete(const struct vg *vg)
{
	for (uint32_t i = 0; i < vg->pv_count; i++)
		if (vg->pvs[i]->status & STATUS_MISSING)
			return false;
	return true;
}

static int write_backup(struct context *context, struct vg *vg, const char *file, struct err *err)
{
	AUTO_BUF struct buf path = { .limit = FILE_NAME_LIMIT };
	int rc;

	if (!file && !is_complete(vg))
		return err_set(err, ENODEV,
			       "No backup taken: specify filename with -f to backup with missing "
			       "PVs.");
	if (!file)
		return backup_save(context, vg, err);
	if ((rc = expand(file, vg->name, &path, err)))
		return rc;
	return backup_file_write(context, vg, path.data, err);
}

static int back_up(struct context *context, const struct stored_vg *stored, const char *file,
		   struct err *err)
{
	struct vg *copy = NULL;
	int rc;

	if ((rc = refresh_hints(stored, &copy, err)))
		return rc;
	rc = write_backup(context, copy ? copy : stored->vg, file, err);
	vg_free(copy);
	return rc;
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
