/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* VG handles: open, create, commit, close. */
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/api/handle.h"
#include "lib/op/vg_create.h"
#include "lib/store/store.h"
#include "metadata/names.h"

/* Who has P_global may be waiting for our VG: we give up first. */
#define GLOBAL_TRIES   600
#define GLOBAL_WAIT_NS 100000000L

/* ---- handles ---- */

static struct volume_group *new_handle(struct lvm *library)
{
	struct volume_group *vg = calloc(1, sizeof(*vg));

	if (!vg || handle_register(&vg->handle, HANDLE_VG, library)) {
		free(vg);
		(void)api_error(library, ENOMEM, "Out of memory.");
		return NULL;
	}
	vg->arena.limit = API_MEMORY_LIMIT;
	vg->view.arena.limit = API_MEMORY_LIMIT;
	vg->view.holders.arena.limit = MEMBER_RESULTS_LIMIT;
	vg->next = library->vgs;
	library->vgs = vg;
	return vg;
}

static void keep_node(void *node)
{
	(void)node; /* the arena's */
}

static void forget_new_pvs(struct volume_group *vg)
{
	vg->new_pvs = NULL; /* the arena's */
}

void vg_changed(struct volume_group *vg)
{
	arena_free(&vg->view.arena);
	lv_holders_free(&vg->view.holders);
	vg->view.holders.arena.limit = MEMBER_RESULTS_LIMIT;
	vg->view.is_made = vg->view.has_holders = false;
}

void vg_handle_close(struct volume_group *vg)
{
	struct volume_group **at = &vg->handle.library->vgs;

	while (*at != vg)
		at = &(*at)->next;
	*at = vg->next;
	for (struct handle *object = vg->objects; object; object = object->next)
		handle_forget(object);
	handle_forget(&vg->handle);
	tdestroy(vg->lvs, keep_node);
	tdestroy(vg->pvs, keep_node);
	vg_changed(vg);
	session_close(&vg->session);
	global_lock_release(&vg->global);
	arena_free(&vg->arena);
	free(vg);
}

/* ---- which locks this library handle has ---- */

static bool is_locked(const struct volume_group *vg)
{
	return vg->session.resource || vg->session.file_lock;
}

static const char *name_of(const struct volume_group *vg)
{
	return vg->session.vg ? vg->session.vg->name : "";
}

/* EDEADLK when a lock for @name would be out of order; *@ret_is_open: no lock is needed to read. */
static bool may_lock(struct lvm *library, const char *name, bool *ret_is_open)
{
	*ret_is_open = false;
	for (const struct volume_group *vg = library->vgs; vg; vg = vg->next) {
		if (!strcmp(name_of(vg), name))
			*ret_is_open = true;
		else if (is_locked(vg) && strcmp(name_of(vg), name) > 0) {
			(void)api_error(library, EDEADLK,
					"Volume group %s must be opened before %s, which is "
					"locked: locks are taken in the order of names.",
					name, name_of(vg));
			return false;
		}
	}
	return true;
}

/* Handles that only read what they have give way to one that writes. */
static bool unlock_readers(struct lvm *library, const char *name)
{
	for (struct volume_group *vg = library->vgs; vg; vg = vg->next) {
		if (strcmp(name_of(vg), name) != 0)
			continue;
		if (vg->is_writable) {
			(void)api_error(library, EDEADLK,
					"Volume group %s is open for writing already.", name);
			return false;
		}
		session_unlock(&vg->session);
	}
	return true;
}

/* ---- open, create, close ---- */

static vg_t open_vg(struct lvm *library, const char *name, enum session_access access)
{
	struct volume_group *vg = new_handle(library);
	struct err err = { 0 };

	if (!vg)
		return NULL;
	vg->is_writable = access == SESSION_WRITE;
	if (!session_open(library->context, name, access, &vg->session, &err))
		return vg;
	(void)api_fail(library, &err);
	vg_handle_close(vg);
	return NULL;
}

vg_t lvm_vg_open(lvm_t libh, const char *vgname, const char *mode, uint32_t flags)
{
	bool is_open;

	(void)flags;
	if (!CHECK_LIBRARY(libh))
		return NULL;
	if (!mode || (*mode != 'r' && *mode != 'w')) {
		(void)api_error(libh, EINVAL, "Invalid VG open mode \"%s\": it must be r or w.",
				mode ? mode : "(NULL)");
		return NULL;
	}
	if (!vgname || !*vgname) {
		(void)api_error(libh, EINVAL, "No name of a volume group given.");
		return NULL;
	}
	if (!may_lock(libh, vgname, &is_open))
		return NULL;
	if (*mode == 'w')
		return unlock_readers(libh, vgname) ? open_vg(libh, vgname, SESSION_WRITE) : NULL;
	return open_vg(libh, vgname, is_open ? SESSION_LOOK_UNLOCKED : SESSION_LOOK);
}

static int create(struct volume_group *vg, const char *name, struct err *err)
{
	const struct vg_create_args args = { .name = name, .vg_metadata_copies = -1 };
	struct context *context = vg->handle.library->context;
	bool clustered;
	int rc;

	if ((rc = vg_check_new_name(name, err)) ||
	    (rc = vg_choose_clustered(context, UNSET, &clustered, err)) ||
	    (rc = session_reserve(context, name, clustered, &vg->session, err)))
		return rc;
	vg->is_writable = vg->is_new = true;
	return vg_fill_new(&vg->session, &args, clustered, err);
}

vg_t lvm_vg_create(lvm_t libh, const char *vg_name)
{
	struct volume_group *vg;
	struct err err = { 0 };
	bool is_open;

	if (!CHECK_LIBRARY(libh))
		return NULL;
	if (!vg_name) {
		(void)api_error(libh, EINVAL, "No name of a volume group given.");
		return NULL;
	}
	if (!may_lock(libh, vg_name, &is_open))
		return NULL;
	if (is_open) {
		(void)api_error(libh, EDEADLK, "Volume group %s is open already.", vg_name);
		return NULL;
	}
	if (!(vg = new_handle(libh)))
		return NULL;
	if (!create(vg, vg_name, &err))
		return vg;
	(void)api_fail(libh, &err);
	vg_handle_close(vg);
	return NULL;
}

int lvm_vg_close(vg_t vg)
{
	if (!CHECK_VG(vg))
		return -1;
	vg_handle_close(vg);
	return 0;
}

int lvm_vg_name_validate(lvm_t libh, const char *vg_name)
{
	struct err err = { 0 };

	if (!CHECK_LIBRARY(libh))
		return -1;
	if (!vg_name)
		return api_error(libh, EINVAL, "No name of a volume group given.");
	return vg_check_new_name(vg_name, &err) ? api_fail(libh, &err) : 0;
}

/* ---- P_global ---- */

int api_take_global(struct lvm *library, struct global_lock *lock)
{
	const struct timespec pause = { .tv_nsec = GLOBAL_WAIT_NS };
	struct context *context = library->context;
	struct err err = { 0 };
	int rc = 0;

	context->no_wait = true;
	for (int i = 0; i < GLOBAL_TRIES; i++) {
		err = (struct err){ 0 };
		rc = global_lock_take(context, lock, &err);
		if (rc != -EBUSY)
			break;
		(void)nanosleep(&pause, NULL);
	}
	context->no_wait = false;
	if (rc == -EBUSY)
		(void)err_append(&err, "\nSomebody else makes or removes PVs or VGs.");
	return rc ? api_fail(library, &err) : 0;
}

int vg_take_global(struct volume_group *vg)
{
	return vg->global.context ? 0 : api_take_global(vg->handle.library, &vg->global);
}

/* ---- commit ---- */

/* Read what is on disk now. On failure the handle keeps what it had, to be looked at. */
static void reload(struct volume_group *vg)
{
	struct session *session = &vg->session;
	struct err err = { 0 };
	struct vg *now;

	vg_changed(vg);
	if (session->before ? session_rescan(session, &err) : session_reread(session, &err)) {
		vg->is_broken = true;
		(void)api_fail(vg->handle.library, &err);
		return;
	}
	if (!(now = vg_copy(session->before->vg))) {
		vg->is_broken = true;
		(void)api_error(vg->handle.library, ENOMEM, "Out of memory.");
		return;
	}
	vg_free(session->vg);
	session->vg = now;
}

static int label_new_pvs(struct volume_group *vg, struct pv_undo_list *undo, struct err *err)
{
	struct session *session = &vg->session;
	char dashed[UUID_DASHED_SIZE];
	int rc = 0;

	for (const struct new_pv *new = vg->new_pvs; !rc &&new; new = new->next) {
		const struct pv_create_args args = { .uuid = uuid_format(&new->id, dashed),
						     .norestorefile = true,
						     .metadata_copies = -1,
						     .label_sector = -1,
						     .zero = 1 };

		if (new->is_new)
			rc = pv_initialize(session->context, session->scan, new->path, &args, undo,
					   err);
	}
	if (rc || (rc = session_rescan(session, err)))
		return rc;
	for (const struct new_pv *new = vg->new_pvs; !rc &&new; new = new->next)
		rc = vg_check_members_see(session, (const char *const *)&new->path, 1, err);
	return rc;
}

/* PVs that the VG on disk has and the edited one has not; in @arena. */
static size_t find_leavers(const struct session *session, struct arena *arena,
			   struct uuid **ret_ids)
{
	const struct stored_vg *before = session->before;
	size_t count = 0;

	*ret_ids = before ? arena_calloc(arena, before->vg->pv_count, sizeof(**ret_ids)) : NULL;
	for (uint32_t i = 0; *ret_ids && i < before->vg->pv_count; i++)
		if (!vg_find_pv_by_id(session->vg, &before->vg->pvs[i]->id))
			(*ret_ids)[count++] = before->vg->pvs[i]->id;
	return count;
}

static void release_leavers(struct volume_group *vg, const struct uuid *ids, size_t count)
{
	struct err err = { 0 };

	for (size_t i = 0; i < count; i++) {
		struct pv_disk *disk = scan_find_pv(vg->session.scan, &ids[i]);

		if (disk && store_release_pvs(vg->session.context, &disk, 1, &err))
			(void)api_fail(vg->handle.library, &err);
	}
}

static int write_all(struct volume_group *vg, vg_operation operation, void *data,
		     struct pv_undo_list *undo, struct err *err)
{
	struct session *session = &vg->session;
	int rc;

	if (vg->new_pvs && (rc = label_new_pvs(vg, undo, err)))
		return rc;
	if (vg->is_new)
		session->value = 0; /* of another VG that had the name */
	if ((rc = operation ? operation(vg, data, err) : session_write(session, NULL, 0, err)))
		return rc;
	if (vg->is_new)
		session_forget(session);
	vg->is_new = false;
	return 0;
}

static uint32_t seqno_on_disk(const struct session *session)
{
	return session->before ? session->before->vg->seqno : 0;
}

/* What was edited before is there again, to be tried once more or thrown away. */
static void go_back(struct volume_group *vg, struct vg *pending, uint32_t seqno)
{
	if (seqno_on_disk(&vg->session) != seqno) {
		vg_free(pending);
		reload(vg); /* part of it is on disk */
		return;
	}
	vg_free(vg->session.vg);
	vg->session.vg = pending;
	vg_changed(vg);
}

int vg_commit(struct volume_group *vg, vg_operation operation, void *data)
{
	AUTO_ARENA struct arena arena = { .limit = API_MEMORY_LIMIT };
	struct pv_undo_list undo = { 0 };
	struct session *session = &vg->session;
	struct vg *pending = vg_copy(session->vg);
	const uint32_t seqno = seqno_on_disk(session);
	struct uuid *leavers;
	size_t leaver_count;
	struct err err = { 0 };

	if (!pending)
		return api_error(vg->handle.library, ENOMEM, "Out of memory.");
	leaver_count = find_leavers(session, &arena, &leavers);
	if (write_all(vg, operation, data, &undo, &err)) {
		(void)api_fail(vg->handle.library, &err);
		pv_undo_all(session->context, &undo);
		go_back(vg, pending, seqno);
		return -1;
	}
	vg_free(pending);
	pv_undo_forget(&undo);
	reload(vg);
	release_leavers(vg, leavers, leaver_count);
	forget_new_pvs(vg);
	global_lock_release(&vg->global);
	return 0;
}

int vg_with_write_lock(struct volume_group *vg, vg_operation operation, void *data)
{
	struct lvm *library = vg->handle.library;
	AUTO_FREE char *name = strdup(name_of(vg));
	struct err err = { 0 };
	int rc = 0;

	if (vg->is_writable)
		return vg_refuses(vg) ? -1 : vg_commit(vg, operation, data);
	if (!name)
		return api_error(library, ENOMEM, "Out of memory.");
	for (const struct volume_group *other = library->vgs; other; other = other->next)
		if (other != vg && other->is_writable && !strcmp(name_of(other), name))
			return api_error(library, EDEADLK,
					 "Volume group %s is open for writing in this handle.",
					 name);
	vg_changed(vg);
	session_close(&vg->session);
	if (session_open(library->context, name, SESSION_WRITE, &vg->session, &err) ||
	    operation(vg, data, &err))
		rc = api_fail(library, &err);
	session_close(&vg->session);
	if (session_open(library->context, name, SESSION_LOOK, &vg->session, &err)) {
		vg->is_broken = true;
		rc = api_fail(library, &err);
	}
	return rc;
}

static int remove_from_disk(struct volume_group *vg, struct err *err)
{
	struct session *session = &vg->session;
	int rc;

	if ((rc = archive_write(session->context, session->before->vg, err)) ||
	    (rc = store_remove_vg(session->context, session->before, err)))
		return rc;
	session->is_changed = false; /* what members would back up is gone */
	session_forget(session);
	return 0;
}

int lvm_vg_write(vg_t vg)
{
	struct err err = { 0 };

	if (!CHECK_VG(vg) || vg_refuses(vg))
		return -1;
	if (vg->session.vg->pv_count && !vg->is_removed)
		return vg_commit(vg, NULL, NULL);
	/* No PV, no VG. */
	if (!vg->is_new && vg->session.before) {
		if (vg_take_global(vg))
			return -1;
		if (remove_from_disk(vg, &err))
			return api_fail(vg->handle.library, &err);
		vg->is_new = true; /* is on disk no more */
	}
	global_lock_release(&vg->global);
	return 0;
}
