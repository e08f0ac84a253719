/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Is an LV in use on a node, and why: asked before it is taken away. */
#include <errno.h>
#include <time.h>

#include "lib/activate/activate.h"
#include "lib/config.h"
#include "lib/op/in_session.h"
#include "lib/op/members.h"

static bool will_be_closed(const struct lv_report *report)
{
	return report->open_count && !report->has_holders && !*report->mount_points;
}

static bool worth_waiting(const struct member_results *results)
{
	for (size_t i = 0; i < results->count; i++) {
		const struct job_data *data = &results->items[i].data;

		for (size_t k = 0; k < data->lv_count; k++)
			if (will_be_closed(&data->lvs[k]))
				return true;
	}
	return false;
}

int query_open_lvs(const struct session *session, struct lv *const *lvs, size_t lv_count,
		   struct member_results *results, struct err *err)
{
	const struct timespec pause = { .tv_nsec = LV_OPEN_RETRY_NS };
	const struct config *config = session->context->config;
	int tries = config_bool(config, "activation/retry_deactivation") ? LV_OPEN_RETRIES : 0;
	int rc = members_query(session, lvs, lv_count, results, err);

	for (; !rc && tries && worth_waiting(results); tries--) {
		(void)nanosleep(&pause, NULL);
		member_results_free(results);
		*results = (struct member_results)MEMBER_RESULTS;
		rc = members_query(session, lvs, lv_count, results, err);
	}
	return rc;
}

enum use { USE_NONE, USE_OPEN, USE_MOUNTED, USE_DEVICE };

static enum use use_of(const struct lv_report *report)
{
	if (!report || !report->open_count)
		return USE_NONE;
	if (report->has_holders)
		return USE_DEVICE;
	return *report->mount_points ? USE_MOUNTED : USE_OPEN;
}

static void add_node(const struct member_result *member, const struct lv_report *report,
		     struct err *err)
{
	const char *node = member_result_name(member);

	switch (use_of(report)) {
	case USE_NONE:
		return;
	case USE_OPEN:
		err_append(err, "\nIt is open on %s.", node);
		return;
	case USE_MOUNTED:
		err_append(err, "\nIt is mounted on %s on %s.", report->mount_points, node);
		return;
	case USE_DEVICE:
		err_append(err, "\nThat device is on %s.", node);
		return;
	}
}

int lv_check_not_open(const struct session *session, const struct lv *lv,
		      const struct member_results *results, struct err *err)
{
	static const char *const words[] = { [USE_OPEN] = "in use",
					     [USE_MOUNTED] = "contains a filesystem in use",
					     [USE_DEVICE] = "is used by another device" };
	enum use use = USE_NONE;
	int rc;

	for (size_t i = 0; i < results->count; i++) {
		enum use here = use_of(member_lv_report(&results->items[i], &lv->id));

		use = here > use ? here : use;
	}
	if (use == USE_NONE)
		return 0;
	rc = err_set(err, EBUSY, "Logical volume %s/%s %s.", session->vg->name, lv->name,
		     words[use]);
	for (size_t i = 0; i < results->count; i++)
		add_node(&results->items[i], member_lv_report(&results->items[i], &lv->id), err);
	return rc;
}
