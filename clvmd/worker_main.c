/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The worker process: takes one job after the other from its socket, may block in any of them, and
 * ends when the daemon closes the socket. Each job opens a context of its own, so that a changed
 * lvm.conf counts at once.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <syslog.h>

#include "clvmd/freeze.h"
#include "clvmd/hanging.h"
#include "clvmd/names.h"
#include "clvmd/recover.h"
#include "clvmd/worker.h"
#include "lib/activate/activate.h"
#include "lib/activate/nodes.h"
#include "lib/cluster_channel.h"
#include "lib/context.h"
#include "lib/device/batch.h"
#include "lib/job/job_run.h"
#include "lib/store/store.h"
#include "metadata/base/cleanup.h"

#define JOB_ARENA_MAX ((size_t)512 << 20)
#define PART_SIZE     ((size_t)512 << 10)

#define WARNINGS_MAX 600

static struct channel channel; /* of this process: messages of contexts go there too */
static struct buf warnings = { .limit = WARNINGS_MAX }; /* of the job: they may say why it failed */

static void send_log(void *data, enum message_level level, const char *text)
{
	static const int levels[] = {
		[MESSAGE_PRINT] = LOG_DEBUG,	 [MESSAGE_ROW] = LOG_DEBUG,
		[MESSAGE_WARNING] = LOG_WARNING, [MESSAGE_ERROR] = LOG_ERR,
		[MESSAGE_VERBOSE] = LOG_DEBUG,	 [MESSAGE_DEBUG] = LOG_DEBUG,
		[MESSAGE_TOOL] = LOG_DEBUG,
	};
	struct err err;

	(void)data;
	if (level == MESSAGE_VERBOSE || level == MESSAGE_DEBUG)
		return;
	if (level == MESSAGE_WARNING || level == MESSAGE_ERROR)
		buf_printf(&warnings, "\n%s", text);
	/* A failure shows at the answer. */
	(void)!channel_send(&channel,
			    &(struct client_message){ .type = CLIENT_WORKER_LOG,
						      .value = (uint64_t)levels[level],
						      .text = text },
			    &err);
}

/* @quiet: names are read whenever somebody asks for the status; warnings are for commands. */
static int open_context(bool quiet, struct context **ret_context, struct err *err)
{
	struct context_options options = {
		.command_line = "clvmd",
		.ops = { .message = quiet ? NULL : send_log },
		.yes = true,
		.is_daemon = true,
	};

	return context_open(&options, ret_context, err);
}

static int send_parts(const struct buf *bytes, struct err *err)
{
	int rc;

	for (size_t at = 0; at < bytes->used; at += PART_SIZE) {
		size_t length = bytes->used - at > PART_SIZE ? PART_SIZE : bytes->used - at;

		if ((rc = channel_send(&channel,
				       &(struct client_message){ .type = CLIENT_WORKER_PART,
								 .data = bytes->data + at,
								 .data_length = length },
				       err)))
			return rc;
	}
	return bytes->failed ? err_set(err, E2BIG, "The answer is too long.") : 0;
}

static int run_job(struct context *context, const struct client_message *message,
		   struct arena *arena, struct buf *result, struct err *err)
{
	struct job_data data = { 0 };
	struct job job;
	int rc;

	if ((rc = job_decode(message->data, message->data_length, arena, &job, err)))
		return rc;
	if ((rc = job_run(context, &job, (enum job_phase)message->phase, arena, &data, err)))
		return rc;
	return job_data_encode(&data, result, err);
}

/* Asked at the start only: the daemon before may have been killed with all its workers. */
static int list_kernel(struct context *context, struct arena *arena, struct err *err)
{
	AUTO_BUF struct buf records = { .limit = NAMES_TEXT_MAX };
	struct kernel_lv *lvs = NULL;
	int rc;

	if (!activation_driver_present())
		return 0; /* nothing can be active */
	links_sweep(context);
	if ((rc = kernel_lvs_list(arena, &lvs, err)))
		return rc;
	for (; lvs; lvs = lvs->next) {
		char mode = (char)(lvs->open_count ? MODE_EX : MODE_CR);

		buf_add(&records, &mode, 1);
		buf_add(&records, lvs->vg_id.text, UUID_LENGTH);
		buf_add(&records, lvs->lv_id.text, UUID_LENGTH);
	}
	return send_parts(&records, err);
}

static void print_vg(struct context *context, struct scan *scan, const struct vg_summary *summary,
		     struct buf *text)
{
	struct stored_vg *stored = NULL;
	struct err err;

	buf_printf(text, "vg %.*s %u %d %s\n", UUID_LENGTH, summary->id.text, summary->seqno,
		   summary->clustered, summary->name);
	/* Names of LVs are for people, and only clustered ones are shown. */
	if (!summary->clustered ||
	    stored_vg_read(context, scan, summary->name, &summary->id, &stored, &err))
		return;
	for (uint32_t i = 0; i < stored->vg->lv_count; i++)
		buf_printf(text, "lv %.*s %.*s %s\n", UUID_LENGTH, summary->id.text, UUID_LENGTH,
			   stored->vg->lvs[i]->id.text, stored->vg->lvs[i]->name);
	stored_vg_free(stored);
}

static int list_names(struct context *context, struct err *err)
{
	AUTO_BUF struct buf text = { .limit = NAMES_TEXT_MAX };
	const struct vg_summary *summaries;
	struct scan *scan;
	size_t count;
	int rc;

	if ((rc = scan_run(context, &scan, err)))
		return rc;
	if (!(rc = scan_list_vgs(scan, &summaries, &count, err))) {
		for (size_t i = 0; i < count; i++)
			print_vg(context, scan, &summaries[i], &text);
		rc = send_parts(&text, err);
	}
	scan_free(scan);
	return rc;
}

/* Put one LV on the error target, and remove it if nobody has it open. */
static int stop_lv(struct context *context, const char *ids, const char *name, struct buf *removed,
		   struct err *err)
{
	const char *lv_name = strchr(name, '/');
	struct uuid vg_id, lv_id;
	char vg_name[256];
	struct err busy;
	int rc;

	memcpy(vg_id.text, ids, UUID_LENGTH);
	memcpy(lv_id.text, ids + UUID_LENGTH, UUID_LENGTH);
	(void)snprintf(vg_name, sizeof(vg_name), "%.*s", (int)strcspn(name, "/"), name);
	if ((rc = lv_put_on_error(context, &vg_id, &lv_id, err)))
		return rc;
	if (!lv_deactivate(context, &vg_id, vg_name, &lv_id, lv_name ? lv_name + 1 : name, &busy))
		buf_add(removed, ids, 2 * UUID_LENGTH);
	return 0;
}

static int stop_lvs(struct context *context, const struct client_message *message,
		    struct arena *arena, struct err *err)
{
	char *text = arena_strndup(arena, message->data, message->data_length);
	AUTO_BUF struct buf removed = { .limit = NAMES_TEXT_MAX };
	struct err one;
	int rc = 0, sent;

	if (!text)
		return err_set(err, ENOMEM, "Out of memory.");
	for (char *line; (line = strsep(&text, "\n"));) {
		if (strlen(line) < 2 * UUID_LENGTH + 1)
			continue;
		/* The others are not left running because of one. */
		if (stop_lv(context, line, line + 2 * UUID_LENGTH + 1, &removed, &one))
			rc = err_set(err, -one.code, "%s: %s", line + 2 * UUID_LENGTH + 1,
				     one.text);
	}
	sent = send_parts(&removed, rc ? &one : err);
	return rc ? rc : sent;
}

static int do_message(struct context *context, const struct client_message *message,
		      struct client_message *reply, struct arena *arena, struct buf *result,
		      struct err *err)
{
	struct recover_finding finding = { 0 };
	struct job job;
	int rc;

	if (message->type == CLIENT_WORKER_RUN)
		return run_job(context, message, arena, result, err);
	if (message->type == CLIENT_WORKER_KERNEL)
		return list_kernel(context, arena, err);
	if (message->type == CLIENT_WORKER_NAMES)
		return list_names(context, err);
	if (message->type == CLIENT_WORKER_ERROR)
		return stop_lvs(context, message, arena, err);
	if (message->type == CLIENT_WORKER_FREEZE)
		return freeze_work(message, &reply->value, err);
	if (message->type != CLIENT_WORKER_RECOVER)
		return err_set(err, EBADMSG, "Internal error: unknown job for a worker.");
	if ((rc = job_decode(message->data, message->data_length, arena, &job, err)) ||
	    (rc = message->phase == RECOVER_REWRITE ? recover_rewrite(context, &job, err)
						    : recover_look(context, &job, &finding, err)))
		return rc;
	reply->value = recover_encode(finding);
	return 0;
}

static int do_job(const struct client_message *message, struct err *send_err)
{
	AUTO_ARENA struct arena arena = { .limit = JOB_ARENA_MAX };
	AUTO_BUF struct buf result = { .limit = CLIENT_DATA_MAX };
	struct client_message reply = { .type = CLIENT_WORKER_DONE };
	struct context *context = NULL;
	static bool memory_locked;
	struct err err = { 0 };

	buf_free(&warnings);
	if (!(reply.rc = open_context(message->type == CLIENT_WORKER_NAMES, &context, &err))) {
		if (!memory_locked)
			activation_memory_lock(context); /* for life */
		memory_locked = true;
		hanging_expect(context);
		reply.rc = do_message(context, message, &reply, &arena, &result, &err);
		hanging_remember(context);
		context_close(context);
	}
	/* Which device does not answer, for example, is there only. */
	if (reply.rc && warnings.used)
		err_append(&err, "%s", warnings.data);
	reply.text = reply.rc ? err.text : "";
	if (!reply.rc) {
		reply.data = result.data;
		reply.data_length = result.used;
	}
	return channel_send(&channel, &reply, send_err);
}

/* A daemon that is gone must not have a job begun any more: a new one may be listing what is
 * active. */
static bool daemon_is_there(void)
{
	struct pollfd fd = { .fd = channel.fd, .events = POLLRDHUP };

	return poll(&fd, 1, 0) >= 0 && !(fd.revents & (POLLRDHUP | POLLHUP | POLLERR));
}

int worker_main(void)
{
	struct client_message message;
	struct err err;

	(void)prctl(PR_SET_NAME, WORKER_COMM);
	(void)signal(SIGPIPE, SIG_IGN);
	/* Tools that a job starts get neither. */
	if (fcntl(WORKER_SOCKET_FD, F_SETFD, FD_CLOEXEC) ||
	    fcntl(WORKER_LOCK_FD, F_SETFD, FD_CLOEXEC))
		return 1;
	channel_init(&channel, WORKER_SOCKET_FD);
	batch_finish_later(); /* first the answer */
	while (!channel_receive(&channel, CHANNEL_FOREVER, &message, &err) && daemon_is_there()) {
		/* What is received next replaces the message's memory: it is used up by then. */
		if (do_job(&message, &err))
			break;
		batch_wait();
	}
	channel_close(&channel);
	return 0;
}
