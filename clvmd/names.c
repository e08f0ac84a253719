/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clvmd/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clvmd/journal.h"
#include "lib/number.h"
#include "metadata/model.h"

#define NAME_SIZE (NAME_MAX_LENGTH + 1)

struct vg_name {
	char id[UUID_LENGTH + 1]; /* the map's key */
	char name[NAME_SIZE];
	uint32_t seqno;
	bool clustered;
	bool seen; /* by the worker's last reading */
};

struct lv_name {
	char resource[LV_RESOURCE_LENGTH + 1]; /* the map's key */
	char name[NAME_SIZE];
	bool seen;
};

struct names {
	qb_map_t *vgs, *lvs;
};

struct names *names_create(struct daemon *d)
{
	struct names *names = must_alloc(sizeof(*names));

	(void)d;
	/* A skip list: sorted by id, so that status lists are stable. */
	names->vgs = qb_skiplist_create();
	names->lvs = qb_hashtable_create(4096);
	if (!names->vgs || !names->lvs)
		abort(); /* at start only */
	return names;
}

static struct vg_name *put_vg(struct names *names, const char *id)
{
	struct vg_name *vg = qb_map_get(names->vgs, id);

	if (vg)
		return vg;
	vg = must_alloc(sizeof(*vg));
	(void)snprintf(vg->id, sizeof(vg->id), "%s", id);
	qb_map_put(names->vgs, vg->id, vg);
	return vg;
}

static void put_lv(struct names *names, const char *resource, const char *name, bool seen)
{
	struct lv_name *lv = qb_map_get(names->lvs, resource);

	if (!lv) {
		lv = must_alloc(sizeof(*lv));
		(void)snprintf(lv->resource, sizeof(lv->resource), "%s", resource);
		qb_map_put(names->lvs, lv->resource, lv);
	}
	(void)snprintf(lv->name, sizeof(lv->name), "%s", name);
	lv->seen = seen;
}

static void read_vg(struct names *names, const char *vg_id, char *rest)
{
	uint64_t seqno, clustered;
	struct vg_name *vg;

	if (!number_whole(strsep(&rest, " "), UINT32_MAX, &seqno) ||
	    !number_whole(strsep(&rest, " "), 1, &clustered) || !rest || !*rest)
		return;
	vg = put_vg(names, vg_id);
	(void)snprintf(vg->name, sizeof(vg->name), "%s", rest);
	vg->seqno = (uint32_t)seqno;
	vg->clustered = clustered;
	vg->seen = true;
}

static void read_lv(struct names *names, const char *vg_id, char *rest)
{
	const char *lv_id = strsep(&rest, " ");
	char resource[LV_RESOURCE_LENGTH + 1];

	if (!lv_id || strlen(lv_id) != UUID_LENGTH || !rest || !*rest)
		return;
	(void)snprintf(resource, sizeof(resource), "%s%s", vg_id, lv_id);
	put_lv(names, resource, rest, true);
}

/* "vg <id> <seqno> <0 or 1: clustered> <name>" or "lv <vg id> <id> <name>". */
static void read_line(struct names *names, char *line)
{
	const char *kind = strsep(&line, " "), *vg_id = strsep(&line, " ");

	if (!vg_id || strlen(vg_id) != UUID_LENGTH)
		return;
	if (!strcmp(kind, "vg"))
		read_vg(names, vg_id, line);
	else if (!strcmp(kind, "lv"))
		read_lv(names, vg_id, line);
}

/* Iterators of libqb are run to their end: the entry where one stops early is not removed by
 * qb_map_rm(), and is met again. */
static struct vg_name *first_unseen_vg(struct names *names)
{
	qb_map_iter_t *iter = qb_map_iter_create(names->vgs);
	struct vg_name *found = NULL;
	void *value;

	while (qb_map_iter_next(iter, &value))
		if (!found && !((struct vg_name *)value)->seen)
			found = value;
	qb_map_iter_free(iter);
	return found;
}

static void forget_unseen_vgs(struct names *names)
{
	struct vg_name *vg;

	while ((vg = first_unseen_vg(names))) {
		(void)qb_map_rm(names->vgs, vg->id);
		free(vg);
	}
}

/* LVs are kept while they may be shown: a removed one has no lock and is never looked up. To keep
 * the map from growing for ever it starts anew when most of it is stale. */
static void forget_unseen_lvs(struct names *names)
{
	qb_map_iter_t *iter = qb_map_iter_create(names->lvs);
	size_t unseen = 0, count = qb_map_count_get(names->lvs);
	struct lv_name **gone = must_alloc((count + 1) * sizeof(*gone));
	void *value;

	while (qb_map_iter_next(iter, &value))
		if (!((struct lv_name *)value)->seen && unseen < count)
			gone[unseen++] = value;
	qb_map_iter_free(iter);
	for (size_t i = 0; unseen > count / 2 && i < unseen; i++) {
		(void)qb_map_rm(names->lvs, gone[i]->resource);
		free(gone[i]);
	}
	free(gone);
}

static void mark_unseen(struct names *names)
{
	qb_map_iter_t *iter = qb_map_iter_create(names->vgs);
	void *value;

	while (qb_map_iter_next(iter, &value))
		((struct vg_name *)value)->seen = false;
	qb_map_iter_free(iter);
	iter = qb_map_iter_create(names->lvs);
	while (qb_map_iter_next(iter, &value))
		((struct lv_name *)value)->seen = false;
	qb_map_iter_free(iter);
}

void names_replace(struct names *names, const char *text)
{
	char line[256];

	mark_unseen(names);
	while (*text) {
		size_t length = strcspn(text, "\n");

		if (length < sizeof(line)) {
			memcpy(line, text, length);
			line[length] = '\0';
			read_line(names, line);
		}
		text += length + (text[length] == '\n');
	}
	forget_unseen_vgs(names);
	forget_unseen_lvs(names);
}

void names_destroy(struct names *names)
{
	mark_unseen(names);
	forget_unseen_vgs(names);
	forget_unseen_lvs(names);
	qb_map_destroy(names->vgs);
	qb_map_destroy(names->lvs);
	free(names);
}

static struct vg_name *find_namesake(struct names *names, const char *id, const char *name)
{
	qb_map_iter_t *iter = qb_map_iter_create(names->vgs);
	struct vg_name *found = NULL;
	void *value;

	while (qb_map_iter_next(iter, &value)) {
		struct vg_name *vg = value;

		if (!found && vg->clustered && !strcmp(vg->name, name) && strcmp(vg->id, id) != 0)
			found = vg;
	}
	qb_map_iter_free(iter);
	return found;
}

/* The lock of its name is held for one clustered VG: another one of that name is no more. */
static void forget_namesakes(struct names *names, const char *id, const char *name)
{
	struct vg_name *vg;

	while ((vg = find_namesake(names, id, name))) {
		(void)qb_map_rm(names->vgs, vg->id);
		free(vg);
	}
}

void names_learn(struct names *names, const struct job *job)
{
	char id[UUID_LENGTH + 1], resource[LV_RESOURCE_LENGTH + 1];
	struct vg_name *vg;

	if (!job->vg_name || uuid_is_unset(&job->vg_id))
		return;
	(void)snprintf(id, sizeof(id), "%.*s", UUID_LENGTH, job->vg_id.text);
	if (job->clustered && !qb_map_get(names->vgs, id))
		forget_namesakes(names, id, job->vg_name);
	vg = put_vg(names, id);
	(void)snprintf(vg->name, sizeof(vg->name), "%s", job->vg_name);
	vg->clustered = vg->clustered || job->clustered;
	if (vg->seqno < job->seqno)
		vg->seqno = job->seqno;
	for (size_t i = 0; i < job->lv_count && job->lv_names; i++) {
		(void)snprintf(resource, sizeof(resource), "%s%.*s", id, UUID_LENGTH,
			       job->lv_ids[i].text);
		if (job->lv_names[i] && *job->lv_names[i])
			put_lv(names, resource, job->lv_names[i], true);
	}
}

static const struct vg_name *vg_of(const struct names *names, const char *resource)
{
	char id[UUID_LENGTH + 1];

	(void)snprintf(id, sizeof(id), "%.*s", UUID_LENGTH, resource);
	return qb_map_get(names->vgs, id);
}

void names_lv_parts(const struct names *names, const char *resource, const char **ret_vg,
		    const char **ret_lv)
{
	const struct vg_name *vg = vg_of(names, resource);
	const struct lv_name *lv = qb_map_get(names->lvs, resource);

	*ret_vg = vg ? vg->name : "";
	*ret_lv = lv ? lv->name : "";
}

const char *names_lv(const struct names *names, const char *resource, char *text, size_t size)
{
	const char *vg, *lv;

	names_lv_parts(names, resource, &vg, &lv);
	if (*vg && *lv)
		(void)snprintf(text, size, "%s/%s", vg, lv);
	else
		(void)snprintf(text, size, "%s%s%s", vg, *vg ? "/" : "",
			       *vg ? resource + UUID_LENGTH : resource);
	return text;
}

const char *names_resource(const struct names *names, const char *resource, char *text, size_t size)
{
	if (strlen(resource) != LV_RESOURCE_LENGTH || resource[1] == '_')
		return resource;
	return names_lv(names, resource, text, size);
}

void names_each_vg(const struct names *names, void (*visit)(void *data, const struct names_vg *vg),
		   void *data)
{
	qb_map_iter_t *iter = qb_map_iter_create(names->vgs);
	void *value;

	while (qb_map_iter_next(iter, &value)) {
		const struct vg_name *vg = value;

		visit(data, &(struct names_vg){ vg->name, vg->seqno, vg->clustered });
	}
	qb_map_iter_free(iter);
}

bool names_is_clustered(const struct names *names, const char *resource)
{
	const struct vg_name *vg = vg_of(names, resource);

	return vg && vg->clustered;
}

void names_each_lv(const struct names *names, void (*visit)(void *data, const char *resource),
		   void *data)
{
	qb_map_iter_t *iter = qb_map_iter_create(names->lvs);
	void *value;

	while (qb_map_iter_next(iter, &value)) {
		const struct lv_name *lv = value;

		if (lv->seen && names_is_clustered(names, lv->resource))
			visit(data, lv->resource);
	}
	qb_map_iter_free(iter);
}
