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

static int in_use(const struct session *session, const struct lv *lv,
		  const struct member_result *member, const struct lv_report *report,
		  struct err *err)
{
	const char *vg_name = session->vg->name;

	if (report->has_holders)
		return err_set(err, EBUSY,
			       "Logical volume %s/%s is used by another device.\n"
			       "That device is on %s.",
			       vg_name, lv->name, member_result_name(member));
	if (*report->mount_points)
		return err_set(err, EBUSY,
			       "Logical volume %s/%s contains a filesystem in use.\n"
			       "It is mounted on %s on %s.",
			       vg_name, lv->name, report->mount_points, member_result_name(member));
	return err_set(err, EBUSY, "Logical volume %s/%s in use.\nIt is open on %s.", vg_name,
		       lv->name, member_result_name(member));
}

int lv_check_not_open(const struct session *session, const struct lv *lv,
		      const struct member_results *results, struct err *err)
{
	for (size_t i = 0; i < results->count; i++) {
		const struct lv_report *report = member_lv_report(&results->items[i], &lv->id);

		if (report && report->open_count)
			return in_use(session, lv, &results->items[i], report, err);
	}
	return 0;
}
