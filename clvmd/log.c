/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clvmd/log.h"

#include <qb/qblog.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#define BLACKBOX_SIZE (512 * 1024)

/* Our own lines up to @level; libqb's own chatter (it logs here too) only what matters. */
static void show_up_to(int32_t target, uint8_t level)
{
	(void)qb_log_filter_ctl(target, QB_LOG_FILTER_CLEAR_ALL, QB_LOG_FILTER_FILE, "*",
				LOG_TRACE);
	(void)qb_log_filter_ctl(target, QB_LOG_FILTER_ADD, QB_LOG_FILTER_FILE, "*", LOG_NOTICE);
	(void)qb_log_filter_ctl(target, QB_LOG_FILTER_ADD, QB_LOG_FILTER_FUNCTION, "log_line",
				level);
}

void log_open(const char *name, bool to_stderr, bool debug)
{
	uint8_t level = debug ? LOG_DEBUG : LOG_INFO;

	qb_log_init(name, LOG_DAEMON, level);
	show_up_to(QB_LOG_SYSLOG, level);
	show_up_to(QB_LOG_STDERR, level);
	show_up_to(QB_LOG_BLACKBOX, LOG_DEBUG);
	qb_log_format_set(QB_LOG_STDERR, "%t %N: %p: %b");
	(void)qb_log_ctl(QB_LOG_SYSLOG, QB_LOG_CONF_ENABLED, true);
	(void)qb_log_ctl(QB_LOG_BLACKBOX, QB_LOG_CONF_SIZE, BLACKBOX_SIZE);
	(void)qb_log_ctl(QB_LOG_BLACKBOX, QB_LOG_CONF_ENABLED, true);
	log_to_stderr(to_stderr);
}

void log_to_stderr(bool enabled)
{
	(void)qb_log_ctl(QB_LOG_STDERR, QB_LOG_CONF_ENABLED, enabled);
}

void log_close(void)
{
	qb_log_fini();
}

static void (*watcher)(void *data, const char *text);
static void *watcher_data;

void log_watch_errors(void (*call)(void *data, const char *text), void *data)
{
	watcher = call;
	watcher_data = data;
}

/* What a watcher logs itself is not told again. */
static void tell_watcher(const char *fmt, va_list args)
{
	void (*call)(void *data, const char *text) = watcher;
	char text[1024];

	if (!call)
		return;
	watcher = NULL;
	(void)vsnprintf(text, sizeof(text), fmt, args);
	call(watcher_data, text);
	watcher = call;
}

void log_line(int level, const char *fmt, ...)
{
	va_list args;

	if (level <= LOG_ERR) {
		va_start(args, fmt);
		tell_watcher(fmt, args);
		va_end(args);
	}
	va_start(args, fmt);
	qb_log_from_external_source_va(__func__, __FILE__, fmt, (uint8_t)level, (uint32_t)__LINE__,
				       0, args);
	va_end(args);
}

void log_write_blackbox(void)
{
	(void)qb_log_blackbox_write_to_file(CLVMD_BLACKBOX_PATH);
}
