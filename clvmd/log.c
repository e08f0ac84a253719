/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clvmd/log.h"

#include <glob.h>
#include <qb/qblog.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLACKBOX_SIZE (512 * 1024)
#define CRASH_SECONDS 10
#define CRASH_STACK   65536

/* Our own lines up to @level; libqb's own chatter (it logs here too) only what matters. */
static void show_up_to(int32_t target, uint8_t level)
{
	(void)qb_log_filter_ctl(target, QB_LOG_FILTER_CLEAR_ALL, QB_LOG_FILTER_FILE, "*",
				LOG_TRACE);
	(void)qb_log_filter_ctl(target, QB_LOG_FILTER_ADD, QB_LOG_FILTER_FILE, "*", LOG_NOTICE);
	(void)qb_log_filter_ctl(target, QB_LOG_FILTER_ADD, QB_LOG_FILTER_FUNCTION, "log_line",
				level);
}

/* As libqb recommends: from the handler, then what would have happened without it. */
static void crashed(int number)
{
	(void)alarm(CRASH_SECONDS); /* a lock of the allocator may be held */
	(void)unlink(CLVMD_CRASH_PATH);
	(void)qb_log_blackbox_write_to_file(CLVMD_CRASH_PATH);
	(void)raise(number); /* the handler is gone: SA_RESETHAND */
}

static void handle_crashes(void)
{
	static const int numbers[] = { SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL };
	static char stack[CRASH_STACK];
	const stack_t alternative = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction action = { .sa_handler = crashed,
				    .sa_flags = SA_ONSTACK | (int)SA_RESETHAND | SA_NODEFER };

	(void)sigaltstack(&alternative, NULL); /* its own stack may be what is full */
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		(void)sigaction(numbers[i], &action, NULL);
}

/* Memory of those that were killed. There is one daemon; if it runs, it goes on with what it has
 * mapped. */
static void remove_old_blackboxes(const char *name)
{
	char pattern[128];
	glob_t found;

	(void)snprintf(pattern, sizeof(pattern), "/dev/shm/qb-%s-[0-9]*-blackbox-*", name);
	if (glob(pattern, 0, NULL, &found))
		return;
	for (size_t i = 0; i < found.gl_pathc; i++)
		(void)unlink(found.gl_pathv[i]);
	globfree(&found);
}

void log_open(const char *name, bool to_stderr, unsigned int debug)
{
	uint8_t level = debug ? LOG_DEBUG : LOG_INFO;

	qb_log_init(name, LOG_DAEMON, level);
	show_up_to(QB_LOG_SYSLOG, debug == 2 ? LOG_DEBUG : LOG_INFO);
	show_up_to(QB_LOG_STDERR, level);
	show_up_to(QB_LOG_BLACKBOX, LOG_DEBUG);
	qb_log_format_set(QB_LOG_STDERR, "%t %N: %p: %b");
	(void)qb_log_ctl(QB_LOG_SYSLOG, QB_LOG_CONF_ENABLED, true);
	remove_old_blackboxes(name);
	(void)qb_log_ctl(QB_LOG_BLACKBOX, QB_LOG_CONF_SIZE, BLACKBOX_SIZE);
	log_keep_blackbox(true);
	log_to_stderr(to_stderr);
	handle_crashes();
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
__attribute__((format(printf, 1, 0))) static void tell_watcher(const char *fmt, va_list args)
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

void log_keep_blackbox(bool on)
{
	(void)qb_log_ctl(QB_LOG_BLACKBOX, QB_LOG_CONF_ENABLED, on);
}

int log_write_blackbox(const char *path, struct err *err)
{
	mode_t mask = umask(0177);
	ssize_t written;

	(void)unlink(path);
	written = qb_log_blackbox_write_to_file(path);
	(void)umask(mask);
	return written < 0 ? err_set(err, (int)-written, "%s cannot be written: %s", path,
				     strerror((int)-written))
			   : 0;
}
