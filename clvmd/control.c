/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clvmd/control.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <time.h>

#include "clvmd/conf.h"
#include "clvmd/control_check.h"
#include "clvmd/control_events.h"
#include "clvmd/daemon.h"
#include "clvmd/pidfile.h"
#include "lib/cluster_private.h"

#define STOP_WAIT_SECONDS 30
#define EXIT_FAILED	  1
#define EXIT_USAGE	  2

struct control_options {
	bool json, force, no_volumes, follow, volumes;
	const char *argument;
};

static void print_text(void *data, const char *text)
{
	(void)data;
	(void)fputs(text, stdout);
}

int control_fail(const struct err *err)
{
	(void)fprintf(stderr, "%s\n", err->text);
	return err->code == -EHOSTDOWN ? EXIT_NOT_RUNNING : EXIT_FAILED;
}

static int request(struct client_message *message)
{
	struct cluster *cluster = NULL;
	struct err err = { 0 };
	int rc;

	if (cluster_connect(NULL, CLVMD_SOCKET_PATH, &cluster, &err))
		return control_fail(&err);
	rc = cluster_request_text(cluster, message, print_text, NULL, &err);
	cluster_close(cluster);
	return rc ? control_fail(&err) : 0;
}

static int run_status(const struct control_options *options)
{
	struct client_message message = { .type = CLIENT_STATUS,
					  .json = options->json,
					  .target = options->volumes ? STATUS_VOLUMES
								     : STATUS_SUMMARY };

	if (!pidfile_holder(CLVMD_PID_PATH)) {
		if (options->json)
			(void)printf("{}\n");
		else
			(void)printf("clvmd is stopped\n");
		return EXIT_NOT_RUNNING;
	}
	return request(&message);
}

static int run_locks(const struct control_options *options)
{
	return request(&(struct client_message){ .type = CLIENT_LOCKS, .json = options->json });
}

static int run_events(const struct control_options *options)
{
	return control_events(options->json, options->follow);
}

static int run_metrics(const struct control_options *options)
{
	(void)options;
	return request(&(struct client_message){ .type = CLIENT_METRICS });
}

static int run_check(const struct control_options *options)
{
	return control_check(options->json);
}

static int run_fence_ack(const struct control_options *options)
{
	return request(&(struct client_message){ .type = CLIENT_FENCE_ACK,
						 .node_name = options->argument,
						 .force = options->force,
						 .no_volumes = options->no_volumes });
}

static int run_restart(const struct control_options *options)
{
	return control_restart(options->force);
}

static int run_blackbox(const struct control_options *options)
{
	(void)options;
	return request(&(struct client_message){ .type = CLIENT_BLACKBOX });
}

static int run_stop(const struct control_options *options)
{
	int rc = request(&(struct client_message){ .type = CLIENT_STOP, .force = options->force });

	for (int i = 0; !rc && pidfile_holder(CLVMD_PID_PATH); i++) {
		if (i == STOP_WAIT_SECONDS * 10) {
			(void)fprintf(stderr, "clvmd does not end.\n");
			return EXIT_FAILED;
		}
		(void)nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
	}
	return rc;
}

static int run_check_config(const struct control_options *options)
{
	const char *path = options->argument ? options->argument : CLVMD_CONF_PATH;
	struct conf conf;
	struct err err;

	if (conf_read(path, &conf, &err))
		return control_fail(&err);
	(void)printf("%s: fine\n", path);
	return 0;
}

enum argument { ARGUMENT_NONE, ARGUMENT_MAY, ARGUMENT_MUST };

/* One letter for each option that a subcommand takes. */
static const struct control_command {
	const char *name;
	int (*run)(const struct control_options *options);
	enum argument argument;
	const char *options;
	const char *usage;
} commands[] = {
	{ "status", run_status, ARGUMENT_NONE, "jV", "status [--json] [--volumes]" },
	{ "locks", run_locks, ARGUMENT_NONE, "j", "locks [--json]" },
	{ "events", run_events, ARGUMENT_NONE, "jF", "events [--follow] [--json]" },
	{ "metrics", run_metrics, ARGUMENT_NONE, "", "metrics" },
	{ "check", run_check, ARGUMENT_NONE, "j", "check [--json]" },
	{ "fence-ack", run_fence_ack, ARGUMENT_MUST, "nf",
	  "fence-ack NODE [--no-volumes] [--force]" },
	{ "restart", run_restart, ARGUMENT_NONE, "f", "restart [--force]" },
	{ "blackbox", run_blackbox, ARGUMENT_NONE, "", "blackbox" },
	{ "stop", run_stop, ARGUMENT_NONE, "f", "stop [--force]" },
	{ "check-config", run_check_config, ARGUMENT_MAY, "", "check-config [FILE]" },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const struct control_command *find(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

bool control_is_command(const char *word)
{
	return find(word);
}

void control_print_usage(void)
{
	for (size_t i = 0; i < COMMANDS; i++)
		(void)printf("       clvmd %s\n", commands[i].usage);
}

static bool parse(const struct control_command *command, int argc, char **argv,
		  struct control_options *options)
{
	static const struct option longs[] = {
		{ "json", no_argument, NULL, 'j' },	  { "force", no_argument, NULL, 'f' },
		{ "no-volumes", no_argument, NULL, 'n' }, { "follow", no_argument, NULL, 'F' },
		{ "volumes", no_argument, NULL, 'V' },	  { 0 }
	};
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (!strchr(command->options, c))
			return false;
		options->json |= c == 'j';
		options->force |= c == 'f';
		options->no_volumes |= c == 'n';
		options->follow |= c == 'F';
		options->volumes |= c == 'V';
	}
	if (optind < argc && command->argument != ARGUMENT_NONE)
		options->argument = argv[optind++];
	return optind == argc && (options->argument || command->argument != ARGUMENT_MUST);
}

int control_main(int argc, char **argv)
{
	const struct control_command *command = find(argv[0]);
	struct control_options options = { 0 };

	(void)prctl(PR_SET_NAME, CONTROL_COMM);
	if (!parse(command, argc, argv, &options)) {
		(void)fprintf(stderr, "Usage: clvmd %s\n", command->usage);
		return EXIT_USAGE;
	}
	return command->run(&options);
}
