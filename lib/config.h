/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lvm.conf as libdevmapper's dm_config reads it: --config over lvmlocal.conf over lvm.conf over the
 * defaults of the settings table. Directory: $LVM_SYSTEM_DIR or /etc/lvm; "" means no files.
 */
#ifndef LIB_CONFIG_H
#define LIB_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "metadata/base/err.h"

struct config;
struct dm_config_node;
struct dm_config_tree;

int config_open(const char *override, struct config **ret_config, struct err *err) MUST_CHECK;
/* As @system_dir (this very string): no files, whatever the environment says. */
extern const char config_no_files[];

/** The same with another default directory, for who sets none in the environment; NULL: /etc/lvm.
 */
int config_open_in(const char *system_dir, const char *override, struct config **ret_config,
		   struct err *err) MUST_CHECK;
void config_close(struct config *config);

/* @path as "activation/udev_sync". The default is that of the settings table (lib/settings.c). */
bool config_bool(const struct config *config, const char *path);
int64_t config_int(const struct config *config, const char *path);
const char *config_string(const struct config *config, const char *path); /* NULL: unset */

/** The node as set by the user (any type), or NULL when it is not set. For lists. */
const struct dm_config_node *config_node(const struct config *config, const char *path);

/** Any setting, of the table or not, as 0 or 1; @otherwise when the user did not set it, or to
 * nothing that is true or false. */
int config_truth(const struct config *config, const char *path, int otherwise);

/** All sources, strongest first, chained by dm_config_tree.cascade. NULL: nothing is set. */
const struct dm_config_tree *config_trees(const struct config *config);

/** Call @visit for each string of a list (or the one string) that the user set; number of strings,
 * -1 unset. */
int config_each_string(const struct config *config, const char *path,
		       void (*visit)(void *data, const char *text), void *data);

/** Unknown sections and values of a wrong type (which count as not set): one line each. */
void config_check(const struct config *config, void (*warn)(void *data, const char *text),
		  void *data);

const char *config_system_dir(const struct config *config); /* NULL: none */

#endif
