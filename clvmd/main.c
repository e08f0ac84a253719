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
	(void)printf("Usage: clvmd [-f] [-d] [-T SECONDS]\n");
	control_print_usage();
	(void)printf(
		"\n"
		"Without a subcommand the daemon is started; clvmd returns when it is ready.\n"
		"  -f          stay in the foreground, log to stderr\n"
		"  -d[N]       log for debugging\n"
		"  -T SECONDS  how long to wait for the cluster (default 30), then exit 5 and\n"
		"              go on in the background\n"
		"  -R, -S      accepted and not needed: clvmd keeps no metadata, and a restart\n"
		"              keeps all locks\n"
		"  -h, -V      this help; the version\n");
	return exit_code;
}

static bool parse_timeout(const char *text, unsigned int *ret_timeout)
{
	uint64_t value;

	if (!number_whole(text, TIMEOUT_MAX, &value))
		return false;
	*ret_timeout = (unsigned int)value;
	return true;
}

/* -1: start the daemon; else the exit status. */
static int parse(int argc, char **argv, struct start_options *options)
{
	static const struct option longs[] = { { "help", no_argument, NULL, 'h' },
					       { "version", no_argument, NULL, 'V' },
					       { "foreground", no_argument, NULL, 'f' },
					       { 0 } };
	int c;

	/* -C, -I, -t, -E: the old daemon's; agents' configurations still have them. */
	while ((c = getopt_long(argc, argv, "fd::hVT:RSCI:t:E:", longs, NULL)) != -1) {
		if (c == 'f')
			options->foreground = true;
		else if (c == 'd')
			options->debug = !optarg || strcmp(optarg, "0") != 0;
		else if (c == 'T' && !parse_timeout(optarg, &options->timeout))
			return usage(EXIT_USAGE);
		else if (c == 'h')
			return usage(0);
		else if (c == 'V')
			return printf("clvmd version %s (protocol %u)\n", CLVM_VERSION,
				      CLIENT_PROTOCOL) < 0;
		else if (c == 'R' || c == 'S')
			return pidfile_holder(CLVMD_PID_PATH) ? 0 : EXIT_NOT_RUNNING;
		else if (c == '?')
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

static int prepare(struct daemon *d, int *pid_fd, int *socket_fd, struct err *err)
{
	int rc;

	if ((rc = make_directory(err)) || (rc = pidfile_take(CLVMD_PID_PATH, pid_fd, err)) ||
	    (rc = draw_identity(d, err)))
		return rc;
	return clients_listen(CLVMD_SOCKET_PATH, socket_fd, err);
}

static int run_daemon(const struct start_options *options)
{
	static struct daemon d;
	int pipe_fd, pid_fd = -1, socket_fd = -1, exit_code;
	struct err err;

	if (geteuid() != 0) {
		(void)fprintf(stderr, "clvmd must be started by root.\n");
		return 4; /* as the old daemon */
	}
	if (conf_read(CLVMD_CONF_PATH, &d.conf, &err)) {
		(void)fprintf(stderr, "%s\n", err.text);
		return EXIT_FAILED;
	}
	pipe_fd = start_daemonise(options);
	log_open("clvmd", options->foreground, options->debug);
	if (prepare(&d, &pid_fd, &socket_fd, &err)) {
		start_failed(pipe_fd, EXIT_FAILED, err.text);
		return EXIT_FAILED;
	}
	if (!(d.loop = qb_loop_create())) {
		start_failed(pipe_fd, EXIT_FAILED, "Out of memory.");
		return EXIT_FAILED;
	}
	d.start = start_create(&d, pipe_fd, options->timeout);
	log_line(LOG_INFO, "clvmd %s starts.", CLVM_VERSION);
	exit_code = daemon_run(&d, socket_fd);
	(void)unlink(CLVMD_SOCKET_PATH);
	log_line(LOG_INFO, "clvmd ends.");
	log_close();
	(void)close(pid_fd);
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
	return run_daemon(&options);
}
