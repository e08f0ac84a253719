/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * clvmd: options, and what must be done before the loop: configuration, directory, pid file,
 * socket. Exit status: 0 ready (or nothing to do), 1 failed, 2 wrong usage, 3 a subcommand found no
 * daemon, 5 not ready within -T seconds, and going on in the background.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clvmd/auto_activate.h"
#include "clvmd/client.h"
#include "clvmd/control.h"
#include "clvmd/log.h"
#include "clvmd/pidfile.h"
#include "clvmd/restart.h"
#include "clvmd/start.h"
#include "clvmd/worker.h"
#include "lib/cluster.h"
#include "lib/fd.h"
#include "lib/number.h"
#include "lib/random.h"
#include "lib/version.h"

#define EXIT_FAILED	1
#define EXIT_USAGE	2
#define DEFAULT_TIMEOUT 30
#define TIMEOUT_MAX	86400

static int usage(int exit_code)
{
	(void)printf("Usage: clvmd [-f] [-d[LEVEL]] [-I NAME] [-t SECONDS] [-T SECONDS]\n"
		     "       clvmd -R | -S | -V | -h\n");
	control_print_usage();
	(void)printf(
		"\n"
		"Without a subcommand the daemon is started; clvmd returns when it is ready.\n"
		"  -f          stay in the foreground, log to stderr\n"
		"  -d[LEVEL]   log for debugging: 0 no, 1 (default) to stderr, in the foreground,\n"
		"              2 to the system log\n"
		"  -I NAME     corosync (default), or singlenode: without corosync, this node alone\n"
		"  -t SECONDS  how long a command waits for a lock (default: as in clvmd.conf)\n"
		"  -T SECONDS  how long to wait for the cluster (default 30), then exit 5 and\n"
		"              go on in the background\n"
		"  -R          have all members look at their devices again\n"
		"  -S          the same as clvmd restart\n"
		"  -C, -E ID   accepted, without effect\n"
		"  -h, -V      this help; the version\n");
	return exit_code;
}

static bool parse_seconds(const char *text, unsigned int *ret_seconds)
{
	uint64_t value;

	if (!number_whole(text, TIMEOUT_MAX, &value))
		return false;
	*ret_seconds = (unsigned int)value;
	return true;
}

/* cman and openais are history: who still asks for them gets what took their place. */
static bool parse_manager(const char *name, struct start_options *options)
{
	static const char *const as_corosync[] = { "corosync", "auto", "cman", "openais" };

	options->single = !strcmp(name, "singlenode");
	for (size_t i = 0; i < sizeof(as_corosync) / sizeof(as_corosync[0]); i++)
		if (!strcmp(name, as_corosync[i]))
			return true;
	if (!options->single)
		(void)fprintf(stderr,
			      "clvmd: -I %s: no such cluster manager; there are corosync "
			      "and singlenode.\n",
			      name);
	return options->single;
}

static bool parse_debug(const char *level, struct start_options *options)
{
	uint64_t value = 1;

	if (level && !number_whole(level, 2, &value))
		return false;
	options->debug = (unsigned int)value;
	options->foreground = options->foreground || value == 1;
	return true;
}

/* 0: the old daemon's word for no limit. */
static bool parse_lock_timeout(const char *text, struct start_options *options)
{
	if (!parse_seconds(text, &options->lock_timeout))
		return false;
	if (!options->lock_timeout)
		options->lock_timeout = TIMEOUT_MAX;
	return true;
}

#define OPTION_TAKE_OVER 256

static int run_option(int c)
{
	if (c == 'h')
		return usage(0);
	if (c == 'R')
		return control_rescan();
	if (c == 'S')
		return control_restart(false);
	return printf("clvmd version %s (protocol %u)\n", CLVM_VERSION, CLIENT_PROTOCOL) < 0;
}

/* False: not valid. */
static bool set_option(int c, struct start_options *options)
{
	switch (c) {
	case 'f':
		return options->foreground = true;
	case 'd':
		return parse_debug(optarg, options);
	case 'I':
		return parse_manager(optarg, options);
	case 't':
		return parse_lock_timeout(optarg, options);
	case 'T':
		return parse_seconds(optarg, &options->timeout);
	case OPTION_TAKE_OVER:
		options->take_over = optarg;
		return true;
	case 'C': /* debugging of all members; each node's own -d is enough */
	case 'E': /* what the old daemon told its next about exclusive locks: /run/clvm/locks does
		   */
		return true;
	default:
		return false;
	}
}

/* -1: start the daemon; else the exit status. */
static int parse(int argc, char **argv, struct start_options *options)
{
	static const struct option longs[] = { { "help", no_argument, NULL, 'h' },
					       { "version", no_argument, NULL, 'V' },
					       { "foreground", no_argument, NULL, 'f' },
					       { RESTART_OPTION, required_argument, NULL,
						 OPTION_TAKE_OVER },
					       { 0 } };
	int c;

	while ((c = getopt_long(argc, argv, "fd::hVT:RSCI:t:E:", longs, NULL)) != -1) {
		if (c == 'h' || c == 'V' || c == 'R' || c == 'S')
			return run_option(c);
		if (!set_option(c, options))
			return usage(EXIT_USAGE);
	}
	return optind < argc ? usage(EXIT_USAGE) : -1;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int read_boot_id(struct boot_id *boot, struct err *err)
{
	AUTO_CLOSE int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	char text[64];
	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text));
	size_t used = 0;

	for (ssize_t i = 0; i + 1 < length && used < sizeof(boot->bytes); i++) {
		int high = hex_digit(text[i]), low = hex_digit(text[i + 1]);

		if (high < 0 || low < 0)
			continue; /* a dash stands between pairs, never inside one */
		boot->bytes[used++] = (unsigned char)(high << 4 | low);
		i++;
	}
	if (used < sizeof(boot->bytes))
		return err_set(err, EIO, "The kernel's boot id cannot be read.");
	return 0;
}

static int draw_identity(struct daemon *d, struct err *err)
{
	uint32_t base;
	int rc;

	if ((rc = read_boot_id(&d->boot, err)) ||
	    (rc = random_bytes(d->id.bytes, sizeof(d->id.bytes), err)) ||
	    (rc = random_bytes(d->lineage_seed.bytes, sizeof(d->lineage_seed.bytes), err)) ||
	    (rc = random_bytes(&base, sizeof(base), err)))
		return rc;
	/* Operations outlive the daemon in the table: numbers of the next one must be others. */
	d->next_number = (uint64_t)base << 24;
	return 0;
}

static int make_directory(struct err *err)
{
	struct stat status;

	if (mkdir(CLVMD_RUN_DIR, 0755) && errno != EEXIST)
		return err_set(err, errno, "%s: %s", CLVMD_RUN_DIR, strerror(errno));
	if (lstat(CLVMD_RUN_DIR, &status) || !S_ISDIR(status.st_mode) || status.st_uid != 0)
		return err_set(err, EPERM, "%s is not a directory of root's.", CLVMD_RUN_DIR);
	return 0;
}

static int prepare(struct daemon *d, const struct start_options *options, int *pid_fd,
		   int *socket_fd, struct err *err)
{
	int rc;

	if ((rc = make_directory(err)) || (rc = draw_identity(d, err)))
		return rc;
	if (options->take_over)
		return restart_take_over(options->take_over, pid_fd, socket_fd, err);
	if ((rc = pidfile_take(CLVMD_PID_PATH, pid_fd, err)))
		return rc;
	return clients_listen(CLVMD_SOCKET_PATH, socket_fd, err);
}

/* Before there is a loop: a word to who started us, and to the log. */
static int not_started(int pipe_fd, const char *text)
{
	log_line(LOG_CRIT, "%s", text);
	start_failed(pipe_fd, EXIT_FAILED, text);
	return EXIT_FAILED;
}

static int read_conf(const struct start_options *options, struct conf *conf, struct err *err)
{
	int rc = conf_read(CLVMD_CONF_PATH, conf, err);

	if (!rc && options->lock_timeout)
		conf->lock_timeout = options->lock_timeout;
	return rc;
}

static int run_daemon(const struct start_options *options, char **argv)
{
	static struct daemon d;
	int pipe_fd, pid_fd = -1, socket_fd = -1, exit_code, rc;
	struct err err;

	if (geteuid() != 0) {
		(void)fprintf(stderr, "clvmd must be started by root.\n");
		return 4; /* as the old daemon */
	}
	rc = read_conf(options, &d.conf, &err);
	if (rc && !options->take_over) {
		(void)fprintf(stderr, "%s\n", err.text);
		return EXIT_FAILED;
	}
	pipe_fd = start_daemonise(options);
	log_open("clvmd", options->foreground, options->debug);
	if (rc || prepare(&d, options, &pid_fd, &socket_fd, &err))
		return not_started(pipe_fd, err.text);
	if (!(d.loop = qb_loop_create()))
		return not_started(pipe_fd, "Out of memory.");
	d.single = options->single;
	d.start = start_create(&d, pipe_fd, options->timeout);
	d.restart = restart_create(&d, argv, pid_fd, socket_fd);
	log_line(LOG_INFO, "clvmd %s starts.", CLVM_VERSION);
	exit_code = daemon_run(&d, socket_fd);
	(void)unlink(CLVMD_SOCKET_PATH);
	log_line(LOG_INFO, "clvmd ends.");
	log_close();
	pidfile_release(pid_fd);
	return exit_code;
}

int main(int argc, char **argv)
{
	struct start_options options = { .timeout = DEFAULT_TIMEOUT };
	int exit_code;

	if (argc == 2 && !strcmp(argv[1], "--worker"))
		return worker_main();
	if (argc == 2 && !strcmp(argv[1], AUTO_ACTIVATE_OPTION))
		return auto_activate_main();
	if (argc > 1 && control_is_command(argv[1]))
		return control_main(argc - 1, argv + 1);
	if ((exit_code = parse(argc, argv, &options)) >= 0)
		return exit_code;
	return run_daemon(&options, argv);
}
