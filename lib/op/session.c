/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether a VG is clustered is written in the VG, so it is read once without a lock to learn which
 * lock it needs, and again under that lock. If the answer changed in between, we begin anew.
 */
#include "lib/op/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/activate/activate.h"
#include "lib/op/members.h"
#include "metadata/names.h"

#define OPEN_ATTEMPTS_MAX 5 /* vgchange -cy/-cn racing with us this often is a loop somewhere */

int err_cannot_process_vg(struct err *err, const char *name)
{
	return err_append(err, "\nCannot process volume group %s", name);
}

static void forget_metadata(struct session *session)
{
	vg_free(session->vg);
	stored_vg_free(session->before);
	scan_free(session->scan);
	session->vg = NULL;
	session->before = NULL;
	session->scan = NULL;
}

/* While the lock is held, so that they are asked before the next change. */
static void send_backups(struct session *session)
{
	if (session->is_changed && session->cluster)
		members_send_backup(session);
	session->is_changed = false;
}

static void unlock(struct session *session)
{
	struct err err = { 0 };

	if (session->resource && session->cluster &&
	    cluster_unlock(session->cluster, session->resource, session->value, &err))
		ctx_report_error(session->context, &err);
	free(session->resource);
	session->resource = NULL;
	session->cluster = NULL;
	file_lock_release(session->file_lock);
	session->file_lock = NULL;
}

void session_unlock(struct session *session)
{
	unlock(session);
}

void session_close(struct session *session)
{
	send_backups(session);
	forget_metadata(session);
	if (session->context)
		unlock(session);
	*session = (struct session){ 0 };
}

/* @known: NULL, or a VG of which all has been told. */
static int read_metadata_of(struct session *session, const char *name, const struct uuid *known,
			    struct err *err)
{
	int rc;

	forget_metadata(session);
	if ((rc = scan_run(session->context, &session->scan, err)))
		return rc;
	if (known)
		scan_mute_vg(session->scan, known);
	return stored_vg_read(session->context, session->scan, name,
			      uuid_is_unset(&session->id) ? NULL : &session->id, &session->before,
			      err);
}

static int read_metadata(struct session *session, const char *name, struct err *err)
{
	return read_metadata_of(session, name, NULL, err);
}

/* A PV on a partition that another node made may not exist in this kernel yet. */
static int read_metadata_twice(struct session *session, const char *name, struct err *err)
{
	struct err ignored = { 0 };
	int rc = read_metadata(session, name, err);

	if (rc != -ENOENT || !cluster_is_running(session->context))
		return rc;
	if (device_reread_partitions(session->context, &ignored))
		ctx_report_error(session->context, &ignored);
	return read_metadata(session, name, err);
}

static bool is_write(enum session_access access)
{
	return access == SESSION_WRITE || access == SESSION_WRITE_PARTIAL ||
	       access == SESSION_WRITE_EXPORTED || access == SESSION_REPLACE;
}

static char *vg_resource(const char *name)
{
	char *resource = NULL;

	return asprintf(&resource, "V_%s", name) < 0 ? NULL : resource;
}

static int lock_cluster(struct session *session, const char *name, enum session_access access,
			struct err *err)
{
	const enum lock_mode mode = is_write(access) ? MODE_EX : MODE_PR;
	char *resource;
	int rc;

	if ((rc = cluster_get(session->context, &session->cluster, err))) {
		session->cluster = NULL;
		if (access == SESSION_LOOK)
			return 0;
		return err_prefix(err, "Volume group \"%s\" is clustered: ", name);
	}
	if (!(resource = vg_resource(name)))
		return err_set(err, ENOMEM, "Out of memory.");
	/* A node must always be able to let go of what it has: without the lock if need be. */
	rc = access == SESSION_DEACTIVATE
		     ? cluster_lock_unless_paused(session->cluster, resource, mode, &session->value,
						  err)
		     : cluster_lock(session->cluster, resource, mode, &session->value, err);
	if (rc) {
		free(resource);
		if (rc == -ENOLCK && (access == SESSION_DEACTIVATE || access == SESSION_LOOK))
			return 0;
		return err_prefix(err, "Can't get lock for %s: ", name);
	}
	session->resource = resource;
	return 0;
}

static int lock_file(struct session *session, const char *name, enum session_access access,
		     struct err *err)
{
	AUTO_FREE char *resource = vg_resource(name);
	int rc;

	if (!resource)
		return err_set(err, ENOMEM, "Out of memory.");
	rc = file_lock_take(session->context, resource, is_write(access), &session->file_lock, err);
	return rc ? err_append(err, "\nCan't get lock for %s.", name) : 0;
}

static bool has_duplicate_pv(const struct stored_vg *stored)
{
	for (uint32_t i = 0; i < stored->vg->pv_count; i++)
		if (stored->pv_disks[i] && stored->pv_disks[i]->has_duplicates)
			return true;
	return false;
}

int session_check_owner(const struct vg *vg, struct err *err)
{
	if (vg->lock_type && strcmp(vg->lock_type, "none") != 0)
		return err_set(err, EPERM,
			       "Cannot access VG %s with lock type %s that requires lvmlockd.",
			       vg->name, vg->lock_type);
	if (vg->system_id && *vg->system_id)
		return err_set(
			err, EPERM,
			"Cannot access VG %s with system ID %s with unknown local system ID.",
			vg->name, vg->system_id);
	return 0;
}

static int check_writable(const struct session *session, enum session_access access,
			  struct err *err)
{
	const struct vg *vg = session->before->vg;
	const bool replaces = access == SESSION_REPLACE;

	if (session->context->options.readonly)
		return err_set(
			err, EROFS,
			"Operation prohibited while --readonly is set.\nCan't get lock for %s.",
			vg->name);
	if (vg->has_unknown_segments && !replaces)
		return err_set(err, EPERM, "Cannot change VG %s with unknown segments in it!",
			       vg->name);
	if (!(vg->status & STATUS_WRITE) && !replaces)
		return err_set(err, EROFS, "Volume group %s is read-only.", vg->name);
	if (has_duplicate_pv(session->before))
		return err_set(err, ENOTUNIQ,
			       "Cannot update volume group %s with duplicate PV devices.",
			       vg->name);
	if ((access == SESSION_WRITE || access == SESSION_WRITE_EXPORTED) &&
	    stored_vg_lacks_pvs(session->before))
		return err_set(err, EPERM,
			       "Cannot change VG %s while PVs are missing.\n"
			       "See vgreduce --removemissing and vgextend --restoremissing.",
			       vg->name);
	return 0;
}

/* May this VG be used at all by this host, and changed as @access says? */
static int check_access(const struct session *session, enum session_access access, struct err *err)
{
	const struct vg *vg = session->before->vg;
	int rc;

	if ((rc = session_check_owner(vg, err)))
		return rc;
	if (access == SESSION_LOOK || access == SESSION_LOOK_UNLOCKED)
		return 0;
	/* Without its lock other nodes would be changing it at the same time. */
	if (session->context->options.nolocking && vg_is_clustered(vg))
		return err_set(err, EPERM,
			       "Volume group \"%s\" is clustered: it can only be read with "
			       "--nolocking.",
			       vg->name);
	if (vg->status & STATUS_EXPORTED && access != SESSION_REPLACE &&
	    access != SESSION_WRITE_EXPORTED)
		return err_set(err, EPERM, "Volume group %s is exported", vg->name);
	return is_write(access) ? check_writable(session, access, err) : 0;
}

/* One attempt; *ret_again: the VG turned out to need the other lock. */
static int try_open(struct session *session, const char *name, enum session_access access,
		    bool clustered, bool *ret_again, struct err *err)
{
	int rc;

	if (!session->context->options.nolocking && access != SESSION_LOOK_UNLOCKED) {
		rc = clustered ? lock_cluster(session, name, access, err)
			       : lock_file(session, name, access, err);
		if (rc)
			return rc;
	}
	if ((rc = read_metadata(session, name, err)))
		return rc;
	/* Found by its id, it may have been renamed before we had the lock of its name. */
	if (strcmp(session->before->vg->name, name) != 0)
		return err_set(err, ENOENT, "Volume group \"%s\" not found", name);
	*ret_again = vg_is_clustered(session->before->vg) != clustered;
	return 0;
}

/* The VG's name, which its lock has, also when @name is its id. */
static int note_name(struct session *session, const char *name, char **ret_vg_name, struct err *err)
{
	const struct vg *vg = session->before->vg;

	if (strcmp(vg->name, name) != 0)
		session->id = vg->id;
	*ret_vg_name = strdup(vg->name);
	return *ret_vg_name ? 0 : err_set(err, ENOMEM, "Out of memory.");
}

int session_open(struct context *context, const char *name, enum session_access access,
		 struct session *session, struct err *err)
{
	AUTO_FREE char *vg_name = NULL;
	bool again = true, clustered, exported;
	int rc;

	*session = (struct session){ .context = context };
	if ((rc = vg_name_check(name, NULL)))
		rc = err_set(err, ENOENT, "Volume group \"%s\" not found", name);
	else if (!(rc = read_metadata_twice(session, name, err)))
		rc = note_name(session, name, &vg_name, err);
	for (int attempt = 0; !rc && again; attempt++) {
		clustered = vg_is_clustered(session->before->vg);
		unlock(session);
		rc = try_open(session, vg_name, access, clustered, &again, err);
		if (!rc && again && attempt == OPEN_ATTEMPTS_MAX)
			rc = err_set(
				err, EAGAIN,
				"Volume group \"%s\" keeps changing between clustered and local.",
				name);
	}
	if (!rc)
		rc = check_access(session, access, err);
	if (!rc && !(session->vg = vg_copy(session->before->vg)))
		rc = err_set(err, ENOMEM, "Out of memory for volume group %s.", name);
	if (!rc)
		return 0;
	/* LVM2 has no second line for an exported one. */
	exported = session->before && session->before->vg->status & STATUS_EXPORTED;
	session_close(session);
	return rc == -ENOTUNIQ || exported ? rc : err_cannot_process_vg(err, name);
}

static int reserve(struct context *context, const char *name, bool clustered, bool damaged,
		   struct session *session, struct err *err)
{
	struct err missing = { 0 };
	int rc;

	*session = (struct session){ .context = context };
	rc = clustered ? lock_cluster(session, name, SESSION_WRITE, err)
		       : lock_file(session, name, SESSION_WRITE, err);
	if (rc)
		goto failed;
	rc = read_metadata(session, name, &missing);
	if (!rc || rc == -ENOTUNIQ) {
		rc = err_set(err, EEXIST, "A volume group called %s already exists.", name);
		goto failed;
	}
	if (rc == -ENOENT || (rc == -EUCLEAN && damaged))
		return 0;
	if (err)
		*err = missing;
failed:
	session_close(session);
	return rc;
}

int session_reserve(struct context *context, const char *name, bool clustered,
		    struct session *session, struct err *err)
{
	return reserve(context, name, clustered, false, session, err);
}

int session_reserve_damaged(struct context *context, const char *name, bool clustered,
			    struct session *session, struct err *err)
{
	return reserve(context, name, clustered, true, session, err);
}

void session_forget(struct session *session)
{
	session->value = LOCK_VALUE_FORGET;
}

int session_rescan(struct session *session, struct err *err)
{
	struct vg *edited = session->vg;
	struct uuid id;
	int rc;

	if (!session->before) {
		scan_free(session->scan);
		session->scan = NULL;
		return scan_run(session->context, &session->scan, err);
	}
	id = session->before->vg->id;
	session->vg = NULL;
	rc = read_metadata_of(session, edited->name, &id, err);
	session->vg = edited;
	return rc;
}

/* session->before as the scan that we have knows it. */
static int read_from_scan(struct session *session, const char *name, const struct uuid *id,
			  struct err *err)
{
	vg_free(session->vg);
	stored_vg_free(session->before);
	session->vg = NULL;
	session->before = NULL;
	scan_mute_vg(session->scan, id);
	return stored_vg_read(session->context, session->scan, name, id, &session->before, err);
}

static int begin_next(struct session *session, bool from_disk, struct err *err)
{
	AUTO_FREE char *name = strdup(session->vg->name);
	const struct uuid id = session->vg->id;
	int rc;

	if (!name)
		return err_set(err, ENOMEM, "Out of memory.");
	if (session->context->options.test)
		return 0; /* what is in memory is all there is of the change */
	if ((rc = from_disk ? read_metadata_of(session, name, &id, err)
			    : read_from_scan(session, name, &id, err)))
		return rc;
	if (!(session->vg = vg_copy(session->before->vg)))
		return err_set(err, ENOMEM, "Out of memory for volume group %s.", name);
	return 0;
}

int session_reread(struct session *session, struct err *err)
{
	return begin_next(session, true, err);
}

int session_follow(struct session *session, struct err *err)
{
	return begin_next(session, false, err);
}

/* Tell what went wrong on the way back; the first reason stays in the caller's err. */
static void undo(struct session *session, struct store_txn *txn, const struct job *job)
{
	struct err err = { 0 };

	store_revert(txn);
	if (job->lv_count && members_abort(session, job, &err))
		ctx_report_error(session->context, &err);
}

/* From precommit to resume. After store_commit() succeeded nothing is undone. */
static int switch_over(struct session *session, struct store_txn *txn, struct job *job,
		       struct err *err)
{
	struct err late = { 0 };
	int rc;

	if ((rc = store_precommit(txn, err))) {
		store_revert(txn);
		return rc;
	}
	job->text_length = store_txn_text_length(txn);
	job->text_crc = store_txn_text_crc(txn);
	job->seqno = session->vg->seqno;
	if (job->lv_count && (rc = members_prepare(session, job, err)))
		goto undo;
	if (job->lv_count && (rc = members_commit(session, err)))
		goto undo;
	if ((rc = store_commit(txn, err)))
		goto undo;
	session->value = session->vg->seqno;
	if (job->lv_count && members_resume(session, job, &late)) {
		/* The metadata is committed: it is the truth, whatever a node's devices say. */
		ctx_report_error(session->context, &late);
		ctx_warn(
			session->context,
			"WARNING: Volume group %s is changed, but not all nodes use the new size yet.",
			session->vg->name);
	}
	return 0;
undo:
	undo(session, txn, job);
	return rc;
}

/* The new text into free space, what was before into the archive. */
static int write_and_archive(struct session *session, struct store_txn **ret_txn, struct err *err)
{
	struct archive *archive = NULL;
	int rc;

	if (session->before &&
	    (rc = archive_begin(session->context, session->before->vg, &archive, err)))
		return rc;
	rc = store_write(session->context, session->scan, session->before, session->vg,
			 (uint32_t)session->value + 1, ret_txn, err);
	if (rc) {
		archive_drop(archive);
		return rc;
	}
	/* Before anything is committed. */
	if ((rc = archive_end(session->context, archive, err)))
		store_txn_free(*ret_txn);
	return rc;
}

int session_write(struct session *session, struct lv *const *lvs, size_t lv_count, struct err *err)
{
	AUTO_ARENA struct arena arena = { .limit = MEMBER_RESULTS_LIMIT };
	struct backup *backup = NULL;
	struct store_txn *txn = NULL;
	struct job job;
	int rc;

	if (session->context->options.test)
		return 0;
	if ((rc = members_job(session, JOB_SUSPEND, lvs, lv_count, &arena, &job, err)) ||
	    (rc = write_and_archive(session, &txn, err)))
		return rc;
	if (lv_count)
		activation_memory_lock(session->context);
	else
		backup = backup_begin(session->context, session->vg);
	rc = switch_over(session, txn, &job, err);
	if (lv_count)
		activation_memory_unlock();
	store_txn_free(txn);
	if (rc) {
		backup_drop(backup);
		return rc;
	}
	backup_end(session->context, session->vg, backup);
	session->is_changed = true;
	return 0;
}

static int take_global(struct context *context, struct global_hold *hold, struct err *err)
{
	uint64_t value;
	int rc;

	if (cluster_is_running(context)) {
		if ((rc = cluster_get(context, &hold->cluster, err)))
			return rc;
		if ((rc = cluster_lock(hold->cluster, "P_global", MODE_EX, &value, err))) {
			hold->cluster = NULL;
			return err_prefix(err, "Can't get global lock: ");
		}
	}
	return file_lock_take(context, "P_global", true, &hold->file_lock, err);
}

static void release_global(struct global_hold *hold)
{
	struct err ignored = { 0 };

	file_lock_release(hold->file_lock);
	if (hold->cluster && cluster_unlock(hold->cluster, "P_global", 0, &ignored)) {
		/* clvmd is gone: our locks go with this process. */
	}
	*hold = (struct global_hold){ 0 };
}

int global_lock_take(struct context *context, struct global_lock *lock, struct err *err)
{
	struct global_hold *hold = &context->global;
	int rc;

	*lock = (struct global_lock){ 0 };
	if (context->options.nolocking)
		return 0;
	if (!hold->count && (rc = take_global(context, hold, err))) {
		release_global(hold);
		return rc;
	}
	hold->count++;
	lock->context = context;
	lock->cluster = hold->cluster;
	return 0;
}

void global_lock_release(struct global_lock *lock)
{
	if (lock->context && !--lock->context->global.count)
		release_global(&lock->context->global);
	*lock = (struct global_lock){ 0 };
}
