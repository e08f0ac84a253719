/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Context: what every operation of the library needs and no global holds: configuration,
 * where messages go, how to ask, the connection to clvmd. One per command, API handle or worker;
 * never shared by two threads. The library does not print, exit, or install signal handlers.
 */
#ifndef LIB_CONTEXT_H
#define LIB_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "metadata/base/err.h"

struct config;
struct cluster;
struct text_list;
struct file_lock;

/* MESSAGE_PRINT is a result, MESSAGE_ROW one of many, MESSAGE_TOOL a line that a tool printed
 * (stdout, unchanged); the others are for people (stderr). */
enum message_level {
	MESSAGE_PRINT,
	MESSAGE_ROW,
	MESSAGE_WARNING,
	MESSAGE_ERROR,
	MESSAGE_VERBOSE,
	MESSAGE_DEBUG,
	MESSAGE_TOOL
};

struct context_ops {
	/* One line without newline or leading blanks. NULL: dropped. */
	void (*message)(void *data, enum message_level level, const char *text);
	/* A question of LVM2's ("Do you really want to … ? [y/n]: "); true is yes. NULL: no. */
	bool (*ask)(void *data, const char *question);
	void *data;
};

struct context_options {
	const char *system_dir;	     /* as config_open_in() has it */
	const char *config_override; /* --config STR, or NULL */
	const char *command_line;    /* argv joined by blanks: goes into descriptions and locks */
	/* --devices, each perhaps a list with commas; none: --devicesfile (NULL: as configured, "":
	 * none), else the filters of lvm.conf. */
	const char *const *devices;
	size_t device_count;
	const char *devices_file;
	struct context_ops ops;
	bool test;	/* -t: change nothing */
	bool yes;	/* -y */
	int force;	/* number of -f */
	int verbose;	/* number of -v */
	bool nolocking; /* --nolocking */
	bool readonly;	/* --readonly */
	bool wait;	/* --wait: for locks and for quorum, as long as it takes */
	bool is_daemon; /* clvmd's workers: never connect to clvmd, locks are held by the asking
			   node */
};

#define CONTEXT_HANGING_MAX 256

/* P_global as this context holds it: see global_lock_take() in lib/op/session.h. */
struct global_hold {
	unsigned count;
	struct file_lock *file_lock;
	struct cluster *cluster; /* NULL: only on this node */
};

struct context {
	struct context_options options;
	struct config *config;
	struct text_list *texts; /* of the last scan; see lib/store/known_text.c */
	struct cluster *cluster; /* connected on first use; see cluster_get() in lib/cluster.h */
	char *hostname;
	dev_t hanging[CONTEXT_HANGING_MAX]; /* devices that did not answer: not asked again */
	unsigned hanging_count;
	bool selection_told; /* what is wrong with the list of devices */
	bool no_wait;	     /* locks that others hold are refused at once */
	struct global_hold global;
	unsigned write_count; /* metadata texts written: "Write[2] from ..." */
};

/** Read the configuration. -EINVAL: --config; -EIO: lvm.conf (exit 4). */
int context_open(const struct context_options *options, struct context **ret_context,
		 struct err *err) MUST_CHECK;
void context_close(struct context *context);

/** Read the configuration again with that override (copied). On failure all is as before. */
int context_reconfigure(struct context *context, const char *override, struct err *err) MUST_CHECK;

void ctx_print(struct context *context, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/** A row of a report, which is cut into its lines: need not be seen before the next. */
void ctx_row(struct context *context, char *text);
/** Lines as a tool printed them. */
void ctx_tool_output(struct context *context, const char *text);

void ctx_warn(struct context *context, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void ctx_error(struct context *context, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void ctx_verbose(struct context *context, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** true at once with -y, false at once when nobody can be asked. */
bool ctx_ask(struct context *context, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** Print each line of an error through the message op. */
void ctx_report_error(struct context *context, const struct err *err);

#endif
