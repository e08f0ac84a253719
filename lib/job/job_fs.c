/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Jobs on what lies in an LV, and on the backup of the metadata. */
#include <errno.h>
#include <stdio.h>

#include "lib/activate/activate.h"
#include "lib/activate/filesystem.h"
#include "lib/job/job_steps.h"
#include "lib/store/backup.h"
#include "metadata/base/cleanup.h"

#define AUTO_JOB_VG CLEANUP(job_vg_close)
#define OUTPUT_MAX  ((size_t)64 << 10) /* what tools print is a few lines */

/* Keeps what tools print for the result; other messages go where they always do. */
struct recorder {
	struct buf *output;
	struct context_ops ops; /* the context's own */
};

static void record(void *data, enum message_level level, const char *text)
{
	struct recorder *recorder = data;

	if (level != MESSAGE_PRINT) {
		if (recorder->ops.message)
			recorder->ops.message(recorder->ops.data, level, text);
		return;
	}
	if (recorder->output->used)
		buf_puts(recorder->output, "\n");
	buf_puts(recorder->output, text);
}

static bool ask(void *data, const char *question)
{
	struct recorder *recorder = data;

	return recorder->ops.ask && recorder->ops.ask(recorder->ops.data, question);
}

static int check_or_resize(struct job_step *step, const char *path, struct err *err)
{
	const struct job *job = step->job;

	if (job->kind == JOB_CHECK_FS)
		return filesystem_check(step->context, path, job->shrink, job->no_fsck, err);
	return filesystem_resize(step->context, path, job->size_sectors, job->shrink, err);
}

static int run_recorded(struct job_step *step, const char *path, struct buf *output,
			struct err *err)
{
	struct context_ops *ops = &step->context->options.ops;
	struct recorder recorder = { .output = output, .ops = *ops };
	int r;

	*ops = (struct context_ops){ .message = record, .ask = ask, .data = &recorder };
	r = check_or_resize(step, path, err);
	*ops = recorder.ops;
	return r;
}

/* JOB_CHECK_FS and JOB_RESIZE_FS. */
int job_fs(struct job_step *step, struct err *err)
{
	const struct job *job = step->job;
	struct buf AUTO_BUF output = { .limit = OUTPUT_MAX };
	struct lv_kernel_state state;
	char dashed[UUID_DASHED_SIZE], path[sizeof(state.name) + 16];
	int r;

	if (job->lv_count != 1)
		return err_set(err, EPROTO, "A file system lies on one logical volume, not %zu.",
			       job->lv_count);
	if ((r = lv_kernel_state_get(&job->vg_id, &job->lv_ids[0], &state, err)))
		return r;
	if (!state.active)
		return err_set(err, ENXIO,
			       "Logical volume %s/%s must be activated before resizing filesystem.",
			       job->vg_name, job_lv_name(job, 0, dashed));
	(void)snprintf(path, sizeof(path), "/dev/mapper/%s", state.name);
	r = run_recorded(step, path, &output, err);
	if (output.used && !(step->data->output = arena_strdup(step->arena, output.data)) && !r)
		return err_set(err, ENOMEM, "Out of memory.");
	/* A result's data may be lost with a failure; the text for people is not. */
	if (r && step->data->output)
		err_append(err, "\n%s", step->data->output);
	return r;
}

int job_backup(struct job_step *step, struct err *err)
{
	struct job_vg AUTO_JOB_VG vg = { .scan = NULL };
	int r = job_vg_open(step, &vg, err);

	/* The node whose command it was has one already, which names the command. */
	if (!r && !backup_is_current(step->context, vg.stored->vg))
		backup_write(step->context, vg.stored->vg);
	return r;
}
